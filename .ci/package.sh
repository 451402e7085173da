#!/usr/bin/env bash
# package.sh KIND...: what ./dev package makes, into dist/: deb, static, npm, image, vscode, or all.
# The same commit gives the same bytes: times are those of the commit (or SOURCE_DATE_EPOCH), names
# of folders do not count. An SPDX file lies beside each.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export LC_ALL=C TZ=UTC
umask 022
version=$(sed -n 's/^project(dfix VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
arch=$(dpkg --print-architecture)
dist=$root/dist
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$dist"

say() {
    printf '== %s\n' "$*"
}

die() {
    printf 'package: %s\n' "$*" >&2
    exit 1
}

# build FOLDER CMAKE-OPTION...: a release without debugging information or names of folders
build() {
    local folder=$1 log=$work/build.log
    shift
    cmake -S . -B "$folder" -G Ninja -DDFIX_TESTS=OFF -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX=/usr \
        -DCMAKE_INSTALL_LIBEXECDIR=libexec -DCMAKE_C_FLAGS="-O2 -ffile-prefix-map=$root=. -ffile-prefix-map=$folder=." \
        -DCMAKE_EXE_LINKER_FLAGS="-Wl,--build-id=none" "$@" >"$log" 2>&1 &&
        cmake --build "$folder" -j "$(nproc)" >>"$log" 2>&1 || {
        tail -n 40 "$log" >&2
        die 'the build failed'
    }
}

# stage BUILD FOLDER: what is installed, stripped, with the commit's time
stage() {
    DESTDIR=$2 cmake --install "$1" >/dev/null
    strip --strip-unneeded "$2"/usr/bin/dfix "$2"/usr/libexec/dfix/* 2>/dev/null || true
    find "$2" -name libdfix.a -exec strip -g --enable-deterministic-archives {} +
}

same_times() {
    find "$1" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
}

# spdx FILE NAME FOLDER [PACKAGE VERSION LICENCE]...: SPDX 2.3 of FILE, which holds FOLDER, and of
# what is linked into it
spdx() {
    python3 - "$@" <<'END'
import hashlib, json, os, sys, time
target, name, folder, rest = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(os.environ["SOURCE_DATE_EPOCH"])))
digest = lambda path, how="sha256": hashlib.new(how, open(path, "rb").read()).hexdigest()
files, packages, links = [], [], []
for at, _, names in sorted(os.walk(folder)):
    for each in sorted(names):
        path = os.path.join(at, each)
        if os.path.islink(path):
            continue
        files.append({"SPDXID": "SPDXRef-File-%d" % len(files), "fileName": "./" + os.path.relpath(path, folder),
                      "checksums": [{"algorithm": "SHA1", "checksumValue": digest(path, "sha1")},
                                    {"algorithm": "SHA256", "checksumValue": digest(path)}],
                      "licenseConcluded": "NOASSERTION", "copyrightText": "NOASSERTION"})
code = hashlib.sha1("".join(sorted(f["checksums"][0]["checksumValue"] for f in files)).encode()).hexdigest()
packages.append({"SPDXID": "SPDXRef-Package", "name": "dfix", "versionInfo": os.environ["DFIX_VERSION"],
                 "packageFileName": os.path.basename(target), "downloadLocation": "NOASSERTION",
                 "filesAnalyzed": True, "packageVerificationCode": {"packageVerificationCodeValue": code},
                 "checksums": [{"algorithm": "SHA256", "checksumValue": digest(target)}],
                 "licenseConcluded": "Apache-2.0", "licenseDeclared": "Apache-2.0", "copyrightText": "NOASSERTION"})
for i in range(0, len(rest), 3):
    ref = "SPDXRef-Part-%d" % (i // 3)
    packages.append({"SPDXID": ref, "name": rest[i], "versionInfo": rest[i + 1], "downloadLocation": "NOASSERTION",
                     "filesAnalyzed": False, "licenseConcluded": rest[i + 2], "licenseDeclared": rest[i + 2],
                     "copyrightText": "NOASSERTION"})
    links.append({"spdxElementId": "SPDXRef-Package", "relationshipType": "STATIC_LINK", "relatedSpdxElement": ref})
links.insert(0, {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-Package"})
links += [{"spdxElementId": "SPDXRef-Package", "relationshipType": "CONTAINS", "relatedSpdxElement": f["SPDXID"]} for f in files]
document = {"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": name,
            "documentNamespace": "urn:dfix:%s:%s" % (name, digest(target)),
            "creationInfo": {"created": when, "creators": ["Tool: dfix-package"]},
            "packages": packages, "files": files, "relationships": links}
with open(target + ".spdx.json", "w", encoding="ascii") as out:
    json.dump(document, out, indent=1, sort_keys=True)
    out.write("\n")
END
}
export DFIX_VERSION=$version

# Libraries whose archives are linked in, by the Debian packages that they come from.
linked_parts() {
    local package licence
    while read -r package licence; do
        dpkg-query -W -f "\${Package} \${Version} $licence " "$package" 2>/dev/null || true
    done <<'END'
libyaml-dev MIT
libjansson-dev MIT
liblzma-dev LicenseRef-public-domain
liblz4-dev BSD-2-Clause
libzstd-dev BSD-3-Clause
zlib1g-dev Zlib
libssl-dev Apache-2.0
END
}

# ---- Debian ----

package_deb() {
    local tree=$work/deb folder=$work/build-deb depends file=$dist/dfix_${version}_$arch.deb
    say "deb: $file"
    build "$folder"
    stage "$folder" "$tree"
    rm -f "$tree"/usr/share/doc/dfix/examples/*.o
    gzip -9n "$tree"/usr/share/man/man1/dfix.1 "$tree"/usr/share/man/man5/dfix.yaml.5
    install -m 644 LICENSE "$tree/usr/share/doc/dfix/copyright"
    gzip -9nc CHANGELOG.md >"$tree/usr/share/doc/dfix/changelog.gz"
    mkdir -p "$tree/DEBIAN" "$work/shlibs/debian"
    printf 'Source: dfix\n' >"$work/shlibs/debian/control"
    depends=$(cd "$work/shlibs" && dpkg-shlibdeps -O "$tree/usr/bin/dfix" "$tree"/usr/libexec/dfix/* 2>/dev/null |
        sed -n 's/^shlibs:Depends=//p')
    [ -n "$depends" ] || die 'dpkg-shlibdeps found nothing that it depends on'
    cat >"$tree/DEBIAN/control" <<END
Package: dfix
Version: $version
Architecture: $arch
Maintainer: dfix <dfix@localhost>
Section: devel
Priority: optional
Depends: $depends, gpgv, ca-certificates
Installed-Size: $(du -sk --apparent-size "$tree/usr" | cut -f 1)
Description: fixes Dockerfiles
 Finds what is wrong with Dockerfiles and writes the patch: versions pinned from
 the signed package index, base images from approved mirrors, a user that is not
 root, upgrades narrowed to what needs one.
END
    (cd "$tree" && find usr -type f -print0 | sort -z | xargs -0 md5sum) >"$tree/DEBIAN/md5sums"
    same_times "$tree"
    dpkg-deb --root-owner-group -Zxz --build "$tree" "$file" >/dev/null
    rm -rf "$tree/DEBIAN"
    # shellcheck disable=SC2046 # three words a part
    spdx "$file" "dfix-deb-$version-$arch" "$tree" $(linked_parts)
}

# ---- one file that runs on any Linux of this architecture ----

libc=musl
command -v musl-gcc >/dev/null || libc=glibc
libraries=$root/build-package/$libc-$arch

# static_tree FOLDER: the program, which is its own helpers, gpgv, and the texts that belong to them
static_tree() {
    local folder=$work/build-static all=$work/static-all tree=$work/static
    [ ! -d "$tree" ] || {
        cp -a "$tree" "$1"
        return
    }
    say "static: libraries ($libc) from their source packages"
    .ci/libraries.sh "$libraries" "$([ $libc = musl ] && echo musl-gcc || echo gcc)"
    CC=$libraries/bin/dfix-cc PKG_CONFIG_LIBDIR=$libraries/usr/lib/pkgconfig PKG_CONFIG_PATH='' \
        build "$folder" -DDFIX_STATIC_CURL=ON -DDFIX_ONE_FILE=ON
    stage "$folder" "$all"
    mkdir -p "$tree/bin" "$tree/libexec/dfix" "$tree/share/doc/dfix/licences"
    cp "$all/usr/bin/dfix" "$tree/bin"
    cp -r "$all/usr/share/man" "$tree/share"
    cp LICENSE "$tree/share/doc/dfix"
    cp "$libraries"/licences/* "$tree/share/doc/dfix/licences"
    [ $libc = glibc ] || cp /usr/share/doc/musl/copyright "$tree/share/doc/dfix/licences/musl"
    add_gpgv "$tree"
    file "$tree/bin/dfix" | grep -q 'static' || die 'the program is not static'
    cp -a "$tree" "$1"
}

# add_gpgv FOLDER: Debian's static gpgv, its licence and where its source is
add_gpgv() {
    local at=$work/gpgv
    mkdir -p "$at"
    (cd "$at" && apt-get download -q gpgv-static >/dev/null 2>&1) || die 'gpgv-static cannot be had'
    dpkg-deb -x "$at"/gpgv-static_*.deb "$at/root"
    install -m 755 "$(find "$at/root" -name 'gpgv-static*' -type f -path '*bin*' | head -n 1)" \
        "$1/libexec/dfix/gpgv"
    gzip -dc "$at"/root/usr/share/doc/gpgv-static/copyright* 2>/dev/null >"$1/share/doc/dfix/gpgv.copyright" ||
        cp "$at"/root/usr/share/doc/gpgv-static/copyright "$1/share/doc/dfix/gpgv.copyright"
    dpkg-deb -f "$at"/gpgv-static_*.deb Version >"$work/gpgv.version"
    printf 'libexec/dfix/gpgv is that of Debian: gpgv-static %s. Its source: apt-get source gnupg2=%s\n' \
        "$(cat "$work/gpgv.version")" "$(cat "$work/gpgv.version")" >"$1/share/doc/dfix/gpgv.source"
}

static_parts() {
    local package=musl-dev licence=MIT
    [ $libc = musl ] || { package=libc6-dev licence=LGPL-2.1-or-later; }
    tr '\n' ' ' <"$libraries/parts.txt"
    printf '%s %s %s gnupg2 %s GPL-3.0-or-later' "${package%-dev}" \
        "$(dpkg-query -W -f '${Version}' $package)" $licence "$(cat "$work/gpgv.version")"
}

package_static() {
    local tree=$work/dfix-$version-linux-$arch-$libc-static file
    file=$dist/$(basename "$tree").tar.gz
    say "static: $file"
    static_tree "$tree"
    same_times "$tree"
    tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner --format=ustar -cf - "$(basename "$tree")" |
        gzip -9n >"$file"
    # shellcheck disable=SC2046 # three words a part
    spdx "$file" "dfix-static-$version-$arch" "$tree" $(static_parts)
}

# ---- npm: a package that finds the one of its platform, as esbuild does ----

package_npm() {
    local cpu tree=$work/npm-platform main=$work/npm-main
    case $arch in
    amd64) cpu=x64 ;;
    arm64) cpu=arm64 ;;
    *) die "no npm package for $arch" ;;
    esac
    say "npm: $dist/dfix-$version.tgz and dfix-linux-$cpu-$version.tgz"
    static_tree "$tree"
    cat >"$tree/package.json" <<END
{
  "name": "dfix-linux-$cpu",
  "version": "$version",
  "description": "The program dfix for Linux on $cpu",
  "license": "Apache-2.0",
  "os": ["linux"],
  "cpu": ["$cpu"],
  "preferUnplugged": true
}
END
    mkdir -p "$main/bin"
    cat >"$main/package.json" <<END
{
  "name": "dfix",
  "version": "$version",
  "description": "Fixes Dockerfiles: finds what is wrong and writes the patch",
  "license": "Apache-2.0",
  "bin": {"dfix": "bin/dfix"},
  "engines": {"node": ">=16"},
  "optionalDependencies": {
    "dfix-linux-x64": "$version",
    "dfix-linux-arm64": "$version"
  }
}
END
    cat >"$main/bin/dfix" <<'END'
#!/usr/bin/env node
"use strict";
// Runs the program of the package for this platform; nothing is downloaded here.
const { spawnSync } = require("child_process");
const name = `dfix-${process.platform}-${process.arch}`;
let program;
try {
  program = require.resolve(`${name}/bin/dfix`);
} catch {
  console.error(`dfix: there is no program for ${process.platform} ${process.arch} (the package ${name} is not installed)`);
  process.exit(2);
}
const done = spawnSync(program, process.argv.slice(2), { stdio: "inherit" });
if (done.error) {
  console.error(`dfix: ${done.error.message}`);
  process.exit(2);
}
if (done.signal) process.kill(process.pid, done.signal);
process.exit(done.status);
END
    chmod 755 "$main/bin/dfix"
    cp LICENSE "$main"
    printf '# dfix\n\nFixes Dockerfiles. `npx dfix --diff` prints the patch.\n' >"$main/README.md"
    same_times "$main"
    same_times "$tree"
    (cd "$main" && npm pack --silent --pack-destination "$dist" >/dev/null)
    (cd "$tree" && npm pack --silent --pack-destination "$dist" >/dev/null)
    # shellcheck disable=SC2046 # three words a part
    spdx "$dist/dfix-linux-$cpu-$version.tgz" "dfix-npm-$version-$cpu" "$tree" $(static_parts)
    spdx "$dist/dfix-$version.tgz" "dfix-npm-$version" "$main"
}

# ---- an image ----

package_image() {
    local context=$work/image file=$dist/dfix-$version-$arch.oci.tar
    say "image: $file"
    mkdir -p "$context"
    static_tree "$context/dfix"
    cp .ci/Dockerfile "$context/Dockerfile"
    mkdir -p "$context/etc/ssl/certs" "$context/src"
    cp /etc/ssl/certs/ca-certificates.crt "$context/etc/ssl/certs"
    same_times "$context"
    buildah bud --quiet --isolation chroot --storage-driver vfs --timestamp "$SOURCE_DATE_EPOCH" \
        --tag "dfix:$version" "$context" >/dev/null
    rm -f "$file"
    buildah push --quiet --storage-driver vfs "dfix:$version" "oci-archive:$file:dfix:$version"
    # shellcheck disable=SC2046 # three words a part
    spdx "$file" "dfix-image-$version-$arch" "$context/dfix" $(static_parts)
}

# ---- the extension for VS Code ----

package_vscode() {
    local file=$dist/dfix-$version-linux-$arch.vsix
    say "vscode: $file"
    static_tree "$work/vscode"
    src/faces/vscode/package.sh "$work/vscode" "$file"
    mkdir "$work/vsix"
    (cd "$work/vsix" && python3 -m zipfile -e "$file" .)
    # shellcheck disable=SC2046 # three words a part
    spdx "$file" "dfix-vscode-$version-$arch" "$work/vsix" $(static_parts)
}

[ $# -gt 0 ] || set -- deb static npm image vscode
for kind; do
    case $kind in
    deb | static | npm | image | vscode) "package_$kind" ;;
    *) die "no package of the kind $kind (deb, static, npm, image, vscode)" ;;
    esac
done
(cd "$dist" && sha256sum ./*.deb ./*.tar.gz ./*.tgz ./*.oci.tar ./*.vsix 2>/dev/null) || true

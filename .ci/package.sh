#!/usr/bin/env bash
# package.sh KIND...: what ./dev package makes, into dist/: deb, static, npm, image, or all of them.
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

# ---- one folder that runs on any Linux of this architecture ----

# curl_archive: minimal libcurl (http, https, file) from Debian's signed source package
curl_archive() {
    local at=$root/build-package/curl
    [ ! -s "$at/lib/libcurl.a" ] || return 0
    say 'static: building libcurl from its source package'
    mkdir -p "$at/src"
    if ! (cd "$at/src" && apt-get source -q --download-only curl >/dev/null 2>&1); then
        # A view of the same archives with sources, apart from the host's.
        mkdir -p "$at/apt/lists/partial" "$at/apt/cache/archives/partial"
        apt-get indextargets --format '$(REPO_URI) $(SUITE) $(SIGNED_BY)' | sort -u |
            awk '{ print "deb-src " ($3 ? "[signed-by=" $3 "] " : "") $1 " " $2 " main" }' >"$at/apt/sources.list"
        local options=(-o "Dir::Etc::sourcelist=$at/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null
            -o "Dir::State::lists=$at/apt/lists" -o "Dir::Cache=$at/apt/cache")
        apt-get "${options[@]}" update -q >/dev/null
        (cd "$at/src" && apt-get "${options[@]}" source -q --download-only curl >/dev/null 2>&1) ||
            die 'the source package of curl cannot be had'
    fi
    (cd "$at/src" && tar -xf curl_*.orig.tar.gz && cd curl-*/ &&
        CFLAGS="-O2 -ffile-prefix-map=$at/src=." ./configure -q --prefix="$at" --disable-shared --enable-static \
            --with-openssl --with-zlib --without-brotli --without-zstd --without-nghttp2 --without-libidn2 \
            --without-libpsl --without-librtmp --without-libssh2 --without-gssapi --disable-ldap --disable-ldaps \
            --disable-rtsp --disable-dict --disable-telnet --disable-tftp --disable-pop3 --disable-imap \
            --disable-smb --disable-smtp --disable-gopher --disable-mqtt --disable-ftp --disable-manual \
            --disable-alt-svc --disable-hsts --disable-ntlm --disable-unix-sockets \
            --with-ca-bundle=/etc/ssl/certs/ca-certificates.crt --with-ca-fallback &&
        make -s -j "$(nproc)" -C lib && make -s -C lib install && make -s -C include install &&
        make -s install-pkgconfigDATA) >"$work/curl.log" 2>&1 || {
        tail -n 30 "$work/curl.log" >&2
        die 'libcurl cannot be built'
    }
}

static_tree() { # FOLDER
    local folder=$work/build-static
    [ ! -d "$work/static" ] || {
        cp -a "$work/static" "$1"
        return
    }
    curl_archive
    PKG_CONFIG_PATH=$root/build-package/curl/lib/pkgconfig \
        build "$folder" -DDFIX_STATIC_CURL=ON
    stage "$folder" "$work/static-all"
    mkdir -p "$work/static/bin" "$work/static/libexec/dfix" "$work/static/share/doc/dfix"
    cp "$work/static-all/usr/bin/dfix" "$work/static/bin"
    cp "$work"/static-all/usr/libexec/dfix/* "$work/static/libexec/dfix"
    cp LICENSE "$work/static/share/doc/dfix"
    add_gpgv "$work/static"
    file "$work/static/bin/dfix" | grep -q 'static' || die 'the program is not static'
    cp -a "$work/static" "$1"
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
    linked_parts
    printf 'curl %s curl libc6-dev %s LGPL-2.1-or-later gnupg2 %s GPL-3.0-or-later' \
        "$(sed -n 's/^Version: //p' "$root/build-package/curl/lib/pkgconfig/libcurl.pc")" \
        "$(dpkg-query -W -f '${Version}' libc6-dev)" "$(cat "$work/gpgv.version")"
}

package_static() {
    local tree=$work/dfix-$version-linux-$arch-glibc-static file
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

[ $# -gt 0 ] || set -- deb static npm image
for kind; do
    case $kind in
    deb | static | npm | image) "package_$kind" ;;
    *) die "no package of the kind $kind (deb, static, npm, image)" ;;
    esac
done
(cd "$dist" && sha256sum ./*.deb ./*.tar.gz ./*.tgz ./*.oci.tar 2>/dev/null) || true

#!/usr/bin/env bash
# package.sh [--arch amd64 | arm64] [KIND...]: what ./dev package makes, into dist/ (or DFIX_DIST): deb, static,
# npm, image, vscode; all of them, or those that can be made for another architecture than the host's. The
# same commit gives the same bytes: times are those of the commit (or SOURCE_DATE_EPOCH), names of folders do
# not count. An SPDX file lies beside each. DFIX_LIBC=glibc: the static program by the host's C library.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export LC_ALL=C TZ=UTC
umask 022
DFIX_VERSION=$(sed -n 's/^project(dfix VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
export DFIX_VERSION
version=$DFIX_VERSION host_arch=$(dpkg --print-architecture) libc=${DFIX_LIBC:-musl}
arch=$host_arch
if [ "${1:-}" = --arch ]; then
    arch=${2:?package: --arch amd64 or arm64}
    shift 2
fi
cross=() triple='' emulator=
dist=$(realpath -m "${DFIX_DIST:-$root/dist}")
libraries=${DFIX_LIBRARIES:-$root/build-package}/$libc-$arch
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$dist" "$root/build-package"

say() {
    printf '== %s\n' "$*"
}

die() {
    printf 'package: %s\n' "$*" >&2
    exit 1
}

case $arch in
amd64) cpu=x64 machine=x86_64 ;;
arm64) cpu=arm64 machine=aarch64 ;;
*) die "no packages for $arch" ;;
esac
if [ "$arch" != "$host_arch" ]; then
    triple=$machine-linux-gnu- emulator=qemu-$machine-static
    cross=(-DCMAKE_SYSTEM_NAME=Linux "-DCMAKE_SYSTEM_PROCESSOR=$machine" "-DCMAKE_CROSSCOMPILING_EMULATOR=$emulator"
        "-DCMAKE_AR=/usr/bin/${triple}ar" "-DCMAKE_RANLIB=/usr/bin/${triple}ranlib")
fi

# build FOLDER CMAKE-OPTION...: a release without debugging information or names of folders
build() {
    local folder=$1 log=$work/build.log status=0
    shift
    {
        cmake -S . -B "$folder" -G Ninja -DDFIX_TESTS=OFF -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX=/usr \
            -DCMAKE_INSTALL_LIBEXECDIR=libexec -DCMAKE_INSTALL_LIBDIR=lib \
            -DCMAKE_C_FLAGS="-O2 -ffile-prefix-map=$root=. -ffile-prefix-map=$folder=." \
            -DCMAKE_EXE_LINKER_FLAGS="-Wl,--build-id=none" "${cross[@]}" "$@" &&
            cmake --build "$folder" -j "${DFIX_JOBS:-$(nproc)}"
    } >"$log" 2>&1 || status=$?
    [ "$status" -eq 0 ] && return
    tail -n 40 "$log" >&2
    die 'the build failed'
}

# stage BUILD FOLDER: what is installed, stripped
stage() {
    DESTDIR=$2 cmake --install "$1" >/dev/null
    local folder
    for folder in "$2/usr/bin" "$2/usr/libexec"; do # one file has no helpers
        [ ! -d "$folder" ] || find "$folder" -type f -exec "${triple}strip" --strip-unneeded {} +
    done
    find "$2" -name libdfix.a -exec "${triple}strip" -g --enable-deterministic-archives {} +
}

same_times() {
    find "$1" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
}

# spdx FILE NAME FOLDER [PACKAGE VERSION LICENCE]...
spdx() {
    python3 .ci/spdx.py "$@"
}

# ---- Debian ----

# Libraries whose archives are linked in: the Debian packages that they come from, and their licences.
linked='libyaml-dev MIT
libjansson-dev MIT
liblzma-dev LicenseRef-public-domain
liblz4-dev BSD-2-Clause
libzstd-dev BSD-3-Clause
zlib1g-dev Zlib
libssl-dev Apache-2.0
libc6-dev LGPL-2.1-or-later'

linked_parts() {
    local package licence version
    while read -r package licence; do
        version=$(dpkg-query -W -f '${Version}' "$package")
        # Before 5.6 it was nobody's.
        [ "$package" != liblzma-dev ] || dpkg --compare-versions "$version" lt 5.6 || licence=0BSD
        printf '%s %s %s ' "$package" "$version" "$licence"
    done <<<"$linked"
}

# linked_licences FOLDER: their texts
linked_licences() {
    local package
    mkdir -p "$1"
    while read -r package _; do
        cp "/usr/share/doc/$package/copyright" "$1/$package"
    done <<<"$linked"
}

package_deb() {
    local tree=$work/deb file=$dist/dfix_${version}_$arch.deb
    [ "$arch" = "$host_arch" ] || die 'a Debian package is made on its own architecture'
    say "deb: $file"
    build "$root/build-package/deb"
    stage "$root/build-package/deb" "$tree"
    gzip -9n "$tree"/usr/share/man/man1/dfix.1 "$tree"/usr/share/man/man5/dfix.yaml.5
    install -m 644 .ci/copyright "$tree/usr/share/doc/dfix/copyright"
    linked_licences "$tree/usr/share/doc/dfix/licences"
    gzip -9nc CHANGELOG.md >"$tree/usr/share/doc/dfix/changelog.gz"
    same_times "$tree"
    DFIX_TREE=$tree cpack --config "$root/.ci/cpack.cmake" -B "$work/cpack" >"$work/cpack.log" 2>&1 ||
        die "$(tail -n 20 "$work/cpack.log")"
    mv "$work"/cpack/*.deb "$file"
    # shellcheck disable=SC2046 # three words a part
    spdx "$file" "dfix-deb-$version-$arch" "$tree" $(linked_parts)
}

# ---- one file that runs on any Linux of its architecture ----

# static_tree FOLDER: the program, which is its own helpers, gpgv, and the texts that belong to them
static_tree() {
    local folder=$root/build-package/static-$libc-$arch all=$work/static-all tree=$work/static
    mkdir -p "$1"
    [ ! -d "$tree" ] || {
        cp -a "$tree/." "$1"
        return
    }
    say "static: libraries ($libc, $arch) from their source packages"
    .ci/libraries.sh "$libraries" "$libc" "$arch"
    CC=$libraries/bin/dfix-cc PKG_CONFIG_LIBDIR=$libraries/usr/lib/pkgconfig PKG_CONFIG_PATH='' \
        build "$folder" -DDFIX_STATIC_CURL=ON -DDFIX_ONE_FILE=ON
    stage "$folder" "$all"
    mkdir -p "$tree/bin" "$tree/libexec/dfix" "$tree/share/doc/dfix/licences"
    cp "$all/usr/bin/dfix" "$tree/bin"
    cp -r "$all/usr/share/man" "$tree/share"
    cp LICENSE "$tree/share/doc/dfix"
    cp "$libraries"/licences/* "$tree/share/doc/dfix/licences"
    rm -f "$tree/share/doc/dfix/licences/cmocka"
    add_gpgv "$tree"
    file "$tree/bin/dfix" | grep -q 'static' || die 'the program is not static'
    same_times "$tree"
    cp -a "$tree/." "$1"
}

# add_gpgv FOLDER: Debian's static gpgv, its licence and where its source is. It is fetched once, by apt, which
# verifies it, and kept beside the libraries.
add_gpgv() {
    local at=$libraries/gpgv doc apt
    if [ ! -e "$at/whole" ]; then
        rm -rf "$at"
        mkdir -p "$at/lists/partial" "$at/cache/archives/partial"
        apt=(-o "APT::Architecture=$arch" -o "APT::Architectures::=$arch" -o Dir::State::status=/dev/null
            -o "Dir::State::lists=$at/lists" -o "Dir::Cache=$at/cache")
        apt-get "${apt[@]}" update -q >/dev/null || die 'the list of packages cannot be had'
        (cd "$at" && apt-get "${apt[@]}" download -q gpgv-static >/dev/null 2>&1) || die 'gpgv-static cannot be had'
        dpkg-deb -x "$at"/gpgv-static_*.deb "$at/root"
        rm -rf "$at/lists" "$at/cache"
        touch "$at/whole"
    fi
    doc=$1/share/doc/dfix
    install -m 755 "$(find "$at/root" -name 'gpgv-static*' -type f -path '*bin*' | head -n 1)" "$1/libexec/dfix/gpgv"
    cp "$at/root/usr/share/doc/gpgv-static/copyright" "$doc/gpgv.copyright"
    gpgv_version=$(dpkg-deb -f "$at"/gpgv-static_*.deb Version)
    source_version=$(dpkg-deb -f "$at"/gpgv-static_*.deb Source | sed -n 's/.*(\(.*\))/\1/p')
    {
        printf 'libexec/dfix/gpgv is that of Debian: gpgv-static %s. Its source: apt-get source gnupg2=%s\n' \
            "$gpgv_version" "${source_version:=$gpgv_version}"
        dpkg-deb -f "$at"/gpgv-static_*.deb Built-Using Static-Built-Using | sed 's/^[A-Za-z-]*: /It was built with: /'
    } >"$doc/gpgv.source"
}

static_parts() {
    tr '\n' ' ' <"$libraries/parts.txt"
    tr '\n' ' ' <"$libraries/libc.txt"
    printf 'gnupg2 %s GPL-3.0-or-later' "$source_version"
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
    local tree=$work/npm-platform main=$work/npm-main
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
    cp .ci/npm.js "$main/bin/dfix"
    chmod 755 "$main/bin/dfix"
    cp LICENSE "$main"
    # shellcheck disable=SC2016 # a text
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

in_store() {
    buildah --root "$work/containers" --runroot "$work/containers-run" --storage-driver vfs "$@"
}

package_image() {
    local context=$work/image at=$work/image/root file=$dist/dfix-$version-$arch.oci.tar
    say "image: $file"
    mkdir -p "$at/etc/ssl/certs"
    mkdir -m 1777 "$at/tmp"
    static_tree "$at/usr"
    cp -L /etc/ssl/certs/ca-certificates.crt "$at/etc/ssl/certs"
    cp /usr/share/doc/ca-certificates/copyright "$at/usr/share/doc/dfix/licences/ca-certificates"
    cp .ci/Dockerfile "$context/Dockerfile"
    same_times "$context"
    in_store build --quiet --isolation chroot --arch "$arch" --timestamp "$SOURCE_DATE_EPOCH" \
        --tag "dfix:$version" "$context" >/dev/null
    in_store push --quiet "dfix:$version" "oci:$work/oci:dfix:$version"
    tar -C "$work/oci" --sort=name --mtime "@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner --format=ustar \
        -cf "$file" .
    # shellcheck disable=SC2046 # three words a part
    spdx "$file" "dfix-image-$version-$arch" "$at" $(static_parts) ca-certificates \
        "$(dpkg-query -W -f '${Version}' ca-certificates)" MPL-2.0
}

# ---- the extension for VS Code ----

# npm_parts FOLDER: what npm brought into it
npm_parts() {
    node -e '
        const { packages } = JSON.parse(require("fs").readFileSync(process.argv[1] + "/package-lock.json"));
        for (const [where, of] of Object.entries(packages))
            if (where && !of.dev) console.log("npm:" + where.replace(/.*node_modules\//, ""), of.version, of.license);
    ' "$1"
}

package_vscode() {
    local file=$dist/dfix-$version-linux-$arch.vsix
    say "vscode: $file"
    static_tree "$work/vscode"
    src/faces/vscode/package.sh "$work/vscode" "linux-$cpu" "$file"
    mkdir "$work/vsix"
    (cd "$work/vsix" && python3 -m zipfile -e "$file" .)
    # shellcheck disable=SC2046 # three words a part
    spdx "$file" "dfix-vscode-$version-$arch" "$work/vsix" $(static_parts) $(npm_parts "$work/vsix/extension")
}

if [ $# -eq 0 ]; then
    set -- static npm image vscode
    [ "$arch" != "$host_arch" ] || set -- deb "$@"
fi
for kind; do
    case $kind in
    deb | static | npm | image | vscode) "package_$kind" ;;
    *) die "no package of the kind $kind (deb, static, npm, image, vscode)" ;;
    esac
done
(cd "$dist" && find . -type f ! -name '*.spdx.json' -printf '%P\n' | sort | xargs sha256sum)

#!/usr/bin/env bash
# libraries.sh FOLDER musl | glibc [ARCHITECTURE]: what dfix links, as archives without anything that dfix does
# not call, built from Debian's source packages against this C library for this architecture (amd64 or arm64;
# the host's) into FOLDER/usr. FOLDER/parts.txt says what was built from: source package, version, licence,
# whose text is in FOLDER/licences; FOLDER/bin/dfix-cc is the compiler that knows the C library.
# DFIX_SOURCES: of this release, not of the host's. DFIX_WITH_TESTS: what the tests link, too.
set -euo pipefail
at=$(realpath -m "$1") libc=$2 arch=${3:-$(dpkg --print-architecture)}
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-0} LC_ALL=C TZ=UTC
mkdir -p "$at/src" "$at/licences" "$at/bin" "$at/include" "$at/apt/lists/partial" "$at/apt/cache/archives/partial"
touch "$at/parts.txt"

die() {
    printf 'libraries: %s\n' "$*" >&2
    exit 1
}

# triple: how GNU names another architecture than the host's; empty for its own
triple=
case $arch in
amd64) machine=x86_64 ;;
arm64) machine=aarch64 ;;
*) die "no libraries for $arch" ;;
esac
[ "$arch" = "$(dpkg --print-architecture)" ] || triple=$machine-linux-gnu
gcc=${triple:+$triple-}gcc
command -v "$gcc" >/dev/null || die "$gcc is not installed"

# ---- the compiler ----

# Debian's packages of the architecture, apart from what the host has.
foreign_apt=(-o "APT::Architecture=$arch" -o "APT::Architectures::=$arch" -o "Dir::State::lists=$at/apt/foreign"
    -o "Dir::Cache=$at/apt/cache" -o Dir::State::status=/dev/null)

# musl's own specs know no static program that may lie anywhere in memory, and nothing but the host.
musl_specs() {
    local musl=$at/musl name=$machine-linux-musl
    if [ ! -e "$musl/usr/lib/$name/rcrt1.o" ]; then
        mkdir -p "$at/apt/foreign/partial" "$musl"
        apt-get "${foreign_apt[@]}" update -q >/dev/null || die 'the list of packages cannot be had'
        (cd "$musl" && apt-get "${foreign_apt[@]}" download -q musl-dev >/dev/null 2>&1) ||
            die "musl-dev for $arch cannot be had"
        dpkg-deb -x "$musl"/musl-dev_*.deb "$musl"
    fi
    cp "$musl/usr/share/doc/musl-dev/copyright" "$at/licences/musl"
    printf 'musl %s MIT\n' "$(dpkg-deb -f "$musl"/musl-dev_*.deb Version)" >"$at/libc.txt"
    cat >"$at/musl.specs" <<END
%rename cpp_options old_cpp_options

*cpp_options:
-nostdinc -isystem $musl/usr/include/$name -isystem include%s %(old_cpp_options)

*cc1:
%(cc1_cpu) -nostdinc -isystem $musl/usr/include/$name -isystem include%s

*link_libgcc:
-L$musl/usr/lib/$name -L .%s

*libgcc:
libgcc.a%s %:if-exists(libgcc_eh.a%s)

*startfile:
%{static-pie:$musl/usr/lib/$name/rcrt1.o;shared:;:$musl/usr/lib/$name/Scrt1.o} $musl/usr/lib/$name/crti.o crtbeginS.o%s

*endfile:
crtendS.o%s $musl/usr/lib/$name/crtn.o

*link:
-nostdlib %{shared:-shared} %{static-pie:-static -pie --no-dynamic-linker -z text;static:-static;:-dynamic-linker /lib/ld-musl-$machine.so.1} %{pie:-pie} %{rdynamic:-export-dynamic}

*esp_link:


*esp_options:


*esp_cpp_options:


END
}

# musl has no headers of the kernel's own, and its compiler does not look where the host has them.
kernel_headers() {
    local headers kernel=/usr/include/${triple:-$(gcc -print-multiarch)}/asm
    for headers in linux asm-generic; do
        ln -sfn "/usr/include/$headers" "$at/include/$headers"
    done
    [ -d "$kernel" ] || kernel=/usr/$triple/include/asm
    [ -d "$kernel" ] || die "the kernel's headers for $arch are not installed"
    ln -sfn "$kernel" "$at/include/asm"
}

glibc_parts() {
    local package=libc6-dev${triple:+-$arch-cross}
    printf 'glibc %s LGPL-2.1-or-later\n' "$(dpkg-query -W -f '${Version}' "$package")" >"$at/libc.txt"
    cp "/usr/share/doc/$package/copyright" "$at/licences/glibc"
}

specs=() last=()
case $libc in
musl)
    musl_specs
    kernel_headers
    specs=(-specs "$at/musl.specs") last=(-idirafter "$at/include")
    ;;
glibc) glibc_parts ;;
*) die "no C library $libc" ;;
esac
# A name without a folder: OpenSSL writes its compiler's into the library.
cat >"$at/bin/dfix-cc" <<END
#!/bin/sh
exec $gcc -ffile-prefix-map=$at=. ${specs[*]} "\$@" ${last[*]}
END
chmod 755 "$at/bin/dfix-cc"
export PATH=$at/bin:$PATH CC=dfix-cc CFLAGS='-O2 -fPIC'
export PKG_CONFIG_LIBDIR=$at/usr/lib/pkgconfig PKG_CONFIG_PATH=
[ -z "$triple" ] || export AR=$triple-ar RANLIB=$triple-ranlib

# ---- sources ----

# A view of the host's archives with sources, apart from the host's own lists: of the host's release,
# or of the one that DFIX_SOURCES names.
apt_options=(-o "Dir::Etc::sourcelist=$at/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o "Dir::State::lists=$at/apt/lists" -o "Dir::Cache=$at/apt/cache")
# shellcheck disable=SC2016 # apt's own words
apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(SIGNED_BY)' | sort -u -k 2,2 |
    awk -v release="${DFIX_SOURCES:-}" '{
        if (release) sub(/^[a-z]+/, release, $2)
        print "deb-src " ($3 ~ /^\// ? "[signed-by=" $3 "] " : "") $1 " " $2 " main"
    }' >"$at/apt/sources.list"
listed=
fetch_lists() {
    [ -n "$listed" ] || apt-get "${apt_options[@]}" update -q >/dev/null ||
        die 'the list of source packages cannot be had'
    listed=1
}

# fetch NAME LICENCE: the newest version of its source package that the archive has whole, unpacked and
# with Debian's patches, in src/NAME
fetch() {
    local name=$1 version versions newest
    fetch_lists
    versions=$(apt-cache "${apt_options[@]}" showsrc "$name" | sed -n 's/^Version: //p')
    versions=$(newest_first <<<"$versions")
    newest=${versions%%$'\n'*}
    while read -r version; do
        (cd "$at/src" && apt-get "${apt_options[@]}" source -q --download-only "$name=$version") >/dev/null 2>&1 ||
            continue
        rm -rf "$at/src/$name"
        (cd "$at/src" && dpkg-source -x "${name}_${version#*:}.dsc" "$name") >/dev/null 2>&1 || continue
        [ "$name" = cmocka ] || note_part "$name" "$version" "$2"
        [ "$version" = "$newest" ] ||
            printf '%s: of version %s, as the archive lacks %s\n' "$name" "$version" "$newest"
        return
    done <<<"$versions"
    die "the source package of $name cannot be had"
}

# note_part NAME VERSION LICENCE
note_part() {
    local licence=$3
    # Before 5.6 liblzma was nobody's.
    [ "$1" != xz-utils ] || dpkg --compare-versions "$2" ge 5.6 || licence=LicenseRef-public-domain
    sed -i "/^$1 /d" "$at/parts.txt"
    printf '%s %s %s\n' "$1" "$2" "$licence" >>"$at/parts.txt"
}

newest_first() {
    local found=() version i
    while read -r version; do
        for ((i = 0; i < ${#found[@]}; i++)); do
            dpkg --compare-versions "$version" gt "${found[i]}" && break
        done
        found=("${found[@]:0:i}" "$version" "${found[@]:i}")
    done
    printf '%s\n' "${found[@]}" | uniq
}

# ---- builds, each in src/NAME ----

cores=$(nproc)
# Of musl, too, whose programs do not run where its loader is not installed.
host=${triple:+--host=$triple}
[ "$libc" = glibc ] || host=${host:---host=$machine-linux-musl}

build_zlib() {
    CHOST=$triple ./configure --static --prefix=/usr
    make -j "$cores" libz.a
    make install DESTDIR="$at"
}

# with_configure OPTION...
with_configure() {
    # shellcheck disable=SC2086 # no word, or one
    ./configure -q --prefix=/usr --libdir=/usr/lib --disable-shared --enable-static $host "$@"
}

build_xz-utils() {
    with_configure --disable-xz --disable-xzdec --disable-lzmadec --disable-lzmainfo --disable-scripts \
        --disable-doc --disable-nls --disable-encoders
    make -j "$cores"
    make install DESTDIR="$at"
}

build_libzstd() {
    make -C lib -j "$cores" libzstd.a
    make -C lib install-pc install-static install-includes PREFIX=/usr LIBDIR=/usr/lib DESTDIR="$at"
}

# It brings the xxhash that Debian's patch has pkg-config name beside it.
build_lz4() {
    make -C lib -j "$cores" liblz4.a
    make -C lib install PREFIX=/usr LIBDIR=/usr/lib BUILD_SHARED=no DESTDIR="$at"
    sed -i 's/ -lxxhash//' "$at/usr/lib/pkgconfig/liblz4.pc"
}

# with_cmake OPTION...
with_cmake() {
    # shellcheck disable=SC2086 # no words, or two
    cmake -S . -B made -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX=/usr -DCMAKE_INSTALL_LIBDIR=lib \
        -DBUILD_SHARED_LIBS=OFF ${triple:+-DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=$machine} "$@"
    cmake --build made -j "$cores"
    DESTDIR=$at cmake --install made
}

# By CMake it comes without a file for pkg-config.
build_libyaml() {
    with_cmake -DBUILD_TESTING=OFF
    cat >"$at/usr/lib/pkgconfig/yaml-0.1.pc" <<'END'
prefix=/usr
libdir=${prefix}/lib
includedir=${prefix}/include

Name: LibYAML
Description: Library to parse and emit YAML
Version: 0
Cflags: -I${includedir}
Libs: -L${libdir} -lyaml
END
}

build_jansson() {
    with_cmake -DJANSSON_BUILD_DOCS=OFF -DJANSSON_WITHOUT_TESTS=ON -DJANSSON_EXAMPLES=OFF
}

# Before 1.1.6 it is shared whatever is asked for, its archive has another name, its file for pkg-config whole
# paths, and it wants to know better than stdint.h what uintptr_t is.
build_cmocka() {
    CFLAGS="$CFLAGS -D_UINTPTR_T_DEFINED" with_cmake -DWITH_EXAMPLES=OFF -DWITH_STATIC_LIB=ON
    rm -f "$at"/usr/lib/libcmocka.so*
    [ ! -e "$at/usr/lib/libcmocka-static.a" ] || mv "$at/usr/lib/libcmocka-static.a" "$at/usr/lib/libcmocka.a"
    sed -i "s,\(-[LI]\)/usr/,\1$at/usr/," "$at/usr/lib/pkgconfig/cmocka.pc"
}

build_openssl() {
    local system=linux-x86_64 all known none=()
    [ "$machine" = x86_64 ] || system=linux-aarch64
    all='afalgeng apps aria async bf blake2 camellia capieng cast cmp cms comp ct dso dtls engine gost idea
        legacy md4 mdc2 ml-dsa ml-kem module nextprotoneg padlockeng psk quic rc2 rc4 rmd160 seed slh-dsa sm2
        sm3 sm4 srp ssl3 static-engine tests ts whirlpool'
    known=$(awk '/^my @disablables = /, /^ *\);/' Configure)
    for each in $all; do # older ones do not know all of them
        grep -q "[\"']${each}[\"']" <<<"$known" && none+=("no-$each")
    done
    ./Configure "$system" --prefix=/usr --openssldir=/etc/ssl --libdir=lib no-shared "${none[@]}"
    make -j "$cores" build_libs
    make install_dev DESTDIR="$at"
}

build_curl() {
    with_configure --with-openssl --with-zlib --without-brotli --without-zstd --without-nghttp2 --without-libidn2 \
        --without-libpsl --without-librtmp --without-libssh2 --without-gssapi --disable-ldap --disable-ldaps \
        --disable-rtsp --disable-dict --disable-telnet --disable-tftp --disable-pop3 --disable-imap \
        --disable-smb --disable-smtp --disable-gopher --disable-mqtt --disable-ftp --disable-manual \
        --disable-alt-svc --disable-hsts --disable-ntlm --disable-unix-sockets \
        --with-ca-bundle=/etc/ssl/certs/ca-certificates.crt --with-ca-fallback
    make -s -j "$cores" -C lib libcurl.la
    make -s -C lib install-libLTLIBRARIES DESTDIR="$at"
    make -s -C include install DESTDIR="$at"
    make -s install-pkgconfigDATA DESTDIR="$at"
}

# make_library NAME LICENCE: from source to FOLDER/usr
make_library() {
    fetch "$1" "$2"
    # Not as a condition, in which the shell would go on after an error.
    (
        cd "$at/src/$1"
        "build_$1"
    ) </dev/null >"$at/$1.log" 2>&1 &
    wait $! || {
        tail -n 30 "$at/$1.log" >&2
        die "$1 cannot be built"
    }
    cp "$at/src/$1/debian/copyright" "$at/licences/$1"
    # From now on it is found where it was installed.
    find "$at/usr" -name '*.pc' -exec sed -i "s,^\([a-z_]*\)=/usr,\1=$at/usr," {} +
    find "$at/usr" -name '*.la' -delete
    touch "$at/$1.built"
    printf '%s built\n' "$1"
}

while read -r name licence; do
    [ -e "$at/$name.built" ] || make_library "$name" "$licence"
done <<'END'
zlib Zlib
xz-utils 0BSD
libzstd BSD-3-Clause
lz4 BSD-2-Clause
libyaml MIT
jansson MIT
openssl Apache-2.0
curl curl
END
[ -z "${DFIX_WITH_TESTS:-}" ] || [ -e "$at/cmocka.built" ] || make_library cmocka Apache-2.0

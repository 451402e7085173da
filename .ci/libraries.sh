#!/usr/bin/env bash
# libraries.sh FOLDER COMPILER [TRIPLE]: what dfix links, as archives without anything that dfix does not
# call, built from Debian's source packages with this compiler for this system (the host's) into
# FOLDER/usr. FOLDER/parts.txt says what was built from: source package, version, licence, whose text is
# in FOLDER/licences; FOLDER/bin/dfix-cc is the compiler that knows its headers.
set -euo pipefail
at=$(realpath -m "$1") compiler=$2 triple=${3:-}
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-0} LC_ALL=C TZ=UTC
mkdir -p "$at/src" "$at/licences" "$at/bin" "$at/include" "$at/apt/lists/partial" "$at/apt/cache/archives/partial"

die() {
    printf 'libraries: %s\n' "$*" >&2
    exit 1
}

# musl has no headers of the kernel's own, and its compiler does not look where the host has them.
for headers in linux asm-generic; do
    ln -sfn "/usr/include/$headers" "$at/include/$headers"
done
kernel=/usr/include/${triple:-$(gcc -print-multiarch)}/asm
[ -d "$kernel" ] || kernel=/usr/${triple:-none}/include/asm
ln -sfn "$kernel" "$at/include/asm"
# A name without a folder: OpenSSL writes its compiler's into the library.
cat >"$at/bin/dfix-cc" <<END
#!/bin/sh
exec $compiler -ffile-prefix-map=$at=. "\$@" -idirafter $at/include
END
chmod 755 "$at/bin/dfix-cc"
export PATH=$at/bin:$PATH CC=dfix-cc CFLAGS='-O2 -fPIC'
export PKG_CONFIG_LIBDIR=$at/usr/lib/pkgconfig PKG_CONFIG_PATH=

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
apt-get "${apt_options[@]}" update -q >/dev/null || die 'the list of source packages cannot be had'

# fetch NAME LICENCE: the newest version of its source package that the archive has whole, unpacked and
# with Debian's patches, in src/NAME
fetch() {
    local name=$1 version versions
    versions=$(apt-cache "${apt_options[@]}" showsrc "$name" | sed -n 's/^Version: //p')
    while read -r version; do
        (cd "$at/src" && apt-get "${apt_options[@]}" source -q --download-only "$name=$version") >/dev/null 2>&1 ||
            continue
        rm -rf "$at/src/$name"
        (cd "$at/src" && dpkg-source -x "${name}_${version#*:}.dsc" "$name") >/dev/null 2>&1 || continue
        printf '%s %s %s\n' "$name" "$version" "$2" >>"$at/parts.txt"
        return
    done < <(newest_first <<<"$versions")
    die "the source package of $name cannot be had"
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
host=${triple:+--host=$triple}

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

build_lz4() {
    make -C lib -j "$cores" liblz4.a
    make -C lib install PREFIX=/usr LIBDIR=/usr/lib BUILD_SHARED=no DESTDIR="$at"
}

# with_cmake OPTION...
with_cmake() {
    # shellcheck disable=SC2086 # no words, or two
    cmake -S . -B made -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX=/usr -DCMAKE_INSTALL_LIBDIR=lib \
        -DBUILD_SHARED_LIBS=OFF ${triple:+-DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=${triple%%-*}} "$@"
    cmake --build made -j "$cores"
    DESTDIR=$at cmake --install made
}

build_libyaml() {
    with_cmake -DBUILD_TESTING=OFF
}

build_jansson() {
    with_cmake -DJANSSON_BUILD_DOCS=OFF -DJANSSON_WITHOUT_TESTS=ON -DJANSSON_EXAMPLES=OFF
}

build_openssl() {
    local system=linux-x86_64 all none=()
    case ${triple:-$(gcc -dumpmachine)} in
    aarch64*) system=linux-aarch64 ;;
    esac
    all='afalgeng apps aria async bf blake2 camellia capieng cast cmp cms comp ct dso dtls engine gost idea
        legacy md4 mdc2 ml-dsa ml-kem module nextprotoneg padlockeng psk quic rc2 rc4 rmd160 seed slh-dsa sm2
        sm3 sm4 srp ssl3 static-engine tests ts whirlpool'
    for each in $all; do # older ones do not know all of them
        grep -qE "[\"']$each[\"']" Configure && none+=("no-$each")
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
    make -s -j "$cores" -C lib
    make -s -C lib install DESTDIR="$at"
    make -s -C include install DESTDIR="$at"
    make -s install-pkgconfigDATA DESTDIR="$at"
}

[ ! -e "$at/whole" ] || exit 0
rm -rf "$at/usr" "$at/parts.txt"
while read -r name licence; do
    fetch "$name" "$licence"
    # Not as a condition, in which the shell would go on after an error.
    (
        cd "$at/src/$name"
        "build_$name"
    ) </dev/null >"$at/$name.log" 2>&1 &
    wait $! || {
        tail -n 30 "$at/$name.log" >&2
        die "$name cannot be built"
    }
    cp "$at/src/$name/debian/copyright" "$at/licences/$name"
    # From now on it is found where it was installed.
    find "$at/usr" -name '*.pc' -exec sed -i "s,^\([a-z_]*\)=/usr,\1=$at/usr," {} +
    find "$at/usr" -name '*.la' -delete
    printf '%s built\n' "$name"
done <<'END'
zlib Zlib
xz-utils LicenseRef-public-domain
libzstd BSD-3-Clause
lz4 BSD-2-Clause
libyaml MIT
jansson MIT
openssl Apache-2.0
curl curl
END
touch "$at/whole"

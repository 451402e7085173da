#!/usr/bin/env bash
# packages.sh [KIND...]: the packages in dist/, installed and used as their owners would: the Debian one in
# fresh roots of Debian 12 and 13 (as root, with mmdebstrap; SUITES names others, ROOTS a folder that keeps
# them), the static one in a root that has nothing else, npm's from the files alone, the image by buildah, the
# extension for VS Code by a stand-in for the editor. What is for another architecture is run by qemu-user.
# readme: it names what is there; twice: all of it is made again elsewhere, to the same bytes.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
dist=$root/dist
work=$(mktemp -d "${TMPDIR:-/var/tmp}/dfix-packages-XXXXXX")
arch=$(dpkg --print-architecture)
mounts=() server=

die() {
    printf 'packages: %s\n' "$*" >&2
    exit 1
}

clean() {
    local i
    [ -z "$server" ] || kill "$server" || true
    for ((i = ${#mounts[@]} - 1; i >= 0; i--)); do
        umount "${mounts[i]}" || umount -l "${mounts[i]}" || return
    done
    grep -qF " $work/" /proc/mounts && return
    # A helper that ends with the editor may still write into its cache.
    rm -rf --one-file-system "$work" 2>/dev/null || { sleep 2 && rm -rf --one-file-system "$work"; }
}
trap clean EXIT

printf 'FROM debian:bookworm\nRUN apt-get install curl\nUSER 1\n' >"$work/Dockerfile"

# finds PROGRAM...: does it find what is there to find?
finds() {
    local said
    said=$("$@" --offline --no-config --concise -s apt-get-yes "$work/Dockerfile" 2>/dev/null) || true
    grep -q 'DL3014 apt-get-yes: Add -y' <<<"$said" || die "$* found nothing: $said"
}

# sample_policy FOLDER [URL [NAME]]: a folder that dfix knows as NAME (/tmp), where the sample of the index is all
# the world
sample_policy() {
    local url=${2:-file:///tmp/sample}
    cp -r "$root/tests/demo/sample" "$1/sample"
    cat >"$1/dfix.yaml" <<END
index: {apt: {debian: {mirror: '$url/debian', security: '$url/debian-security', keyring: ${3:-/tmp}/sample/keyring.gpg}}}
END
}

attach() {
    local target=${!#}
    mkdir -p "$target"
    mount "${@:1:$#-1}" "$target"
    mounts+=("$target")
}

# check_spdx FILE: its SPDX file is one by the standard, and of this file
check_spdx() {
    python3 "$root/tests/schemas/validate.py" "$root/tests/schemas/spdx.part.json" whole "$1.spdx.json" >"$work/said" 2>&1 ||
        die "the SPDX file of $1: $(tail -n 3 "$work/said")"
    python3 - "$1" <<'END' || die "the SPDX file of $1"
import hashlib, json, sys
document = json.load(open(sys.argv[1] + ".spdx.json"))
package = document["packages"][0]
assert package["checksums"][0]["checksumValue"] == hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest()
sums = sorted(f["checksums"][0]["checksumValue"] for f in document["files"])
code = package["packageVerificationCode"]["packageVerificationCodeValue"]
assert code == hashlib.sha1("".join(sums).encode()).hexdigest()
known = [document["SPDXID"]] + [x["SPDXID"] for x in document["packages"] + document["files"]]
assert len(set(known)) == len(known)
for link in document["relationships"]:
    assert link["spdxElementId"] in known and link["relatedSpdxElement"] in known, link
own = [x["licenseId"] for x in document.get("hasExtractedLicensingInfos", [])]
for each in document["packages"]:
    assert not each["licenseDeclared"].startswith("LicenseRef-") or each["licenseDeclared"] in own, each
END
}

# ---- Debian ----

# The first mirror of the host's apt whose path ends so, or the one given.
mirror() {
    local found
    found=$(apt-get indextargets --format '$(REPO_URI)' 2>/dev/null | sed 's#/*$##' |
        grep "/$1\$" | head -n 1) || true
    printf '%s\n' "${found:-$2}"
}

# new_root SUITE FOLDER: a Debian with nothing but what it cannot be without
new_root() {
    local tar=${ROOTS:-$work}/$1.tar debian security
    debian=$(mirror debian http://ftp.debian.org/debian)
    security=$(mirror debian-security http://security.debian.org/debian-security)
    if [ ! -s "$tar" ]; then
        printf 'deb %s %s main\n' "$debian" "$1" "$debian" "$1-updates" "$security" "$1-security" >"$work/sources.list"
        mmdebstrap --variant=minbase --quiet "$1" "$tar" "$work/sources.list"
    fi
    mkdir "$2"
    tar -xpf "$tar" -C "$2" --numeric-owner --exclude='./dev/*'
    cp -L /etc/resolv.conf "$2/etc/resolv.conf"
    [ ! -e /etc/hosts ] || cp -L /etc/hosts "$2/etc/hosts"
    apt-config dump | grep -i '^Acquire::[^:]*::Proxy' >"$2/etc/apt/apt.conf.d/90proxy" || true
    attach --bind /dev "$2/dev"
    attach -t proc proc "$2/proc"
}

check_deb() {
    local file suite at
    file=$(ls "$dist"/dfix_*_"$arch".deb)
    check_spdx "$file"
    if command -v lintian >/dev/null; then
        # Archives are linked in on purpose, and nobody has a mailbox at a release that is not out.
        lintian --fail-on error --suppress-tags embedded-library,statically-linked-binary,bogus-mail-host "$file" \
            >"$work/said" 2>&1 || die "lintian: $(cat "$work/said")"
    fi
    [ "$(id -u)" -eq 0 ] || die 'fresh roots need root'
    for suite in ${SUITES:-bookworm trixie}; do
        at=$work/$suite
        new_root "$suite" "$at"
        cp "$file" "$work/Dockerfile" "$at/tmp"
        sample_policy "$at/tmp"
        chroot "$at" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive \
            ${http_proxy:+http_proxy="$http_proxy"} sh -eu -c '
            exec 2>/tmp/err
            apt-get update -q >/dev/null
            apt-get install -q -y --no-install-recommends /tmp/dfix_*.deb >/dev/null
            cd /tmp
            dfix --config dfix.yaml --concise -s pin-apt,apt-get-yes Dockerfile >said && exit 3
            grep -q "Pin curl to 7.88" said
            dfix --config dfix.yaml --fix -q -s pin-apt,apt-get-yes Dockerfile
            grep -q "apt-get install -y .curl=7.88" Dockerfile
            [ -s /usr/share/doc/dfix/html/rules/pin-apt.html ]
            [ -s /usr/share/man/man1/dfix.1.gz ] || [ -e /etc/dpkg/dpkg.cfg.d/docker ]
            [ -z "$(dpkg --verify dfix)" ]
            dpkg-query -L dfix | grep dfix >installed
            grep -qx /usr/libexec/dfix/dfix-fetch installed
            apt-get purge -q -y dfix >/dev/null
            while read -r file; do [ ! -e "$file" ] || { echo "left behind: $file" >&2; exit 4; }; done <installed
            ! dpkg-query -W dfix >/dev/null 2>&1
        ' || die "the package does not serve in $suite: $(tail -n 5 "$at/tmp/err")"
        printf '== deb: installed, used and purged in a fresh %s\n' "$suite"
    done
}

# ---- the static program ----

# serve FOLDER: by https on this machine alone, as 127.0.0.1, by an authority of its own ($work/ca.crt)
serve() {
    openssl req -quiet -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout "$work/ca.key" \
        -out "$work/ca.crt" 2>/dev/null || openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority \
        -keyout "$work/ca.key" -out "$work/ca.crt" 2>/dev/null
    openssl req -newkey rsa:2048 -nodes -subj /CN=127.0.0.1 -keyout "$work/host.key" -out "$work/host.csr" 2>/dev/null
    printf 'subjectAltName=IP:127.0.0.1\n' >"$work/host.ext"
    openssl x509 -req -in "$work/host.csr" -CA "$work/ca.crt" -CAkey "$work/ca.key" -CAcreateserial -days 2 \
        -extfile "$work/host.ext" -out "$work/host.crt" 2>/dev/null
    cat >"$work/serve.py" <<'END'
import functools, http.server, ssl, sys
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[2] + "/host.crt", sys.argv[2] + "/host.key")
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
server.serve_forever()
END
    mkfifo "$work/port"
    python3 "$work/serve.py" "$1" "$work" >"$work/port" 2>/dev/null &
    server=$!
    read -r port <"$work/port"
}

# alone ROOT: dfix, where there is nothing else; its status, and what it says in $work/said
alone() {
    local status=0
    rm -rf "$1/tmp/.cache"
    env -i HOME=/tmp PATH=/nowhere "$(command -v chroot)" "$1" /bin/dfix --config /tmp/dfix.yaml --concise \
        -s pin-apt,apt-get-yes /tmp/Dockerfile >"$work/said" 2>&1 || status=$?
    return "$status"
}

# in_an_empty_root ROOT: it fetches by https, verifies what it gets, and says what it lacks
in_an_empty_root() {
    local status at=$1
    attach -t proc proc "$at/proc"
    attach --bind /dev "$at/dev"
    cp "$work/Dockerfile" "$at/tmp"
    [ -n "$server" ] || serve "$root/tests/demo/sample"
    sample_policy "$at/tmp" "https://127.0.0.1:$port"
    mkdir -p "$at/etc/ssl/certs"
    cp "$work/ca.crt" "$at/etc/ssl/certs/ca-certificates.crt"
    status=0
    alone "$at" || status=$?
    [ "$status" -eq 1 ] || die "alone in a root the status is $status: $(cat "$work/said")"
    grep -q 'Pin curl to 7.88' "$work/said" || die "alone in a root: $(cat "$work/said")"
    grep -q 'DL3014' "$work/said" || die "alone in a root: $(cat "$work/said")"
    rm "$at/etc/ssl/certs/ca-certificates.crt"
    status=0
    alone "$at" || status=$?
    [ "$status" -eq 2 ] && grep -qi 'certificate' "$work/said" || die "without certificates: $status: $(cat "$work/said")"
    cp "$work/ca.crt" "$at/etc/ssl/certs/ca-certificates.crt"
    mv "$at/libexec/dfix/gpgv" "$work/gpgv"
    status=0
    alone "$at" || status=$?
    [ "$status" -eq 2 ] && grep -q 'there is no gpgv' "$work/said" || die "without gpgv: $status: $(cat "$work/said")"
}

check_static() {
    local file at
    for file in "$dist"/dfix-*-static.tar.gz; do
        check_spdx "$file"
        at=$work/$(basename "$file" .tar.gz)
        mkdir -p "$at/tmp"
        tar -xzf "$file" -C "$at" --strip-components=1
        if [[ $file != *-linux-$arch-* ]]; then
            finds "qemu-$(file -b "$at/bin/dfix" | grep -q aarch64 && echo aarch64 || echo x86_64)-static" "$at/bin/dfix"
            printf '== static: %s runs by qemu-user\n' "$(basename "$file")"
            continue
        fi
        finds "$at/bin/dfix"
        ! ldd "$at/bin/dfix" 2>/dev/null | grep -q '=>' || die 'it wants shared libraries'
        [ "$(id -u)" -ne 0 ] || in_an_empty_root "$at"
        printf '== static: %s runs in an empty root\n' "$(basename "$file")"
    done
}

# ---- npm ----

check_npm() {
    local cpu
    command -v npm >/dev/null || die 'npm is not installed'
    cpu=$(node -p process.arch)
    for file in "$dist"/dfix-linux-*.tgz "$dist"/dfix-[0-9]*.tgz; do
        check_spdx "$file"
    done
    mkdir "$work/npm"
    (cd "$work/npm" && echo '{"private": true}' >package.json &&
        npm install --silent --no-audit --no-fund --ignore-scripts --offline "$dist"/dfix-linux-"$cpu"-*.tgz \
            "$dist"/dfix-[0-9]*.tgz >/dev/null 2>&1) || die 'npm does not install it'
    finds "$work/npm/node_modules/.bin/dfix"
    # Where there is no program for the platform it says so.
    rm -rf "$work/npm/node_modules/dfix-linux-$cpu"
    "$work/npm/node_modules/.bin/dfix" --version >"$work/said" 2>&1 && die 'npm: no program, and no word of it'
    grep -q "there is no program for linux $cpu" "$work/said" || die "npm: $(cat "$work/said")"
    printf '== npm: installed from two files, and used\n'
}

# ---- the image ----

in_store() {
    buildah --root "$work/containers" --runroot "$work/containers-run" --storage-driver vfs "$@"
}

# in_image BOX OPTION...: the image's dfix in a folder of files, which it cannot write, with the certificate of our
# own authority in place of the world's
in_image() {
    in_store run --isolation chroot --volume "$work/src:/src:ro" \
        --volume "$work/ca.crt:/etc/ssl/certs/ca-certificates.crt:ro" "$1" -- /usr/bin/dfix "${@:2}" >"$work/said" 2>&1
}

check_image() {
    local file box tag
    file=$(ls "$dist"/dfix-*-"$arch".oci.tar)
    check_spdx "$file"
    mkdir -p "$work/src"
    [ -n "$server" ] || serve "$root/tests/demo/sample"
    sample_policy "$work/src" "https://127.0.0.1:$port" /src
    cp "$work/Dockerfile" "$work/src"
    cp "$root/.ci/Dockerfile" "$work/src/Containerfile"
    tag=$(in_store pull --quiet "oci-archive:$file")
    box=$(in_store from "$tag")
    [ "$(in_store inspect --format '{{.OCIv1.Config.User}} {{.OCIv1.Config.WorkingDir}}' "$box")" = \
        '10001:10001 /src' ] || die 'the image does not run as 10001 in /src'
    in_store run --isolation chroot "$box" -- /usr/bin/dfix --version >"$work/said" 2>&1 || die "the image: $(cat "$work/said")"
    grep -q 'BEGIN CERTIFICATE' "$(in_store mount "$box")/etc/ssl/certs/ca-certificates.crt" || die 'it has no certificates'
    # It fetches, verifies and keeps: a second run finds all of it.
    in_image "$box" --config dfix.yaml --concise -s pin-apt,apt-get-yes Dockerfile || true
    grep -q 'Dockerfile:2:5: DL3014' "$work/said" && grep -q 'Pin curl to 7.88' "$work/said" ||
        die "the image says: $(cat "$work/said")"
    in_image "$box" --offline --config dfix.yaml --concise -s pin-apt Dockerfile || true
    grep -q 'Pin curl to 7.88' "$work/said" || die "offline the image says: $(cat "$work/said")"
    # Its own Dockerfile gives dfix nothing to say.
    in_image "$box" --offline --no-config --concise Containerfile || die "of its own Dockerfile: $(cat "$work/said")"
    ! grep -q Containerfile "$work/said" || die "of its own Dockerfile: $(cat "$work/said")"
    printf '== image: runs as 10001 and finds what is in /src\n'
}

# ---- VS Code ----

check_vscode() {
    local file
    file=$(ls "$dist"/dfix-*-linux-"$arch".vsix)
    check_spdx "$file"
    mkdir "$work/vscode"
    python3 - "$file" "$work/vscode" <<'END'
import os, sys, zipfile
import xml.etree.ElementTree as tree
with zipfile.ZipFile(sys.argv[1]) as z:
    for entry in z.infolist():
        os.chmod(z.extract(entry, sys.argv[2]), entry.external_attr >> 16)
    names = set(z.namelist())
    for name in ("extension.vsixmanifest", "[Content_Types].xml"):
        tree.fromstring(z.read(name))
wanted = ["extension.vsixmanifest", "[Content_Types].xml"] + ["extension/" + name for name in (
    "package.json", "README.md", "LICENSE.txt", "extension.js", "bin/dfix", "libexec/dfix/gpgv")]
assert names.issuperset(wanted), [name for name in wanted if name not in names]
END
    mkdir "$work/folder"
    (cd "$work/folder" && CI=true XDG_CACHE_HOME=$work/cache XDG_CONFIG_HOME=$work \
        node "$root/tests/vscode_host/host.js" "$work/vscode/extension") || die 'the extension does not serve'
    printf '== vscode: activated, with the program that it brings\n'
}

# ---- what the README installs ----

check_readme() {
    local file
    grep -o 'dist/[a-z][A-Za-z0-9._-]*' "$root/README.md" | sort -u >"$work/names"
    [ "$(wc -l <"$work/names")" -ge 5 ] || die 'the README installs less than it did'
    while read -r file; do
        [ -s "$root/$file" ] || die "the README installs $file, which ./dev package did not make"
    done <"$work/names"
    printf '== readme: what it installs is there\n'
}

# ---- the same bytes ----

# What is in dist/ is of HEAD, and so is the clone, in a folder of another name; the libraries are those that are
# there.
check_twice() {
    local kinds=() file
    [ ! -e "$dist/dfix_$(version)_$arch.deb" ] || kinds+=(deb)
    git clone -q "$root" "$work/clone"
    (cd "$work/clone" && DFIX_LIBRARIES=${DFIX_LIBRARIES:-$root/build-package} DFIX_DIST=$work/again .ci/package.sh \
        ${kinds[@]+"${kinds[@]}"} static npm image vscode >"$work/said" 2>&1) || die "made again: $(tail -n 5 "$work/said")"
    for file in "$work"/again/*; do
        cmp "$file" "$dist/$(basename "$file")" || die "$(basename "$file") has other bytes when it is made again"
        printf '== twice: %s\n' "$(basename "$file")"
    done
}

version() {
    sed -n 's/^project(dfix VERSION \([0-9.]*\).*/\1/p' "$root/CMakeLists.txt"
}

[ $# -gt 0 ] || set -- deb static npm image vscode readme twice
for kind; do
    case $kind in
    deb | static | npm | image | vscode | readme | twice) "check_$kind" ;;
    *) die "no package of the kind $kind (deb, static, npm, image, vscode, readme, twice)" ;;
    esac
done

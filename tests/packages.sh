#!/usr/bin/env bash
# packages.sh KIND...: the packages in dist/, installed and used as their owners would: the Debian one in
# fresh roots of Debian 12 and 13 (as root, with mmdebstrap; SUITES names others), the static one in a
# root that has nothing else, npm's from the files alone, the image by buildah, the extension for VS Code by
# a stand-in for the editor.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
dist=$root/dist
work=$(mktemp -d "${TMPDIR:-/var/tmp}/dfix-packages-XXXXXX")
mounts=()

die() {
    printf 'packages: %s\n' "$*" >&2
    exit 1
}

clean() {
    local i
    for ((i = ${#mounts[@]} - 1; i >= 0; i--)); do
        umount "${mounts[i]}" || umount -l "${mounts[i]}" || return
    done
    grep -qF " $work/" /proc/mounts || rm -rf --one-file-system "$work"
}
trap clean EXIT

printf 'FROM debian:bookworm\nRUN apt-get install curl\nUSER 1\n' >"$work/Dockerfile"

# finds PROGRAM...: does it find what is there to find?
finds() {
    local said
    said=$("$@" --offline --no-config --concise -s apt-get-yes "$work/Dockerfile" 2>/dev/null) || true
    grep -q 'DL3014 apt-get-yes: Add -y' <<<"$said" || die "$1 found nothing: $said"
}

# sample_policy FOLDER: a root's /tmp, where the sample of the index is all the world
sample_policy() {
    cp -r "$root/tests/demo/sample" "$1/sample"
    cat >"$1/dfix.yaml" <<'END'
index: {apt: {debian: {mirror: 'file:///tmp/sample/debian', security: 'file:///tmp/sample/debian-security', keyring: /tmp/sample/keyring.gpg}}}
END
}

check_spdx() {
    python3 - "$1" <<'END' || die "the SPDX file of $1"
import hashlib, json, sys
document = json.load(open(sys.argv[1] + ".spdx.json"))
package = document["packages"][0]
assert document["spdxVersion"] == "SPDX-2.3" and document["files"]
assert package["checksums"][0]["checksumValue"] == hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest()
END
}

check_deb() {
    local file suite at
    file=$(ls "$dist"/dfix_*.deb)
    check_spdx "$file"
    [ "$(id -u)" -eq 0 ] || die 'fresh roots need root'
    for suite in ${SUITES:-bookworm trixie}; do
        at=$work/$suite
        mmdebstrap --variant=minbase --quiet "$suite" "$at.tar"
        mkdir "$at"
        tar -xpf "$at.tar" -C "$at" --numeric-owner --exclude='./dev/*'
        cp -L /etc/resolv.conf "$at/etc/resolv.conf"
        mount --bind /dev "$at/dev"
        mounts+=("$at/dev")
        mount -t proc proc "$at/proc"
        mounts+=("$at/proc")
        cp "$file" "$work/Dockerfile" "$at/tmp"
        sample_policy "$at/tmp"
        chroot "$at" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive sh -eu -c '
            apt-get update -q >/dev/null 2>&1
            apt-get install -q -y --no-install-recommends /tmp/dfix_*.deb >/dev/null
            cd /tmp
            dfix --config dfix.yaml --concise -s pin-apt,apt-get-yes Dockerfile >said && exit 3
            grep -q "Pin curl to 7.88" said
            dfix --config dfix.yaml --fix -q -s pin-apt,apt-get-yes Dockerfile
            grep -q "apt-get install -y .curl=7.88" Dockerfile
            [ -s /usr/share/doc/dfix/html/rules/pin-apt.html ]
            dpkg --verify dfix
            apt-get purge -q -y dfix >/dev/null
            [ ! -e /usr/bin/dfix ] && [ ! -e /usr/libexec/dfix ] && [ ! -e /usr/share/doc/dfix ]
        ' || die "the package does not serve in $suite"
        printf '== deb: installed, used and purged in a fresh %s\n' "$suite"
    done
}

check_static() {
    local file at=$work/static
    file=$(ls "$dist"/dfix-*-static.tar.gz)
    check_spdx "$file"
    mkdir -p "$at/tmp"
    tar -xzf "$file" -C "$at" --strip-components=1
    finds "$at/bin/dfix"
    ! ldd "$at/bin/dfix" 2>/dev/null | grep -q '=>' || die 'it wants shared libraries'
    if [ "$(id -u)" -eq 0 ]; then
        # A root that has the program and nothing else: it fetches, and verifies what it gets.
        mkdir "$at/proc" "$at/dev"
        mount -t proc proc "$at/proc"
        mounts+=("$at/proc")
        mount --bind /dev "$at/dev"
        mounts+=("$at/dev")
        cp "$work/Dockerfile" "$at/tmp"
        sample_policy "$at/tmp"
        env -i HOME=/tmp PATH=/nowhere "$(command -v chroot)" "$at" /bin/dfix --config /tmp/dfix.yaml --concise \
            -s pin-apt,apt-get-yes /tmp/Dockerfile >"$work/said" 2>&1 || true
        grep -q 'Pin curl to 7.88' "$work/said" || die "alone in a root: $(cat "$work/said")"
        grep -q 'DL3014' "$work/said" || die "alone in a root: $(cat "$work/said")"
    fi
    printf '== static: runs in an empty root\n'
}

check_npm() {
    command -v npm >/dev/null || die 'npm is not installed'
    mkdir "$work/npm"
    (cd "$work/npm" && echo '{"private": true}' >package.json &&
        npm install --silent --no-audit --no-fund --ignore-scripts --offline "$dist"/dfix-linux-*.tgz \
            "$dist"/dfix-[0-9]*.tgz >/dev/null 2>&1) || die 'npm does not install it'
    finds "$work/npm/node_modules/.bin/dfix"
    printf '== npm: installed from two files, and used\n'
}

in_store() {
    buildah --root "$work/containers" --runroot "$work/containers-run" --storage-driver vfs "$@"
}

# in_image BOX OPTION...: the image's dfix in a folder of files, which it cannot write
in_image() {
    in_store run --isolation chroot --volume "$work/src:/src:ro" "$1" -- /usr/bin/dfix --offline --no-config \
        "${@:2}" >"$work/said" 2>&1
}

check_image() {
    local file box tag
    file=$(ls "$dist"/dfix-*.oci.tar)
    check_spdx "$file"
    mkdir -p "$work/src"
    cp "$work/Dockerfile" "$work/src"
    cp "$root/.ci/Dockerfile" "$work/src/Containerfile"
    tag=$(in_store pull --quiet "oci-archive:$file")
    box=$(in_store from "$tag")
    [ "$(in_store inspect --format '{{.OCIv1.Config.User}} {{.OCIv1.Config.WorkingDir}}' "$box")" = \
        '10001:10001 /src' ] || die 'the image does not run as 10001 in /src'
    in_image "$box" --concise -s apt-get-yes Dockerfile || true
    grep -q 'Dockerfile:2:5: DL3014' "$work/said" || die "the image says: $(cat "$work/said")"
    # Its own Dockerfile gives dfix nothing to say.
    in_image "$box" Containerfile || die "of its own Dockerfile the image says: $(cat "$work/said")"
    printf '== image: runs as 10001 and finds what is in /src\n'
}

check_vscode() {
    local file
    file=$(ls "$dist"/dfix-*.vsix)
    check_spdx "$file"
    mkdir "$work/vscode"
    python3 - "$file" "$work/vscode" <<'END'
import os, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as z:
    for entry in z.infolist():
        os.chmod(z.extract(entry, sys.argv[2]), entry.external_attr >> 16)
names = set(zipfile.ZipFile(sys.argv[1]).namelist())
wanted = ["extension.vsixmanifest", "[Content_Types].xml"] + ["extension/" + name for name in (
    "package.json", "README.md", "LICENSE.txt", "extension.js", "bin/dfix", "libexec/dfix/gpgv")]
assert names.issuperset(wanted), [name for name in wanted if name not in names]
END
    mkdir "$work/folder"
    (cd "$work/folder" && CI=true XDG_CACHE_HOME=$work/cache XDG_CONFIG_HOME=$work \
        node "$root/tests/vscode_host/host.js" "$work/vscode/extension") || die 'the extension does not serve'
    printf '== vscode: activated, with the program that it brings\n'
}

[ $# -gt 0 ] || set -- deb static npm image vscode
for kind; do
    "check_$kind"
done

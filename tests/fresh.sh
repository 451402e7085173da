#!/usr/bin/env bash
# fresh.sh SUITE [TASK...]: the README's commands in a new Debian (bookworm, trixie, ...) that has
# nothing but its essential packages: `./dev demo`, then `./dev test`, or `./dev TASK` for each
# TASK ("test fast"). As root, with mmdebstrap; apt's mirrors and npm's registry are those of this
# host. What is committed is tested, from a clone; ../shared is lent read-only where it is there.
# FRESH_TAR: keep the bare root in this file, and begin with it where it is there.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
suite=${1:?usage: fresh.sh SUITE [TASK...]}
shift
[ $# -gt 0 ] || set -- demo test

die() {
    printf 'fresh: %s\n' "$*" >&2
    exit 1
}

[ "$(id -u)" -eq 0 ] || die 'run it as root: it makes a root file system and mounts in it'
command -v mmdebstrap >/dev/null || die 'as root, run: apt-get install mmdebstrap'

# The first mirror of the host's apt whose path ends so, or the one given.
mirror() {
    local found
    found=$(apt-get indextargets --format '$(REPO_URI)' 2>/dev/null | sed 's#/*$##' |
        grep "/$1\$" | head -n 1) || true
    printf '%s\n' "${found:-$2}"
}

sources() {
    local debian security
    debian=$(mirror debian http://ftp.debian.org/debian)
    security=$(mirror debian-security http://security.debian.org/debian-security)
    printf 'deb %s %s main\n' "$debian" "$suite" "$debian" "$suite-updates" \
        "$security" "$suite-security"
}

work=$(mktemp -d "${TMPDIR:-/var/tmp}/dfix-fresh-XXXXXX")
at=$work/root
mounts=()

clean() {
    local i
    for ((i = ${#mounts[@]} - 1; i >= 0; i--)); do
        umount "${mounts[i]}" || umount -l "${mounts[i]}" || return
    done
    # Nothing of the host may be mounted in what is removed.
    grep -qF " $at/" /proc/mounts || rm -rf --one-file-system "$work"
}
trap clean EXIT

attach() {
    local target=$at/${!#}
    mkdir -p "$target"
    mount "${@:1:$#-1}" "$target"
    mounts+=("$target")
}

# npm asks the registry that the host's does, and trusts whom it does.
lend_npm() {
    local certificates
    command -v npm >/dev/null || return 0
    certificates=$(npm config get cafile)
    printf 'registry=%s\n' "$(npm config get registry)" >"$at/root/.npmrc"
    [ -f "$certificates" ] || return 0
    cp -L "$certificates" "$at/root/npm-ca.crt"
    printf 'cafile=/root/npm-ca.crt\n' >>"$at/root/.npmrc"
}

make_root() {
    local tar=${FRESH_TAR:-$work/root.tar}
    if [ ! -s "$tar" ]; then
        sources >"$work/sources.list"
        mmdebstrap --variant=minbase --quiet "$suite" "$tar" "$work/sources.list"
    fi
    mkdir "$at"
    tar -xpf "$tar" -C "$at" --numeric-owner --exclude='./dev/*'
    cp -L /etc/resolv.conf "$at/etc/resolv.conf"
    [ ! -e /etc/hosts ] || cp -L /etc/hosts "$at/etc/hosts"
    apt-config dump | grep -i '^Acquire::[^:]*::Proxy' >"$at/etc/apt/apt.conf.d/90proxy" || true
    lend_npm
    attach -t proc proc proc
    attach --bind /dev dev
    attach --bind /dev/pts dev/pts
    attach -t tmpfs tmpfs dev/shm
}

# As `git clone` gives it: no build folder, nothing that is not committed.
clone() {
    mkdir -p "$at/srv"
    git clone -q --no-hardlinks "$root" "$at/srv/dfix"
    if [ -d "$root/../shared" ]; then
        attach --bind "$root/../shared" srv/shared
        mount -o remount,ro,bind "$at/srv/shared"
    fi
}

make_root
clone
printf '== a fresh %s: %s\n' "$suite" "$(. "$at/etc/os-release" && printf '%s' "$PRETTY_NAME")"
for task; do
    printf '== fresh %s: ./dev %s\n' "$suite" "$task"
    # shellcheck disable=SC2086 # a task may have arguments
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 ${CI:+CI="$CI"} \
        ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
        chroot "$at" sh -c 'cd /srv/dfix && ./dev "$@"' sh $task
done
printf '== fresh %s: all of it passed\n' "$suite"

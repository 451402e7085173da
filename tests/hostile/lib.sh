# lib.sh - what the tests of hostile runs share: a folder of their own, the program in a world that
# is the demo's small signed index, and attacks that are told by their number in the list.
set -u
root=${DFIX_ROOT:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
build=${DFIX_BUILD:-$root/build}
box=$(mktemp -d /tmp/dfix-hostile-XXXXXX)
failed=0
attack=

trap 'kill $(jobs -p) 2>/dev/null; chattr -R -i "$box" 2>/dev/null; chmod -R u+rwX "$box"; rm -rf "$box"' EXIT
trap 'exit 1' INT TERM

mkdir -p "$box/config/dfix" "$box/work"
cat >"$box/config/dfix/dfix.yaml" <<END
architectures: [amd64, arm64]
registries: {blocked: [docker.io]}
rules: {trusted-from: off}
index: {apt: {debian: {mirror: 'file://$root/tests/demo/sample/debian',
  security: 'file://$root/tests/demo/sample/debian-security',
  keyring: '$root/tests/demo/sample/keyring.gpg'}}}
END
export XDG_CONFIG_HOME=$box/config XDG_CACHE_HOME=$box/cache HOME=$box
export GIT_CONFIG_NOSYSTEM=1
unset DFIX_CONFIG SUDO_UID
cd "$box/work" || exit 1

dfix() {
    "$build/dfix" "$@"
}

# A Dockerfile that a run changes.
sample='FROM debian:12
RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*
'
put() {
    [[ $1 != */* ]] || [ -d "${1%/*}" ] || mkdir -p "${1%/*}"
    printf '%s' "$sample" >"$1"
}

# begin H1 WHAT: a new attack, in an empty folder.
begin() {
    attack="$1: $2"
    cd "$box" || exit 1
    chmod -R u+rwX work
    rm -rf work
    mkdir work
    cd work || exit 1
}

# check WHAT COMMAND...: it has to succeed.
check() {
    local what=$1
    shift
    "$@" >/dev/null 2>&1 && return
    printf 'FAILED %s: %s: %s\n' "$attack" "$what" "$*"
    [ -s "$box/err" ] && sed 's/^/    /' "$box/err"
    failed=1
}

# run STATUS ARGUMENT...: dfix, with what it says in $box/out and $box/err.
run() {
    local want=$1 got
    shift
    dfix "$@" >"$box/out" 2>"$box/err" </dev/null
    got=$?
    check "status $got" test "$got" = "$want"
}

# meanwhile COMMAND ARGUMENT...: run dfix with these arguments, and the command once the run waits
# for the world; the status is in $status.
meanwhile() {
    local command=$1 pid
    shift
    rm -rf "$box/waits" "$box/go" "$box/cache"
    printf '#!/bin/sh\n>"%s"\nuntil [ -e "%s" ]; do sleep 0.02; done\nexec "%s"\n' \
        "$box/waits" "$box/go" "$build/dfix-fetch" >"$box/slow"
    chmod 755 "$box/slow"
    DFIX_FETCH=$box/slow "$build/dfix" "$@" >"$box/out" 2>"$box/err" </dev/null &
    pid=$!
    until [ -e "$box/waits" ] || ! kill -0 "$pid" 2>/dev/null; do sleep 0.02; done
    eval "$command"
    : >"$box/go"
    wait "$pid"
    status=$?
}

warm() {
    dfix index update --release bookworm >/dev/null 2>&1
}

says() {
    grep -qF -- "$1" "$box/err"
}

says_not() {
    ! grep -qF -- "$1" "$box/err" "$box/out"
}

# has PROGRAM: what needs it is skipped without it, but not where all tests must run
has() {
    command -v "$1" >/dev/null || [ "${CI:-}" != true ] || check "$1 is installed" false
}

is_root() {
    [ "$(id -u)" = 0 ] && return
    printf 'skipped, since only root can: %s\n' "$1"
    return 1
}

finish() {
    [ "$failed" = 0 ] && echo "every attack held"
    exit "$failed"
}

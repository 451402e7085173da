#!/bin/sh
# signed.sh - keys and signed archives for tests, each made once a build and a day, then copied:
#   signed.sh key NAME FOLDER [GPG-OPTION...]   the keyring NAME.gpg of a key of that name
#   signed.sh archive FOLDER CODENAME SUITE     what archive.sh makes, by its environment; "now"
#                                               is the beginning of the day; NAME tells it from
#                                               all that are made otherwise
# DFIX_BUILD has them in signed/DAY. DFIX_SIGNED_DAY: the day, where a run may see midnight.
set -eu
here=${0%/*}
day=${DFIX_SIGNED_DAY:-$(date -u +%F)}
store=$DFIX_BUILD/signed/$day
[ -d "$store/home" ] || mkdir -p -m 700 "$store/home"

# One at a time, in a home of its own: the path of an agent's socket must be short.
lock() {
    exec 9>"$store/lock"
    flock 9
    find "$DFIX_BUILD/signed" -mindepth 1 -maxdepth 1 -mtime +2 -exec rm -rf {} +
    work=$(mktemp -d /tmp/dfix-sign-XXXXXX)
    trap 'gpgconf --kill all; rm -rf "$work"' EXIT
    cp -a "$store/home" "$work/home"
    export GNUPGHOME="$work/home"
}

make_key() {
    name=$1
    shift
    lock
    [ ! -e "$store/$name.gpg" ] || return 0
    case "$*" in *faked*) ends=1d ;; *) ends=never ;; esac
    gpg --batch -q "$@" --pinentry-mode loopback --passphrase '' \
        --quick-generate-key "$name" ed25519 sign "$ends" 2>/dev/null 9>&-
    gpg --batch -q --export "$name" >"$work/ring" 9>&-
    gpgconf --kill all
    rm -rf "$store/home"
    cp -a "$work/home" "$store/home"
    mv "$work/ring" "$store/$name.gpg"
}

# What archive.sh makes of these indexes, apart from where they lie.
make_archive() {
    lock
    [ ! -d "$store/$2" ] || return 0
    mkdir "$work/made"
    (cd "$1" && find . -path '*/by-hash*' -prune -o -name Packages -print) | while read -r file; do
        mkdir -p "$work/made/$(dirname "$file")"
        cp "$1/$file" "$work/made/$file"
    done
    "$here/archive.sh" "$work/made" "$3" "$4" 9>&-
    mv "$work/made" "$store/$2"
}

sign() {
    name=$NAME
    # Such dates are by the clock: they are not kept.
    case "${DATE-} ${VALID-}" in *tomorrow* | *yesterday*) name=$name-$$ ;; esac
    [ "$store/$name" -nt "$here/archive.sh" ] || rm -rf "${store:?}/$name"
    [ -d "$store/$name" ] || (make_archive "$1" "$name" "$2" "$3")
    find "$1" -path '*/by-hash' -prune -o \( -name 'Packages.*' -o -path "$1/Release*" -o \
        -path "$1/InRelease" \) -exec rm -f {} +
    cp -r "$store/$name/." "$1"
    case $name in *-*) rm -rf "$store/$name" ;; esac
}

task=$1
shift
case $task in
key)
    name=$1 folder=$2
    shift 2
    [ -e "$store/$name.gpg" ] || (make_key "$name" "$@")
    cp "$store/$name.gpg" "$folder/"
    ;;
archive)
    export DAY="$day"
    sign "$@"
    ;;
esac

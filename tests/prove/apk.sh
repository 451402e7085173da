#!/bin/sh
# apk.sh - a stand-in for apk, for the proof's Alpine bases: no real apk is to be had from Debian.
# It knows the database of what is installed and the index that /etc/apk/proof names, and of apk's
# words those that Dockerfiles use: update, add, upgrade, del; what it does not know it refuses. It
# moves versions in the database and unpacks nothing.
set -eu
db=/lib/apk/db/installed
index=/tmp/apk-index

die() {
    echo "ERROR: $*" >&2
    exit 1
}

fetch() {
    wget -qO- "$(cat /etc/apk/proof)" | gunzip | tar -xO APKINDEX |
        awk -F: '/^P:/ {name = $2} /^V:/ {print name, $2}' >$index
}

version_in_index() { awk -v name="$1" '$1 == name {print $2; exit}' $index; }

installed() { awk -F: -v name="$1" '/^P:/ {at = $2} /^V:/ && at == name {print $2}' $db; }

# holds VERSION OPERATOR WANTED
holds() {
    case $2 in
    '') return 0 ;;
    '=') [ "$1" = "$3" ] ;;
    '~' | '=~' | '~=')
        case $1 in "$3" | "$3".* | "$3"-r* | "$3"_*) return 0 ;; esac
        return 1
        ;;
    '>=') [ "$(printf '%s\n%s\n' "$1" "$3" | sort -V | head -n 1)" = "$3" ] ;;
    *) die "the stand-in does not know $2" ;;
    esac
}

move() { # NAME VERSION
    if [ -n "$(installed "$1")" ]; then
        awk -v name="$1" -v version="$2" '/^P:/ {at = substr($0, 3)}
            /^V:/ && at == name {print "V:" version; next} {print}' $db >$db.new
        cat $db.new >$db
        rm $db.new
    else
        printf 'P:%s\nV:%s\n\n' "$1" "$2" >>$db
    fi
    echo "installing $1 ($2)"
}

take() { # SPEC: the version of the index, when it may be that and must be, or is to be, another
    name=${1%%[<>=~]*}
    rest=${1#"$name"}
    wanted=${rest##*[<>=~]}
    operator=${rest%"$wanted"}
    new=$(version_in_index "$name")
    old=$(installed "$name")
    [ -n "$new" ] || die "unable to select packages: $name (no such package)"
    if [ -n "$old" ] && [ $upgrade = no ] && holds "$old" "$operator" "$wanted"; then return 0; fi
    holds "$new" "$operator" "$wanted" || die "unable to select packages: $name-$new breaks: $1"
    [ "$old" = "$new" ] || move "$name" "$new"
}

verb='' upgrade=no specs=''
[ -w $db ] || die "Unable to lock database: Permission denied"
while [ $# -gt 0 ]; do
    case $1 in
    --no-cache | -U | --update-cache | --update | -q | --available | -a | --latest) ;;
    -u | --upgrade) upgrade=yes ;;
    -t | --virtual) shift ;;
    -*) die "the stand-in does not know $1" ;;
    *) if [ -z "$verb" ]; then verb=$1; else specs="$specs $1"; fi ;;
    esac
    shift
done
[ -e $index ] || fetch
case $verb in
update) ;;
upgrade)
    upgrade=yes
    [ -n "$specs" ] || specs=$(awk -F: '/^P:/ {print $2}' $db)
    for spec in $specs; do take "$spec"; done
    ;;
add) for spec in $specs; do take "$spec"; done ;;
*) die "the stand-in does not know $verb" ;;
esac
rm -f $index

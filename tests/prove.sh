#!/usr/bin/env bash
# prove.sh BUILD [NAME...] - builds real Dockerfiles as they are, after `dfix --fix` and after `dfix --fix
# --unsafe`, with every rule on, and compares what came out: packages, the user, what the image says of
# itself, files outside of the package databases, and whether what it starts still starts, as its user.
# prove/world.sh makes the bases, prove/cases.sh has the cases, prove/judge.py says what is wrong.
#
# Needs root. NAME: only the cases whose name holds one of them. As many at once as there are processors
# (DFIX_PROVE_JOBS). Bases, the builder, layers of the day and packages that were fetched are kept in
# DFIX_PROVE_KEEP, else below the user's cache folder.
set -euo pipefail
build=$(cd "$1" && pwd)
dfix=$build/dfix
only=("${@:2}")
keep=${DFIX_PROVE_KEEP:-${XDG_CACHE_HOME:-$HOME/.cache}/dfix-prove}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
shared=${DFIX_SHARED:-$here/../../shared}
at_once=${DFIX_PROVE_JOBS:-$(nproc)}
# Not asked: what needs a service that is not here.
not_here=pin-snapshot,known-vulnerabilities
cases=0
servers=()

say() { printf '== %s\n' "$*"; }

die() {
    printf 'prove: %s\n' "$*" >&2
    exit 2
}

. "$here/prove/world.sh"

# ---- one case ----

is_wanted() { # NAME
    local part
    [ ${#only[@]} -gt 0 ] || return 0
    for part in "${only[@]}"; do
        [[ $1 != *"$part"* ]] || return 0
    done
    return 1
}

# bud IMAGE FOLDER LOG [OPTION...]
bud() {
    inside buildah bud --layers --pull=always --isolation chroot --network host --tls-verify=false --format docker \
        --signature-policy "$work/policy.json" -t "$1" "${@:4}" "$2" >"$3" 2>&1
}

# prove NAME WORD=VALUE... < Dockerfile: a case in a process of its own, when there is room
#   base=IMAGE          that packages of an upgrade are compared with
#   user=BEFORE:AFTER   the users that it runs as; BEFORE "fails": it does not build as it is
#   packages=HOW        against the image before: same, fewer (recommended ones are gone), fixed
#                       (nothing was built before); narrow: against the base, nothing has moved but what
#                       the file names
#   policy=YAML         of the rules, a line a rule
#   config=YAML         beside the rules, a line
#   differs=KEYS        what the image says of itself and is meant to differ: Cmd,Env
#   files=PATTERN       files that are meant to differ, an extended regular expression
#   answer=COMMAND      of sh: must succeed in the image after, as its user
#   unchanged=yes       dfix leaves the file as it is
prove() {
    local name=$1 dir
    shift
    is_wanted "$name" || {
        cat >/dev/null
        return 0
    }
    cases=$((cases + 1))
    dir=$work/case-$cases
    mkdir -p "$dir/before"
    cat >"$dir/before/Dockerfile"
    while [ "$(jobs -rp | wc -l)" -ge $((at_once + ${#servers[@]})) ]; do
        wait -n || true
    done
    prove_one "$cases" "$dir" "$name" "$@" </dev/null &
}

# corpus NUMBER WORD=VALUE...: a case with a file of the public corpus
corpus() {
    local file=$shared/corpus/public/$1.Dockerfile
    if [ -e "$file" ]; then
        prove "corpus: $1" "${@:2}" <"$file"
    elif is_wanted "corpus: $1"; then
        say "skipped: corpus: $1: no $shared/corpus"
    fi
}

# The value of a word, from the case's words.
word() {
    local key=$1 each
    for each in "${words[@]}"; do
        [[ $each != "$key="* ]] || printf '%s' "${each#*=}"
    done
}

prove_one() {
    local number=$1 dir=$2 name=$3 words=("${@:4}") which
    cp -r "$here/prove/context/." "$work/app" "$dir/before"
    cp -r "$dir/before" "$dir/safe"
    cp -r "$dir/before" "$dir/after"
    write_policy "$(word base)" >"$dir/dfix.yaml"
    fix safe
    fix after --unsafe
    build_and_probe before
    for which in safe after; do
        build_and_probe $which
    done
    python3 "$here/prove/judge.py" "$dir" "$keep/packages" "$name" "${words[@]}" >"$dir/row" || true
    cat "$dir/row"
    cat "$dir/row" >>"$work/rows"
}

# fix WHICH OPTION...: the folder's Dockerfile by dfix
fix() {
    local status=0
    XDG_CACHE_HOME=$work/cache "$dfix" --fix --select all --ignore $not_here --config "$dir/dfix.yaml" \
        "${@:2}" "$dir/$1/Dockerfile" >"$dir/$1.dfix" 2>&1 || status=$?
    echo $status >"$dir/$1.dfix.status"
}

# What was built as the same file before is not built again.
build_and_probe() {
    local which=$1 same image=proof:$number-$1
    for same in before safe; do
        [ "$same" != "$which" ] || break
        cmp -s "$dir/$same/Dockerfile" "$dir/$which/Dockerfile" || continue
        echo "$same" >"$dir/$which.same"
        return 0
    done
    bud "$image" "$dir/$which" "$dir/$which.build" || return 0
    inside sh "$work/probe.sh" "$image" "$dir/$which" "$work/policy.json" "$(word answer)" \
        >"$dir/$which.probe" 2>&1 || true
}

# ---- all cases ----

make_world
say "building, $at_once at once"
: >"$work/rows"
printf '%-40s %-7s %-7s %s\n' case before after packages
. "$here/prove/cases.sh"
while [ "$(jobs -rp | wc -l)" -gt ${#servers[@]} ]; do
    wait -n || true
done
wrong=$(grep -c '!!' "$work/rows" || true)
say "$cases cases, $wrong complaints, $SECONDS seconds"
[ "$cases" -gt 0 ] && [ "$wrong" -eq 0 ]

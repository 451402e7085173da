#!/usr/bin/env bash
# safety.sh [FILES] - what programs that rewrite Dockerfiles do to the public corpus: dfix and tally with their safe
# fixes, and the formatters of npm: dprint's plugin, prettier with prettier-plugin-sh, dockerfmt. Of
# each: files that it refuses, that do not parse after it, lose a comment, change when it runs again, or
# mean something else, by `dfix verify`. Needs npm; DFIX_NODE_MODULES names a folder that has the
# packages already. FILES: only so many, evenly spread.
set -euo pipefail
build=${DFIX_BUILD:-build} shared=${DFIX_SHARED:-../shared}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
public=$shared/corpus/public
[ -d "$public" ] || {
    echo "skipped: no $public"
    exit 0
}
command -v node >/dev/null && command -v npm >/dev/null || {
    echo "skipped: node and npm are not installed"
    exit 0
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
modules=${DFIX_NODE_MODULES:-$work/npm/node_modules}
[ -d "$modules" ] || npm install --no-audit --no-fund --silent --ignore-scripts --prefix "$work/npm" \
    @dprint/formatter@0.6.0 @dprint/dockerfile@0.6.0 prettier@3.10.1 prettier-plugin-sh@0.20.0 \
    @reteps/dockerfmt@0.5.4 @wharflab/tally-linux-x64@0.45.0 || echo "npm cannot be reached"
export DFIX_NODE_MODULES=$modules XDG_CACHE_HOME=$work/cache

mkdir "$work/before"
find "$public" -name '*.Dockerfile' | sort | awk -v want="${1:-0}" '
    { file[NR] = $0 }
    END { step = want && want < NR ? NR / want : 1; for (i = 1; i <= NR; i += step) print file[int(i)] }' |
    xargs cp -t "$work/before"

# Files that dfix writes in place; what cannot be done stays as it is.
run_dfix() { # OPTION... FROM TO
    cp -r "${@: -2:1}/." "${@: -1}"
    find "${@: -1}" -name '*.Dockerfile' -print0 |
        xargs -0 "$build/dfix" --fix --offline --no-config -q --exit-zero "${@:1:$#-2}" >/dev/null 2>&1 || true
}

# One at a time: where it refuses one file, it writes none of those beside it.
run_tally() { # FROM TO
    cp -r "$1/." "$2"
    find "$2" -name '*.Dockerfile' -print0 |
        xargs -0 -n 1 -P "$(nproc)" "$modules/@wharflab/tally-linux-x64/bin/tally" lint --fix --no-config \
            --slow-checks off --fail-level none >/dev/null 2>&1 || true
}

run_formatter() { # TOOL FROM TO
    local last=
    until node "$here/safety.js" "$1" "$2" "$3" >/dev/null 2>"$work/log"; do
        # It goes on behind what ended it; where nothing was done, it cannot run at all.
        [ "$(wc -l <"$3/.done" 2>/dev/null)" != "$last" ] || {
            echo "$1 cannot run: $(tail -1 "$work/log")"
            return 1
        }
        last=$(wc -l <"$3/.done" 2>/dev/null)
    done
}

rows=()
measure() { # NAME COMMAND...
    local name=$1
    shift
    mkdir "$work/$name" "$work/$name.again"
    "$@" "$work/before" "$work/$name" && "$@" "$work/$name" "$work/$name.again" || return 0
    rows+=("$name" "$work/$name" "$work/$name.again")
}

measure dfix run_dfix
measure dfix-all-rules run_dfix --select all
[ ! -x "$modules/@wharflab/tally-linux-x64/bin/tally" ] || measure tally run_tally
for tool in dprint prettier dockerfmt; do
    measure "$tool" run_formatter "$tool"
done
"$build/bench_safety" "$work/before" "${rows[@]}"
echo "on $(date -u +%Y-%m-%d), $(uname -m)"

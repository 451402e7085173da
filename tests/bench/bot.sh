#!/usr/bin/env bash
# dfix pr over many local repositories, each with one file of the corpus: dfix's own work for each and
# git's, in time and (with valgrind, for a few of them) in instructions, and the memory that the run
# takes, which must not grow with their number.
#
#     bot.sh [COUNT [COUNTED]]
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${DFIX_BUILD:-$root/build} corpus=${DFIX_SHARED:-$root/../shared}/corpus/public
count=${1:-1000}
box=$(mktemp -d "${TMPDIR:-/tmp}/dfix-bench-bot-XXXXXX")
trap 'rm -rf "$box"' EXIT
export XDG_CACHE_HOME=$box/cache GIT_CONFIG_GLOBAL=/dev/null DFIX_CONFIG=$box/dfix.yaml
sample=$root/tests/demo/sample
cat >"$DFIX_CONFIG" <<END
index: {apt: {debian: {mirror: 'file://$sample/debian', security: 'file://$sample/debian-security', keyring: '$sample/keyring.gpg'}}}
END
"$build/dfix" index update --release bookworm >/dev/null
# Every k-th, so that they are not all of one kind.
step=$(($(find "$corpus" -type f | wc -l) / count))
mapfile -t files < <(find "$corpus" -type f | LC_ALL=C sort | awk "NR % $((step > 0 ? step : 1)) == 0" |
    head -n "$count")
for i in "${!files[@]}"; do
    mkdir -p "$box/r/$i"
    cp "${files[$i]}" "$box/r/$i/Dockerfile"
    (cd "$box/r/$i" && git init -q . && git add -A &&
        git -c user.name=a -c user.email=a@example.org commit -q -m x)
    echo "$box/r/$i"
done >"$box/list"
for n in $((count / 10)) "$count"; do
    head -n "$n" "$box/list" >"$box/some"
    /usr/bin/time -f '%M' -o "$box/memory" "$build/dfix" pr --offline --repos "$box/some" \
        --patches "$box/p" --json >"$box/out" || [ $? -le 1 ]
    python3 - "$box/out" "$(tail -n 1 "$box/memory")" <<'END'
import json
import statistics
import sys

lines = [json.loads(x) for x in open(sys.argv[1], encoding="utf-8")]
each = [x for x in lines if x["kind"] == "repository"]
own = [x["own"] / 1000 for x in each]
print(f"{len(each)} repositories: dfix's own work {statistics.mean(own):.2f} ms each "
      f"(median {statistics.median(own):.2f}, most {max(own):.1f}); "
      f"git {statistics.mean(x['git'] for x in each):.1f} ms each; "
      f"{sum(x['groups'] for x in each)} have something to propose; "
      f"memory of the largest process {int(sys.argv[2]) / 1024:.0f} MiB")
END
done
command -v valgrind >/dev/null || exit 0
# Instructions of dfix's processes, and of git's, for the first N of the list.
instructions() {
    head -n "$1" "$box/list" >"$box/some"
    rm -rf "$box/vg" && mkdir "$box/vg"
    valgrind --tool=callgrind --trace-children=yes --callgrind-out-file=/dev/null \
        --log-file="$box/vg/%p" "$build/dfix" pr --offline --repos "$box/some" --patches "$box/p" \
        --json >/dev/null 2>&1 || [ $? -le 1 ]
    awk '/Command: / { dfix = $3 ~ /dfix[^\/]*$/ } / refs: / { gsub(",", "", $NF); n[dfix] += $NF }
        END { printf "%d %d\n", n[1], n[0] }' "$box"/vg/*
}
few=3 more=$((few + ${2:-40}))
read -r dfix_few git_few < <(instructions $few)
read -r dfix_more git_more < <(instructions $more)
python3 -c "dfix, git = [x / ($more - $few) / 1e6 for x in ($dfix_more - $dfix_few, $git_more - $git_few)]
print(f'{dfix:.2f} million instructions of dfix for each repository (2 ms of a core of 3 GHz are 6), '
      f'{git:.1f} million of git: dfix has {100 * dfix / (dfix + git):.0f} % of both')"

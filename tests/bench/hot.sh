#!/usr/bin/env bash
# hot.sh [--update] - what the hot paths cost in instructions, as callgrind counts them, which is repeatable where time
# is not; beside it what hot.tsv keeps. 5 % more is a failure; --update writes hot.tsv anew, so that it shows in review.
# What is kept holds for one compiler and one libc: counts of others are only shown. A file: the mean of the first 300 of
# the public corpus, offline.
set -euo pipefail
build=${DFIX_BUILD:-build} shared=${DFIX_SHARED:-../shared}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
kept=$here/hot.tsv
command -v valgrind >/dev/null || {
    echo "skipped: no valgrind"
    exit 0
}
[ -d "$shared/corpus/public" ] || {
    echo "skipped: no $shared/corpus/public"
    exit 0
}

work=$(mktemp -d "${TMPDIR:-/tmp}/dfix-hot-XXXXXX")
trap 'rm -rf "$work"' EXIT
export XDG_CACHE_HOME=$work/cache XDG_CONFIG_HOME=$work HOME=$work LC_ALL=C
mapfile -t files < <(find "$shared/corpus/public" -name '*.Dockerfile' | LC_ALL=C sort | head -n 300)
mkdir "$work/f"
cp "${files[@]}" "$work/f"
cd "$work"
dfix=$build/dfix
[[ $dfix = /* ]] || dfix=$OLDPWD/$dfix

# profile NAME ARGUMENT...: NAME.sums has the instructions of each function with all that it calls, and their total
profile() {
    valgrind --tool=callgrind --callgrind-out-file="$1.out" "$dfix" "${@:2}" <"${input:-/dev/null}" >"$1.said" 2>&1 ||
        [ $? -eq 1 ] || tail -n 3 "$1.said" >&2
    callgrind_annotate --inclusive=yes --threshold=100 "$1.out" | awk '
        {
            gsub(/,/, "", $1)
            name = $0 ~ /PROGRAM TOTALS/ ? "total" : $0
            sub(/ \[.*/, "", name)
            sub(/.*:/, "", name)
        }
        $1 ~ /^[0-9]+$/ && !(name in sum) { sum[name] = $1; print name "\t" $1 }' >"$1.sums"
}

# row NAME PROFILE FUNCTION TIMES: a line of the table; of all that runs: FUNCTION total
row() {
    awk -F '\t' -v name="$1" -v want="$3" -v times="$4" '
        $1 == want { n = $2 }
        END { printf "%s\t%d\n", name, n / times }' "$2.sums" >>now
}

# each NAME FEW MANY TIMES: what lies between two profiles, for each of what the second does more
each() {
    awk -F '\t' -v name="$1" -v times="$4" '
        $1 == "total" { n = $2 - n }
        END { printf "%s\t%d\n", name, n / times }' "$2.sums" "$3.sums" >>now
}

# frames CHANGES: what an editor sends that changes a file so often and asks what is wrong with it each time
frames() {
    python3 - "f/$(basename "${files[6]}")" "$1" <<'PYTHON'
import json, sys

text = open(sys.argv[1], encoding="utf-8").read()
uri = "file:///app/Dockerfile"
document = {"uri": uri, "languageId": "dockerfile", "version": 1, "text": text}
messages = [("initialize", {"processId": None, "rootUri": None,
                            "capabilities": {"textDocument": {"diagnostic": {}}}}, True),
            ("initialized", {}, False), ("textDocument/didOpen", {"textDocument": document}, False)]
for i in range(int(sys.argv[2])):
    start = {"line": 0, "character": 0}
    change = {"range": {"start": start, "end": start}, "text": f"# {i:4}\n"}
    messages += [("textDocument/didChange", {"textDocument": {"uri": uri, "version": i + 2},
                                             "contentChanges": [change]}, False),
                 ("textDocument/diagnostic", {"textDocument": {"uri": uri}}, True)]
messages += [("shutdown", None, True), ("exit", None, False)]
for n, (method, params, asks) in enumerate(messages):
    body = {"jsonrpc": "2.0", "method": method, "params": params}
    if asks:
        body["id"] = n
    said = json.dumps(body)
    sys.stdout.write(f"Content-Length: {len(said)}\r\n\r\n{said}")
PYTHON
}

check=(--check --offline --no-config -j1)
cp "f/$(basename "${files[6]}")" before
cp before after
"$dfix" --fix --offline --no-config -q --exit-zero --select all after || true
"$dfix" "${check[@]}" f >/dev/null 2>&1 || true # what is compiled once is none of the files' cost
sample=$here/../demo/sample
cat >dfix.yaml <<YAML
architectures: [amd64]
index: {apt: {debian: {mirror: 'file://$sample/debian', security: 'file://$sample/debian-security', keyring: $sample/keyring.gpg}}}
YAML
cp "$sample/../Dockerfile" pins
"$dfix" --config dfix.yaml pins >/dev/null 2>&1 || [ $? -eq 1 ]

profile version --version
profile pins --config dfix.yaml --diff pins
profile check "${check[@]}" f/*
profile guard "${check[@]}" --json f/*
profile verify verify before after
for n in 4 24; do
    frames "$n" >sent
    input=sent profile "lsp$n" lsp
done
row 'start: --version' version total 1
row 'start: pins of a file, from the cache' pins total 1
row 'a file: parse' check tree_parse ${#files[@]}
row 'a file: model' check image_of ${#files[@]}
row 'a file: rules' check session_ask ${#files[@]}
row 'a file: what the world knows' check ask_world ${#files[@]}
row 'a file: all of it' check command_run ${#files[@]}
row 'a file: guard of its fixes' guard judge_each ${#files[@]}
row 'verify: two texts' verify command_verify 1
each 'editor: a change, to its diagnostics' lsp4 lsp24 20

built="gcc $(gcc -dumpversion), $(ldd --version | sed -n '1s/.* /glibc /p')"
if [ "${1:-}" = --update ]; then
    printf '# Instructions of the hot paths, as ./dev bench hot --update counts them, with:\n# built\t%s\n' "$built" |
        cat - now >"$kept"
fi
awk -F '\t' -v built="$built" '
    NR == FNR && $1 == "# built" { theirs = $2 }
    NR == FNR { was[$1] = $2; next }
    {
        now[$1] = $2
        ratio = was[$1] ? $2 / was[$1] : 0
        more = ratio > 1.05 && theirs == built
        printf "%-40s %12d instructions  %s%s\n", $1, $2,
            ratio ? sprintf("%.3f of what is kept", ratio) : "not kept yet", more ? ": MORE" : ""
        bad += more || !$2
    }
    END {
        if (theirs != built) printf "kept with %s, counted with %s\n", theirs, built
        if (now["a file: parse"])
            printf "rules and model, without the world: %.1f times the parsing\n",
                (now["a file: model"] + now["a file: rules"] - now["a file: what the world knows"]) / now["a file: parse"]
        exit bad > 0
    }' "$kept" now

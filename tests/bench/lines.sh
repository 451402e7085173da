#!/bin/sh
# lines.sh - how many lines dfix prints for a file by default, a finding a line, over the public
# corpus and without the network: half of the files at most 5, 19 of 20 at most 20.
set -eu
build=${DFIX_BUILD:-build} shared=${DFIX_SHARED:-../shared}
[ -d "$shared/corpus/public" ] || {
    echo "skipped: no shared corpus"
    exit 0
}
found=$(mktemp)
trap 'rm -f "$found"' EXIT
"$build/dfix" --check --offline --no-config --exit-zero --concise \
    "$shared"/corpus/public/*.Dockerfile >"$found" 2>/dev/null || true
for file in "$shared"/corpus/public/*.Dockerfile; do
    printf '%s\n' "$file"
done | awk -F: '
    NR == FNR { lines[$1]++; next }
    { print lines[$1] + 0 }
' "$found" - | sort -n | awk '
    { n[NR] = $1; sum += $1 }
    END {
        median = n[int((NR + 1) / 2)]; most = n[int(NR * 0.95 + 0.999)]
        printf "%d files: %.1f lines a file, median %d, 95th percentile %d, most %d\n", NR, sum / NR, median, most, n[NR]
        exit !(median <= 5 && most <= 20)
    }'

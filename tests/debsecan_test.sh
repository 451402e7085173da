#!/bin/sh
# debsecan, Debian's own, and dfix by the same facts: every package of a base of Debian 11, and one of each other
# source, against what OSV says of that release. Both must name the same vulnerabilities in the same packages.
set -eu
build=${DFIX_BUILD:?} root=${DFIX_ROOT:?} data=${DFIX_SHARED:-$DFIX_ROOT/../shared}/data
box=$(mktemp -d "${TMPDIR:-/tmp}/dfix-debsecan-XXXXXX")
trap 'rm -rf "$box"' EXIT
export HOME="$box" XDG_CACHE_HOME="$box/cache" XDG_CONFIG_HOME="$box/config"

lacks() {
    echo "skipped: $1"
    [ "${CI:-}" = true ] && exit 1
    exit 77
}

command -v debsecan >/dev/null || lacks 'debsecan is not installed'
[ -e "$data/debian" ] || {
    echo 'skipped: the shared data is not here'
    exit 77
}
python3 "$root/tests/integration/debsecan.py" "$data" "$box"
cat >"$box/dfix.yaml" <<END
index: {advisories: {debian: 'file://$box/tracker.json', kev: 'file://$box/none', epss: 'file://$box/none'}}
gate: {test: {severity: none, end-of-life: allow, kev: allow, not-checked: allow}}
END
LC_ALL=C debsecan --config /dev/null --suite bullseye --source "file://$box" --status "$box/status" --format simple |
    LC_ALL=C sort -u >"$box/theirs"
status=0
"$build/dfix" gate --config "$box/dfix.yaml" --env test --sbom "$box/sbom.json" --format ndjson \
    >"$box/found" 2>"$box/err" || status=$?
[ $status -eq 1 ] || {
    cat "$box/err"
    exit 1
}
python3 "$root/tests/integration/debsecan.py" --lines "$box/found" | LC_ALL=C sort -u >"$box/ours"
diff "$box/theirs" "$box/ours"
[ "$(wc -l <"$box/ours")" -gt 500 ]

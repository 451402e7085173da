#!/usr/bin/env bash
# demo.sh BUILD: the main job on a real Dockerfile, against the real index. Where that cannot be
# had, against the sample of it beside the Dockerfile, and says so.
set -euo pipefail
dfix=$1/dfix
[ -x "$dfix" ] || {
    echo "the dfix program is not built yet" >&2
    exit 1
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

printf '\n$ dfix --diff tests/demo/Dockerfile\n\n'
"$dfix" --diff tests/demo/Dockerfile >"$work/out" 2>"$work/said" && status=0 || status=$?
if [ "$status" -eq 2 ]; then
    grep '^dfix: ' "$work/said" >&2 || true
    sample=$PWD/tests/demo/sample
    date=$(sed -n 's/^Date: //p' "$sample/debian-security/dists/bookworm-security/InRelease")
    printf '\nThe real index cannot be had here. The SAMPLE INDEX of %s serves,\n' "$date"
    printf 'a few packages of it, not of today, signed by a key of this demo and not by Debian.\n\n'
    cat >"$work/dfix.yaml" <<END
index:
  apt:
    debian:
      mirror: file://$sample/debian
      security: file://$sample/debian-security
      keyring: $sample/keyring.gpg
END
    # A cache of its own: nothing of the sample is left behind.
    XDG_CACHE_HOME=$work/cache "$dfix" --config "$work/dfix.yaml" --diff tests/demo/Dockerfile \
        >"$work/out" 2>"$work/said" && status=0 || status=$?
fi
cat "$work/out"
cat "$work/said" >&2
# 1 is "a patch was printed", which is what the demo is for.
[ "$status" -eq 1 ] || exit "$((status ? status : 1))"

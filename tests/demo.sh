#!/usr/bin/env bash
# demo.sh BUILD: the main job on a real Dockerfile, against the real index.
set -euo pipefail
dfix=$1/dfix
[ -x "$dfix" ] || {
    echo "the dfix program is not built yet" >&2
    exit 1
}
printf '\n$ dfix --diff tests/demo/Dockerfile\n\n'
"$dfix" --diff tests/demo/Dockerfile && status=0 || status=$?
# 1 is "a patch was printed", which is what the demo is for.
[ "$status" -eq 1 ] || exit "$((status ? status : 1))"

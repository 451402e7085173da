#!/bin/sh
# What dfix asks GitHub is what GitHub's official description allows: requests of the cases on the
# fake forge, judged by Prism (npm). With ./dev test all.
set -eu
build=${DFIX_BUILD:?} root=${DFIX_ROOT:?} slice=${DFIX_SHARED:?}/data/github/github-openapi-slice.json.xz
lacks() {
    echo "skipped: $1"
    [ "${CI:-}" != true ] || exit 1
    exit 77
}
[ -r "$slice" ] || {
    echo "skipped: $slice is not here"
    exit 77
}
command -v npm >/dev/null && command -v python3 >/dev/null || lacks 'npm or python3 is not installed'
prism=$build/prism/node_modules/.bin/prism
if [ ! -x "$prism" ]; then
    mkdir -p "$build/prism"
    npm install --no-audit --no-fund --silent --ignore-scripts --prefix "$build/prism" \
        @stoplight/prism-cli@5.16.0 || lacks 'npm cannot be reached'
fi
box=$(mktemp -d "${TMPDIR:-/tmp}/dfix-prism-XXXXXX")
trap 'rm -rf "$box"' EXIT
xz -dc "$slice" >"$box/github.json"
DFIX_FORGE_RECORD=$box/requests python3 "$root/tests/integration/bot_hosts.py" it_opens_one \
    a_base_that_moved a_fix_that_changed a_moot_one policy_of_the_repository limits checks_come_first \
    a_dashboard
python3 "$root/tests/integration/prism_replay.py" "$box/requests" "$prism" "$box/github.json"

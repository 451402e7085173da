#!/bin/sh
# Renovate's own reader of Dockerfiles (npm), over the corpus that dfix has fixed: it misreads nothing
# of it. With ./dev test all.
set -eu
build=${DFIX_BUILD:?} root=${DFIX_ROOT:?} corpus=${DFIX_SHARED:?}/corpus/public
lacks() {
    echo "skipped: $1"
    [ "${CI:-}" != true ] || exit 1
    exit 77
}
[ -d "$corpus" ] || {
    echo "skipped: the corpus is not here"
    exit 77
}
command -v npm >/dev/null || lacks 'npm is not installed'
renovate=$build/renovate/node_modules/renovate
if [ ! -d "$renovate" ]; then
    mkdir -p "$build/renovate"
    npm install --no-audit --no-fund --silent --ignore-scripts --prefix "$build/renovate" \
        renovate@44.121.2 || lacks 'npm cannot be reached'
fi
box=$(mktemp -d "${TMPDIR:-/tmp}/dfix-renovate-XXXXXX")
trap 'rm -rf "$box"' EXIT
export XDG_CACHE_HOME="$box/cache" DFIX_CONFIG="$box/dfix.yaml"
sample=$root/tests/demo/sample
cat >"$DFIX_CONFIG" <<END
index: {apt: {debian: {mirror: 'file://$sample/debian', security: 'file://$sample/debian-security', keyring: '$sample/keyring.gpg'}}}
images: {python: registry.corp.example/approved/python, golang: 'registry.corp.example:5000/go'}
registries: {verify: off}
rules: {from-as-case: safe}
END
"$build/dfix" index update --release bookworm >/dev/null
mkdir "$box/before" "$box/after"
find "$corpus" -type f -exec cp -t "$box/before" {} +
cp "$box/before"/* "$box/after"
(cd "$box/after" && "$build/dfix" --offline --fix --refresh -q -- * >/dev/null 2>&1) || [ $? -le 2 ]
LOG_LEVEL=fatal node "$root/tests/integration/renovate.mjs" "$renovate" "$box/before" "$box/after" 2>"$box/said" ||
    {
        tail -n 5 "$box/said"
        exit 1
    }

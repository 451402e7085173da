#!/usr/bin/env bash
# The language server: start to first diagnostics, a change to its diagnostics on 200 and on 5,000
# lines, memory; beside it Docker's server and tally's (npm) on the same edits in the same run. And the
# filter on save beside an empty process.
set -euo pipefail
dfix=$DFIX_BUILD/dfix
here=$(cd "$(dirname "$0")" && pwd)
command -v node >/dev/null && command -v npm >/dev/null || {
    echo "node and npm are not installed"
    exit 0
}
modules=$DFIX_BUILD/bench_lsp
mkdir -p "$modules"
[ -d "$modules/node_modules" ] || npm install --no-audit --no-fund --silent --prefix "$modules" \
    dockerfile-language-server-nodejs@0.15.0 @wharflab/tally-linux-x64 || echo "npm cannot be reached"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sample=$here/../demo/sample
mkdir "$work/dfix"
cat >"$work/dfix/dfix.yaml" <<END
architectures: [amd64, arm64]
index: {apt: {debian: {mirror: 'file://$sample/debian', security: 'file://$sample/debian-security', keyring: '$sample/keyring.gpg'}}}
END
export XDG_CACHE_HOME=$work/cache XDG_CONFIG_HOME=$work
"$dfix" index update --release bookworm >/dev/null
cd "$work"
printf 'int main(void) { return 0; }\n' >empty.c
gcc -O2 -o empty empty.c
node "$here/lsp.js" "$dfix" "$modules/node_modules" "$work"

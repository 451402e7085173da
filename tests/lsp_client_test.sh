#!/bin/sh
# A client of npm's vscode-languageserver-protocol drives every method of `dfix lsp`. What it gets is
# held against metaModel.json: that of DFIX_LSP_MODEL, or of the package where it has one.
set -eu

lacks() {
    echo "skipped: $1"
    [ "${CI:-}" = true ] && exit 1
    exit 77
}

command -v node >/dev/null && command -v npm >/dev/null || lacks "node and npm are not installed"
modules=$DFIX_BUILD/lsp_client/node_modules
if [ ! -d "$modules/vscode-languageserver-protocol" ]; then
    mkdir -p "$DFIX_BUILD/lsp_client"
    cp "$DFIX_ROOT/tests/lsp_client/package.json" "$DFIX_BUILD/lsp_client"
    npm install --no-audit --no-fund --silent --prefix "$DFIX_BUILD/lsp_client" ||
        lacks "npm cannot be reached"
fi
model=${DFIX_LSP_MODEL:-$modules/vscode-languageserver-protocol/metaModel.json}
[ -e "$model" ] || model=
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sample=$DFIX_ROOT/tests/demo/sample
mkdir "$work/dfix"
cat >"$work/dfix/dfix.yaml" <<END
architectures: [amd64, arm64]
index: {apt: {debian: {mirror: 'file://$sample/debian', security: 'file://$sample/debian-security', keyring: '$sample/keyring.gpg'}}}
END
export XDG_CACHE_HOME="$work/cache" XDG_CONFIG_HOME="$work"
"$DFIX_BUILD/dfix" index update --release bookworm >/dev/null
cd "$work"
exec node "$DFIX_ROOT/tests/lsp_client/client.js" "$DFIX_BUILD/dfix" "$modules" ${model:+"$model"}

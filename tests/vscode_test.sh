#!/bin/sh
# The extension for VS Code, with its own language client, activated by a stand-in for the editor.
set -eu

lacks() {
    echo "skipped: $1"
    [ "${CI:-}" = true ] && exit 1
    exit 77
}

command -v node >/dev/null && command -v npm >/dev/null || lacks "node and npm are not installed"
source=$DFIX_ROOT/src/faces/vscode
extension=$DFIX_BUILD/vscode
mkdir -p "$extension/bin"
cmp -s "$source/package-lock.json" "$extension/package-lock.json" || {
    rm -rf "$extension/node_modules"
    cp "$source/package.json" "$source/package-lock.json" "$extension"
    npm ci --no-audit --no-fund --silent --omit=dev --ignore-scripts --prefix "$extension" || {
        rm "$extension/package-lock.json"
        lacks "npm cannot be reached"
    }
}
cp "$source/package.json" "$source/extension.js" "$extension"
ln -sf "$DFIX_BUILD/dfix" "$extension/bin/dfix"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_CACHE_HOME="$work/cache" XDG_CONFIG_HOME="$work" CI=true
cd "$work"
node "$DFIX_ROOT/tests/vscode_host/host.js" "$extension"

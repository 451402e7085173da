#!/usr/bin/env bash
# action.sh STEP: the steps of action.yml. Their inputs come as variables and are never run as code.
set -euo pipefail

# The words of the input `args`: split at blanks, nothing expanded.
words=()
read_words() {
    local line
    while read -r line || [ -n "$line" ]; do
        local more=()
        read -r -a more <<<"$line"
        words+=(${more[@]+"${more[@]}"})
    done <<<"${DFIX_ACTION_ARGS:-.}"
    [ "${DFIX_ACTION_UNSAFE:-false}" != true ] || words+=(--unsafe)
}

case ${1:-} in
install)
    if [ "${DFIX_ACTION_VERSION:-latest}" = installed ]; then
        dfix --version
        exit
    fi
    folder=$RUNNER_TEMP/dfix
    npm install --no-save --no-audit --no-fund --ignore-scripts --prefix "$folder" \
        "dfix@${DFIX_ACTION_VERSION:-latest}"
    echo "$folder/node_modules/.bin" >>"$GITHUB_PATH"
    "$folder/node_modules/.bin/dfix" --version
    ;;
patch)
    read_words
    status=0
    dfix --diff --quiet "${words[@]}" >"$RUNNER_TEMP/dfix.patch" || status=$?
    # What could not be judged (2) ends the check, once it has told what was found.
    [ "$status" -le 2 ] || exit "$status"
    echo "patch=$RUNNER_TEMP/dfix.patch" >>"$GITHUB_OUTPUT"
    ;;
comment)
    [ -n "${DFIX_ACTION_PULL:-}" ] || exit 0
    [ -s "$DFIX_ACTION_PATCH" ] || exit 0
    # A fence longer than any run of backticks in the patch.
    fence=$(grep -o '`*' "$DFIX_ACTION_PATCH" | sort | tail -n 1 || true)
    body=$RUNNER_TEMP/dfix.md
    {
        printf 'dfix can fix this: `dfix --fix`, or\n\n%s```diff\n' "$fence"
        head -c 60000 "$DFIX_ACTION_PATCH"
        printf '\n%s```\n' "$fence"
        [ "$(wc -c <"$DFIX_ACTION_PATCH")" -le 60000 ] || printf '\nThe patch goes on; `dfix --diff` prints it whole.\n'
    } >"$body"
    gh pr comment "$DFIX_ACTION_PULL" --edit-last --create-if-none --body-file "$body"
    ;;
check)
    read_words
    exec dfix "${words[@]}"
    ;;
*)
    echo "usage: action.sh install | patch | comment | check" >&2
    exit 2
    ;;
esac

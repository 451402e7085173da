#!/bin/sh
# reviewdog.sh [OPTION...]: suggestions in a review, each a part of the patch that can be accepted
# with a click. Options go to dfix; reviewdog's own come from REVIEWDOG_OPTIONS.
set -eu
patch=$(mktemp)
trap 'rm -f "$patch"' EXIT
dfix --diff --quiet "$@" >"$patch" || [ $? -eq 1 ]
# shellcheck disable=SC2086 # words
reviewdog -f=diff -f.diff.strip=1 -name=dfix -reporter=github-pr-review -filter-mode=diff_context \
    ${REVIEWDOG_OPTIONS:-} <"$patch"

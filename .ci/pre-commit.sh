#!/bin/sh
# pre-commit.sh FILE...: the hook. It fixes what can be fixed, which pre-commit sees, and fails by
# itself only on what the policy calls an error. dfix is that of the PATH, else npm's.
set -eu
if command -v dfix >/dev/null; then
    exec dfix --fix --fail-on error "$@"
fi
exec npx --yes dfix --fix --fail-on error "$@"

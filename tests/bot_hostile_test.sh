#!/bin/sh
# dfix pr against a host that lies.
for program in git python3; do
    command -v $program >/dev/null && continue
    [ "${CI-}" = true ] && echo "$program is not installed, and CI is true" && exit 1
    echo "skipped: $program is not installed"
    exit 77
done
exec python3 "$DFIX_ROOT/tests/integration/bot_hostile.py" "$@"

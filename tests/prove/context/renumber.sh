#!/bin/sh
# Gives the user the number that the host wants, as many images do, and runs as it.
set -e
if [ "$(id -u)" = 0 ]; then
    usermod -o -u "${PUID:-1600}" app
    exec setpriv --reuid="${PUID:-1600}" --clear-groups -- "$@"
fi
exec "$@"

#!/bin/sh
set -e
if [ "$(id -u)" = 0 ]; then
    chown -R 1500:1500 /srv
    exec gosu 1500:1500 "$@"
fi
exec "$@"

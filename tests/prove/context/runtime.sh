#!/bin/sh
# Keeps its state where services do.
set -e
mkdir -p /run/app
echo $$ >/run/app/pid
exec "$@"

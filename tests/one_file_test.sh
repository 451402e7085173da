#!/bin/sh
# In one file dfix, dfix-fetch and dfix-read are linked together: no two of their archives have a name of their own
# that is the same.
if ! command -v nm >/dev/null; then
    [ "${CI-}" = true ] && echo "nm is not installed, and CI is true" && exit 1
    echo "skipped: nm is not installed"
    exit 77
fi
cd "${DFIX_BUILD:?}" || exit 1
for library in faces reader fetcher services; do
    [ -e "libdfix-$library.a" ] || { echo "libdfix-$library.a is not there" && exit 1; }
done
# confine.c is in two of them, and once in what is linked.
twice=$(for archive in libdfix*.a; do
    nm -g --defined-only "$archive" 2>/dev/null |
        awk -v archive="$archive" '/:$/ { object = $1 } $2 ~ /[TDRBC]/ && object != "confine.c.o:" { print $3, archive, object }'
done | sort | awk '$1 == name { print before; print } { name = $1; before = $0 }' | sort -u)
[ -z "$twice" ] || { printf 'names that are there twice:\n%s\n' "$twice" && exit 1; }

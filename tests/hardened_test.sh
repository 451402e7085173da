#!/bin/sh
# The built programs are hardened as CMakeLists.txt means them to be: any address, tables that nothing writes to once
# they are bound, nothing that is written and run; and in a release build canaries and checked copies.
for program in readelf nm; do
    command -v $program >/dev/null && continue
    [ "${CI-}" = true ] && echo "$program is not installed, and CI is true" && exit 1
    echo "skipped: $program is not installed"
    exit 77
done
bad=0
complain() {
    echo "$program: $*"
    bad=1
}
release=$(sed -n 's/^CMAKE_BUILD_TYPE:[A-Z]*=//p' "$DFIX_BUILD/CMakeCache.txt")
for program in "$DFIX_BUILD/dfix" "$DFIX_BUILD/dfix-fetch" "$DFIX_BUILD/dfix-read"; do
    if nm "$program" 2>/dev/null | grep -q __asan_init; then
        echo "skipped: the sanitizers bring their own"
        exit 77
    fi
    file=$(readelf -hlWd "$program") || exit 1
    has() { printf '%s\n' "$file" | grep -qE "$1"; }
    has 'Type: +DYN' || complain "it has one address"
    has 'GNU_RELRO' || complain "its tables stay writable"
    has 'BIND_NOW|Flags:.* NOW' || complain "it is bound late"
    has 'GNU_STACK .* RW ' || complain "its stack can be run"
    ! has '^ +LOAD .* RWE ' || complain "a segment can be written and run"
    ! has 'TEXTREL|RPATH|RUNPATH' || complain "text relocations, or a search path"
    [ "$release" = Release ] || continue
    symbols=$(
        nm "$program" 2>/dev/null
        nm -D "$program" 2>/dev/null
    )
    printf '%s\n' "$symbols" | grep -q '__stack_chk_fail' || complain "no canaries"
    printf '%s\n' "$symbols" | grep -qE ' (__[a-z]+_chk)(@|$)' || complain "no checked copies"
done
exit $bad

#!/usr/bin/env bash
# lint.sh BUILD [deep [PATH...]]: all static checks; every tool runs, then the exit code tells. deep: gcc's
# analyzer alone, which follows paths through each function and takes its time; of these files only.
set -uo pipefail
build=$1
bad=0
mapfile -t sources < <(git ls-files '*.c')
mapfile -t all < <(git ls-files '*.c' '*.h')
mapfile -t scripts < <(git ls-files '*.sh' dev .ci/run)

if [ "${2:-}" = deep ]; then
    printf '== gcc -fanalyzer\n'
    paths=("${@:3}")
    [ ${#paths[@]} -gt 0 ] || paths=('src/*.c' 'fixers/*.c')
    git ls-files -z "${paths[@]}" |
        xargs -0 -n 1 -P "$(nproc)" gcc -fanalyzer -Werror -O1 -std=c11 -D_GNU_SOURCE \
            -DDFIX_VERSION='"0"' -DDFIX_LIBEXECDIR='""' -DDFIX_DOCS_URL='""' -Iinclude -Isrc \
            -c -o /dev/null || bad=1
    [ $bad -eq 0 ] && printf '== lint: clean\n'
    exit $bad
fi

printf '== clang-format\n'
clang-format --dry-run -Werror "${all[@]}" || bad=1

printf '== shell syntax\n'
for script in "${scripts[@]}"; do
    bash -n "$script" || bad=1
done
shfmt -i 4 -d "${scripts[@]}" || bad=1

printf '== cppcheck\n'
cppcheck --std=c11 --language=c -j "$(nproc)" -I include -I src -I tests \
    --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
    --suppress=missingIncludeSystem --suppress=unusedStructMember --suppress=normalCheckLevelMaxBranches \
    -DDFIX_VERSION='"0"' -DDFIX_ROOT='""' -DDFIX_SHARED='""' -DDFIX_BUILD='""' \
    "${sources[@]}" | awk '/ files checked / && ++n % 25 == 0 { print; fflush() }' || bad=1

printf '== clang-tidy\n'
# Only what the build compiles has its flags there.
compiled=()
for source in "${sources[@]}"; do
    grep -qF "/$source\"" "$build/compile_commands.json" && compiled+=("$source")
done
for ((i = 0; i < ${#compiled[@]}; i += 4)); do
    printf '%s\0' "$i of ${#compiled[@]}: " "${compiled[@]:i:4}"
done | xargs -0 -n 5 -P "$(nproc)" bash -c 'printf "%s%s\n" "$2" "$3"
    clang-tidy --quiet -p "$1" "${@:3}" 2>/dev/null' tidy "$build" || bad=1

[ $bad -eq 0 ] && printf '== lint: clean\n'
exit $bad

#!/usr/bin/env bash
# Start-up: `dfix --version` beside an empty C program; one small file with nothing to ask, and
# one whose packages are in the cache: 3 ms is the budget of that.
set -euo pipefail
dfix=$DFIX_BUILD/dfix
[ -x "$dfix" ] || {
    echo "no $dfix"
    exit 1
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf 'int main(void) { return 0; }\n' >"$work/empty.c"
gcc -O2 -o "$work/empty" "$work/empty.c"
printf 'FROM scratch\nCOPY a /a\n' >"$work/Dockerfile"
sample=$(cd "$(dirname "$0")/../demo/sample" && pwd)
cat >"$work/dfix.yaml" <<END
architectures: [amd64]
index: {apt: {debian: {mirror: 'file://$sample/debian', security: 'file://$sample/debian-security', keyring: $sample/keyring.gpg}}}
END
export XDG_CACHE_HOME=$work/cache XDG_CONFIG_HOME=$work
cp "$sample/../Dockerfile" "$work/Demo"
"$dfix" --config "$work/dfix.yaml" "$work/Demo" >"$work/said" || [ $? -eq 1 ]

python3 - "$work" "$dfix" <<'END'
import os, subprocess, sys, time
work, dfix = sys.argv[1:]
null = os.open(os.devnull, os.O_RDWR)

def best(argv, rounds=200):
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        pid = os.posix_spawn(argv[0], argv, os.environ,
                             file_actions=[(os.POSIX_SPAWN_DUP2, null, 1), (os.POSIX_SPAWN_DUP2, null, 2)])
        os.waitpid(pid, 0)
        times.append((time.perf_counter() - start) * 1000)
    times.sort()
    return times[0], times[len(times) // 2]

base = None
for name, argv, budget in (
        ("empty C program", [work + "/empty"], None),
        ("dfix --version", [dfix, "--version"], None),
        ("dfix --check FILE (nothing to ask)", [dfix, "--offline", work + "/Dockerfile"], None),
        ("dfix --diff FILE (pins, warm)", [dfix, "--config", work + "/dfix.yaml", "--diff", work + "/Demo"], 3)):
    low, mid = best(argv)
    base = base or low
    verdict = "" if not budget else f"  budget {budget} ms: {'kept' if low <= budget else 'MISSED'}"
    print(f"{name:36} best {low:6.2f} ms  median {mid:6.2f} ms  {low / base:5.1f} x empty{verdict}")
END
# count NAME BUDGET PROGRAM ARGUMENT...: what it takes, which is repeatable where time is not.
count() {
    local name=$1 budget=$2 n verdict=
    shift 2
    n=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" 2>&1 >/dev/null |
        sed -n 's/.*Collected : \([0-9]*\)/\1/p')
    [ "$budget" = - ] || verdict="  budget $budget: $([ "$n" -le "$budget" ] && echo kept || echo MISSED)"
    printf '%-36s %9d instructions%s\n' "$name" "$n" "$verdict"
}
if command -v valgrind >/dev/null; then
    count 'empty C program' - "$work/empty"
    count 'dfix --version' 200000 "$dfix" --version
    count 'dfix --diff FILE (pins, warm)' 1200000 "$dfix" --config "$work/dfix.yaml" --diff "$work/Demo"
fi

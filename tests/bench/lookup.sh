#!/usr/bin/env bash
# Look-ups and pins of 50 packages from a warm cache in a new process, all in, beside apt's own
# answer about the same packages: warm, and without its caches.
set -euo pipefail
dfix=$DFIX_BUILD/dfix
codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
arch=$(dpkg --print-architecture 2>/dev/null || true)
if ! [ -x "$dfix" ] || [ -z "$arch" ] || ! command -v apt-cache >/dev/null; then
    echo "skipped: no $dfix, or no apt here"
    exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_CACHE_HOME=$work
names=$(apt-cache dumpavail | sed -n 's/^Package: //p' | sort -u | awk 'NR % 1200 == 1' | head -50 | tr '\n' ' ')
if [ "$(wc -w <<<"$names")" -lt 50 ]; then
    echo "skipped: apt has no package lists here"
    exit 0
fi
printf 'FROM debian:%s\nRUN apt-get install -y %s\n' "$codename" "$names" >"$work/Dockerfile"
printf 'FROM debian:%s\nRUN true\n' "$codename" >"$work/Nothing"
printf 'FROM debian:%s\nRUN apt-get install -y curl git jq\n' "$codename" >"$work/Small"

python3 - "$dfix" "$work" "$arch" "$names" "$codename" <<'END'
import os, subprocess, sys, time
dfix, work, arch, names, codename = sys.argv[1:]
null = os.open(os.devnull, os.O_RDWR)
options = ["--offline", "--no-config", "--select", "pin-apt", "--platform", "linux/" + arch]
ask = [dfix, "--check"] + options
show = [dfix, "index", "show"] + names.split() + ["--release", codename, "--platform", "linux/" + arch,
                                                   "--offline", "--no-config"]

def best(argv, rounds, before=None):
    times = []
    for _ in range(rounds):
        if before:
            before()
        start = time.perf_counter()
        pid = os.posix_spawnp(argv[0], argv, os.environ,
                              file_actions=[(os.POSIX_SPAWN_DUP2, null, 1), (os.POSIX_SPAWN_DUP2, null, 2)])
        os.waitpid(pid, 0)
        times.append((time.perf_counter() - start) * 1000)
    times.sort()
    return times[0], times[len(times) // 2]

def budget(what, value, limit, at_least=False):
    met = value >= limit if at_least else value <= limit
    print(f"{what:44} {value:8.2f}  budget: {'at least' if at_least else 'at most'} {limit:g}, "
          f"{'met' if met else 'MISSED'}")

text = subprocess.run(ask + [work + "/Dockerfile"], stdout=subprocess.PIPE).stdout.decode()
print(f"{text.count('pin-apt:')} packages answered, {text.count(': Pin ')} pinned")
policy = ["apt-cache", "-o", f"Dir::Cache={work}/apt", "-o", "Dir::Cache::pkgcache=pkgcache.bin",
          "-o", "Dir::Cache::srcpkgcache=srcpkgcache.bin", "policy"] + names.split()
os.makedirs(work + "/apt/archives/partial")

def forget():
    for name in ("pkgcache.bin", "srcpkgcache.bin"):
        try:
            os.unlink(f"{work}/apt/{name}")
        except FileNotFoundError:
            pass

best_of = {}
for name, argv, rounds, before in (
        ("dfix --version", [dfix, "--version"], 100, None),
        ("dfix, a file with nothing to ask", ask + [work + "/Nothing"], 100, None),
        ("dfix index show, 50 packages, warm", show, 100, None),
        ("dfix, 50 packages, warm", ask + [work + "/Dockerfile"], 100, None),
        ("dfix --diff of a small file, warm", [dfix, "--diff"] + options + [work + "/Small"], 100, None),
        ("apt-cache policy, warm", policy, 30, None),
        ("apt-cache policy, without its caches", policy, 3, forget)):
    low, mid = best(argv, rounds, before)
    best_of[name] = low
    print(f"{name:38} best {low:8.2f} ms  median {mid:8.2f} ms")
budget("50 packages looked up, warm, ms", best_of["dfix index show, 50 packages, warm"], 3)
budget("a small file, warm, ms", best_of["dfix --diff of a small file, warm"], 3)
for name in ("apt-cache policy, warm", "apt-cache policy, without its caches"):
    budget(f"{name}, times dfix", best_of[name] / best_of["dfix index show, 50 packages, warm"], 1, True)
END

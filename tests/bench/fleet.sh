#!/usr/bin/env bash
# The public corpus in one run, without the network; then one small file of it, warm.
set -euo pipefail
dfix=$DFIX_BUILD/dfix
public=$DFIX_SHARED/corpus/public
[ -x "$dfix" ] || {
    echo "no $dfix"
    exit 1
}
[ -d "$public" ] || {
    echo "skipped: no $public"
    exit 0
}
export XDG_CACHE_HOME=${XDG_CACHE_HOME:-$(mktemp -d)}

python3 - "$dfix" "$public" <<'END'
import os, resource, subprocess, sys, time
dfix, public = sys.argv[1:]
files = sorted(os.path.join(public, f) for f in os.listdir(public))
size = sum(os.path.getsize(f) for f in files)
small = min(files, key=lambda f: abs(os.path.getsize(f) - 1000))

def run(name, args, rounds):
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        done = subprocess.run([dfix] + args, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        times.append(time.perf_counter() - start)
        if done.returncode not in (0, 1):
            sys.stderr.write(done.stderr.decode("utf-8", "replace")[-2000:])
            sys.exit(f"{name}: exit {done.returncode}")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"{name:44} best {min(times) * 1000:8.1f} ms  peak memory {peak:.0f} MB  output {len(done.stdout)} bytes")
    return min(times)

run(f"one file of {os.path.getsize(small)} bytes, --check --offline", ["--check", "--offline", small], 50)
t = run(f"{len(files)} files, {size} bytes, --check --offline", ["--check", "--offline"] + files, 3)
print(f"{'':44} {len(files) / t:.0f} files/s  {size / t / 1e6:.2f} MB/s")
run(f"{len(files)} files, --diff --offline", ["--diff", "--offline"] + files, 3)
END

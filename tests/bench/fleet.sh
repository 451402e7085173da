#!/usr/bin/env bash
# fleet.sh [SVG] - one file, fifty and the whole public corpus, without the network: what dfix takes, and what
# tally (npm) takes beside it, on the same files in the same run; of the fifty none that tally cannot read, as it stops
# there. Each checks only, by its defaults. Processor time, system's included, is what is compared: other work on the
# machine hardly moves it. SVG: the figure of README is written there, too. DFIX_NODE_MODULES names a folder that has
# the package already.
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
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
modules=${DFIX_NODE_MODULES:-$work/npm/node_modules}
if [ ! -d "$modules" ] && command -v npm >/dev/null; then
    npm install --no-audit --no-fund --silent --ignore-scripts --prefix "$work/npm" \
        @wharflab/tally-linux-x64@0.45.0 || echo "npm cannot be reached"
fi
export XDG_CACHE_HOME=$work/cache XDG_CONFIG_HOME=$work HOME=$work

python3 - "$dfix" "$modules" "$public" "${1:-}" <<'END'
import datetime, os, platform, re, subprocess, sys, time

dfix, modules, public, svg = sys.argv[1:]
files = sorted(os.path.join(public, f) for f in os.listdir(public) if f.endswith(".Dockerfile"))
small = min(files, key=lambda f: abs(os.path.getsize(f) - 1000))
OFFLINE = ["--offline", "--no-config", "-q", "--exit-zero"]
LONG = 60  # seconds: after these it is not done once more
programs = {
    "dfix": [dfix, "--check"] + OFFLINE,
    "tally": [f"{modules}/@wharflab/tally-linux-x64/bin/tally", "lint", "--no-config", "--slow-checks", "off",
              "--fail-level", "none"],
}


def measure(argv, rounds):
    """The least seconds of processors and of the clock, and MB of the largest process."""
    spent, clock, memory = [], [], 0
    for _ in range(rounds):
        start = time.perf_counter()
        child = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        clock.append(time.perf_counter() - start)
        spent.append(usage.ru_utime + usage.ru_stime)
        child.returncode = os.waitstatus_to_exitcode(status)
        if argv[0] == dfix and child.returncode:
            sys.exit(f"dfix ended with {child.returncode}")
        memory = max(memory, usage.ru_maxrss / 1024)
        if sum(clock) > LONG:
            break
    return min(spent), min(clock), memory


def text(seconds):
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.1f} s"


def show(n, name, found, beside=""):
    spent, clock, memory = found
    print(f"{n:5} files  {name:15} {text(spent):>9} of a processor, {text(clock):>9} in all, {memory:5.0f} MB{beside}")


def readable(some, n):
    """The first that tally does not stop at."""
    some = list(some)
    while os.path.exists(programs["tally"][0]):
        run = subprocess.run(programs["tally"] + some[:n], capture_output=True, text=True)
        stopped = re.search(r"failed to lint (\S+?):", run.stderr + run.stdout)
        if not stopped or stopped[1] not in some:
            break
        some.remove(stopped[1])
    return some[:n]


rows = []
for some in [small], readable(files, 50), files:
    mine = None
    for name, argv in programs.items():
        if not os.path.exists(argv[0]) or (some is files and name != "dfix"):
            continue
        found = measure(argv + some, 30 if len(some) == 1 else 3)
        mine = mine or found[0]
        rows.append((len(some), name, found[0]))
        show(len(some), name, found, "" if name == "dfix" else f"  {found[0] / mine:.1f} times dfix")
size = sum(os.path.getsize(f) for f in files)
print(f"{size / [t for n, name, t in rows if name == 'dfix'][-1] / 1e6:.1f} MB of Dockerfiles a second of a processor")
show(len(files), "dfix --diff", measure([dfix, "--diff"] + OFFLINE + files, 3))
when = f"{datetime.date.today()}, {platform.machine()}, {os.cpu_count()} processors"
print(f"on {when}")


def figure():
    out, y, last = [], 34, None
    longest = {n: max(t for m, _, t in rows if m == n) for n, _, _ in rows}
    for n, name, took in [row for row in rows if row[0] != len(files)]:
        if n != last:
            y += 10 * (last is not None)
            out.append(f'<text x="4" y="{y + 12}">{n} file{"s" if n > 1 else ""}</text>')
            last = n
        width = max(2, 300 * took / longest[n])
        out.append(f'<text x="80" y="{y + 12}">{name}</text>'
                   f'<rect x="180" y="{y}" width="{width:.0f}" height="15" rx="2" '
                   f'fill="{"#2563eb" if name == "dfix" else "#9ca3af"}"/>'
                   f'<text x="{188 + width:.0f}" y="{y + 12}">{text(took)}</text>')
        y += 19
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="580" height="{y + 8}" font-family="sans-serif" '
            f'font-size="12" fill="#6b7280"><text x="4" y="16" font-weight="bold">Processor time to check public Dockerfiles: '
            f'{when}</text>' + "".join(out) + "</svg>\n")


if svg:
    with open(svg, "w", encoding="utf-8") as f:
        f.write(figure())
END

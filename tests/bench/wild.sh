#!/usr/bin/env bash
# wild.sh [OPTION...]: what dfix does to the public corpus: the packages that it pins, or leaves
# alone, by reason, and the USER lines that it writes, by what starts. Shows in review what a
# change moved. The options are those of `dfix --check`; --offline asks the cache only.
set -euo pipefail
build=${DFIX_BUILD:?the build folder}
corpus=${DFIX_SHARED:?the shared data}/corpus/public
[ -d "$corpus" ] || {
    echo "skipped: no public corpus"
    exit 0
}

"$build/dfix" --check --exit-zero --format json -v --select pin-apt,pin-apk,user-switch "$@" \
    "$corpus" 2>/dev/null | python3 -c '
import collections, json, re, sys

def plain(reason):
    """One text for all of a kind: names, places and numbers go."""
    reason = re.sub(r"\([^()]*\)", "", reason)
    reason = re.sub(r"(https?://|\b[\w.-]+/)\S+", "X", reason)
    reason = re.sub(r"\$\S+", "X", reason)
    reason = re.sub(r"^\S+?:? (?=gets|may|comes|is|has|might)", "X ", reason)
    reason = re.sub(r"\b(line|lines|tag of|of|from|debian|ubuntu|alpine) \S*[\d:]\S*", r"\1 N", reason)
    return " ".join(reason.split())[:110]

seen = collections.defaultdict(collections.Counter)
for file in json.load(sys.stdin)["files"]:
    for f in file["findings"]:
        pin = f["rule"].startswith("pin-")
        if f["leftAlone"]:
            seen[f["rule"]]["left alone: " + plain(f["message"])] += f.get("count", 1)
        elif f["safety"] == "hint":
            seen[f["rule"]]["reported: " + plain(f["message"])] += 1
        else:
            what = "pinned" if pin else "USER: " + plain(f["message"])
            seen[f["rule"]][what] += 1
for rule, reasons in sorted(seen.items()):
    total = sum(reasons.values())
    pinned = reasons["pinned"]
    print("%s: %d places" % (rule, total) + (", %d pinned (%.1f %%)" % (pinned, 100 * pinned / total)
                                             if rule.startswith("pin-") else ""))
    shown = [(r, n) for r, n in reasons.most_common(25) if n]
    for reason, n in shown:
        print("  %5d  %s" % (n, reason))
    rest = total - sum(n for _, n in shown)
    if rest:
        print("  %5d  for other reasons" % rest)
'

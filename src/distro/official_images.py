#!/usr/bin/env python3
"""Write official_images.def from tables of Docker official image tags.

Usage: official_images.py CURRENT.tsv.gz HISTORY.tsv.gz > official_images.def

Rows are image, tag, distro, suite. A tag that names a release itself is decided by code,
so only the others need rules. A rule is (image, flavour, version prefix -> release); the
longest prefix wins. The fewest rules that are right for every current tag are searched
for; for tags of the past a rule must earn its place.
"""
import collections
import gzip
import re
import sys

RULE = 0.55  # what a rule costs
WRONG = 2.0  # a past tag answered wrongly; a current one may never be
POPULAR = set("""buildpack-deps debian docker golang gradle haproxy httpd java maven mariadb
memcached mongo mysql nginx node openjdk perl php postgres python rabbitmq redis ruby rust
tomcat ubuntu wordpress""".split())


def runs(version):
    return tuple(re.findall(r"\d+|[A-Za-z]+", version))


def split(tag):
    first, _, rest = tag.partition("-")
    if re.match(r"v?\d", first):
        return runs(first.lstrip("v")), re.sub(r"\d+([._]\d+)*", "#", rest)
    return (), re.sub(r"\d+([._]\d+)*", "#", tag)


def missing(image, runs_, current):
    if current:
        return 1.2
    weight = 0.6 if len(runs_) <= 2 else 0.08
    return weight if image in POPULAR else weight * 0.2


def read(path):
    with gzip.open(path, "rt") as f:
        rows = [line.rstrip("\n").split("\t") for line in f][1:]
    return {(r[0], r[1]): (r[2], r[3]) for r in rows}


def outcome(distro, suite):
    if distro == "alpine":
        return "alpine" + suite
    if distro in ("debian", "ubuntu"):
        return suite
    return "-"  # known to be something else


def names_release(tag, codenames):
    parts = re.split("[-_]", tag)
    for i, p in enumerate(parts):
        if p in codenames or re.fullmatch(r"alpine\d+\.\d+(\.\d+)?", p) or re.match(
                "windowsservercore|nanoserver", p):
            return True
        if p == "alpine" and i + 1 < len(parts) and re.fullmatch(r"3\.\d+(\.\d+)?", parts[i + 1]):
            return True
    return False


def solve(image, tags):
    """Cheapest labelling of a trie of versions: dynamic programming, leaves first."""
    root = {}
    for version, out, current in tags:
        node = root
        for run in version:
            node = node.setdefault(run, {})
        node.setdefault(None, []).append((out, current, len(version)))
    labels = sorted({out for _, out, _ in tags}) + ["?"]

    def own(entries, label):
        cost = 0.0
        for out, current, n in entries:
            if label == "?":
                cost += 0 if out == "-" else missing(image, range(n), current)
            elif label != out:
                cost += 1e6 if current else WRONG
        return cost

    def leaf(entries, label):
        """The version itself may have a rule of its own, which does not reach below it."""
        costs = {l: own(entries, l) for l in labels}
        other = min(labels, key=lambda l: (costs[l], l))
        if costs[other] + RULE < costs[label]:
            return costs[other] + RULE, other
        return costs[label], None

    def best(node):
        kids = [(run, best(kid)) for run, kid in sorted(
            (k, v) for k, v in node.items() if k is not None)]
        leaves = {l: leaf(node.get(None, []), l) for l in labels}
        base = {l: leaves[l][0] + sum(k[l][0] for _, k in kids) for l in labels}
        # Versions to come must not get the answer of old ones.
        allowed = ["?"] if node is root and len(labels) > 2 else labels
        cheapest = min(allowed, key=lambda l: (base[l], l != "?", l))
        return {l: (base[cheapest] + RULE, cheapest, leaves, kids)
                if base[cheapest] + RULE < base[l] else (base[l], None, leaves, kids)
                for l in labels}

    rules = []

    def collect(tree, label, path):
        _, choice, leaves, kids = tree[label]
        if choice:
            label = choice
            rules.append((path, "*", label))
        if leaves[label][1]:
            rules.append((path, "", leaves[label][1]))
        below = [collect(kid, label, path + [run]) or run for run, kid in kids]
        merge(rules, path, below)

    collect(best(root), "?", [])
    return tuple((".".join(path) + star, out) for path, star, out in rules)


def merge(rules, path, runs_below):
    """Neighbours with one answer become a range: 10.13*, 10.14*, 10.15* is 10.13-15*."""
    numbers = sorted(int(r) for r in runs_below if r.isdigit() and str(int(r)) == r)
    mine = {int(p[-1]): (star, out) for p, star, out in rules
            if len(p) == len(path) + 1 and p[:-1] == path and p[-1].isdigit() and str(int(p[-1])) == p[-1] and star == "*"}
    busy = {int(p[len(path)]) for p, star, out in rules
            if len(p) > len(path) and p[:len(path)] == path and p[len(path)].isdigit()
            and (len(p) > len(path) + 1 or star != "*")}
    i = 0
    while i < len(numbers):
        j = i
        while (j + 1 < len(numbers) and mine.get(numbers[i]) and numbers[j + 1] not in busy
               and mine.get(numbers[j + 1]) == mine[numbers[i]] and numbers[i] not in busy):
            j += 1
        if j > i:
            star, out = mine[numbers[i]]
            for n in numbers[i:j + 1]:
                rules.remove((path + [str(n)], star, out))
            rules.append((path + [f"{numbers[i]}-{numbers[j]}"], star, out))
        i = j + 1


def clash(entries):
    """Do numbers in the flavour decide? One version, several answers."""
    seen = collections.defaultdict(set)
    for version, out, _, _ in entries:
        seen[version].add(out)
    return any(len(outs) > 1 for outs in seen.values())


def main():
    current, history = read(sys.argv[1]), read(sys.argv[2])
    tags = {**history, **current}
    codenames = {s for d, s in tags.values() if d in ("debian", "ubuntu") and s.isalpha()}
    groups = collections.defaultdict(list)
    for (image, tag), (distro, suite) in tags.items():
        if image in ("debian", "ubuntu", "alpine") and re.match(r"\d+\.", tag):
            continue  # the release's own number
        if image == "node" and tag.startswith(("0.10.35", "0.11.14")):
            continue  # slips in the table of past tags
        if distro == "?" or names_release(tag, codenames) or re.search(r"(19|20)\d{6}", tag):
            continue
        version, flavour = split(tag)
        groups[image, flavour].append(
            (version, outcome(distro, suite), (image, tag) in current, tag))
    for key in [k for k, entries in groups.items() if "#" in k[1] and clash(entries)]:
        literal = collections.defaultdict(list)
        for version, out, is_current, tag in groups.pop(key):
            _, _, flavour = tag.partition("-") if version else ("", "", tag)
            literal[key[0], flavour].append((version, out, is_current, tag))
        groups.update({k: v for k, v in literal.items() if any(e[2] for e in v)})
    lines = collections.defaultdict(list)
    for (image, flavour), entries in sorted(groups.items()):
        rules = solve(image, [e[:3] for e in entries])
        if rules:
            lines[image, rules].append(flavour)
    print("/* official_images.def - the release that a tag of a Docker official image is built on,\n"
          " * where the tag does not name it: OFFICIAL(image, flavours, rules). Made by\n"
          " * official_images.py from tables of the tags of the official images (current ones of\n"
          " * August 2026, and the last build of past ones). A flavour is the tag after its version,\n"
          " * with # for numbers; a rule is VERSION=RELEASE, or VERSION*=RELEASE for all that begin\n"
          " * so (10.13-15* is 10.13*, 10.14*, 10.15*): the longest that fits wins. - is another\n"
          " * distro, ? is not known. Sorted by image. */")
    for (image, rules), flavours in sorted(lines.items()):
        print(f'OFFICIAL("{image}",')
        print(wrapped(sorted(flavours), ",") + ",")
        print(wrapped([f"{v}={o}" for v, o in rules], " ") + ")")


def wrapped(words, separator):
    """A C string over several lines."""
    lines, line = [], ""
    for i, word in enumerate(words):
        word += separator if i + 1 < len(words) else ""
        if len(line) + len(word) > 84:
            lines.append(line)
            line = ""
        line += word
    assert len("".join(lines + [line])) < 4000
    return "\n".join(f'         "{x}"' for x in lines + [line])


if __name__ == "__main__":
    sys.setrecursionlimit(10000)
    main()

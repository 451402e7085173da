#!/usr/bin/env python3
"""Write moves.def: how many components of a source's version held within a release.

Usage: moves.py DATA > moves.def
       moves.py DATA history    the versions themselves, a line each: distro, release, its
                                day, source, version, and the version's day (the release's for
                                its first, "-" where none is known), separated by tabs

DATA has debian/osv-debian-dsa-dla-*.jsonl.xz (OSV exports of DSA and DLA), secdb/*.json.xz,
apk/APKINDEX-v*.tar.gz and alpine/*/lib/apk/db/installed. Only what is known to be of a release
after its first day counts: the first version that an advisory lists for the release (its release
day's), fixed versions published after that day, versions that bear the release's own suffix
(+deb12u1, ~deb12u1); for Alpine the versions of its index and of its images, and those of secdb
above one of them. A source that kept as many components as a pin has is not written.
"""
import collections
import datetime
import functools
import glob
import json
import lzma
import os
import re
import subprocess
import sys
import tarfile

RELEASED = {"11": "2021-08-14", "12": "2023-06-10", "13": "2025-08-09"}
ALPINE = {"3.12": "2020-05-29", "3.16": "2022-05-23", "3.20": "2024-05-22", "3.22": "2025-05-30"}
# Ubuntu's policy on stable release updates: those that get new upstream versions by a standing
# exception, and what its security team updates so.
UBUNTU = """amd64-microcode ca-certificates chromium-browser clamav cloud-init containerd-app
docker.io-app firefox intel-microcode linux-firmware nvidia-graphics-drivers* postgresql-1*
publicsuffix runc-app snapd thunderbird tzdata ubuntu-advantage-tools webkit2gtk wpewebkit""".split()

# Of stable updates, which no advisory lists: what Debian's own indexes of 11 and 12 (of 2026-11)
# have beside the version of the release day, said of the release after them.
UPDATES = [("debian", "13", "ca-certificates",
            "11: 20210119, 20250419~deb12u1~deb11u1; 12: 20230311+deb12u1, 20250419~deb12u2")]

def deb_upstream(version):
    return version.split(":", 1)[-1].rsplit("-", 1)[0]


def apk_upstream(version):
    return re.sub(r"-r\d+$", "", version)


def components(upstream):
    found = re.match(r"\d[0-9A-Za-z]*(\.\d[0-9A-Za-z]*)*", upstream)
    parts = found.group().split(".") if found else []
    return tuple(parts) if len(parts) > 1 else (upstream,)


def pinned(parts):
    """How many components a pin keeps when nothing is known."""
    return 1 if len(parts) == 1 else max(2, len(parts) - 1)


def held(a, b):
    n = 0
    while n < min(len(a), len(b)) and a[n] == b[n]:
        n += 1
    return n


@functools.lru_cache(None)
def deb_older(a, b):
    return subprocess.run(["dpkg", "--compare-versions", a, "lt", b]).returncode == 0


def apk_key(version):
    """Enough of apk's order for the versions that secdb has: numbers, a letter, suffixes, -rN."""
    body, _, revision = version.partition("-r")
    main, *suffixes = body.split("_")
    order = {"alpha": -4, "beta": -3, "pre": -2, "rc": -1, "cvs": 1, "svn": 2, "git": 3, "hg": 4,
             "p": 5}
    numbers = [(int(n or 0), letter) for n, letter in re.findall(r"(\d*)([a-z]?)(?:\.|$)", main)]
    tails = []
    for s in suffixes:
        m = re.match(r"([a-z]+)(\d*)", s)
        tails.append((order.get(m.group(1), 0), int(m.group(2) or 0)) if m else (0, 0))
    return numbers, tails + [(0, 0)], int(revision or 0) if revision.isdigit() else 0


def oldest(versions):
    return functools.reduce(lambda a, b: b if deb_older(b, a) else a, versions)


def debian(data):
    """(release, source) -> version -> day: those after the release's first day, and that day's."""
    seen = collections.defaultdict(dict)
    for path in sorted(glob.glob(data + "/debian/osv-debian-dsa-dla-*.jsonl.xz")):
        with lzma.open(path, "rt") as lines:
            for line in lines:
                advisory = json.loads(line)
                for affected in advisory["affected"]:
                    number = affected["package"]["ecosystem"].partition(":")[2]
                    if number not in RELEASED:
                        continue
                    versions = affected.get("versions", [])
                    first = [v for v in versions if "~bpo" not in v]
                    if any(int(m) < int(number) - 3
                           for v in versions for m in re.findall(r"deb(\d+)u", v)):
                        first = []  # a list that begins before the release
                    mark = re.compile(r"[+~]deb%su\d+$" % number)
                    into = seen[number, affected["package"]["name"]]
                    for version in versions:
                        if mark.search(version):
                            into.setdefault(version, "-")
                    if first:
                        into[oldest(first)] = RELEASED[number]
                    if advisory["published"][:10] > RELEASED[number]:
                        into.update((e["fixed"], advisory["published"][:10])
                                    for r in affected["ranges"] for e in r["events"]
                                    if "fixed" in e)
    return seen


def records(text):
    for block in text.split("\n\n"):
        fields = dict(l.split(":", 1) for l in block.splitlines() if l[1:2] == ":")
        if "P" in fields:
            built = datetime.datetime.fromtimestamp(int(fields["t"]), datetime.timezone.utc)
            yield fields.get("o", fields["P"]), fields["V"], built.date().isoformat()


def add_built(into, release, found):
    """What was built before the release is what it came out with."""
    for source, version, built in found:
        into[release, source].setdefault(version, max(built, ALPINE[release]))


def alpine(data):
    seen = collections.defaultdict(dict)
    for path in glob.glob(data + "/apk/APKINDEX-v*.tar.gz"):
        release = re.search(r"v(\d+\.\d+)", path).group(1)
        with tarfile.open(path, ignore_zeros=True) as tar:
            add_built(seen, release, records(tar.extractfile("APKINDEX").read().decode()))
    for path in glob.glob(data + "/alpine/*/lib/apk/db/installed"):
        release = re.search(r"/alpine/(\d+\.\d+)", path).group(1)
        with open(path) as f:
            add_built(seen, release, records(f.read()))
    for path in glob.glob(data + "/secdb/*.json.xz"):
        release = os.path.basename(path).split("-")[0]
        with lzma.open(path, "rt") as f:
            packages = json.load(f)["packages"]
        for package in (p["pkg"] for p in packages):
            known = seen.get((release, package["name"]))
            if known:
                low = min(apk_key(v) for v in known)
                known.update((v.split()[0], "-") for v in package["secfixes"]
                             if v != "0" and apk_key(v.split()[0]) > low)
    return seen


def dies(a, b):
    """Would a pin made of one of these versions refuse the other?"""
    n = held(a, b)
    return a != b and (n < 2 or n < min(pinned(a), pinned(b)))


def is_new(release, version, day, parts):
    """A first build (-r0) after the release, of a version that two components say whole."""
    return version.endswith("-r0") and day > ALPINE.get(release, "~") and len(parts) < 3


def verdicts(seen, upstream):
    """source -> release -> what shows that a pin died there, or None where it was seen to live."""
    out = collections.defaultdict(dict)
    for (release, source), versions in seen.items():
        have = sorted({(components(upstream(v)), v) for v in versions})
        shows = [va + ", " + vb for i, (a, va) in enumerate(have) for b, vb in have[i + 1:]
                 if dies(a, b)]
        shows += [v + " of " + versions[v] for parts, v in have
                  if versions[v] != "-" and is_new(release, v, versions[v], parts)]
        if shows or len(have) > 1:
            out[source][release] = shows[-1] if shows else None
    return {s: r for s, r in out.items() if any(r.values())}


def everywhere(releases, seen, source, upstream):
    """Does what was seen stand for all releases? Seen twice, and never otherwise; or the whole
    version is one component, which any new upstream version changes."""
    shown = [r for r in releases if releases[r]]
    single = all(len(components(upstream(v))) == 1 for r in shown for v in seen[r, source])
    return single or len(shown) > 1 and len(shown) == len(releases)


def family(source):
    """A source named by its branch, as a pattern: postgresql-15 is postgresql-??."""
    stem = re.sub(r"[-.]?\d+(\.\d+)*$", "", source)
    return stem + re.sub(r"\d", "?", source[len(stem):]) if stem and stem != source else None


def families(found):
    """Patterns of which several sources moved, and none that is known did not."""
    members = collections.defaultdict(set)
    for source in found:
        if family(source):
            members[family(source)].add(source)
    return {pattern: sorted(all_) for pattern, all_ in members.items()
            if len(all_) > 1 and all(shows for s in all_ for shows in found[s].values())}


def number(release):
    return [int(n) for n in release.split(".")]


def write(distro, seen, upstream):
    found = verdicts(seen, upstream)
    for pattern, all_ in sorted(families(found).items()):
        print('MOVES("%s", "", "%s") /* %s */' % (distro, pattern, ", ".join(all_)))
        for s in all_:
            del found[s]
    for source, releases in sorted(found.items()):
        shown = sorted((r for r in releases if releases[r]), key=number)
        if everywhere(releases, seen, source, upstream):
            print('MOVES("%s", "", "%s") /* %s */' %
                  (distro, source, "; ".join(r + ": " + releases[r] for r in shown)))
            continue
        for release in shown:
            print('MOVES("%s", "%s", "%s") /* %s */' %
                  (distro, release, source, releases[release]))


def main():
    data = sys.argv[1]
    both = (("debian", debian(data), deb_upstream), ("alpine", alpine(data), apk_upstream))
    if sys.argv[2:] == ["history"]:
        for distro, seen, _ in both:
            for (release, source), versions in sorted(seen.items()):
                for version, day in sorted(versions.items()):
                    out = RELEASED.get(release) or ALPINE[release]
                    print(distro, release, out, source, version, day, sep="\t")
        return
    print("""/* moves.def - sources whose versions outgrew a pin within a release: MOVES(distro, release, source);
 * release "": it happened in several, and not otherwise, so it stands for all.
 * Written by moves.py from OSV's exports of DSA and DLA (2023 to 2025), Debian's indexes, Alpine's
 * secdb, indexes and images, and Ubuntu's policy; beside each row what shows it. */""")
    for distro, seen, upstream in both:
        write(distro, seen, upstream)
    for update in UPDATES:
        print('MOVES("%s", "%s", "%s") /* %s */' % update)
    for source in UBUNTU:
        print('MOVES("ubuntu", "", "%s")' % source)


main()

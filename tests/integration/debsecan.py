"""Writes the same facts for debsecan and for dfix: what OSV says of Debian 11, and the packages of a base
of it and some more.

    debsecan.py DATA FOLDER     FOLDER/tracker.json, sbom.json for dfix; bullseye, status for debsecan
    debsecan.py --lines FILE    what `dfix gate --format ndjson` found, as debsecan's simple format has it
"""

import json
import lzma
import sys
import zlib


def facts(data):
    """{(source, CVE): version that holds the fix, "" none}"""
    out = {}
    for name in ("osv-debian-cve-for-bullseye-base", "osv-debian-dsa-dla-2023-2025"):
        with lzma.open(f"{data}/debian/{name}.jsonl.xz", "rt") as lines:
            for line in lines:
                document = json.loads(line)
                named = [document["id"], *document.get("aliases", []), *document.get("upstream", []),
                         *document.get("related", [])]
                ids = [x for x in named if x.startswith("CVE-")]
                for affected in document.get("affected", []):
                    if affected.get("package", {}).get("ecosystem") != "Debian:11":
                        continue
                    events = [e for r in affected.get("ranges", []) for e in r["events"]]
                    fixed = next((e["fixed"] for e in events if "fixed" in e), "")
                    for cve in ids:
                        out.setdefault((affected["package"]["name"], cve), fixed)
    return out


def packages(status):
    for stanza in status.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in stanza.split("\n") if ": " in line and line[0] != " ")
        if fields.get("Status", "").endswith(" installed"):
            yield fields


def made(known, there):
    """Of all other sources a package, which by turns just holds one of their fixes, and just does not."""
    for (source, _), fixed in sorted(known.items()):
        if fixed and source not in there:
            there.add(source)
            version = fixed + "~" * (len(there) % 2)
            yield f"\nPackage: {source}\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\n"


def write_tracker(folder, known):
    tracker = {}
    for (source, cve), fixed in known.items():
        said = {"status": "resolved", "fixed_version": fixed} if fixed else {"status": "open"}
        tracker.setdefault(source, {})[cve] = {"releases": {"bullseye": said}}
    with open(f"{folder}/tracker.json", "w") as out:
        json.dump(tracker, out)


def write_debsecan(folder, known):
    names = sorted({cve for _, cve in known})
    lines = ["VERSION 1", *(f"{name},," for name in names), ""]
    for (source, cve), fixed in sorted(known.items()):
        lines.append(f"{source},{names.index(cve)},S ?{'F' if fixed else ' '},{fixed},")
    lines += ["", ""]
    with open(f"{folder}/bullseye", "wb") as out:
        out.write(zlib.compress("\n".join(lines).encode()))


def write_sbom(folder, status):
    components = [{"type": "operating-system", "name": "debian", "version": "11"}]
    for p in packages(status):
        source = p.get("Source", p["Package"])
        name, _, version = source.partition(" ")
        upstream = name + (f"@{version.strip('()')}" if version else "")
        url = f"pkg:deb/debian/{p['Package']}@{p['Version']}?arch={p['Architecture']}&distro=debian-11"
        if source != p["Package"]:
            url += f"&upstream={upstream}"
        components.append({"type": "library", "name": p["Package"], "version": p["Version"],
                           "purl": url.replace("+", "%2B")})
    with open(f"{folder}/sbom.json", "w") as out:
        json.dump({"bomFormat": "CycloneDX", "specVersion": "1.5", "components": components}, out)


def main():
    if sys.argv[1] == "--lines":
        found = set()
        for line in open(sys.argv[2]):
            item = json.loads(line)
            if item.get("type") == "risk":
                found |= {f"{item['id']} {package}" for package in item["package"].split(", ")}
        print("\n".join(sorted(found)))
        return
    data, folder = sys.argv[1:]
    known = facts(data)
    status = lzma.open(f"{data}/debian/dpkg-status-bullseye-11.11-minbase.xz", "rt").read().strip() + "\n"
    status += "".join(made(known, {p["Package"] for p in packages(status)}))
    write_tracker(folder, known)
    write_debsecan(folder, known)
    write_sbom(folder, status)
    with open(f"{folder}/status", "w") as out:
        out.write(status)


main()

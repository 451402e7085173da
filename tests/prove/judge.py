#!/usr/bin/env python3
"""judge.py DIR PACKAGES NAME WORD=VALUE... - what is wrong with the images of a case (see prove.sh): its row
of the table, a line for each complaint, and the patch where there is one. PACKAGES: a list for each base."""
import difflib, fnmatch, json, os, re, sys

folder, bases, name = sys.argv[1:4]
words = dict(word.split("=", 1) for word in sys.argv[4:])
SETTINGS = ("Env", "Entrypoint", "Cmd", "ExposedPorts", "Volumes", "WorkingDir", "Labels", "StopSignal",
            "Healthcheck", "OnBuild", "Shell")
wrong = []


def read(path, otherwise=""):
    path = os.path.join(folder, path)
    return open(path, errors="replace").read() if os.path.exists(path) else otherwise


def tail(text, lines=6):
    return " / ".join(text.strip().splitlines()[-lines:])


def of(which, what, otherwise=""):
    """What was asked of an image, or of the one that was built of the same file."""
    return read(f"{read(which + '.same').strip() or which}.{what}", otherwise)


def was_built(which):
    return of(which, "user") != ""


def packages(text):
    return dict(line.split("=", 1) for line in text.splitlines())


def settings(which):
    """What it says of itself, notation apart: protocols in lower case, its author by MAINTAINER or by label, and
    without HOME, which goes with the user."""
    image = json.loads(of(which, "settings"))["Docker"]
    config = image["config"]
    labels = {k: v for k, v in (config.get("Labels") or {}).items() if not k.startswith("io.buildah.")}
    said = {key: config.get(key) or None for key in SETTINGS}
    said["Author"] = image.get("author") or labels.pop("org.opencontainers.image.authors", None)
    said["Labels"] = labels or None
    said["Env"] = sorted(v for v in said["Env"] or [] if not v.startswith("HOME="))
    said["ExposedPorts"] = sorted(port.lower() for port in said["ExposedPorts"] or [])
    return said


def files(which, owners):
    """Path to the rest. Owners and modes: unless the fix may change who it runs as."""
    found = {}
    for line in of(which, "files").splitlines():
        path, mode, owner, link, digest = line.split("\t", 4)
        found[path] = (mode[0], link, digest) + ((mode, owner) if owners else ())
    return found


def compare_settings(which, may_differ):
    before, after = settings("before"), settings(which)
    for key in before:
        if before[key] != after[key] and key not in may_differ:
            wrong.append(f"{which}: {key} was {json.dumps(before[key])}, is {json.dumps(after[key])}")


def compare_files(which, pattern):
    owners = which == "safe"
    before, after = files("before", owners), files(which, owners)
    differ = [path for path in sorted(before.keys() | after.keys())
              if before.get(path) != after.get(path) and not (pattern and re.fullmatch(pattern, path))]
    for path in differ[:8]:
        wrong.append(f"{which}: {path} was {before.get(path)}, is {after.get(path)}")
    if len(differ) > 8:
        wrong.append(f"{which}: {len(differ) - 8} more files differ")


def compare_start(which):
    for what in "started", "answered":
        status = of(which, what).strip()
        if what == "started" and of("before", what).strip() != "0":
            continue  # it does not start as it is
        if what == "answered" and which != "after":
            continue
        if status not in ("", "0"):
            wrong.append(f"{which}: not {what}: {status}: {tail(of(which, what + '.said'))}")


def check_pins(which):
    """Each NAME=VERSION of the file is what the image has."""
    have, pins = packages(of(which, "packages")), 0
    text = "\n".join(line for line in read(f"{which}/Dockerfile").splitlines() if not line.lstrip().startswith("#"))
    for package, version in re.findall(r"(?<![\w.+-])([a-z0-9][a-z0-9+.-]+)=(\d[^\s\"';]*)", text):
        if package in have:
            pins += 1
            if not fnmatch.fnmatchcase(have[package], version):
                wrong.append(f"{which}: {package}={version}, but the image has {have[package]}")
    return pins


def moved(old, new):
    return {p for p in old.keys() | new.keys() if old.get(p) != new.get(p)}


def compare_packages(which, how):
    new, pins = packages(of(which, "packages")), check_pins(which)
    old = packages(of("before", "packages"))
    if how == "narrow" and which == "after":
        base = packages(open(os.path.join(bases, words["base"].rsplit("/", 1)[-1])).read())
        text = read("after/Dockerfile")
        changed = {p for p in moved(base, new) if p in base}
        for package in sorted(changed):
            if not re.search(rf"(^|[\s\"']){re.escape(package)}([<>=~\s\"';]|$)", text, re.M):
                wrong.append(f"moved, and not named: {package} from {base[package]} to {new.get(package)}")
        return f"{len(changed)} upgraded, {len(new.keys() - base.keys())} new, {len(base.keys() - changed)} untouched"
    differ = moved(old, new) if old else set()
    if how == "fewer" and which == "after":
        differ = {p for p in differ if p in new}
    if differ and how != "fixed":
        wrong.append(f"{which}: packages differ: " +
                     ", ".join(f"{p} {old.get(p)} {new.get(p)}" for p in sorted(differ)[:6]))
    fewer = len(old) - len(new)
    return f"{len(new)} packages{f', {fewer} fewer' if old and fewer else ''}, {pins} pinned"


def judge():
    how = words.get("packages", "same")
    user_before, user_after = words["user"].split(":")
    kept = read("before/Dockerfile") == read("after/Dockerfile")
    if kept != ("unchanged" in words):
        wrong.append("dfix changed it" if not kept else "dfix changed nothing: " + tail(read("after.dfix"), 12))
    for which in "safe", "after":
        if read(which + ".dfix.status").strip() not in ("0", "1"):
            wrong.append(f"{which}: dfix failed: {tail(read(which + '.dfix'), 12)}")
    users = {which: of(which, "user").strip() or "fails" for which in ("before", "safe", "after")}
    for which, want in ("before", user_before), ("safe", user_before), ("after", user_after):
        if users[which] != want and not (which == "safe" and want == "fails"):
            wrong.append(f"{which}: runs as {users[which]}, not {want}: {tail(of(which, 'build') + of(which, 'probe'))}")
    said = "-"
    for which in "safe", "after":
        if not was_built(which):
            continue
        said = compare_packages(which, how)
        compare_start(which)
        if was_built("before"):
            after = which == "after"
            compare_settings(which, words.get("differs", "").split(",") if after else ())
            if not (after and how in ("narrow", "fewer")):
                compare_files(which, words.get("files") if after else None)
    return users, said


users, said = judge()
print(f"{name:<40} {users['before']:<7} {users['after']:<7} {said:<40} {'WRONG' if wrong else 'ok'}")
for complaint in wrong:
    print(f"   !! {name}: {complaint}")
if wrong:
    for which in "safe", "after":
        sys.stdout.writelines(difflib.unified_diff(
            read("before/Dockerfile").splitlines(True), read(which + "/Dockerfile").splitlines(True), "before", which))

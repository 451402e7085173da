"""dfix pr and the life of its pull requests, on a forge on loopback (forge.py). Without arguments the
short cases run, with DFIX_TEST_TIER=all each; with names, those."""

import gzip
import hashlib
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor

from forge import TOKEN, Forge, git

ROOT, BUILD = os.environ["DFIX_ROOT"], os.environ["DFIX_BUILD"]
SAMPLE = os.path.join(ROOT, "tests/demo/sample")
PLAIN = b"FROM debian:bookworm\nRUN apt-get install curl\nUSER 1000\nCMD [\"x\"]\n"
FIXED = b'FROM debian:bookworm\nRUN apt-get install -y "curl=7.88.*"\nUSER 1000\nCMD ["x"]\n'
OLD = b'FROM debian:bookworm\nRUN apt-get install -y jq=1.6-2.1\nUSER 1000\nCMD ["x"]\n'
NOW = 1800000000  # a Friday, 08:00 UTC
CASES = []
# They wait for git, for hosts and for time-outs more than they work. So many run side by side, and so
# many dfix at a time.
JOBS = 2 * (os.cpu_count() or 1)
SLOTS = threading.BoundedSemaphore(JOBS)
# What runs where no case is named, but with DFIX_TEST_TIER=all, where each does.
SHORT = ("it_opens_one", "a_fix_that_changed", "somebody_pushed", "a_moot_one", "a_person_closed_it",
         "a_label_stops_it", "policy_of_the_repository", "limits", "logins",
         "no_argument_has_the_token", "gitlab", "gitea")


def case(f):
    CASES.append(f)
    return f


def side_by_side(f, items):
    """f of each, several at a time; what the first one raises is raised."""
    with ThreadPoolExecutor(JOBS) as pool:
        for done in [pool.submit(f, x) for x in items]:
            done.result()


class World:
    """One case's: a folder, a forge, a way to run dfix."""

    cache = None

    def __init__(self, kind="github"):
        self.folder = tempfile.mkdtemp(prefix="dfix-bot-")
        self.forge = Forge(os.path.join(self.folder, "forge"))
        self.kind, self.now, self.policy, self.cache = kind, NOW, "", World.cache
        self.forge.now = NOW
        self.env = {"DFIX_TOKEN": TOKEN}
        self.said = self.more = ""
        self.sample = SAMPLE
        self.alpine = self.index = ""
        self.offline = ["--offline"]
        os.makedirs(os.path.join(self.folder, "home"))

    def environment(self):
        env = {k: v for k, v in os.environ.items()
               if not k.startswith(("GIT_", "DFIX_", "GITHUB_", "CI"))}
        env.update(HOME=os.path.join(self.folder, "home"), XDG_CACHE_HOME=self.cache,
                   XDG_CONFIG_HOME=os.path.join(self.folder, "config"), TMPDIR=self.folder,
                   SOURCE_DATE_EPOCH=str(self.now), GIT_CONFIG_GLOBAL="/dev/null")
        env.update(self.env)
        return env

    def command(self, *words, repo="me/app"):
        os.makedirs(os.path.join(self.folder, "config/dfix"), exist_ok=True)
        with open(os.path.join(self.folder, "config/dfix/dfix.yaml"), "w", encoding="utf-8") as f:
            f.write(f"index: {{apt: {{debian: {{mirror: 'file://{self.sample}/debian', "
                    f"security: 'file://{self.sample}/debian-security', "
                    f"keyring: '{SAMPLE}/keyring.gpg'}}}}"
                    + (f", apk: {{alpine: {self.alpine}}}" if self.alpine else "")
                    + self.index + "}\n"
                    f"bot: {{hosts: {{'{self.forge.host}': {self.kind}}}{self.policy}}}\n{self.more}")
        repos = ["--repo", f"{self.forge.url}/{repo}"] if repo else []
        return [os.path.join(BUILD, "dfix"), "pr", *self.offline, *repos, *words]

    def run(self, *words, repo="me/app", want=0):
        with SLOTS:
            done = subprocess.run(self.command(*words, repo=repo), capture_output=True, text=True,
                                  env=self.environment(), cwd=self.folder)
        self.said += done.stdout + done.stderr
        self.out, self.err = done.stdout, done.stderr
        if want is not None and done.returncode != want:
            raise AssertionError(f"ended with {done.returncode}: {done.stdout}{done.stderr}")
        return done.returncode

    def states(self, *words, **more):
        """{branch: state} of one run."""
        self.run("--json", *words, **more)
        lines = [json.loads(x) for x in self.out.splitlines()]
        return {x["branch"]: x["state"] for x in lines if x["kind"] == "group"}

    def close(self):
        self.forge.server.shutdown()
        self.forge.server.server_close()
        left = [x for x in os.listdir(self.folder) if x.startswith("dfix-scratch")]
        assert TOKEN not in self.said, "the token was printed"
        assert not self.forge.undocumented, self.forge.undocumented
        shutil.rmtree(self.folder)
        return left


def one(w, text=PLAIN, policy="", kind="github"):
    w.policy, w.kind = policy, kind
    return w.forge.repository("me/app", {"Dockerfile": text, "README": b"x\n"})


def equal(a, b):
    if a != b:
        raise AssertionError(f"{a!r} != {b!r}")


def holds(text, *parts):
    for part in parts:
        if part not in text:
            raise AssertionError(f"{part!r} is not in:\n{text}")


# ---- the life of one ----


@case
def it_opens_one(w):
    r = one(w, policy=", labels: [deps], assignees: [alice], reviewers: [codeowners, bob]")
    r.commit({".github/CODEOWNERS": b"* @carol\n/Dockerfile @me/platform @dan # x\n"})
    base = r.head("main")
    equal(w.states(), {"dfix/all": "opened"})
    (p,) = r.pulls
    equal(p["title"], "build(docker): fix 2 findings in Dockerfile")
    holds(p["body"], "| `Dockerfile` | `curl` | - | `7.88.*` | `7.88.1-10+deb12u15` |",
          "apt-get asks before it installs", "dfix ignore=pin-apt", "<!-- dfix: {")
    equal(r.log("dfix/all"), ["build(docker): add -y to apt-get install",
                              "build(docker): pin curl to 7.88.*"])
    equal(r.text("dfix/all", "Dockerfile"), FIXED)
    equal((p["labels"], p["assignees"]), (["deps"], ["alice"]))
    equal(p["reviewers"], ["bob", "dan", "team:platform"])
    equal(r.head("main"), base)
    # A second run has nothing to do, and changes nothing.
    n = len(w.forge.requests)
    equal(w.states(), {"dfix/all": "unchanged"})
    equal(w.forge.changed(n), [])


@case
def a_base_that_moved(w):
    r = one(w)
    w.run()
    first = r.head("dfix/all")
    r.commit({"README": b"y\n"})
    equal(w.states(), {"dfix/all": "updated"})
    assert r.head("dfix/all") != first and len(r.pulls) == 1
    equal(git(r.bare, "merge-base", "main", "dfix/all"), r.head("main"))
    equal(w.states(), {"dfix/all": "unchanged"})
    # Policy may say that this is no reason.
    w.policy += ", remake: conflict"
    r.commit({"README": b"z\n"})
    head = r.head("dfix/all")
    w.run()
    equal(r.head("dfix/all"), head)
    # But a conflict is one.
    r.commit({"Dockerfile": b"# x\n" + PLAIN.replace(b"USER 1000", b"USER 1001")})
    equal(w.states(), {"dfix/all": "updated"})
    equal(git(r.bare, "merge-base", "main", "dfix/all"), r.head("main"))


@case
def a_fix_that_changed(w):
    r = one(w)
    w.run()
    r.commit({"Dockerfile": PLAIN.replace(b"curl", b"curl git")})
    equal(w.states(), {"dfix/all": "updated"})
    equal(len(r.pulls), 1)
    holds(r.pulls[0]["body"], "`git`")
    holds(r.text("dfix/all", "Dockerfile").decode(), '"git=1:2.39.*"')


@case
def somebody_pushed(w):
    r = one(w)
    w.run()
    r.commit({"README": b"mine\n"}, branch="dfix/all")
    head = r.head("dfix/all")
    r.commit({"Dockerfile": PLAIN.replace(b"curl", b"curl git")})
    equal(w.states(), {"dfix/all": "left"})
    equal(r.head("dfix/all"), head)
    # An amended message is theirs as well.
    r = w.forge.repository("me/other", {"Dockerfile": PLAIN})
    w.run(repo="me/other")
    old = r.head("dfix/all")
    new = git(r.bare, "commit-tree", old + "^{tree}", "-p", old + "^", data=git(
        r.bare, "log", "-1", "--format=Better words.%n%n%b", old).encode())
    git(r.bare, "update-ref", "refs/heads/dfix/all", new)
    equal(w.states(repo="me/other"), {"dfix/all": "left"})
    # And so is a branch that never was dfix's.
    r = w.forge.repository("me/third", {"Dockerfile": PLAIN})
    r.commit({"x": b"x"}, branch="main")
    git(r.bare, "update-ref", "refs/heads/dfix/all", r.head("main"))
    equal(w.states(repo="me/third"), {"dfix/all": "left"})
    equal(r.pulls, [])


@case
def a_moot_one(w):
    r = one(w)
    w.run()
    r.commit({"Dockerfile": FIXED})
    equal(w.states(), {"dfix/all": "moot"})
    equal((r.pulls[0]["state"], r.branches()), ("closed", ["main"]))
    holds(r.pulls[0]["body"], "**Closed by dfix: there is nothing left to change.**")
    equal(w.states(), {})
    # That was no person's no: it comes back when there is a reason.
    r.commit({"Dockerfile": PLAIN})
    equal(w.states(), {"dfix/all": "opened"})


@case
def a_person_closed_it(w):
    r = one(w)
    w.run()
    r.pulls[0]["state"] = "closed"
    equal(w.states(), {"dfix/all": "refused"})
    git(r.bare, "update-ref", "-d", "refs/heads/dfix/all")
    equal(w.states(), {"dfix/all": "refused"})
    # The same words elsewhere in the file are the same content.
    r.commit({"Dockerfile": b"# hello\n" + PLAIN})
    equal(w.states(), {"dfix/all": "refused"})
    r.commit({"Dockerfile": PLAIN.replace(b"curl", b"git")})
    equal(w.states(), {"dfix/all": "opened"})
    equal(len(r.pulls), 2)


@case
def one_that_was_merged(w):
    r = one(w)
    w.run()
    r.pulls[0].update(state="closed", merged_at="2027-01-15T09:00:00Z")
    git(r.bare, "update-ref", "refs/heads/main", r.head("dfix/all"))
    git(r.bare, "update-ref", "-d", "refs/heads/dfix/all")
    equal(w.states(), {})
    r.commit({"Dockerfile": PLAIN})
    equal(w.states(), {"dfix/all": "opened"})


@case
def a_label_stops_it(w):
    r = one(w)
    w.run()
    r.pulls[0]["labels"].append("dfix:stop")
    head = r.head("dfix/all")
    r.commit({"Dockerfile": PLAIN.replace(b"curl", b"git")})
    equal(w.states(), {"dfix/all": "stopped"})
    equal(r.head("dfix/all"), head)


@case
def a_persons_pull_request_on_the_branch(w):
    r = one(w)
    git(r.bare, "update-ref", "refs/heads/dfix/all", r.head("main"))
    r.commit({"x": b"x"}, branch="dfix/all")
    w.forge.post_pull(r, {}, {"title": "mine", "body": None, "head": "dfix/all", "base": "main"})
    equal(w.states(), {"dfix/all": "left"})
    equal(len(r.pulls), 1)


@case
def two_bots_at_once(w):
    r = one(w)
    both = [subprocess.Popen(w.command(), env=w.environment(), stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True) for _ in range(2)]
    ends = [(p.communicate()[0], p.returncode) for p in both]
    if [e[1] for e in ends] != [0, 0]:
        raise AssertionError(ends)
    equal(len(r.pulls), 1)
    equal(w.states(), {"dfix/all": "unchanged"})


def pushes_meanwhile(w, r):
    """A person pushes to the branch right before a request comes that would move or delete it; the
    commit."""
    theirs = []

    def before(method, path):
        moves = path.endswith("/git-receive-pack") or "/git/refs/" in path or re.search(
            r"/repository/(commits|branches)", path)
        if moves and method != "GET" and not theirs:
            theirs.append(r.commit({"README": b"theirs\n"}, branch="dfix/all"))

    w.forge.before = before
    return theirs


@case
def a_push_in_the_last_moment(w):
    """No push is lost, however late it comes."""
    for kind, policy in (("github", ""), ("github", ", commits: git"), ("gitlab", ""), ("gitea", "")):
        for text in (PLAIN.replace(b"curl", b"curl git"), FIXED):
            name = f"me/r{len(w.forge.repositories)}"
            w.kind, w.policy = kind, policy
            r = w.forge.repository(name, {"Dockerfile": PLAIN})
            w.run(repo=name)
            r.commit({"Dockerfile": text})
            theirs = pushes_meanwhile(w, r)
            equal(w.states(repo=name), {"dfix/all": "waiting"})
            holds(w.out, "the branch has changed meanwhile")
            w.forge.before = None
            equal((len(theirs), r.head("dfix/all")), (1, theirs[0]))
            # One whose pull request was closed for good has a branch that is theirs now.
            equal(w.states(repo=name), {"dfix/all": "left"})
            equal(r.head("dfix/all"), theirs[0])


def opened_by(w, r, by, **more):
    """A pull request that says of itself what dfix's own said."""
    own = r.pulls[0]
    ask = {"title": own["title"], "body": own["body"], "head": "dfix/all", "base": "main"}
    w.forge.post_pull(r, {}, {**ask, **more}, by)
    return r.pulls[-1]


@case
def what_outsiders_write_does_not_count(w):
    """Who can read a repository can open a pull request from its branches, say in it what dfix says in
    its own, and close it."""
    for kind in ("github", "gitea"):
        name, w.kind = "me/" + kind, kind
        r = w.forge.repository(name, {"Dockerfile": PLAIN})
        git(r.bare, "branch", "develop", "main")
        w.run(repo=name)
        theirs = opened_by(w, r, ("mallory", "User", "NONE"), base="develop")
        theirs["body"] += "\nmine"
        own = r.pulls[0]
        equal(w.states(repo=name), {"dfix/all": "unchanged"})
        r.commit({"Dockerfile": PLAIN.replace(b"curl", b"curl git")})
        equal(w.states(repo=name), {"dfix/all": "updated"})
        holds(own["body"], "`git`")
        assert theirs["body"].endswith("\nmine")
        # One that they have closed is nobody's no.
        theirs.update(state="closed", body=own["body"])
        own.update(state="closed", merged_at="2027-01-15T09:00:00Z")
        equal(w.states(repo=name), {"dfix/all": "opened"})
    # A person who may write has said no.
    r = w.forge.repository("me/known", {"Dockerfile": PLAIN})
    w.kind = "github"
    w.run(repo="me/known")
    r.pulls[0].update(state="closed", by=("me", "User", "CONTRIBUTOR"))
    equal(w.states(repo="me/known"), {"dfix/all": "refused"})
    # Who it was cannot be asked now: nothing comes back for that.
    w.forge.fault("GET .*/permission$", 500, times=9)
    w.run(repo="me/known", want=2)
    w.forge.faults = []
    equal(len(r.pulls), 1)


@case
def one_that_goes_elsewhere(w):
    r = one(w)
    git(r.bare, "branch", "develop", "main")
    w.run()
    r.pulls[0]["base"] = "develop"
    r.commit({"Dockerfile": PLAIN.replace(b"curl", b"curl git")})
    head = r.head("dfix/all")
    equal(w.states(), {"dfix/all": "left"})
    holds(w.out, "another open pull request is on this branch")
    equal(r.head("dfix/all"), head)


@case
def drafts(w):
    for kind, mark in (("gitlab", "Draft: "), ("gitea", "WIP: ")):
        name, w.kind, w.policy = "me/" + kind, kind, ", draft: true"
        r = w.forge.repository(name, {"Dockerfile": PLAIN})
        w.run(repo=name)
        (p,) = r.pulls
        holds(p["title"], mark)
        n = len(w.forge.requests)
        equal(w.states(repo=name), {"dfix/all": "unchanged"})
        equal(w.forge.changed(n), [])
        # Who makes it ready is not overruled.
        p["title"] = p["title"].removeprefix(mark)
        r.commit({"Dockerfile": PLAIN.replace(b"curl", b"curl git")})
        equal(w.states(repo=name), {"dfix/all": "updated"})
        assert not p["title"].startswith(mark), p["title"]
        # Nor who makes it a draft.
        w.policy, p["title"] = "", mark + p["title"]
        r.commit({"Dockerfile": PLAIN.replace(b"curl", b"curl git jq")})
        equal(w.states(repo=name), {"dfix/all": "updated"})
        holds(p["title"], mark)


@case
def what_a_person_words_stays(w):
    for kind in ("github", "gitlab", "gitea"):
        name, w.kind = "me/" + kind, kind
        r = w.forge.repository(name, {"Dockerfile": PLAIN})
        w.run(repo=name)
        (p,) = r.pulls
        own, mark = p["title"], "<!-- dfix: "
        p["title"], p["body"] = "deps: OPS-7", p["body"].replace(mark, "Ours: OPS-7\n\n" + mark)
        n = len(w.forge.requests)
        equal((w.states(repo=name), w.forge.changed(n)), ({"dfix/all": "unchanged"}, []))
        # A base that moved is nothing new to say.
        r.commit({"README": b"2"})
        equal(w.states(repo=name), {"dfix/all": "updated"})
        equal(p["title"], "deps: OPS-7")
        holds(p["body"], "Ours: OPS-7")
        # Another fix is: the table has to be true. The title stays theirs, until they give it back.
        for packages, title in ((b"curl git", "deps: OPS-7"), (b"curl git jq", None)):
            p["title"] = title or own
            r.commit({"Dockerfile": PLAIN.replace(b"curl", packages)})
            equal(w.states(repo=name), {"dfix/all": "updated"})
            holds(p["body"], "`git`")
            assert "OPS-7" not in p["body"], p["body"]
            holds(p["title"], title or "fix 4 findings")
        n = len(w.forge.requests)
        equal((w.states(repo=name), w.forge.changed(n)), ({"dfix/all": "unchanged"}, []))


@case
def grouped_another_way(w):
    r = one(w, policy=", group: rule, per-hour: 9")
    w.run()
    w.policy = ", per-hour: 9"
    states = w.states()
    equal((states["dfix/all"], states["dfix/pin-apt"]), ("opened", "moot"))
    old = next(p for p in r.pulls if p["branch"] == "dfix/pin-apt")
    holds(old["body"], "changes are grouped another way now", "(bot.group)")
    assert "stands in the base" not in old["body"]


@case
def files_that_cannot_be_looked_for(w):
    """Then nothing is known to be moot."""
    r = one(w)
    w.run()
    head = r.head("dfix/all")
    r.commit({".gitignore": b"x\n" * 1000001})
    equal(w.states(want=2), {"dfix/all": "waiting"})
    equal((r.pulls[0]["state"], r.head("dfix/all")), ("open", head))


@case
def a_body_is_never_too_long(w):
    long = "/".join([c * 250 for c in "abcdef"])
    files = {f"{long}/{i}/Dockerfile": PLAIN.replace(b"curl", b"curl git jq") for i in range(60)}
    files.update({f"{long}/b{i}/Dockerfile": b"FROM x\n\0" for i in range(50)})
    r = w.forge.repository("me/app", files)
    w.policy = ", dashboard: true"
    equal(w.states(), {"dfix/all": "opened"})
    holds(r.pulls[0]["body"], "... and ", "dfix ignore=", "<!-- dfix: {")
    holds(r.issues[0]["body"], "### Open", "### Files that are left alone")


@case
def policy_of_the_repository(w):
    r = one(w)
    r.commit({"dfix.yaml": b"bot: {enabled: false}\n"})
    equal(w.states(), {})
    r.commit({"dfix.yaml": b"bot: {prefix: chore, draft: true, automerge: [pin-apt], open: 99}\n"})
    w.run()
    (p,) = r.pulls
    equal((p["title"][:7], p["draft"], p["auto_merge"]), ("chore: ", True, False))


@case
def names_of_branches_steer_nothing(w):
    r = one(w)
    w.run()
    for name in ("x#y", "x%2fy", "x&y", "x-->@everyone"):
        git(r.bare, "update-ref", "refs/heads/dfix/" + name, r.head("dfix/all"))
    for name in ("x", "x%23y"):
        git(r.bare, "update-ref", "refs/heads/dfix/" + name, r.head("main"))
    w.policy = ", dashboard: true"
    w.run()
    equal(r.branches(), ["dfix/all", "dfix/x", "dfix/x%23y", "main"])
    assert "@everyone" not in r.issues[0]["body"]


@case
def automerge_is_the_operators(w):
    r = one(w, policy=", automerge: [pin-apt, apt-get-yes]")
    w.run()
    equal(r.pulls[0]["auto_merge"], True)
    r = w.forge.repository("me/b", {"Dockerfile": PLAIN.replace(b"install", b"install -y")
                                    + b"MAINTAINER x\n"})
    w.run(repo="me/b")
    equal([p["auto_merge"] for p in r.pulls], [False])


@case
def what_is_no_longer_safe_is_not_merged(w):
    """What the host was to merge by itself it is not, once something else comes onto the branch."""
    for kind in ("github", "gitlab", "gitea"):
        name, w.kind, w.policy = "me/" + kind, kind, ", automerge: [pin-apt, apt-get-yes]"
        r = w.forge.repository(name, {"Dockerfile": PLAIN})
        w.run(repo=name)
        (p,) = r.pulls
        equal(p["auto_merge"], True)
        r.commit({"Dockerfile": PLAIN.replace(b"curl", b"curl git")})
        equal((w.states(repo=name), p["auto_merge"]), ({"dfix/all": "updated"}, True))
        r.commit({"Dockerfile": PLAIN + b"MAINTAINER x\n"})
        # Not before that is done.
        w.forge.fault("* (/api/graphql|/cancel_merge_when_pipeline_succeeds|/merge)$", 500)
        head = r.head("dfix/all")
        equal((w.states(repo=name), r.head("dfix/all")), ({"dfix/all": "waiting"}, head))
        w.forge.faults = []
        equal((w.states(repo=name), p["auto_merge"]), ({"dfix/all": "updated"}, False))
        # Nor is what somebody pushed to it before the host was asked.
        w.policy, name = ", automerge: [pin-apt, apt-get-yes], labels: [x]", name + "-b"
        r = w.forge.repository(name, {"Dockerfile": PLAIN})

        def before(method, path, r=r):
            if method != "GET" and re.search(r"/issues/\d+/labels$|/merge$", path):
                w.forge.before = None
                r.commit({"README": b"theirs\n"}, branch="dfix/all")

        w.forge.before = before
        w.run(repo=name)
        w.forge.before = None
        equal([p["auto_merge"] for p in r.pulls], [False])


# ---- limits ----


@case
def times_of_other_zones(w):
    """A host may tell the time as it is where it stands."""
    w.forge.zone = 9
    r = one(w, policy=", group: rule, per-hour: 1")
    w.states()
    w.now = w.forge.now = NOW + 3700
    w.states()
    equal(len(r.pulls), 2)


@case
def limits(w):
    r = one(w, policy=", group: rule, open: 2, per-hour: 1")
    r.commit({"Dockerfile": b"FROM debian:bookworm\nMAINTAINER x\nRUN apt-get install curl\n"
                            b"WORKDIR x\nUSER 1000\nCMD [\"x\"]\n"})
    first = w.states()
    equal(sorted(first.values()), ["opened"] + ["waiting"] * (len(first) - 1))
    assert len(first) >= 3
    w.now = w.forge.now = NOW + 3700
    equal(sorted(w.states().values())[:1] + [len(r.pulls)], ["opened", 2])
    w.now = w.forge.now = NOW + 7400
    w.states()
    equal(len(r.pulls), 2)
    holds(w.out, "2 pull requests are open, the most by policy (bot.open)")


@case
def what_fixes_a_vulnerability_does_not_wait(w):
    r = one(w, OLD, policy=", open: 0")
    equal(w.states(), {"dfix/all": "opened"})
    holds(r.pulls[0]["title"], "[security]")
    r = w.forge.repository("me/b", {"Dockerfile": PLAIN})
    equal(w.states(repo="me/b"), {"dfix/all": "waiting"})


@case
def a_schedule(w):
    r = one(w, policy=", schedule: ['mon-fri 22:00-06:00'], timezone: Asia/Tokyo")
    equal(w.states(), {"dfix/all": "waiting"})  # 17:00 there
    w.now += 5 * 3600 + 60
    equal(w.states(), {"dfix/all": "opened"})
    # The repository's own windows come on top.
    r.commit({"dfix.yaml": b"bot: {schedule: sun}\n", "README": b"2\n"})
    equal(w.states(), {"dfix/all": "waiting"})
    w.policy = ", schedule: [mon], timezone: Mars/Olympus"
    w.run(want=2)
    holds(w.err, "knows no time zone Mars/Olympus")


@case
def checks_come_first(w):
    r = one(w, policy=", require-checks: true")
    r.checks = {"runs": ["run"]}
    equal((w.states(), r.pulls), ({"dfix/all": "waiting"}, []))
    r.checks = {"runs": ["success", "failure"]}
    equal((w.states(), r.pulls), ({"dfix/all": "waiting"}, []))
    r.checks = {"runs": ["success", "skipped"], "status": "success"}
    equal(w.states(), {"dfix/all": "opened"})


@case
def forks_and_archives(w):
    r = one(w)
    r.fork = True
    w.run(want=2)
    holds(w.err, "is a fork")
    w.run("--forks")
    r.archived = True
    w.run("--forks", want=2)


@case
def a_dashboard(w):
    r = one(w, policy=", dashboard: true, open: 0, ignore: [nginx]")
    equal(w.states(), {"dfix/all": "waiting"})
    (i,) = r.issues
    holds(i["body"], "### Waiting\n\n- [ ] <!-- approve:dfix/all -->", "### Ignored", "`nginx`")
    n = len(w.forge.requests)
    w.run()
    equal(w.forge.changed(n), [])
    i["body"] = i["body"].replace("- [ ]", "- [x]").replace("\n", "\r\n")
    equal(w.states(), {"dfix/all": "opened"})
    equal(len(r.issues), 1)
    holds(i["body"], "### Open\n\n- #2 ")


@case
def one_dashboard_is_enough(w):
    """Two runs at the same time may have made two; and who closes it does not want another."""
    for kind in ("github", "gitlab", "gitea"):
        name, w.kind, w.policy = "me/" + kind, kind, ", dashboard: true"
        r = w.forge.repository(name, {"Dockerfile": PLAIN})
        w.run(repo=name)
        first = r.issues[0]
        r.issues.append({**first, "number": r.number(), "labels": list(first["labels"])})
        r.issues.append({**first, "number": r.number(), "body": "of a person"})
        w.run(repo=name)
        equal([i["state"] for i in r.issues], ["open", "closed", "open"])
        first["state"] = "closed"
        r.commit({"Dockerfile": PLAIN.replace(b"curl", b"curl git")})
        n = len(w.forge.requests)
        w.run(repo=name)
        equal((len(r.issues), first["state"]), (3, "closed"))
        assert not any(m == "POST" and p.endswith("/issues") for m, p in w.forge.changed(n))


# ---- what hosts answer ----


@case
def refusals(w):
    r = one(w)
    say = {"message": "no @everyone \x1b[31m", "errors": [{"message": "why " + TOKEN}]}
    for status, want, told in [(401, 2, "set DFIX_TOKEN"), (404, 2, "the token may not see it"),
                               (403, 2, "it needs to write"), (422, 0, "why ***"),
                               (409, 0, "the next run goes on"), (301, 2, "has moved")]:
        w.forge.faults = []
        w.forge.fault(r"POST /pulls$", status, {}, say)
        w.run(want=want)
        holds(w.out + w.err, told)
        equal(len(r.pulls), 0)
        assert "\x1b" not in w.out + w.err
    for status in (500, 502, 504, 0):
        w.forge.faults = []
        w.forge.fault(r"POST /pulls$", status, {}, say)
        equal(w.states(), {"dfix/all": "waiting"})
    w.forge.faults = []
    equal(w.states(), {"dfix/all": "opened"})


@case
def limits_of_the_hosts(w):
    r = one(w)
    w.forge.fault(r"POST /pulls$", 403, {"Retry-After": "1"}, {"message": "secondary rate limit"})
    w.forge.fault(r"GET /repos/me/app$", 429, {"Retry-After": "0"}, {})
    w.forge.fault(r"POST /git/blobs$", 403, {"X-RateLimit-Remaining": "0",
                                             "X-RateLimit-Reset": "1"}, {})
    equal(w.states(), {"dfix/all": "opened"})
    r = w.forge.repository("me/b", {"Dockerfile": PLAIN})
    w.forge.fault(r"POST /pulls$", 403, {"X-RateLimit-Remaining": "0",
                                         "X-RateLimit-Reset": "4000000000"}, {}, 9)
    equal((w.states(repo="me/b"), len(r.pulls)), ({"dfix/all": "waiting"}, 0))
    w.forge.faults = []
    equal(w.states(repo="me/b"), {"dfix/all": "opened"})


@case
def a_limit_holds_for_the_list(w):
    """What one repository of a list is told, the others of that host do not ask again; the next run
    goes on with them."""
    names = [f"me/r{i}" for i in range(3)]
    rs = [w.forge.repository(n, {"Dockerfile": PLAIN}) for n in names]
    with open(f"{w.folder}/list", "w", encoding="utf-8") as f:
        f.write("".join(f"{w.forge.url}/{n}\n" for n in names))
    more = ["--repos", f"{w.folder}/list", "--state", f"{w.folder}/state"]
    w.forge.fault(r"GET /repos/me/r1$", 403, {"X-RateLimit-Remaining": "0",
                                              "X-RateLimit-Reset": "4000000000"}, {}, 9)
    w.run(*more, repo=None)
    equal([len(r.pulls) for r in rs], [1, 0, 0])
    assert not any("/repos/me/r2" in p for m, p, b in w.forge.requests)
    holds(w.err, "the host wants to be asked again in", "the next run goes on")
    w.forge.faults, n = [], len(w.forge.requests)
    w.run(*more, repo=None)
    equal([len(r.pulls) for r in rs], [1, 1, 1])
    assert not any("me/r0" in p for m, p, b in w.forge.requests[n:])
    # All are done: the list begins anew.
    w.run(*more, repo=None)
    assert any("me/r0" in p for m, p, b in w.forge.requests[n:])


@case
def limits_in_other_words(w):
    """One that is told by words alone, and one that ends at a moment."""
    r = one(w)
    for headers, words in (({}, "You have exceeded a secondary rate limit. Please wait a few minutes"),
                           ({"Retry-After": "Fri, 15 Jan 2100 08:00:00 GMT"}, "no")):
        w.forge.fault(r"POST /pulls$", 403, headers, {"message": words}, 9)
        equal((w.states(), r.pulls), ({"dfix/all": "waiting"}, []))
        equal(w.forge.faults[0][4], 8)
        w.forge.faults = []
    w.forge.fault(r"POST /pulls$", 429, {"Retry-After": "Fri, 15 Jan 2021 08:00:00 GMT"}, {})
    equal(w.states(), {"dfix/all": "opened"})


ANSWERS = [(401, {}), (403, {}), (403, {"X-RateLimit-Remaining": "0",
                                        "X-RateLimit-Reset": "4000000000"}),
           (404, {}), (409, {}), (422, {}), (429, {"Retry-After": "999"}), (500, {}), (502, {}),
           (0, {})]


def refused_once(kind, policy, whole, method, path, status, headers):
    """One world in which this request is refused in this way, and the run after it."""
    w = World(kind)
    r = one(w, kind=kind, policy=policy)
    r.checks["status"] = "success"
    w.forge.fault(f"{method} {path}", status, headers, {"message": f"no {TOKEN} @everyone"}, 9)
    w.run(want=None)
    told = f"{kind} {method} {path} {status}: {w.out}{w.err}"
    assert w.forge.faults[0][4] < 9, "not asked: " + told
    assert "\x1b" not in told and "Sanitizer" not in told, told
    w.forge.faults = []
    w.run()
    got, want = summary(r), whole
    refused = status in (403, 404, 422) and not headers
    if refused:  # what may not be named is asked for once
        got, want = [([p[0] for p in x[0]], *x[1:4]) for x in (got, want)]
    if got != want:
        raise AssertionError(f"{told}\n{got}\n{want}")
    w.close()


def every_answer(w, kind):
    """Each request of a whole opening is refused, in one way in three of them all, another for each:
    the run ends by itself, and the one after it comes to the same as if nothing had been."""
    policy = ALL + ", require-checks: true, automerge: [pin-apt, apt-get-yes]"
    r = one(w, kind=kind, policy=policy)
    r.checks["status"] = "success"
    w.run()
    whole, asked = summary(r), []
    for method, path, body in w.forge.requests:
        path = re.sub(r"[0-9a-f]{40}", "[0-9a-f]{40}", path.split("?")[0])
        what = (method, re.escape(path).replace(re.escape("[0-9a-f]{40}"), "[0-9a-f]{40}"))
        if "/api/" in path and what not in asked:
            asked.append(what)
    assert len(asked) > 8, asked
    side_by_side(lambda x: refused_once(kind, policy, whole, *x),
                 [(*what, *answer) for i, what in enumerate(asked) for answer in ANSWERS[i % 3::3]])


@case
def every_answer_of_github(w):
    every_answer(w, "github")


@case
def every_answer_of_gitlab(w):
    every_answer(w, "gitlab")


@case
def every_answer_of_gitea(w):
    every_answer(w, "gitea")


@case
def time_outs(w):
    """A host that takes a request and says nothing more."""
    r, w.index = one(w), ", timeout: 5s"
    w.forge.fault(r"GET /repos/me/app$", -1)
    w.run(want=2)
    holds(w.err, "cannot fetch")
    equal(w.states(), {"dfix/all": "opened"})
    r = w.forge.repository("me/b", {"Dockerfile": PLAIN})
    w.forge.fault(r"POST /pulls$", -1)
    equal((w.states(repo="me/b"), r.pulls), ({"dfix/all": "waiting"}, []))
    equal(w.states(repo="me/b"), {"dfix/all": "opened"})


@case
def who_may_not_be_asked(w):
    r = one(w, policy=", reviewers: [nobody], labels: [x]")
    equal(w.states(), {"dfix/all": "opened"})
    equal((r.pulls[0]["labels"], r.pulls[0]["reviewers"]), (["x"], []))
    n = len(w.forge.requests)
    w.run()
    equal(w.forge.changed(n), [])


# ---- logins ----


@case
def logins(w):
    r = one(w)
    w.env = {}
    w.run(want=2)
    netrc = os.path.join(w.folder, "home/.netrc")
    with open(netrc, "w", encoding="utf-8") as f:
        f.write(f"machine 127.0.0.1 login me password {TOKEN}\n")
    os.chmod(netrc, 0o600)
    equal(w.states(), {"dfix/all": "opened"})
    os.remove(netrc)
    # git's helpers, which the operator's own configuration names.
    r.commit({"README": b"2"})
    helper = os.path.join(w.folder, "helper")
    with open(helper, "w", encoding="utf-8") as f:
        f.write(f"#!/bin/sh\n[ $1 = get ] && printf 'username=me\\npassword={TOKEN}\\n'\n")
    os.chmod(helper, 0o700)
    config = os.path.join(w.folder, "gitconfig")
    with open(config, "w", encoding="utf-8") as f:
        f.write(f"[credential]\n\thelper = {helper}\n")
    w.env = {"GIT_CONFIG_GLOBAL": config}
    equal(w.states(), {"dfix/all": "updated"})
    # Another host's token does not go here.
    w.env = {"GITHUB_TOKEN": TOKEN}
    w.run(want=2)
    r.commit({"README": b"3"})
    w.env = {"GITHUB_TOKEN": TOKEN, "GITHUB_SERVER_URL": w.forge.url}
    equal(w.states(), {"dfix/all": "updated"})


@case
def no_argument_has_the_token(w):
    one(w, policy=", commits: git")
    log = os.path.join(w.folder, "argv")
    tools = os.path.join(w.folder, "tools")
    os.makedirs(tools)
    real = shutil.which("git")
    with open(os.path.join(tools, "git"), "w", encoding="utf-8") as f:
        f.write(f'#!/bin/sh\nprintf "%s\\n" "$*" >> {log}\n'
                f'read -r line < /proc/$$/stat; set -- $$ "${{line##*) }}" "$@"\n'
                f'echo "$1 $2" >> {log}.session; shift 2\nexec {real} "$@"\n')
    os.chmod(os.path.join(tools, "git"), 0o700)
    w.env["PATH"] = tools + ":" + os.environ["PATH"]
    w.env["GIT_TRACE_CURL"] = w.env["GIT_CURL_VERBOSE"] = "1"
    equal(w.states(), {"dfix/all": "opened"})
    with open(log, encoding="utf-8") as f:
        text = f.read()
    holds(text, "push")
    assert TOKEN not in text and "Basic" not in text and "uthorization" not in w.said
    # Each has a session of its own: no program that git starts can ask at a terminal.
    with open(log + ".session", encoding="utf-8") as f:
        for line in f:
            pid, state, parent, group, session, *rest = line.split()
            equal(session, pid)


@case
def the_folder_around_lends_no_login(w):
    """Neither the repository that dfix runs in nor the one that it looks at says who is asked."""
    r = one(w)
    evil = os.path.join(w.folder, "evil")
    with open(evil, "w", encoding="utf-8") as f:
        f.write(f"#!/bin/sh\ntouch {w.folder}/owned\n")
    os.chmod(evil, 0o700)
    git(w.folder, "init", "-q", ".")
    git(w.folder, "config", "credential.helper", evil)
    w.env = {}
    w.run(want=2)
    git(w.folder, "clone", "-q", r.bare, "checkout")
    git(w.folder + "/checkout", "config", "credential.helper", evil)
    w.run("--dir", "checkout", want=2)
    assert not os.path.exists(w.folder + "/owned")


@case
def no_url_shows_a_login(w):
    one(w)
    for url in ("https://me:hunter2@example.org/a/b", "HTTPS://me:hunter2@example.org/a/b",
                "ftp://me:hunter2@example.org/a/b", "ssh://me:hunter2@example.org/a/b",
                "me:hunter2@example.org:a/b", "https://me:hunter2@/a/b"):
        for words in (["--repo", url], ["--repo", url, "--json"], ["--repos", f"{w.folder}/list"]):
            with open(f"{w.folder}/list", "w", encoding="utf-8") as f:
                f.write(url + "\n")
            w.run(*words, repo=None, want=2)
            assert "hunter2" not in w.out + w.err, (url, w.out, w.err)


# ---- by git ----


@case
def commits_by_push(w):
    r = one(w, policy=", commits: git, sign-off: true")
    equal(w.states(), {"dfix/all": "opened"})
    holds(git(r.bare, "log", "-1", "--format=%B", "dfix/all"), "Signed-off-by: dfix <")
    assert not any("/git/" in p and m == "POST" for m, p in w.forge.changed())
    r.commit({"README": b"2"})
    equal(w.states(), {"dfix/all": "updated"})


def signer(w, kind):
    """git's configuration for a key made here, and how what it signs is verified."""
    home = os.path.join(w.folder, kind)
    os.makedirs(home, mode=0o700)
    config = [f"[user]\n\tname = The Operator\n\temail = op@example.org\n\tsigningKey = "]
    verify = {"GNUPGHOME": home}
    if kind == "ssh":
        key = os.path.join(home, "key")
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
        with open(key + ".pub", encoding="utf-8") as f:
            public = f.read()
        with open(os.path.join(home, "allowed"), "w", encoding="utf-8") as f:
            f.write("op@example.org " + public)
        config.append(f"{key}.pub\n[gpg]\n\tformat = ssh\n")
        verify.update(GIT_CONFIG_COUNT="1", GIT_CONFIG_KEY_0="gpg.ssh.allowedSignersFile",
                      GIT_CONFIG_VALUE_0=os.path.join(home, "allowed"))
    else:
        subprocess.run(["gpg", "--batch", "-q", "--homedir", home, "--passphrase", "",
                        "--quick-gen-key", "The Operator <op@example.org>", "ed25519", "sign"],
                       check=True, capture_output=True)
        config.append("op@example.org\n")
    path = os.path.join(home, "gitconfig")
    with open(path, "w", encoding="utf-8") as f:
        f.write("".join(config))
    w.env.update(GIT_CONFIG_GLOBAL=path, GNUPGHOME=home)
    return verify


@case
def signed_by_git(w):
    for kind in ("ssh", "gpg"):
        program = "ssh-keygen" if kind == "ssh" else "gpg"
        if not shutil.which(program):
            assert os.environ.get("CI") != "true", f"{program} is not installed"
            print(f"skipped: {program} is not installed")
            continue
        w.policy, name = ", sign: true, sign-off: true", "me/" + kind
        r = w.forge.repository(name, {"Dockerfile": PLAIN})
        verify = signer(w, kind)
        try:
            equal(w.states(repo=name), {"dfix/all": "opened"})
            for commit in git(r.bare, "rev-list", "main..dfix/all").split():
                git(r.bare, "verify-commit", commit, env=verify)
                equal(git(r.bare, "log", "-1", "--format=%an %ae %cn %at %ct", commit),
                      f"The Operator op@example.org The Operator {NOW} {NOW}")
            holds(git(r.bare, "log", "-1", "--format=%B", "dfix/all"),
                  "Signed-off-by: The Operator <op@example.org>")
            equal(r.text("dfix/all", "Dockerfile"), FIXED)
            equal(w.states(repo=name), {"dfix/all": "unchanged"})
            r.commit({"README": b"2"})
            equal(w.states(repo=name), {"dfix/all": "updated"})
        finally:
            if kind == "gpg":
                subprocess.run(["gpgconf", "--homedir", verify["GNUPGHOME"], "--kill", "all"],
                               check=False)
    # A key that is not there: nothing is opened without its signature.
    r = w.forge.repository("me/b", {"Dockerfile": PLAIN})
    w.env.update(GIT_CONFIG_GLOBAL="/dev/null", GNUPGHOME=w.folder)
    w.run(repo="me/b", want=2)
    equal((r.pulls, r.branches()), ([], ["main"]))


@case
def a_plain_remote(w):
    r = one(w, kind="git")
    hook = os.path.join(r.bare, "hooks/post-receive")
    os.makedirs(os.path.dirname(hook), exist_ok=True)
    with open(hook, "w", encoding="utf-8") as f:
        f.write(f"#!/bin/sh\necho 'Create a pull request: https://{w.forge.host}/new?x' >&2\n")
    os.chmod(hook, 0o700)
    w.run("--json")
    holds(w.out, f"https://{w.forge.host}/new?x")
    equal(r.text("dfix/all", "Dockerfile"), FIXED)
    equal(w.states(), {"dfix/all": "unchanged"})
    r.commit({"Dockerfile": PLAIN.replace(b"curl", b"curl git")})
    equal(w.states(), {"dfix/all": "updated"})
    head = r.commit({"README": b"theirs"}, branch="dfix/all")
    equal((w.states(), r.head("dfix/all")), ({"dfix/all": "left"}, head))
    git(r.bare, "update-ref", "-d", "refs/heads/dfix/all")
    w.run()
    r.commit({"Dockerfile": FIXED})
    equal((w.states(), r.branches()), ({"dfix/all": "moot"}, ["main"]))
    assert not any("/api/" in p for m, p, b in w.forge.requests)


@case
def a_folder_as_remote(w):
    r = one(w)
    os.makedirs(os.path.join(w.folder, "checkout"))
    git(w.folder, "clone", "-q", r.bare, "checkout")
    w.run("--dir", "checkout", "--repo", r.bare, repo=None)
    equal(r.text("dfix/all", "Dockerfile"), FIXED)
    r.commit({"README": b"2"})
    w.run("--dir", "checkout", "--repo", r.bare, repo=None, want=2)
    holds(w.err, "the checkout is not what main has now")


# ---- cooldown ----


DEBIAN = "ID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\n"


def layout(folder, tag, *images, release=DEBIAN):
    """An OCI layout whose tag is the last of the images: each a dict of packages. Their digests."""
    os.makedirs(f"{folder}/blobs/sha256", exist_ok=True)

    def blob(data):
        digest = hashlib.sha256(data).hexdigest()
        with open(f"{folder}/blobs/sha256/{digest}", "wb") as f:
            f.write(data)
        return {"digest": "sha256:" + digest, "size": len(data)}

    digests = []
    for packages in images:
        status = "".join(f"Package: {k}\nStatus: install ok installed\nArchitecture: amd64\n"
                         f"Version: {v}\n\n" for k, v in packages.items())
        raw = io.BytesIO()
        with tarfile.open(fileobj=raw, mode="w") as tar:
            for name, text in (("etc/os-release", release), ("var/lib/dpkg/status", status)):
                info = tarfile.TarInfo(name)
                info.size = len(text)
                tar.addfile(info, io.BytesIO(text.encode()))
        diff = "sha256:" + hashlib.sha256(raw.getvalue()).hexdigest()
        layer = blob(gzip.compress(raw.getvalue()))
        config = blob(json.dumps({"architecture": "amd64", "os": "linux", "config": {},
                                  "rootfs": {"type": "layers", "diff_ids": [diff]}}).encode())
        kind = "application/vnd.oci.image."
        manifest = blob(json.dumps({
            "schemaVersion": 2, "mediaType": kind + "manifest.v1+json",
            "config": {"mediaType": kind + "config.v1+json", **config},
            "layers": [{"mediaType": kind + "layer.v1.tar+gzip", **layer}]}).encode())
        digests.append(manifest["digest"])
        last = {"mediaType": kind + "manifest.v1+json", **manifest}
    last["annotations"] = {"org.opencontainers.image.ref.name": tag}
    with open(f"{folder}/oci-layout", "w", encoding="utf-8") as f:
        f.write('{"imageLayoutVersion": "1.0.0"}')
    with open(f"{folder}/index.json", "w", encoding="utf-8") as f:
        json.dump({"schemaVersion": 2, "manifests": [last]}, f)
    return digests


@case
def a_digest_waits_for_its_age(w):
    old, new = layout(f"{w.folder}/oci", "12-slim", {"libc6": "2.36-9", "zlib1g": "1:1.2.13"},
                      {"libc6": "2.36-9+deb12u9", "perl-base": "5.36.0-7"})
    w.more = f"registries: {{layouts: {{docker.io/library/debian: {w.folder}/oci}}}}\n" \
             "architectures: [amd64]\n"
    text = f"FROM debian:12-slim@{old}\nUSER 1000\nCMD [\"x\"]\n".encode()
    r = one(w, text)
    state = os.path.join(w.folder, "state")
    equal(w.states("--state", state), {})
    w.now += 2 * 86400
    equal(w.states("--state", state), {})
    w.now += 86400 + 1
    equal(w.states("--state", state), {"dfix/all": "opened"})
    (p,) = r.pulls
    holds(r.text("dfix/all", "Dockerfile").decode(), new)
    holds(p["body"], "### What changed inside `debian:12-slim`",
          "1 packages moved, 1 came, 1 went", "| `libc6` | `2.36-9` | `2.36-9+deb12u9` |",
          "| `zlib1g` | `1:1.2.13` | gone |", "| `perl-base` | - | `5.36.0-7` |")
    # What nobody remembers, and nobody proves, waits: that is said.
    w.run(want=None)
    r = w.forge.repository("me/b", {"Dockerfile": text})
    equal(w.states(repo="me/b"), {})
    holds(w.err, "--state")
    w.policy = ", min-age: 0"
    equal(w.states(repo="me/b"), {"dfix/all": "opened"})
    # A repository may only wait longer.
    r = w.forge.repository("me/c", {"Dockerfile": text, "dfix.yaml": b"bot: {min-age: 9d}\n"})
    equal(w.states(repo="me/c"), {})
    w.policy = ""
    r.commit({"dfix.yaml": b"bot: {min-age: 0}\n"})
    equal(w.states(repo="me/c"), {})


@case
def the_pool_tells_the_age(w):
    """The publisher's file is older than what dfix remembers, which is nothing."""
    w.sample = os.path.join(w.folder, "mirror")
    shutil.copytree(SAMPLE, w.sample)
    w.cache = os.path.join(w.folder, "cache")
    w.command()
    subprocess.run([os.path.join(BUILD, "dfix"), "index", "update", "--release", "bookworm"],
                   env=w.environment(), check=True, capture_output=True)
    old = b"FROM debian:bookworm\nRUN apt-get install -y git=1:2.39.5-0+deb12u2\n" \
          b"USER 1000\nCMD [\"x\"]\n"
    r = one(w, old)
    equal(w.states(), {})
    pool = os.path.join(w.sample, "debian/pool/main/g/git")
    os.makedirs(pool)
    deb = os.path.join(pool, "git_2.39.5-0+deb12u3_amd64.deb")
    with open(deb, "wb"):
        pass
    os.utime(deb, (NOW - 86400, NOW - 86400))
    equal(w.states(), {})
    os.utime(deb, (NOW - 4 * 86400, NOW - 4 * 86400))
    equal(w.states(), {"dfix/all": "opened"})
    holds(r.pulls[0]["body"], "`1:2.39.5-0+deb12u2` | `1:2.39.5-0+deb12u3`")


def oci(w, *images):
    """debian:12-slim as the last of these images; their digests."""
    w.more = f"registries: {{layouts: {{docker.io/library/debian: {w.folder}/oci}}}}\n" \
             "architectures: [amd64]\n"
    return layout(f"{w.folder}/oci", "12-slim", *images)


@case
def pull_requests_remember_ages(w):
    old, new = oci(w, {"libc6": "1"}, {"libc6": "2"})
    text = f"FROM debian:12-slim@{old}\nRUN apt-get install -y curl\nUSER 1000\nCMD [\"x\"]\n"
    r = one(w, text.encode())
    equal(w.states(), {"dfix/all": "opened"})
    assert "warning" not in w.err and new not in r.text("dfix/all", "Dockerfile").decode()
    n = len(w.forge.requests)
    w.now = w.forge.now = NOW + 2 * 86400
    equal((w.states(), w.forge.changed(n)), ({"dfix/all": "unchanged"}, []))
    w.now = w.forge.now = NOW + 3 * 86400
    equal(w.states(), {"dfix/all": "updated"})
    holds(r.text("dfix/all", "Dockerfile").decode(), new)
    # A newer one has its own time to wait, and what is open stays until then.
    (third,) = oci(w, {"libc6": "3"})
    for days in (0, 2):
        w.now = w.forge.now = NOW + (3 + days) * 86400
        equal(w.states(), {"dfix/all": "waiting"})
        holds(r.text("dfix/all", "Dockerfile").decode(), new)
    r.pulls[0]["state"] = "closed"
    w.states()
    # Its pull request is closed: nothing remembers the third but what stands there now.
    w.now = w.forge.now = NOW + 9 * 86400
    w.states()
    holds(r.text("dfix/all", "Dockerfile").decode(), third)


@case
def no_body_makes_anything_older(w):
    old, new = oci(w, {"libc6": "1"}, {"libc6": "2"})
    text = f"FROM debian:12-slim@{old}\nRUN apt-get install -y curl\nUSER 1000\nCMD [\"x\"]\n"
    r = one(w, text.encode())
    w.run()
    holds(r.pulls[0]["body"], f":{NOW}")
    r.pulls[0]["body"] = r.pulls[0]["body"].replace(f":{NOW}", ":1000000000")
    w.run()
    assert new not in r.text("dfix/all", "Dockerfile").decode()
    # Nor does it for another repository of the list, even where it is true.
    w.now = w.forge.now = NOW + 4 * 86400
    w.forge.repository("me/other", {"Dockerfile": text.encode()})
    with open(f"{w.folder}/list", "w", encoding="utf-8") as f:
        f.write(f"{w.forge.url}/me/app\n{w.forge.url}/me/other\n")
    w.run("--repos", f"{w.folder}/list", repo=None)
    holds(r.text("dfix/all", "Dockerfile").decode(), new)
    other = w.forge.repositories["me/other"]
    assert new not in other.text("dfix/all", "Dockerfile").decode()


@case
def a_dashboard_remembers_ages(w):
    old, new = oci(w, {"libc6": "1"}, {"libc6": "2"})
    text = f"FROM debian:12-slim@{old}\nUSER 1000\nCMD [\"x\"]\n".encode()
    for kind in ("github", "gitlab", "gitea"):
        w.policy, w.kind, name = ", dashboard: true", kind, "me/" + kind
        r = w.forge.repository(name, {"Dockerfile": text})
        w.now = w.forge.now = NOW
        equal((w.states(repo=name), w.err), ({}, ""))
        (i,) = r.issues
        holds(i["body"], "### Too young to move to (bot.min-age)\n\n- a newer `debian:12-slim`, first "
                         "seen on 2027-01-15")
        w.now = w.forge.now = NOW + 3 * 86400
        equal(w.states(repo=name), {"dfix/all": "opened"})
        holds(r.text("dfix/all", "Dockerfile").decode(), new)
        assert "Too young" not in i["body"]
        equal(len(r.issues), 1)


def alpine(folder, *stanzas):
    """A mirror of Alpine 3.20 on disk whose main has these packages, and the policy for it."""
    key = f"{folder}/test.rsa"
    if not os.path.exists(key):
        subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
        subprocess.run(["openssl", "rsa", "-in", key, "-pubout", "-out", key + ".pub"], check=True,
                       capture_output=True)

    def packed(files, end):
        raw = io.BytesIO()
        with tarfile.open(fileobj=raw, mode="w", format=tarfile.USTAR_FORMAT) as tar:
            for name, data in files.items():
                info = tarfile.TarInfo(name)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
            at = tar.offset
        return gzip.compress(raw.getvalue() if end else raw.getvalue()[:at])

    for part, text in (("main", "\n".join(stanzas)), ("community", "P:x\nV:1-r0\nA:x86_64\n")):
        place = f"{folder}/alpine/v3.20/{part}/x86_64"
        os.makedirs(place, exist_ok=True)
        content = packed({"DESCRIPTION": b"v3.20.0-1-gx", "APKINDEX": text.encode()}, True)
        done = subprocess.run(["openssl", "dgst", "-sha1", "-sign", key], input=content, check=True,
                              capture_output=True)
        with open(f"{place}/APKINDEX.tar.gz", "wb") as f:
            f.write(packed({".SIGN.RSA.test.rsa.pub": done.stdout}, False) + content)
    os.makedirs(f"{folder}/keys", exist_ok=True)
    shutil.copy(key + ".pub", f"{folder}/keys/test.rsa.pub")
    return f"{{mirror: 'file://{folder}/alpine', keys: ['{folder}/keys'], secdb: " \
           f"'file://{folder}/none'}}"


@case
def an_apk_index_tells_the_age(w):
    w.cache, w.more = os.path.join(w.folder, "cache"), "architectures: [amd64]\n"
    for days, want in ((1, {}), (4, {"dfix/all": "opened"})):
        stanza = "P:curl\nV:8.9.1-r{}\nA:x86_64\nt:{}\n"
        w.alpine = alpine(w.folder, stanza.format(0, NOW - 9 * 86400),
                          stanza.format(1, NOW - days * 86400))
        shutil.rmtree(w.cache, ignore_errors=True)
        w.command()
        subprocess.run([os.path.join(BUILD, "dfix"), "index", "update", "--release",
                        "alpine:3.20"], env=w.environment(), check=True, capture_output=True)
        r = one(w, b"FROM alpine:3.20\nRUN apk add --no-cache curl=8.9.1-r0\nUSER 1000\n"
                   b"CMD [\"x\"]\n") if not w.forge.repositories else r
        equal(w.states(), want)
    holds(r.pulls[0]["body"], "8.9.1-r1")


@case
def a_registry_is_asked_once(w):
    """For all repositories of a run; HEAD alone where the digest is the same. Its limit postpones."""
    w.forge.images = f"{w.folder}/oci"
    old, new = layout(w.forge.images, "12", {"a": "1"}, {"a": "2"}, release="ID=other\n")
    w.offline, w.policy = [], ", min-age: 0"
    w.cache = os.path.join(w.folder, "cache")
    text = f"FROM {w.forge.host}/base:12@{old}\nUSER 1000\nCMD [\"x\"]\n".encode()
    rs = [w.forge.repository(f"me/r{i}", {"Dockerfile": text}) for i in range(2)]
    with open(f"{w.folder}/list", "w", encoding="utf-8") as f:
        f.write(f"{w.forge.url}/me/r0\n{w.forge.url}/me/r1\n")
    more = f"registries: {{insecure: ['{w.forge.host}'], "
    rest = "}\narchitectures: [amd64]\nrules: {pin-digest: unsafe}\n"
    w.more = more + "requests: 0" + rest
    w.run("--repos", f"{w.folder}/list", repo=None)
    equal([len(r.pulls) for r in rs], [0, 0])
    w.more = more + "requests: 90" + rest
    w.run("--repos", f"{w.folder}/list", repo=None)
    equal([len(r.pulls) for r in rs], [1, 1])
    holds(rs[1].text("dfix/all", "Dockerfile").decode(), new)
    equal(w.forge.asked_of_images.count(("GET", "/v2/base/manifests/12")), 1)
    n = len(w.forge.asked_of_images)
    w.run("--repos", f"{w.folder}/list", repo=None)
    equal([x for x in w.forge.asked_of_images[n:] if x[1] != "/v2/"],
          [("HEAD", "/v2/base/manifests/12")])


@case
def what_is_forgotten_is_not_asked_again(w):
    """Answers go between two repositories once they take a mebibyte; that they were asked for does not."""
    w.forge.images = f"{w.folder}/oci"
    layout(w.forge.images, "12", {"a": "1"}, release="ID=other\n")
    w.offline, w.policy, w.cache = [], ", min-age: 0", os.path.join(w.folder, "cache")
    w.more = f"registries: {{insecure: ['{w.forge.host}']}}\narchitectures: [amd64]\n" \
             "rules: {pin-digest: unsafe}\n"
    stages = "".join(f"FROM {w.forge.host}/b{i}:12 AS s{i}\nUSER 1000\n" for i in range(700))
    with open(f"{w.folder}/list", "w", encoding="utf-8") as f:
        for name in ("me/r0", "me/r1"):
            w.forge.repository(name, {"Dockerfile": stages.encode()})
            f.write(f"{w.forge.url}/{name}\n")
    w.run("--dry-run", "--repos", f"{w.folder}/list", repo=None, want=1)
    equal(w.out.count("dfix/all proposed"), 2)
    tags = [path for method, path in w.forge.asked_of_images if path.endswith("/manifests/12")]
    equal((len(tags), len(set(tags))), (700, 700))


@case
def what_renovate_and_dependabot_manage(w):
    old, new = layout(f"{w.folder}/oci", "12-slim", {"a": "1"}, {"a": "2"})
    w.more = f"registries: {{layouts: {{docker.io/library/debian: {w.folder}/oci}}}}\n" \
             "architectures: [amd64]\n"
    text = f"FROM debian:12-slim@{old}\nRUN apt-get install -y curl jq=1.6-2.1\nUSER 1000\n" \
           "CMD [\"x\"]\n"
    r = one(w, text.encode(), policy=", min-age: 0")

    def moved(files, **more):
        for path in ("renovate.json5", ".github/renovate.jsonc", ".github/dependabot.yml",
                     "package.json", "dfix.yaml"):
            r.commit({path: files.get(path, b"\n")}) if path in files else r.commit(
                {}, remove=[path])
        w.run("--dry-run", want=1)
        return ("image" if new[:19] in w.out else "-", "pin" if "1.6-2.1+deb" in w.out else "-",
                "new" if "| `curl` | - |" in w.out else "-")

    equal(moved({}), ("image", "pin", "new"))
    equal(moved({"renovate.json5": b"// x\n{extends: ['config:recommended',], /* y */}\n"}),
          ("-", "-", "new"))
    equal(moved({"renovate.json5": b"{not json"}), ("-", "-", "new"))
    equal(moved({".github/renovate.jsonc": b"{/* x */}"}), ("-", "-", "new"))
    equal(moved({"renovate.json5": b"{\"enabledManagers\": ['npm']}"}), ("image", "pin", "new"))
    equal(moved({"renovate.json5": b"{dockerfile: {enabled: false}}"}), ("image", "pin", "new"))
    equal(moved({"renovate.json5": b"{packageRules: [{matchManagers: ['dockerfile'],"
                                   b" enabled: false}]}"}), ("image", "pin", "new"))
    equal(moved({"package.json": b'{"name": "x"}'}), ("image", "pin", "new"))
    equal(moved({"package.json": b'{"renovate": {}}'}), ("-", "-", "new"))
    dependabot = b"version: 2\nupdates:\n- {package-ecosystem: docker, directory: %s}\n"
    equal(moved({".github/dependabot.yml": dependabot % b"/"}), ("-", "pin", "new"))
    equal(moved({".github/dependabot.yml": dependabot % b"/x"}), ("image", "pin", "new"))
    equal(moved({"renovate.json5": b"{}", "dfix.yaml": b"bot: {take-over: true}\n"}),
          ("image", "pin", "new"))


# ---- many ----


@case
def a_list_in_shards(w):
    names = [f"me/r{i}" for i in range(6)]
    rs = [w.forge.repository(n, {"Dockerfile": PLAIN}) for n in names]
    w.kind = "github"
    with open(f"{w.folder}/list", "w", encoding="utf-8") as f:
        f.write("# ours\n\n" + "".join(f"{w.forge.url}/{n}\n" for n in names)
                + f"{w.forge.url}/me/gone\n")
    more = ["--repos", f"{w.folder}/list", "--state", f"{w.folder}/state"]
    w.run("--json", "--shard", "1/2", *more, repo=None, want=None)
    first = [len(r.pulls) for r in rs]
    w.run("--json", "--shard", "2/2", *more, repo=None, want=None)
    equal([len(r.pulls) for r in rs], [1] * 6)
    assert 0 < sum(first) < 6
    w.run("--shard", "3/2", *more, repo=None, want=2)
    # One that was killed goes on behind what was done.
    r = rs[3]
    p = subprocess.Popen(w.command(*more, repo=None), env=w.environment(),
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def after(kind):
        if "/me/r3" in w.forge.requests[-1][1]:
            p.kill()

    w.forge.after = after
    p.communicate()
    w.forge.after = None
    equal(p.returncode, -signal.SIGKILL)
    n = len(w.forge.requests)
    w.run(*more, repo=None, want=2)
    asked = {re.search("me/[a-z0-9]+", p).group() for m, p, b in w.forge.requests[n:]}
    equal(asked, {"me/r3", "me/r4", "me/r5", "me/gone"})
    n = len(w.forge.requests)
    w.run(*more, repo=None, want=2)
    equal(len({re.search("me/[a-z0-9]+", p).group() for m, p, b in w.forge.requests[n:]}), 7)


@case
def a_line_that_was_cut_short(w):
    """What is done is known as such behind it."""
    names = [f"me/r{i}" for i in range(3)]
    for n in names:
        w.forge.repository(n, {"Dockerfile": PLAIN})
    with open(f"{w.folder}/list", "w", encoding="utf-8") as f:
        f.write("".join(f"{w.forge.url}/{n}\n" for n in names))
    more = ["--repos", f"{w.folder}/list", "--state", f"{w.folder}/state"]
    for i in (1, 2):
        w.forge.fault(f"GET /repos/me/r{i}$", 403, {"X-RateLimit-Remaining": "0",
                                                    "X-RateLimit-Reset": "4000000000"}, {}, 9)
        w.run(*more, repo=None)
        w.forge.faults = []
        with open(f"{w.folder}/state/done-1-of-1", "a", encoding="utf-8") as f:
            f.write("0123")
    n = len(w.forge.requests)
    w.run(*more, repo=None)
    equal({re.search("me/[a-z0-9]+", p).group() for m, p, b in w.forge.requests[n:]}, {"me/r2"})


# ---- the other hosts ----


@case
def lists_in_small_pages(w):
    """An instance of Gitea may give less in a page than is asked for."""
    w.forge.page_most = 3
    r = one(w, kind="gitea", policy=", labels: [deps]")
    r.checks["names"] = [f"label {i}" for i in range(7)] + ["deps"]
    equal(w.states(), {"dfix/all": "opened"})
    equal((r.pulls[0]["labels"], len(r.checks["names"])), (["deps"], 8))
    for i in range(7):
        r.commit({"x": str(i).encode()}, branch=f"b{i}")
        w.forge.post_pull(r, {}, {"title": "x", "body": "", "head": f"b{i}", "base": "main"})
    r.pulls[0]["state"] = "closed"
    equal(w.states(), {"dfix/all": "refused"})



def whole_life(w, kind, opened):
    r = one(w, kind=kind, policy=", labels: [deps], assignees: [alice], reviewers: [bob], "
                                 "dashboard: true, automerge: [pin-apt, apt-get-yes], "
                                 "require-checks: true")
    equal((w.states(), r.pulls), ({"dfix/all": "waiting"}, []))
    r.checks["status"] = "success"
    equal(w.states(), {"dfix/all": "opened"})
    (p,) = r.pulls
    equal((p["state"], p["labels"], p["auto_merge"]), (opened, ["deps"], True))
    equal((len(p["assignees"]), len(p["reviewers"])), (1, 1))
    equal(r.text("dfix/all", "Dockerfile"), FIXED)
    equal(len(r.log("dfix/all")), 2)
    equal(len(r.issues), 1)
    w.run()
    n = len(w.forge.requests)
    equal(w.states(), {"dfix/all": "unchanged"})
    equal(w.forge.changed(n), [])
    r.commit({"README": b"2"})
    equal(w.states(), {"dfix/all": "updated"})
    equal(git(r.bare, "merge-base", "main", "dfix/all"), r.head("main"))
    head = r.commit({"README": b"mine"}, branch="dfix/all")
    equal((w.states(), r.head("dfix/all")), ({"dfix/all": "left"}, head))
    git(r.bare, "update-ref", "refs/heads/dfix/all", head + "^")
    r.commit({"Dockerfile": FIXED})
    equal((w.states(), p["state"], r.branches()), ({"dfix/all": "moot"}, "closed", ["main"]))
    r.commit({"Dockerfile": PLAIN})
    equal(w.states(), {"dfix/all": "opened"})
    r.pulls[1]["state"] = "closed"
    git(r.bare, "update-ref", "-d", "refs/heads/dfix/all")
    equal(w.states(), {"dfix/all": "refused"})


@case
def gitlab(w):
    whole_life(w, "gitlab", "opened")


@case
def gitea(w):
    whole_life(w, "gitea", "open")


@case
def gitlab_killed(w):
    w.kind = "gitlab"
    deaths(w, ", labels: [deps]", lambda w, r: None, False, "gitlab")


# ---- killed ----


def summary(r):
    return ([(p["state"], p["title"], p["labels"], p["assignees"], p["reviewers"])
             for p in r.pulls], r.branches(),
            [r.text(b, "Dockerfile") for b in r.branches()],
            r.log("dfix/all") if "dfix/all" in r.branches() else [],
            # The dashboard may have come before the pull request, and its number with it.
            [re.sub(r"#\d+", "#N", i["body"]) for i in r.issues])


def wrap_git(w, r, kill_at=0):
    """A git that notes what the remote has after each step, and kills its caller after one of them."""
    tools, steps, real = w.folder + "/tools", w.folder + "/steps", shutil.which("git")
    os.makedirs(tools)
    with open(tools + "/git", "w", encoding="utf-8") as f:
        f.write(f'#!/bin/sh\n{real} "$@"; rc=$?\n'
                f"{real} --git-dir={r.bare} for-each-ref | sha1sum >>{steps}\n"
                f'[ "$(wc -l <{steps})" -eq {kill_at} ] && kill -9 $PPID\nexit $rc\n')
    os.chmod(tools + "/git", 0o700)
    w.env["PATH"] = tools + ":" + os.environ["PATH"]


def killed_after(w, policy, count, prepare, git_steps, kind):
    """Run until the count-th request (or step of git) was served, kill -9, and run again."""
    r = one(w, policy=policy, kind=kind)
    prepare(w, r)
    served = [0]
    if git_steps:
        wrap_git(w, r, count)
    with SLOTS:
        p = subprocess.Popen(w.command(), env=w.environment(), stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT)

        def after(kind):
            served[0] += 1
            if served[0] == count and not git_steps:
                os.kill(p.pid, signal.SIGKILL)

        w.forge.after = after
        p.communicate()
    w.forge.after = None
    w.env.pop("PATH", None)
    dead = p.returncode == -signal.SIGKILL
    w.run(want=None)
    w.run()
    return r, dead


def different_steps(w):
    """Of git's steps those around which the remote changes: all others leave nothing that another run
    would see."""
    with open(w.folder + "/steps", encoding="utf-8") as f:
        after = f.read().splitlines()
    n = len(after)
    return n, sorted({1, n} | {i + k for i in range(1, n) if after[i] != after[i - 1] for k in (0, 1)})


def deaths(w, policy, prepare, git_steps, kind="github"):
    """Killed after each request with DFIX_TEST_TIER=all, else after some of them; or after steps of
    git's."""
    whole = World()
    r = one(whole, policy=policy, kind=kind)
    prepare(whole, r)
    if git_steps:
        wrap_git(whole, r)
    before = len(whole.forge.requests)
    whole.run()
    want, requests = summary(r), len(whole.forge.requests) - before
    steps, at = different_steps(whole) if git_steps else (0, range(
        1, requests + 1, 1 if os.environ.get("DFIX_TEST_TIER") == "all" else 5))
    whole.close()

    def die(count):
        w = World()
        r, dead = killed_after(w, policy, count, prepare, git_steps, kind)
        assert dead, f"{count} was never reached"
        equal(summary(r), want)
        w.close()

    assert steps >= 5 if git_steps else requests > 5, (steps, requests)
    side_by_side(die, at)


ALL = ", labels: [deps], assignees: [a], reviewers: [b], dashboard: true"


@case
def killed_while_it_opens(w):
    deaths(w, ALL, lambda w, r: None, False)


@case
def killed_while_it_updates(w):
    def prepare(w, r):
        w.run()
        r.commit({"Dockerfile": PLAIN.replace(b"curl", b"curl git")})
    deaths(w, ALL, prepare, False)


@case
def killed_while_it_closes(w):
    def prepare(w, r):
        w.run()
        r.commit({"Dockerfile": FIXED})
    deaths(w, ALL, prepare, False)


@case
def killed_in_git(w):
    def new_fix(w, r):
        w.run()
        r.commit({"Dockerfile": PLAIN.replace(b"curl", b"curl git")})

    def no_fix(w, r):
        w.run()
        r.commit({"Dockerfile": FIXED})

    for prepare in (lambda w, r: None, new_fix, no_fix):
        deaths(w, ", commits: git", prepare, True)


def fill_cache():
    w = World()
    w.command()
    subprocess.run([os.path.join(BUILD, "dfix"), "index", "update", "--release", "bookworm"],
                   env=w.environment(), check=True, capture_output=True)
    w.close()


def is_wanted(f):
    if len(sys.argv) > 1:
        return f.__name__ in sys.argv[1:]
    return f.__name__ in SHORT or os.environ.get("DFIX_TEST_TIER") == "all"


def passes(f):
    w = World()
    try:
        f(w)
        w.close()
        print(f"ok {f.__name__}", flush=True)
        return True
    except Exception as why:  # each case is told by itself
        print(f"not ok {f.__name__}: {type(why).__name__}: {why}\n{w.said[-2000:]}", flush=True)
        return False


def main():
    World.cache = tempfile.mkdtemp(prefix="dfix-bot-cache-")
    try:
        fill_cache()
        with ThreadPoolExecutor(JOBS) as pool:
            ends = list(pool.map(passes, filter(is_wanted, CASES)))
    finally:
        shutil.rmtree(World.cache, ignore_errors=True)
    print(f"{ends.count(True)} passed, {ends.count(False)} failed")
    return 0 if ends and all(ends) else 1


if __name__ == "__main__":
    sys.exit(main())

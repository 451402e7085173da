"""A forge on loopback: git's own http-backend behind basic auth, and the parts of GitHub's API that
dfix uses, over the same repositories. Its state is in this process, for tests to look at and change."""

import base64
import json
import os
import re
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

import shapes

TOKEN = "fake-token-4711-of-the-test"
# Where the APIs of the hosts begin, and what is held against their documentation.
DOCUMENTED = [("/api/v4", shapes.load("gitlab")), ("/api/v1", shapes.load("gitea")),
              ("/api/v3", shapes.load("github")), ("/api", shapes.load("github"))]
WHEN = "%Y-%m-%dT%H:%M:%SZ"


def add(to, more):
    """Labels, assignees and reviewers are sets: what is there already is there once."""
    to += [x for x in more if x not in to]


def git(folder, *words, data=None, check=True, env=None):
    whole = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    whole.update(GIT_CONFIG_NOSYSTEM="1", GIT_CONFIG_GLOBAL="/dev/null", **(env or {}))
    for who in ("AUTHOR", "COMMITTER"):
        whole.setdefault(f"GIT_{who}_NAME", "a person")
        whole.setdefault(f"GIT_{who}_EMAIL", "person@example.org")
    done = subprocess.run(["git", "-C", folder, *words], input=data, capture_output=True, env=whole)
    if check and done.returncode:
        raise RuntimeError(f"git {words}: {done.stderr.decode()}")
    return done.stdout.decode(errors="replace").strip()


class Repository:
    """One repository: a bare one on disk, and what the forge keeps beside it."""

    def __init__(self, folder, name):
        self.name, self.bare = name, os.path.join(folder, name + ".git")
        os.makedirs(self.bare)
        git(self.bare, "init", "-q", "--bare", "-b", "main", ".")
        git(self.bare, "config", "http.receivepack", "true")
        git(self.bare, "config", "uploadpack.allowAnySHA1InWant", "true")
        self.pulls, self.issues, self.blobs = [], [], {}
        self.fork = self.archived = False
        self.checks = {}  # what a new commit's checks come to
        self.numbers = 0

    def commit(self, files, branch="main", message="by a person", remove=()):
        """Files (path to bytes) on top of the branch; its new head."""
        env = {"GIT_INDEX_FILE": os.path.join(self.bare, "index.tmp")}
        old = self.head(branch)
        git(self.bare, "read-tree", *([old] if old else ["--empty"]), env=env)
        for path, text in files.items():
            blob = git(self.bare, "hash-object", "-w", "--stdin", data=text)
            git(self.bare, "update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", env=env)
        for path in remove:
            gone = f"0 {'0' * 40}\t{path}\n".encode()
            git(self.bare, "update-index", "--index-info", data=gone, env=env)
        tree = git(self.bare, "write-tree", env=env)
        new = git(self.bare, "commit-tree", tree, *(["-p", old] if old else []), "-m", message)
        git(self.bare, "update-ref", f"refs/heads/{branch}", new)
        return new

    def head(self, branch):
        return git(self.bare, "rev-parse", "-q", "--verify", f"refs/heads/{branch}", check=False)

    def branches(self):
        return git(self.bare, "for-each-ref", "--format=%(refname:short)", "refs/heads").split()

    def text(self, branch, path):
        return subprocess.run(["git", "-C", self.bare, "show", f"refs/heads/{branch}:{path}"],
                              capture_output=True, check=True).stdout

    def log(self, branch):
        return git(self.bare, "log", "--format=%s", f"main..{branch}").splitlines()

    def open_pulls(self):
        return [p for p in self.pulls if p["state"] == "open"]

    def number(self):
        self.numbers += 1
        return self.numbers


class Forge:
    def __init__(self, folder):
        self.folder, self.repositories, self.requests = folder, {}, []
        self.lock = threading.RLock()
        self.undocumented = []  # requests that no documentation allows
        self.faults = []  # [matches(method, path), status, headers, body, how often]
        self.images, self.asked_of_images = "", []  # an OCI layout to be served; requests for it
        self.after = None  # called after each request was served, before its answer is sent
        self.spoil = None  # (status, headers, text) of an answer to those that are sent
        self.before = None  # called with method and path before each request is served
        self.now = None  # seconds since 1970 for created_at; None: the clock
        self.zone = 0  # hours that created_at is ahead of UTC
        self.page_most = 50  # what Gitea gives in a page at most
        self.writers = {"dfix", "me"}  # who may write to its repositories
        forge = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args):
                pass

            def handle_any(self):
                try:
                    forge.serve(self)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True

            do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, client_address):
                if not isinstance(sys.exc_info()[1], ConnectionError):  # dfix may hang up
                    super().handle_error(request, client_address)

        self.server = Server(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_port}"
        self.url = f"http://{self.host}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def repository(self, name, files=None):
        r = self.repositories[name] = Repository(self.folder, name)
        r.commit(files or {})
        return r

    def fault(self, what, status, headers=None, body=None, times=1):
        """The next requests that match "METHOD regex" are answered with this; 0: cut off, -1: not
        at all, for as long as anybody waits."""
        self.faults.append([what, status, headers or {}, body or {}, times])

    def stamp(self):
        now = self.now if self.now is not None else time.time()
        text = time.strftime(WHEN, time.gmtime(now + self.zone * 3600))
        return text.replace("Z", f".000{self.zone:+03}:00") if self.zone else text

    def changed(self, since=0):
        """Requests that change something, from the one with that index on."""
        return [(m, p) for m, p, b in self.requests[since:]
                if m != "GET" and "git-upload-pack" not in p and "git-receive-pack" not in p]

    # ---- serving ----

    def serve(self, q):
        size = int(q.headers.get("Content-Length") or 0)
        body = q.rfile.read(size) if size else b""
        if q.headers.get("Transfer-Encoding") == "chunked":
            body = self.chunks(q)
        path = urlsplit(q.path).path
        if self.before:
            self.before(q.command, path)
        if path.startswith("/v2/"):
            self.serve_image(q, path)
            return
        web = "/info/refs" in path or path.endswith(("git-upload-pack", "git-receive-pack"))
        if web:
            self.serve_git(q, body)
            return
        with self.lock:
            self.requests.append((q.command, q.path, body))
            if os.environ.get("DFIX_FORGE_RECORD"):
                line = json.dumps([q.command, q.path, body.decode()]) + "\n"
                with open(os.environ["DFIX_FORGE_RECORD"], "ab", buffering=0) as f:
                    f.write(line.encode())  # at once: others write to it too
            self.hold_against_documentation(q, body)
            status, headers, answer = self.answer(q, body)
            if self.after:
                self.after("request")
        if status == -1:
            q.connection.settimeout(120)
            try:
                q.connection.recv(1)  # until dfix hangs up
            except OSError:
                pass
        if status <= 0:
            q.close_connection = True
            q.connection.close()
            return
        text = b"" if status == 204 else json.dumps(answer).encode()
        if self.spoil:
            status, headers, text = self.spoil(status, headers, text)
        q.send_response(status)
        for k, v in headers.items():
            q.send_header(k, v)
        q.send_header("Content-Type", "application/json")
        q.send_header("Content-Length", str(len(text)))
        q.end_headers()
        q.wfile.write(text)

    def serve_image(self, q, path):
        """A registry: whatever the repository's name, the images of the layout."""
        with self.lock:
            self.asked_of_images.append((q.command, path))
        which, kind = path.split("/")[-1], "application/octet-stream"
        data, status = b"{}", 200
        if path != "/v2/":
            with open(f"{self.images}/index.json", encoding="utf-8") as f:
                last = json.load(f)["manifests"][-1]
            digest = which if which.startswith("sha256:") else last["digest"]
            blob = f"{self.images}/blobs/sha256/{digest[7:]}"
            status = 200 if os.path.exists(blob) else 404
            if status == 200:
                with open(blob, "rb") as f:
                    data = f.read()
            kind = last["mediaType"] if "/manifests/" in path else kind
        q.send_response(status)
        if path != "/v2/":
            q.send_header("Docker-Content-Digest", digest)
        q.send_header("Content-Type", kind)
        q.send_header("Content-Length", str(len(data)))
        q.end_headers()
        if q.command != "HEAD":
            q.wfile.write(data)

    def hold_against_documentation(self, q, body):
        if q.path.startswith("/api/v3/") and "/collaborators/" not in q.path:
            return  # prism_replay.py does
        for begin, known in DOCUMENTED:
            if q.path.startswith(begin + "/"):
                why = shapes.judge(known, q.command, q.path[len(begin):], body)
                self.undocumented += [why] if why else []
                return

    @staticmethod
    def chunks(q):
        out = b""
        while True:
            n = int(q.rfile.readline().split(b";")[0], 16)
            out += q.rfile.read(n)
            q.rfile.readline()
            if n == 0:
                return out

    def serve_git(self, q, body):
        path, _, query = q.path.partition("?")
        given = q.headers.get("Authorization", "")
        login = base64.b64decode(given[6:]).decode() if given.startswith("Basic ") else ""
        if not login.endswith(":" + TOKEN):
            q.send_response(401)
            q.send_header("WWW-Authenticate", 'Basic realm="forge"')
            q.send_header("Content-Length", "0")
            q.end_headers()
            return
        name = re.sub(r"^/(.*?)(\.git)?/(info/refs|git-[a-z-]+)$", r"\1", path)
        tail = path[path.rindex("/info/refs" if "/info/refs" in path else "/git-"):]
        with self.lock:
            self.requests.append((q.command, q.path, b""))
            done = subprocess.run(["git", "http-backend"], input=body, capture_output=True, env={
                "PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": self.folder,
                "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": f"/{name}.git{tail}",
                "QUERY_STRING": query, "REQUEST_METHOD": q.command, "REMOTE_USER": "dfix",
                "CONTENT_TYPE": q.headers.get("Content-Type", ""),
                "CONTENT_LENGTH": str(len(body)),
                "HTTP_CONTENT_ENCODING": q.headers.get("Content-Encoding", ""),
                "GIT_PROTOCOL": q.headers.get("Git-Protocol", ""),
                "GIT_CONFIG_GLOBAL": "/dev/null"})
            for r in self.repositories.values():
                for p in r.open_pulls():
                    if not r.head(p["branch"]):
                        p["state"] = "closed"
            if self.after:
                self.after("git")
        head, _, rest = done.stdout.partition(b"\r\n\r\n")
        status = 200
        lines = head.decode().split("\r\n")
        for line in lines:
            if line.startswith("Status: "):
                status = int(line[8:11])
        q.send_response(status)
        for line in lines:
            k, _, v = line.partition(": ")
            if k and k != "Status":
                q.send_header(k, v)
        q.send_header("Content-Length", str(len(rest)))
        q.end_headers()
        q.wfile.write(rest)

    def answer(self, q, body):
        for f in self.faults:
            method, _, pattern = f[0].partition(" ")
            if f[4] and method in (q.command, "*") and re.search(pattern, q.path):
                f[4] -= 1
                return f[1], f[2], f[3]
        given = q.headers.get("Authorization", "")
        if given not in (f"Bearer {TOKEN}",
                         "Basic " + base64.b64encode(f"me:{TOKEN}".encode()).decode()):
            return 401, {}, {"message": "Bad credentials"}
        url = urlsplit(q.path)
        path, query = unquote(url.path), {k: v[0] for k, v in parse_qs(url.query).items()}
        data = json.loads(body) if body else {}
        found = self.route(q.command, path, query, data)
        if found:
            return found[0], found[2] if len(found) > 2 else {}, found[1]
        return 404, {}, {"message": "Not Found"}

    # ---- GitHub ----

    def route(self, method, path, query, data):
        if path == "/api/graphql":
            return self.graphql(data)
        for start, name, table in (("/api/v3/repos/", "([^/]+/[^/]+)", GITHUB),
                                   ("/api/v4/projects/", "([^/]+/[^/]+)", GITLAB),
                                   ("/api/v1/repos/", "([^/]+/[^/]+)", GITEA)):
            m = re.match(f"^{start}{name}(/.*)?$", path)
            r = self.repositories.get(m.group(1)) if m else None
            for verb, pattern, call in table if r else ():
                hit = re.match("^" + pattern + "$", m.group(2) or "")
                if verb == method and hit:
                    return call(self, r, query, data, *hit.groups())
        if path == "/api/v4/users":
            known = {"alice": 7, "bob": 8}
            return 200, [{"id": known[query["username"]]}] if query["username"] in known else []
        return None

    def graphql(self, data):
        known = data["variables"]
        on = "enablePullRequestAutoMerge" in data["query"]
        assert on or "disablePullRequestAutoMerge" in data["query"]
        for r in self.repositories.values():
            for p in r.pulls:
                if p["node_id"] != known["id"]:
                    continue
                if on and known["head"] != r.head(p["branch"]):
                    return 200, {"errors": [{"message": "Head sha didn't match expected"}]}
                if not on and not p["auto_merge"]:
                    return 200, {"errors": [{"message": "Can't disable auto-merge"}]}
                p["auto_merge"] = on
                return 200, {"data": {}}
        return 200, {"errors": [{"message": "Could not resolve to a node"}]}

    def permission(self, r, query, data, login):
        return 200, {"permission": "write" if login in self.writers else "read"}

    def show_pull(self, r, p):
        repo = {"full_name": r.name}
        login, kind, whose = p["by"]
        if p["state"] == "open":
            p["head_sha"] = r.head(p["branch"]) or p["head_sha"]
        return {"number": p["number"], "node_id": p["node_id"], "state": p["state"],
                "html_url": f"{self.url}/{r.name}/pull/{p['number']}", "title": p["title"],
                "body": p["body"], "created_at": p["created_at"], "merged_at": p["merged_at"],
                "draft": p["draft"], "labels": [{"name": x} for x in p["labels"]],
                "user": {"login": login, "type": kind}, "author_association": whose,
                "auto_merge": {} if p["auto_merge"] else None,
                "head": {"ref": p["branch"], "sha": p["head_sha"], "repo": repo},
                "base": {"ref": p["base"], "repo": repo}}

    def get_repo(self, r, query, data):
        return 200, {"full_name": r.name, "fork": r.fork, "archived": r.archived,
                     "default_branch": "main"}

    def get_pulls(self, r, query, data):
        owner, _, branch = query["head"].partition(":")
        assert owner == r.name.split("/")[0] and query["state"] == "all"
        return 200, [self.show_pull(r, p) for p in reversed(r.pulls) if p["branch"] == branch]

    def get_pull(self, r, query, data, n):
        p = self.find(r, n)
        done = subprocess.run(["git", "-C", r.bare, "merge-tree", "--write-tree", p["base"],
                               p["branch"]], capture_output=True)
        return 200, {**self.show_pull(r, p), "mergeable": done.returncode == 0}

    def post_pull(self, r, query, data, by=("dfix", "Bot", "NONE")):
        head = r.head(data["head"])
        there = any((p["branch"], p["base"]) == (data["head"], data["base"]) for p in r.open_pulls())
        if not head or there or self.too_long(data):
            why = "A pull request already exists" if there else "head or body is invalid"
            return 422, {"message": "Validation Failed", "errors": [{"message": why}]}
        n = r.number()
        p = {"number": n, "node_id": f"PR_{r.name}_{n}", "state": "open", "title": data["title"],
             "body": data["body"], "branch": data["head"], "base": data["base"],
             "head_sha": head, "created_at": self.stamp(), "merged_at": None,
             "draft": data.get("draft", False), "labels": [], "assignees": [], "reviewers": [],
             "auto_merge": False, "by": by}
        r.pulls.append(p)
        return 201, self.show_pull(r, p)

    @staticmethod
    def too_long(data):
        return len(data.get("body") or "") > 65536 or len(data.get("title") or "") > 256

    def find(self, r, n):
        return next(p for p in r.pulls + r.issues if p["number"] == int(n))

    def patch_pull(self, r, query, data, n):
        p = self.find(r, n)
        if self.too_long(data):
            return 422, {"message": "Validation Failed"}
        p.update({k: v for k, v in data.items() if k in ("title", "body", "state")})
        return 200, self.show_pull(r, p)

    def post_labels(self, r, query, data, n):
        add(self.find(r, n)["labels"], data["labels"])
        return 200, []

    def post_assignees(self, r, query, data, n):
        add(self.find(r, n)["assignees"], data["assignees"])
        return 201, {}

    def post_reviewers(self, r, query, data, n):
        if "nobody" in data["reviewers"]:
            return 422, {"message": "Reviews may only be requested from collaborators"}
        add(self.find(r, n)["reviewers"],
            data["reviewers"] + ["team:" + t for t in data["team_reviewers"]])
        return 201, {}

    def post_blob(self, r, query, data):
        assert data["encoding"] == "base64"
        sha = git(r.bare, "hash-object", "-w", "--stdin", data=base64.b64decode(data["content"]))
        return 201, {"sha": sha}

    def post_tree(self, r, query, data):
        env = {"GIT_INDEX_FILE": os.path.join(r.bare, "index.api")}
        git(r.bare, "read-tree", data["base_tree"], env=env)
        assert git(r.bare, "cat-file", "-t", data["base_tree"]) == "tree"
        for x in data["tree"]:
            git(r.bare, "update-index", "--add", "--cacheinfo",
                f"{x['mode']},{x['sha']},{x['path']}", env=env)
        return 201, {"sha": git(r.bare, "write-tree", env=env)}

    def post_commit(self, r, query, data):
        assert "author" not in data and "committer" not in data
        parents = [w for p in data["parents"] for w in ("-p", p)]
        sha = git(r.bare, "commit-tree", data["tree"], *parents, data=data["message"].encode(),
                  env={"GIT_COMMITTER_NAME": "GitHub", "GIT_AUTHOR_NAME": "app[bot]"})
        return 201, {"sha": sha}

    def post_ref(self, r, query, data):
        branch = data["ref"].removeprefix("refs/heads/")
        if r.head(branch):
            return 422, {"message": "Reference already exists"}
        git(r.bare, "update-ref", data["ref"], data["sha"])
        return 201, {"ref": data["ref"]}

    def get_runs(self, r, query, data, sha):
        runs = [{"status": "in_progress" if v == "run" else "completed", "conclusion": v}
                for v in r.checks.get("runs", [])]
        return 200, {"total_count": len(runs), "check_runs": runs}

    def get_status(self, r, query, data, sha):
        state = r.checks.get("status")
        return 200, {"state": state or "pending", "total_count": 1 if state else 0}

    def get_issues(self, r, query, data):
        return 200, [i for i in reversed(r.issues)
                     if query["state"] in ("all", i["state"])
                     and query.get("labels", "dfix") in i["labels"]]

    def post_issue(self, r, query, data):
        if self.too_long(data):
            return 422, {"message": "Validation Failed"}
        r.issues.append({"number": r.number(), "state": "open", "title": data["title"],
                         "body": data["body"], "labels": list(data["labels"]), "assignees": [],
                         "created_at": self.stamp()})
        return 201, {"number": r.issues[-1]["number"]}

    def patch_issue(self, r, query, data, n):
        if self.too_long(data):
            return 422, {"message": "Validation Failed"}
        self.find(r, n).update(data)
        return 200, {}


GITHUB = [
    ("GET", "", Forge.get_repo),
    ("GET", "/pulls", Forge.get_pulls),
    ("POST", "/pulls", Forge.post_pull),
    ("GET", r"/pulls/(\d+)", Forge.get_pull),
    ("PATCH", r"/pulls/(\d+)", Forge.patch_pull),
    ("POST", r"/pulls/(\d+)/requested_reviewers", Forge.post_reviewers),
    ("POST", r"/issues/(\d+)/labels", Forge.post_labels),
    ("POST", r"/issues/(\d+)/assignees", Forge.post_assignees),
    ("POST", "/git/blobs", Forge.post_blob),
    ("POST", "/git/trees", Forge.post_tree),
    ("POST", "/git/commits", Forge.post_commit),
    ("POST", "/git/refs", Forge.post_ref),
    ("GET", "/commits/([0-9a-f]+)/check-runs", Forge.get_runs),
    ("GET", "/commits/([0-9a-f]+)/status", Forge.get_status),
    ("GET", "/issues", Forge.get_issues),
    ("POST", "/issues", Forge.post_issue),
    ("PATCH", r"/issues/(\d+)", Forge.patch_issue),
    ("GET", "/collaborators/([^/]+)/permission", Forge.permission),
]


# ---- GitLab, API v4; Gitea, API v1 ----


def show_gitlab(self, r, p):
    if p["state"] == "opened":
        p["head_sha"] = r.head(p["branch"]) or p["head_sha"]
    return {"iid": p["number"], "state": p["state"], "title": p["title"], "sha": p["head_sha"],
            "merge_when_pipeline_succeeds": p["auto_merge"],
            "description": p["body"], "created_at": p["created_at"], "labels": p["labels"],
            "source_branch": p["branch"], "target_branch": p["base"], "source_project_id": 1,
            "target_project_id": 1, "web_url": f"{self.url}/{r.name}/-/merge_requests/{p['number']}"}


def new_pull(self, r, number, branch, base, title, body, state):
    p = {"number": number, "node_id": "", "state": state, "title": title, "body": body,
         "branch": branch, "base": base, "head_sha": r.head(branch), "created_at": self.stamp(),
         "merged_at": None, "draft": False, "labels": [], "assignees": [], "reviewers": [],
         "auto_merge": False, "by": ("dfix", "User", "")}
    r.pulls.append(p)
    return p


class GitLab:
    def project(self, r, query, data):
        return 200, {"archived": r.archived, **({"forked_from_project": {}} if r.fork else {})}

    def list(self, r, query, data):
        assert query["state"] == "all"
        return 200, [show_gitlab(self, r, p) for p in reversed(r.pulls)
                     if p["branch"] == query["source_branch"]]

    def create(self, r, query, data):
        branch = data["source_branch"]
        if not r.head(branch) or any(p["branch"] == branch and p["state"] == "opened"
                                     for p in r.pulls):
            return 409, {"message": ["Another open merge request already exists"]}
        p = new_pull(self, r, r.number(), branch, data["target_branch"], data["title"],
                     data["description"], "opened")
        return 201, show_gitlab(self, r, p)

    def change(self, r, query, data, n):
        p = self.find(r, n)
        p["title"] = data.get("title", p["title"])
        p["body"] = data.get("description", p["body"])
        if data.get("state_event") == "close":
            p["state"] = "closed"
        add(p["labels"], [x for x in data.get("add_labels", "").split(",") if x])
        add(p["assignees"], data.get("assignee_ids", []))
        add(p["reviewers"], data.get("reviewer_ids", []))
        return 200, show_gitlab(self, r, p)

    def commit(self, r, query, data):
        branch, start = data["branch"], data.get("start_sha")
        if start and r.head(branch):
            return 400, {"message": "A branch called that already exists"}
        env = {"GIT_INDEX_FILE": os.path.join(r.bare, "index.api")}
        parent = start or r.head(branch)
        git(r.bare, "read-tree", parent, env=env)
        for x in data["actions"]:
            assert (x["action"], x["encoding"]) == ("update", "base64")
            mode = git(r.bare, "ls-tree", parent, "--", x["file_path"]).split()[0]
            blob = git(r.bare, "hash-object", "-w", "--stdin", data=base64.b64decode(x["content"]))
            git(r.bare, "update-index", "--cacheinfo", f"{mode},{blob},{x['file_path']}", env=env)
        sha = git(r.bare, "commit-tree", git(r.bare, "write-tree", env=env), "-p", parent,
                  data=data["commit_message"].encode())
        git(r.bare, "update-ref", f"refs/heads/{branch}", sha)
        return 201, {"id": sha}

    def pipelines(self, r, query, data):
        state = r.checks.get("status")
        return 200, [{"status": state}] if state else []

    def merge(self, r, query, data, n):
        assert data["auto_merge"] is True and data["merge_when_pipeline_succeeds"] is True
        p = self.find(r, n)
        if data["sha"] != r.head(p["branch"]):
            return 409, {"message": "SHA does not match HEAD of source branch"}
        p["auto_merge"] = True
        return 200, {}

    def merge_not(self, r, query, data, n):
        p = self.find(r, n)
        was, p["auto_merge"] = p["auto_merge"], False
        return (201, {}) if was else (406, {"message": "Not acceptable"})

    def issues(self, r, query, data):
        assert query["state"] == "all"
        return 200, [{"iid": i["number"], "title": i["title"], "description": i["body"],
                      "created_at": i["created_at"],
                      "state": {"open": "opened"}.get(i["state"], i["state"])}
                     for i in reversed(r.issues) if query["labels"] in i["labels"]]

    def new_issue(self, r, query, data):
        r.issues.append({"number": r.number(), "title": data["title"], "state": "open",
                         "body": data["description"], "labels": [data["labels"]],
                         "created_at": self.stamp()})
        return 201, {}

    def edit_issue(self, r, query, data, n):
        i = self.find(r, n)
        i["body"] = data.get("description", i["body"])
        if data.get("state_event") == "close":
            i["state"] = "closed"
        return 200, {}


GITLAB = [
    ("GET", "", GitLab.project),
    ("GET", "/merge_requests", GitLab.list),
    ("POST", "/merge_requests", GitLab.create),
    ("PUT", r"/merge_requests/(\d+)", GitLab.change),
    ("PUT", r"/merge_requests/(\d+)/merge", GitLab.merge),
    ("POST", r"/merge_requests/(\d+)/cancel_merge_when_pipeline_succeeds", GitLab.merge_not),
    ("POST", "/repository/commits", GitLab.commit),
    ("GET", "/pipelines", GitLab.pipelines),
    ("GET", "/issues", GitLab.issues),
    ("POST", "/issues", GitLab.new_issue),
    ("PUT", r"/issues/(\d+)", GitLab.edit_issue),
]


def show_gitea(self, r, p):
    shown = self.show_pull(r, p)
    shown.update(merged=bool(p["merged_at"]), mergeable=True)
    shown["head"].update(repo_id=1, label=p["branch"])
    shown["base"].update(repo_id=1)
    if not r.head(p["branch"]):
        shown["head"]["ref"] = f"refs/pull/{p['number']}/head"
    return shown


class Gitea:
    def page(self, query, whole):
        limit = min(int(query["limit"]), self.page_most)
        at = (int(query["page"]) - 1) * limit
        return 200, whole[at:at + limit], {"X-Total-Count": str(len(whole))}

    def list(self, r, query, data):
        return Gitea.page(self, query, [show_gitea(self, r, p) for p in reversed(r.pulls)])

    def permission(self, r, query, data, login):
        if login != "dfix":  # who is no administrator may ask about itself
            return 403, {"message": "Only admins can query all permissions"}
        return 200, {"permission": "write" if login in self.writers else "read"}

    def create(self, r, query, data):
        if not r.head(data["head"]) or any(p["branch"] == data["head"] for p in r.open_pulls()):
            return 409, {"message": "pull request already exists for these targets"}
        p = new_pull(self, r, r.number(), data["head"], data["base"], data["title"], data["body"],
                     "open")
        return 201, show_gitea(self, r, p)

    def change(self, r, query, data, n):
        self.find(r, n).update(data)
        return 201, {}

    def labels(self, r, query, data):
        names = r.checks.get("names", [])
        return Gitea.page(self, query, [{"id": i + 1, "name": x} for i, x in enumerate(names)])

    def new_label(self, r, query, data):
        r.checks.setdefault("names", []).append(data["name"])
        return 201, {"id": len(r.checks["names"]), "name": data["name"]}

    @staticmethod
    def named(r, numbers):
        """None: one of the labels is not there."""
        known = dict(enumerate(r.checks.get("names", []), 1))
        names = [known.get(i) for i in numbers]
        return None if None in names else names

    def add_labels(self, r, query, data, n):
        names = Gitea.named(r, data["labels"])
        if names is None:
            return 422, {"message": "label does not exist"}
        add(self.find(r, n)["labels"], names)
        return 200, []

    def edit_issue(self, r, query, data, n):
        self.find(r, n).update(data)
        return 201, {}

    def merge(self, r, query, data, n):
        assert data["merge_when_checks_succeed"] is True
        p = self.find(r, n)
        if data["head_commit_id"] != r.head(p["branch"]):
            return 409, {"message": "head out of date"}
        p["auto_merge"] = True
        return 200, {}

    def merge_not(self, r, query, data, n):
        p = self.find(r, n)
        was, p["auto_merge"] = p["auto_merge"], False
        return (204, {}) if was else None

    def new_issue(self, r, query, data):
        names = Gitea.named(r, data["labels"])
        if names is None:
            return 422, {"message": "label does not exist"}
        return Forge.post_issue(self, r, query, {**data, "labels": names})


GITEA = [
    ("GET", "", Forge.get_repo),
    ("GET", "/pulls", Gitea.list),
    ("POST", "/pulls", Gitea.create),
    ("PATCH", r"/pulls/(\d+)", Gitea.change),
    ("POST", r"/pulls/(\d+)/requested_reviewers", Forge.post_reviewers),
    ("POST", r"/pulls/(\d+)/merge", Gitea.merge),
    ("DELETE", r"/pulls/(\d+)/merge", Gitea.merge_not),
    ("GET", "/collaborators/([^/]+)/permission", Gitea.permission),
    ("GET", "/labels", Gitea.labels),
    ("POST", "/labels", Gitea.new_label),
    ("POST", r"/issues/(\d+)/labels", Gitea.add_labels),
    ("GET", "/commits/([0-9a-f]+)/status", Forge.get_status),
    ("GET", "/issues", Forge.get_issues),
    ("POST", "/issues", Gitea.new_issue),
    ("PATCH", r"/issues/(\d+)", Gitea.edit_issue),
]

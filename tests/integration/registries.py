#!/usr/bin/env python3
"""Real registries (Debian's docker-registry) on loopback, filled over their HTTP API.

    registries.py FOLDER [COUNT [LAYER_MB]]

starts one that is open to all, one with Basic and one with Bearer authentication (and the token
service), pushes images, prints "KEY VALUE" lines and "ready", and stays until its standard input
ends. COUNT: that many more images, many/N:1. LAYER_MB: big/image:1 with a layer about so large.
Nothing is needed but python3, docker-registry and openssl.
"""
import base64
import gzip
import hashlib
import http.client
import http.server
import io
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tarfile
import threading
import time
import urllib.parse

USER, PASSWORD = "pusher", "secret"
BCRYPT = "$2b$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a"  # of PASSWORD
SERVICE = "the registry"
LOGIN = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()

OCI = "application/vnd.oci.image."
DOCKER = "application/vnd.docker.distribution.manifest."


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Tokens(http.server.BaseHTTPRequestHandler):
    """A token service: anybody may pull what is not below private/, the user may do all."""

    folder = ""
    der = b""

    def do_GET(self):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        login = self.headers.get("Authorization")
        if login not in (None, LOGIN) or query.get("service") != [SERVICE]:
            self.send_error(401)
            return
        access = []
        for scope in query.get("scope", []):
            kind, name, actions = scope.split(":")
            granted = [a for a in actions.split(",")
                       if login or (a == "pull" and not name.startswith("private/"))]
            access.append({"type": kind, "name": name, "actions": granted})
        body = json.dumps({"token": self.sign(access)}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def sign(self, access):
        now = int(time.time())
        head = {"typ": "JWT", "alg": "RS256", "x5c": [base64.b64encode(self.der).decode()]}
        claims = {"iss": "tests", "sub": "", "aud": SERVICE, "exp": now + 300, "nbf": now - 10,
                  "iat": now, "jti": str(random.random()), "access": access}
        text = b64url(json.dumps(head).encode()) + "." + b64url(json.dumps(claims).encode())
        signed = subprocess.run(["openssl", "dgst", "-sha256", "-sign", f"{self.folder}/key.pem"],
                                input=text.encode(), stdout=subprocess.PIPE, check=True).stdout
        return text + "." + b64url(signed)

    def log_message(self, *args):
        pass


def token_service(folder):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                    "-subj", "/CN=tests", "-keyout", f"{folder}/key.pem",
                    "-out", f"{folder}/cert.pem"], check=True, stderr=subprocess.DEVNULL)
    Tokens.folder = folder
    Tokens.der = subprocess.run(["openssl", "x509", "-in", f"{folder}/cert.pem", "-outform", "DER"],
                                stdout=subprocess.PIPE, check=True).stdout
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Tokens)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


class Registry:
    def __init__(self, folder, name, auth=""):
        self.port = free_port()
        self.host = f"127.0.0.1:{self.port}"
        self.auth = auth
        config = f"{folder}/{name}.yml"
        with open(config, "w", encoding="utf-8") as f:
            f.write(f"version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\n"
                    f"storage: {{filesystem: {{rootdirectory: {folder}/{name}}}, "
                    f"cache: {{blobdescriptor: inmemory}}}}\n"
                    f"http: {{addr: '{self.host}', secret: x}}\n{auth}")
        self.log = open(f"{folder}/{name}.log", "w", encoding="utf-8")
        self.process = subprocess.Popen(["docker-registry", "serve", config],
                                        stdout=self.log, stderr=self.log)
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise SystemExit(f"{name}: docker-registry does not answer")

    def authorization(self, repository):
        if "htpasswd" in self.auth:
            return {"Authorization": LOGIN}
        if "token" not in self.auth:
            return {}
        c = http.client.HTTPConnection("127.0.0.1", self.tokens, timeout=60)
        c.request("GET", "/token?" + urllib.parse.urlencode(
            {"service": SERVICE, "scope": f"repository:{repository}:pull,push"}),
            headers={"Authorization": LOGIN})
        return {"Authorization": "Bearer " + json.load(c.getresponse())["token"]}

    def call(self, method, path, body, headers, want):
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status != want:
            raise SystemExit(f"{method} {path}: {answer.status} {text[:300]}")
        return answer

    def blob(self, repository, data):
        digest = "sha256:" + hashlib.sha256(data).hexdigest()
        auth = self.authorization(repository)
        answer = self.call("POST", f"/v2/{repository}/blobs/uploads/", b"", auth, 202)
        at = urllib.parse.urlsplit(answer.headers["Location"])
        query = (at.query + "&" if at.query else "") + urllib.parse.urlencode({"digest": digest})
        self.call("PUT", f"{at.path}?{query}", data,
                  {**auth, "Content-Type": "application/octet-stream"}, 201)
        return digest

    def manifest(self, repository, tag, document):
        data = json.dumps(document).encode()
        digest = "sha256:" + hashlib.sha256(data).hexdigest()
        self.call("PUT", f"/v2/{repository}/manifests/{tag or digest}", data,
                  {**self.authorization(repository), "Content-Type": document["mediaType"]}, 201)
        return {"mediaType": document["mediaType"], "digest": digest, "size": len(data)}

    def image(self, repository, tag, layers, arch="amd64", config=None, kind=OCI + "manifest.v1+json",
              layer_type=OCI + "layer.v1.tar+gzip"):
        text = json.dumps({"os": "linux", "architecture": arch, "config": config or {},
                           "rootfs": {"type": "layers", "diff_ids": []}}).encode()
        document = {
            "schemaVersion": 2, "mediaType": kind,
            "config": {"mediaType": OCI + "config.v1+json", "digest": self.blob(repository, text),
                       "size": len(text)},
            "layers": [{"mediaType": layer_type, "digest": self.blob(repository, layer),
                        "size": len(layer)} for layer in layers]}
        return self.manifest(repository, tag, document)

    def index(self, repository, tag, images, kind=OCI + "index.v1+json"):
        return self.manifest(repository, tag, {
            "schemaVersion": 2, "mediaType": kind,
            "manifests": [{**m, "platform": {"os": "linux", "architecture": arch}}
                          for arch, m in images]})


def tar(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as t:
        for path, data in files:
            info = tarfile.TarInfo(path)
            if isinstance(data, tuple):
                info.type, info.linkname = tarfile.SYMTYPE, data[0]
                t.addfile(info)
            else:
                info.size = len(data)
                t.addfile(info, io.BytesIO(data))
    return out.getvalue()


def pack(data, level=1):
    return gzip.compress(data, level, mtime=0)


def debian(version, dot="./"):
    return [(f"{dot}etc/apt/sources.list.d/debian.sources",
             b"Types: deb\nURIs: http://deb.example/debian\nSuites: bookworm bookworm-updates\n"
             b"Components: main\n"),
            (f"{dot}etc/os-release", ("../usr/lib/os-release",)),
            (f"{dot}usr/lib/os-release",
             b'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n'),
            (f"{dot}var/lib/dpkg/status",
             b"Package: base-files\nStatus: install ok installed\nArchitecture: amd64\nVersion: "
             + version.encode() + b"\n")]


def host_root(folder):
    """What this machine's own root has, as a layer. Its package records as they are just now
    are kept in FOLDER/dpkg for comparison: others may install packages meanwhile."""
    out = io.BytesIO()
    records = f"{folder}/dpkg"
    os.makedirs(records)
    if os.path.exists("/var/lib/dpkg/status"):
        shutil.copy("/var/lib/dpkg/status", records)
    with tarfile.open(fileobj=out, mode="w") as t:
        for path in ("/etc/apt", "/etc/os-release", "/etc/passwd", "/usr/lib/os-release"):
            if os.path.lexists(path):
                t.add(path, "." + path)
        if os.path.exists(f"{records}/status"):
            t.add(f"{records}/status", "./var/lib/dpkg/status")
    return out.getvalue()


def big_layer(megabytes):
    """A sorted root whose dpkg status lies near its end, of about so many packed megabytes."""
    rng = random.Random(7)
    files = debian("12.big", "")
    ballast, packed = [], 0
    words = [bytes(rng.randrange(256) for _ in range(rng.randrange(3, 12))) for _ in range(900)]
    while packed < megabytes << 20:
        data = b"".join(rng.choices(words, k=12000))
        ballast.append((f"usr/share/{len(ballast):05d}", data))
        packed += len(gzip.compress(data, 1))
    tail = [(f"var/lib/zzz/{n:05d}", data) for n, data in
            enumerate(d for _, d in ballast[:len(ballast) // 10])]
    return pack(tar(sorted(files + ballast[len(tail):] + tail)))




def fill_open(r, say, folder):
    for tag, kind in (("1", OCI + "manifest.v1+json"), ("docker", DOCKER + "v2+json")):
        say(f"single:{tag}", r.image("lib/single", tag, [pack(tar(debian("12.1")))],
                                     config={"User": "app"}, kind=kind)["digest"])
    parts = [(arch, r.image("lib/multi", None, [pack(tar(debian("12." + arch)))], arch))
             for arch in ("amd64", "arm64")]
    say("multi:1", r.index("lib/multi", "1", parts)["digest"])
    say("multi:list", r.index("lib/multi", "list", parts, DOCKER + "list.v2+json")["digest"])
    # A mirror: the same bytes under another name; another image; and one that it lacks.
    say("mirror:1", r.image("hub/single", "1", [pack(tar(debian("12.1")))],
                            config={"User": "app"})["digest"])
    say("mirror:2", r.image("hub/single", "2", [pack(tar(debian("12.2")))])["digest"])
    upper = [("./var/lib/dpkg/.wh.status", b""),
             ("./var/lib/dpkg/status.d/libc6", b"Package: libc6\nVersion: 2.36-9\n")]
    r.image("lib/layers", "1", [pack(tar(debian("12.1"))), tar(upper)])
    r.image("lib/host", "1", [pack(host_root(folder))])
    if shutil.which("zstd"):
        packed = subprocess.run(["zstd", "-q", "-c"], input=tar(debian("12.zstd")),
                                stdout=subprocess.PIPE, check=True).stdout
        r.image("lib/zstd", "1", [packed], layer_type=OCI + "layer.v1.tar+zstd")
        say("zstd", "1")
    latest = r.image("lib/tags", "latest", [pack(tar(debian("12.1")))])
    say("tags", latest["digest"])
    for tag in ("2", "2.10", "2.10.3", "2.10-slim", "stable"):
        r.image("lib/tags", tag, [pack(tar(debian("12.1")))])
    for tag in ("2.9", "3.0.0"):
        r.image("lib/tags", tag, [pack(tar(debian("12." + tag)))])


def main():
    folder = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    megabytes = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    started = []

    def say(key, value):
        print(key, value, flush=True)

    try:
        plain = Registry(folder, "open")
        started.append(plain)
        say("open", plain.host)
        fill_open(plain, say, folder)
        for n in range(count):
            plain.image(f"many/{n}", "1", [pack(tar(debian(f"12.{n}")))], config={"User": f"u{n}"})
        if megabytes:
            layer = big_layer(megabytes)
            with open(f"{folder}/big.tar.gz", "wb") as f:
                f.write(layer)
            plain.image("big/image", "1", [layer])
        if not count and not megabytes:
            with open(f"{folder}/htpasswd", "w", encoding="utf-8") as f:
                f.write(f"{USER}:{BCRYPT}\n")
            basic = Registry(folder, "basic", "auth: {htpasswd: {realm: here, path: "
                             f"{folder}/htpasswd}}}}\n")
            started.append(basic)
            say("basic", basic.host)
            basic.image("lib/single", "1", [pack(tar(debian("12.1")))], config={"User": "basic"})
            port = token_service(folder)
            bearer = Registry(folder, "bearer", "auth: {token: {realm: "
                              f"'http://127.0.0.1:{port}/token', service: {SERVICE}, issuer: tests,"
                              f" rootcertbundle: {folder}/cert.pem}}}}\n")
            bearer.tokens = port
            started.append(bearer)
            say("bearer", bearer.host)
            for name in ("lib/single", "private/single"):
                bearer.image(name, "1", [pack(tar(debian("12.1")))], config={"User": name})
        say("ready", "1")
        sys.stdin.read()
    finally:
        for r in started:
            r.process.terminate()
            r.process.wait()


main()

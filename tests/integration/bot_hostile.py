"""dfix pr against a host that lies: each of its answers, one at a time, is replaced by something that no host
says. Whatever comes: dfix ends by itself, with 0, 1 or 2; the token goes nowhere else and is not printed;
nothing that it prints steers a terminal or a workflow; nobody's branch but its own moves; and with the
honest host again it does what it always does. One answer of each lie, with DFIX_TEST_TIER=all each
answer of each host."""

import json
import os
import re
import shutil
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import bot_hosts
from bot_hosts import JOBS, World, one, summary
from forge import TOKEN

KNOWN = set()  # states from which the honest host's run has been seen to go on
STEERS = "\x1b]0;owned\x07\n::add-mask::owned\u202e"


class Elsewhere(BaseHTTPRequestHandler):
    """A host of somebody else's, which keeps what it is told."""

    heard = []

    def log_message(self, *args):
        pass

    def do_GET(self):
        Elsewhere.heard.append(str(self.headers))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    do_POST = do_PATCH = do_PUT = do_DELETE = do_GET


def leaves(value, change):
    """The same document, with each of its leaves changed."""
    if isinstance(value, dict):
        return {k: leaves(v, change) for k, v in value.items()}
    if isinstance(value, list):
        return [leaves(v, change) for v in value]
    return change(value)


def each_leaf(change):
    return lambda status, headers, text: (
        status, headers, json.dumps(leaves(json.loads(text or b"null"), change)).encode())


def text_is(text):
    return each_leaf(lambda v: text if isinstance(v, str) else v)


def number_is(n):
    return each_leaf(lambda v: n if isinstance(v, (int, float)) and not isinstance(v, bool) else v)


def body(text):
    return lambda status, headers, old: (status, headers, text)


def status_is(n, **headers):
    return lambda status, old, text: (n, {k.replace("_", "-"): v for k, v in headers.items()}, text)


def lies(elsewhere):
    return {
        "empty": body(b""),
        "null": body(b"null"),
        "a list": body(b"[]"),
        "an object": body(b"{}"),
        "a list of numbers": body(b"[1, 2, 3]"),
        "a page": body(b"<!DOCTYPE html><title>Sign in</title>"),
        "deep": body(b"[" * 1000000),
        "deep objects": body(b'{"a":' * 200000 + b"1" + b"}" * 200000),
        "no UTF-8": body(b'{"sha": "\xff\xfe", "number": 1}'),
        "cut off": lambda status, headers, text: (status, headers, text[: len(text) // 2]),
        "large": body(b'{"x": "' + b"a" * (33 << 20) + b'"}'),
        "steering": text_is(STEERS),
        "an option": text_is("--upload-pack=touch owned"),
        "a path": text_is("../../../../owned"),
        "a branch of others": text_is("main"),
        "long": text_is("x" * 100000),
        "a NUL": text_is("a\0b"),
        "negative": number_is(-1),
        "huge": number_is(1 << 62),
        "a fraction": number_is(1e300),
        "nulls": each_leaf(lambda v: None),
        "lists": each_leaf(lambda v: [v]),
        "opposites": each_leaf(lambda v: not v if isinstance(v, bool) else v),
        "elsewhere": status_is(302, Location=elsewhere + "/x"),
        "elsewhere for good": status_is(308, Location=elsewhere + "/x"),
        "itself": status_is(307, Location="/"),
        "not changed": status_is(304),
        "made": status_is(201),
        "in pain": status_is(500),
        "wait for ever": status_is(429, Retry_After="999999999999"),
        "wait before": status_is(403, X_RateLimit_Remaining="0", X_RateLimit_Reset="-1"),
        "more pages for ever": status_is(200, Link=f'<{elsewhere}/x?page=2>; rel="next"'),
    }


POLICY = ", labels: [deps], assignees: [alice], reviewers: [bob], dashboard: true"


def answers_of(kind):
    """How many answers a whole opening takes."""
    w, served = World(kind), []
    one(w, kind=kind, policy=POLICY)
    w.forge.spoil = lambda *answer: served.append(answer) or answer
    w.run()
    w.close()
    return len(served)


def state_of(r):
    """What there is at the host, with its commits told by the order in which they are first named."""
    names, text = {}, repr((summary(r), [r.head(b) for b in r.branches()], [p["body"] for p in r.pulls]))
    return re.sub(r"[0-9a-f]{40}", lambda m: names.setdefault(m.group(), f"commit {len(names)}"), text)


def goes_on(w, r, told):
    """The honest host's run after it. All that it can know of the one before is at the host."""
    state = w.kind, state_of(r)
    if state in KNOWN:
        return
    base, ended = r.head("main"), w.run(want=None)
    assert ended in (0, 1), told + f"then {ended}: {w.err}"
    assert r.head("main") == base and len(r.open_pulls()) <= 1, told + "then more than one"
    KNOWN.add(state)


def lie(kind, name, spoil, at):
    """One world in which the answer number `at` is a lie."""
    w = World(kind)
    r = one(w, kind=kind, policy=POLICY)
    base, served = r.head("main"), [0]

    def spoiled(status, headers, text):
        served[0] += 1
        return spoil(status, headers, text) if served[0] == at else (status, headers, text)

    w.forge.spoil = spoiled
    ended = w.run(want=None)
    told = f"{kind}, answer {at}: {name}: "
    assert served[0] >= at, told + "was not told"
    assert ended in (0, 1, 2), told + f"ended with {ended}: {w.err}"
    assert "Sanitizer" not in w.said, told + w.said
    assert "\x1b" not in w.said and "\u202e" not in w.said, told + repr(w.said)
    assert "\n::add-mask" not in w.said, told + repr(w.said)
    assert r.head("main") == base, told + "main moved"
    assert set(r.branches()) <= {"main", "dfix/all"}, told + str(r.branches())
    assert not any(TOKEN in x for x in Elsewhere.heard), told + "the token went elsewhere"
    w.forge.spoil = None
    goes_on(w, r, told)
    w.close()


def lies_to_tell(elsewhere):
    """(host, name of the lie, [each lie])"""
    whole = os.environ.get("DFIX_TEST_TIER") == "all"
    kinds = ("github", "gitlab", "gitea")
    answers = {kind: answers_of(kind) for kind in kinds}
    for number, (name, spoil) in enumerate(lies(elsewhere).items()):
        for kind in kinds if whole else (kinds[number % 3],):
            first = 1 + number * 5 % answers[kind]
            at = range(1, answers[kind] + 1) if whole else (first,)
            yield kind, name, [(kind, name, spoil, x) for x in at]


def is_held(one_lie):
    try:
        lie(*one_lie)
        return True
    except Exception as why:  # each lie is told by itself
        print(f"not ok {type(why).__name__}: {why}", flush=True)
        return False


def main():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    World.cache = tempfile.mkdtemp(prefix="dfix-bot-cache-")
    try:
        bot_hosts.fill_cache()
        ends, told = [], lies_to_tell(f"http://127.0.0.1:{server.server_port}")
        with ThreadPoolExecutor(JOBS) as pool:
            for kind, name, each in [(*x[:2], pool.map(is_held, x[2])) for x in told]:
                held = list(each)
                print(f"{kind}, {name}: {held.count(True)} of {len(held)} held", flush=True)
                ends += held
    finally:
        shutil.rmtree(World.cache, ignore_errors=True)
    print(f"{len(ends)} lies, {ends.count(False)} believed")
    return 0 if ends and all(ends) else 1


if __name__ == "__main__":
    sys.exit(main())

"""prism_replay.py RECORDED PRISM DESCRIPTION: requests that dfix sent to the forge, each sent once more to
Prism, which answers 422 where one breaks GitHub's official description."""

import http.client
import json
import re
import socket
import subprocess
import sys
import time

API = "/api/v3"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def main():
    recorded, prism, description = sys.argv[1:4]
    with open(recorded, encoding="utf-8") as f:
        requests = {json.dumps(json.loads(line)): None for line in f}
    port = free_port()
    server = subprocess.Popen([prism, "mock", "-h", "127.0.0.1", "-p", str(port), description],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seen, bad = {}, []
    try:
        for _ in range(300):
            if answers(port):
                break
            time.sleep(0.2)
        for line in requests:
            method, path, body = json.loads(line)
            if not path.startswith(API):
                continue
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            # A slash in a parameter is the description's one segment.
            path = re.sub(r"(/git/refs?/)(.+)$", lambda m: m[1] + m[2].replace("/", "%2F"),
                          path[len(API):])
            connection.request(method, path, body or None, {
                "Accept": "application/json", "Authorization": "Bearer x",
                **({"Content-Type": "application/json"} if body else {})})
            answer = connection.getresponse()
            text = answer.read().decode(errors="replace")
            shape = method + " " + re.sub(r"[0-9a-f]{40}|\d+", "N", path.split("?")[0])
            seen[shape] = seen.get(shape, 0) + 1
            if answer.status in (404, 405) and "NO_PATH_MATCHED" in text or answer.status == 422 \
                    or answer.status == 400:
                bad.append(f"{method} {path} {body[:200]}: {answer.status} {text[:500]}")
    finally:
        server.terminate()
        server.wait()
    for shape, n in sorted(seen.items()):
        print(f"{n:5} {shape}")
    for line in bad[:10]:
        print("refused:", line)
    print(f"{sum(seen.values())} requests of {len(seen)} shapes, {len(bad)} refused")
    return 1 if bad or len(seen) < 12 else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""proxy.py PORT FOLDER - a proxy on loopback that keeps what it has fetched and never changes.

Packages and indexes by their hash; all else is fetched each time.
"""
import hashlib, http.server, os, sys, tempfile, urllib.error, urllib.request

port, folder = int(sys.argv[1]), sys.argv[2]
os.makedirs(folder, exist_ok=True)
direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
SENT = ("If-Modified-Since", "Range", "If-Range", "User-Agent", "Accept")
TOLD = ("Content-Length", "Content-Type", "Last-Modified", "ETag", "Content-Range", "Accept-Ranges")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"

    def log_message(self, *words):
        pass

    def do_GET(self):
        fixed = self.path.endswith(".deb") or "/by-hash/" in self.path
        keeps = fixed and "Range" not in self.headers
        kept = os.path.join(folder, hashlib.sha256(self.path.encode()).hexdigest())
        if keeps and os.path.exists(kept):
            with open(kept, "rb") as f:
                self.answer(200, {"Content-Length": str(os.fstat(f.fileno()).st_size)}, f, None)
            return
        wanted = {k: self.headers[k] for k in SENT if k in self.headers}
        try:
            reply = direct.open(urllib.request.Request(self.path, headers=wanted), timeout=60)
        except urllib.error.HTTPError as e:
            reply = e
        except OSError as e:
            self.send_error(502, str(e))
            return
        status = reply.status if hasattr(reply, "status") else reply.code
        told = {k: reply.headers[k] for k in TOLD if k in reply.headers}
        self.answer(status, told, reply, kept if keeps and status == 200 else None)

    def answer(self, status, headers, source, keep):
        """Keep: where the whole of it goes to, once it is all there."""
        self.send_response(status)
        for k, v in headers.items():
            self.send_header(k, v)
        self.end_headers()
        new = tempfile.NamedTemporaryFile(dir=folder, delete=False) if keep else None
        size = 0
        while chunk := source.read(1 << 16):
            size += len(chunk)
            self.wfile.write(chunk)
            if new:
                new.write(chunk)
        if new:
            new.close()
            whole = str(size) == headers.get("Content-Length", str(size))
            os.replace(new.name, keep) if whole else os.unlink(new.name)


http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()

#!/usr/bin/env python3
"""Hears a hook of comms and prints what it is told, once, if the signature is good.

    HOOK_SECRET=$(comms auth hook add desk) examples/hook-receiver.py 8080
"""
import base64, hashlib, hmac, http.server, json, os, sys, time

KEY = base64.b64decode(os.environ["HOOK_SECRET"].removeprefix("whsec_"))
seen = set()  # a real receiver keeps the ids, as long as deliveries are tried again


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(min(int(self.headers["content-length"] or 0), 1 << 20))
        id, at = self.headers["webhook-id"] or "", self.headers["webhook-timestamp"] or "0"
        mac = hmac.new(KEY, f"{id}.{at}.".encode() + body, hashlib.sha256).digest()
        good = "v1," + base64.b64encode(mac).decode()
        signed = (self.headers["webhook-signature"] or "").split()
        fresh = at.isdigit() and abs(time.time() - int(at)) < 300
        ok = fresh and any(hmac.compare_digest(good, one) for one in signed)
        self.send_response(200 if ok else 401)
        self.send_header("content-length", "0")
        self.end_headers()
        if ok and id not in seen:
            seen.add(id)
            print(json.dumps(json.loads(body)), flush=True)

    def log_message(self, *args):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()

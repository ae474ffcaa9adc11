"""`serve` and its clients: bodies too large, too deep, too slow, too many connections."""

import json
import socket
import time

from world import Broke, case

WEBHOOKS = '[accounts.wa]\nchannel = "whatsapp"\naddress = "+15550001111"\nphone_number_id = "123"\n'


class Serving:
    def __init__(self, world, *args):
        self.world = world
        world.config(WEBHOOKS)
        world.env.update(COMMS_SECRET_WA_WEBHOOK_SECRET="test_app_secret", COMMS_SECRET_WA_VERIFY_TOKEN="token")
        self.child, told = world.start("serve", "--listen", "127.0.0.1:0", *args)
        for _ in range(600):
            lines = [line for line in told.read_text().splitlines() if line.startswith("listen\thttp://")]
            if lines:
                host, port = lines[0].split("http://")[1].rsplit(":", 1)
                self.at = (host, int(port))
                return
            time.sleep(0.05)
        raise Broke("serve does not listen: " + told.with_suffix(".err").read_text()[-300:] if told.with_suffix(".err").exists() else "?")

    def ask(self, head, body=b"", pieces=(), patience=60):
        with socket.create_connection(self.at, timeout=patience) as peer:
            try:
                peer.sendall(head.encode() + b"\r\n\r\n" + body)
                for piece in pieces:
                    peer.sendall(piece)
            except OSError:
                pass
            try:
                return peer.recv(200).decode("latin-1").partition("\r\n")[0]
            except OSError:
                return ""

    def alive(self):
        if " 200" not in self.ask("GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close"):
            raise Broke("it does not answer any more")

    def end(self):
        self.world.stop(self.child)


def post(path, length, more=""):
    return f"POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {length}{more}"


@case("serve-bodies")
def _(world):
    """Bodies of 1 GB announced, chunked without end, JSON 100,000 deep, to every door"""
    key = world.run("--format", "plain", "auth", "key", "add", "try", "--scope", "send").out.strip().split("\t")[-1]
    serving = Serving(world)
    try:
        bearer = f"\r\nauthorization: Bearer {key}"
        deep = b"[" * 100_000
        flood = [b"10000\r\n" + b"x" * 65536 + b"\r\n"] * 2000
        for path in ("/webhooks/wa", "/v1/send", "/v1/search", "/mcp", "/nothing"):
            if " 20" in serving.ask(post(path, 1_000_000_000, bearer), b"x" * 100_000):
                raise Broke(f"{path} took 1 GB")
            serving.ask(post(path, len(deep), bearer), deep)
            chunked = post(path, 0, bearer).replace("content-length: 0", "transfer-encoding: chunked")
            serving.ask(chunked, pieces=flood)
            serving.ask(f"GET {path}?q={'(' * 50_000} HTTP/1.1\r\nhost: localhost\r\nconnection: close{bearer}")
            serving.ask(f"GET {path} HTTP/1.1\r\nhost: localhost\r\n" + "x-a: b\r\n" * 50_000)
        serving.alive()
    finally:
        serving.end()


@case("serve-connections", cpu_s=10)
def _(world):
    """2,000 connections that say nothing, or one byte"""
    serving = Serving(world)
    held = []
    try:
        for n in range(2_000):
            try:
                peer = socket.create_connection(serving.at, timeout=2)
                held.append(peer)
                if n % 2:
                    peer.sendall(b"G")
            except OSError:
                break
        for peer in held[:1000]:
            peer.close()
        time.sleep(1)
        serving.alive()
    finally:
        for peer in held:
            peer.close()
        serving.end()


@case("mcp-stdio")
def _(world):
    """An agent's line of 50 MB, JSON 100,000 deep, a batch of 100,000 calls"""
    for name, text in {
        "long": '{"jsonrpc":"2.0","id":1,"method":"' + "x" * 50_000_000,
        "deep": "[" * 100_000 + "\n",
        "batch": json.dumps([{"jsonrpc": "2.0", "id": n, "method": "ping"} for n in range(50_000)]) + "\n",
        "cursor": '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":"' + "A" * 1_000_000 + '"}}\n',
    }.items():
        world.run("mcp", stdin=world.file(f"{name}.in", text), codes=(0, 2))

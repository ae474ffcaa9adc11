"""`comms serve` under load: signed webhooks, and reads of the HTTP API that were answered before.

A call's time runs from the moment at which it was due, so that a server that falls behind can't hide it. The load comes
from the same machine.
"""
import hashlib
import hmac
import json
import os
import signal
import struct
import subprocess
import time

from .measuring import environment

LOAD = os.path.join(os.path.dirname(os.path.realpath(__file__)), "../load/calls.rs")
SECRET = b"bench"
CONFIG = """
[accounts.wa]
channel = "whatsapp"
address = "+15550001111"
phone_number_id = "123"
"""
WORDS = "budget harbour lantern meadow orchid pebble quartz raven saddle timber velvet willow zephyr".split()


class Load:
    """The load generator, built once, and how it is asked."""

    def __init__(self, work, connections):
        self.program, self.connections = f"{work}/calls", connections
        subprocess.run(["rustc", "-O", "--edition", "2024", "-o", self.program, LOAD], check=True)

    def start(self, address, prepared, rate, total):
        return subprocess.Popen([self.program, address, prepared, str(rate), str(self.connections), str(total)],
                                stdout=subprocess.PIPE, text=True)


class Server:
    """A `comms serve` of its own, with what it takes."""

    def __init__(self, binary, env, part):
        self.process = subprocess.Popen(
            [os.path.abspath(binary), "serve", "--listen", "127.0.0.1:0", "--only", part], env=env, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.address = self.process.stdout.readline().split("http://")[1].strip()

    def resident(self):
        """MB in memory now."""
        with open(f"/proc/{self.process.pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6

    def cpu(self):
        """Milliseconds so far."""
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") * 1e3

    def stop(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait()


def prepare(path, requests):
    with open(path, "wb") as file:
        for request in requests:
            file.write(struct.pack("<I", len(request)) + request)


def under(server, load, prepared, rate, seconds):
    """What the load generator tells, and of the server its CPU and its memory: after a fifth of the time, and at the end."""
    began, calls = server.cpu(), load.start(server.address, prepared, rate, rate * seconds)
    time.sleep(seconds / 5)
    early = server.resident()
    told = json.loads(calls.communicate()[0])
    return told | {"cpu": server.cpu() - began, "early": early, "late": server.resident()}


def webhook(n):
    body = json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "w", "changes": [{
        "field": "messages", "value": {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "15550001111", "phone_number_id": "123"},
            "contacts": [{"profile": {"name": f"Customer {n % 500}"}, "wa_id": str(14155550000 + n % 500)}],
            "messages": [{"from": str(14155550000 + n % 500), "id": f"wamid.{n}", "timestamp": str(1795262400 + n // 50),
                          "type": "text", "text": {"body": f"load number {n}: is the order on its way?"}}],
        }}]}]}).encode()
    tag = hmac.new(SECRET, body, hashlib.sha256).hexdigest()
    head = (f"POST /webhooks/wa HTTP/1.1\r\nhost: hooks.example.com\r\nuser-agent: facebookexternalua\r\n"
            f"content-type: application/json\r\nx-hub-signature-256: sha256={tag}\r\ncontent-length: {len(body)}\r\n\r\n")
    return head.encode() + body


def hooked(home):
    """An environment whose account takes what `webhook` makes."""
    os.makedirs(home, 0o700)
    with open(f"{home}/config.toml", "w") as file:
        file.write(CONFIG)
    return environment(home, COMMS_SECRET_WA_WEBHOOK_SECRET=SECRET.decode(), COMMS_SECRET_WA_VERIFY_TOKEN="unused")


def stored(binary, env):
    out = subprocess.run([binary, "search", "load", "--count", "--json"], env=env, stdout=subprocess.PIPE, text=True)
    return json.loads(out.stdout).get("total", -1) if out.stdout else -1


def mbox(path, count):
    with open(path, "w", encoding="ascii") as out:
        for n in range(count):
            text = " ".join(WORDS[(n * 7 + k * k) % len(WORDS)] for k in range(120))
            when = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime(1_760_000_000 + n * 60))
            out.write(f"From a@b.example Thu Jan  1 00:00:00 2026\nFrom: {WORDS[n % 13].title()} <{WORDS[n % 13]}@c.example>\n"
                      f"To: you@localhost\nDate: {when}\nSubject: {WORDS[n % 11]} {n}\nMessage-ID: <{n}@c.example>\n\n{text}\n\n")


def readable(binary, home, messages):
    """An environment with a store to read from, and a key to it."""
    os.makedirs(home, 0o700)
    env = environment(home)
    mbox(f"{home}.mbox", messages)
    subprocess.run([binary, "import", f"{home}.mbox"], env=env, check=True, capture_output=True)
    made = subprocess.run([binary, "auth", "key", "add", "bench", "--per-minute", "1000000"], env=env, check=True,
                          capture_output=True, text=True)
    return env, made.stdout.strip().splitlines()[-1].split()[-1]


def reads(key, messages):
    """A thousand different ones: lists, searches, messages."""
    for n in range(999):
        path = (f"/v1/threads?freshness=offline&limit={10 + n % 7}", f"/v1/search?query={WORDS[n % 13]}+{WORDS[n % 11]}",
                f"/v1/messages/m{n * 37 % messages + 1}")[n % 3]
        yield f"GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {key}\r\n\r\n".encode()


def rows(options, work, table):
    load = Load(work, 32)
    table.head(f"Serve: {options.seconds} s each at a steady pace, the load on the same machine")
    reading(options, (work, load), table)
    posting(options, (work, load), table)


def reading(options, of, table):
    work, load = of
    binary, rate, messages = os.path.abspath(options.binary), options.reads, 20_000
    env, key = readable(binary, f"{work}/reading", messages)
    prepare(f"{work}/reads", reads(key, messages))
    server = Server(binary, env, "api")
    try:
        under(server, load, f"{work}/reads", rate // 2, 4)
        told = under(server, load, f"{work}/reads", rate, options.seconds)
    finally:
        server.stop()
    lines(table, ("reads", rate, options.seconds), told)


def posting(options, of, table):
    work, load = of
    binary, rate = os.path.abspath(options.binary), options.webhooks
    env = hooked(f"{work}/posting")
    total = rate * options.seconds
    prepare(f"{work}/webhooks", map(webhook, range(total)))
    server = Server(binary, env, "webhooks")
    try:
        told = under(server, load, f"{work}/webhooks", rate, options.seconds)
        until, found = time.monotonic() + 300, -1
        while found != told["ok"] and time.monotonic() < until:
            time.sleep(0.2)
            found = stored(binary, env)
    finally:
        server.stop()
    lines(table, ("webhooks", rate, options.seconds), told)
    table.row("… of them stored", 100 * found / max(1, told["ok"]), "%", [], "all that were answered", found == told["ok"])


def lines(table, of, told):
    name, rate, seconds = of
    all_ok = told["ok"] == rate * seconds
    table.row(name, told["per_s"], f"/s", [], f"{rate:,} a second, none refused", all_ok and told["per_s"] >= 0.98 * rate)
    table.row("… the slowest of a hundred", told["p99_ms"], "ms", [("median", told["p50_ms"])])
    table.row("… CPU of each", told["cpu"] / max(1, told["ok"]) * 1e3, "µs")
    table.row("… memory at the end", told["late"], "MB", [("after a fifth", told["early"])], "≤ 1.2 × that of a fifth",
              told["late"] <= 1.2 * told["early"])

"""Everyone who takes part in the soak: processes that are killed, senders, deliverers, callers, readers, and the faults."""

import collections
import hashlib
import hmac
import http.client
import json
import os
import queue
import signal
import sqlite3
import subprocess
import threading
import time
import traceback

from parts import mail
from parts.home import kill

APP_SECRET = "soak_app_secret"
CRASHES = []


def note_crash(given):
    """A thread of the harness that ends by a fault of its own spoils the run."""
    CRASHES.append("".join(traceback.format_exception(given.exc_type, given.exc_value, given.exc_traceback)))


class Process:
    """One process that is started again whenever it ended; each start is a generation."""

    def __init__(self, soak, name, args):
        self.soak, self.name, self.args = soak, name, args
        self.child, self.generations, self.kills = None, 0, 0
        self.samples, self.worst = [], {}
        self.ends = collections.Counter()

    def keep_up(self):
        """Starts it if it does not run."""
        if self.child is not None:
            code = self.child.poll()
            if code is None:
                return
            self.ends[code] += 1
        out = open(self.soak.root / f"{self.name}.out", "ab")
        err = open(self.soak.root / f"{self.name}.err", "ab")
        self.child = self.soak.home.start(*self.args, stdout=out, stderr=err)
        out.close()
        err.close()
        self.generations += 1

    def kill(self):
        if self.child is not None and kill(self.child):
            self.kills += 1
            self.ends["killed"] += 1
            self.child = None

    def sample(self, at):
        """Memory (KiB), threads and open files of the running generation."""
        found = usage(self.child.pid) if self.child is not None and self.child.poll() is None else None
        if found:
            self.samples.append((at, self.generations, *found))


def usage(pid):
    try:
        with open(f"/proc/{pid}/status") as file:
            fields = dict(line.split(":", 1) for line in file)
        return int(fields["VmRSS"].split()[0]), int(fields["Threads"]), len(os.listdir(f"/proc/{pid}/fd"))
    except (OSError, KeyError, ValueError):
        return None


class Soak:
    def __init__(self, home, dovecot, lines, chance, root):
        self.home, self.dovecot, self.lines, self.chance, self.root = home, dovecot, lines, chance, root
        self.over = threading.Event()
        self.lock = threading.Lock()
        # Subject -> (door, what its sender was told: None if nobody was).
        self.sent, self.told = {}, {}
        self.keyed = set()
        self.delivered, self.perhaps = set(), set()
        self.posted, self.tried = set(), set()
        self.counts = collections.Counter()
        self.codes = collections.Counter()
        self.odd = []
        self.stopped = set()
        self.threads = []
        steady, victim = mail.free_ports(2)
        self.ports = {"steady": steady, "victim": victim}
        self.steady = Process(self, "serve (steady)", ["serve", "--listen", f"127.0.0.1:{steady}", "--access-log", "off"])
        self.victims = [
            Process(self, "serve", ["serve", "--listen", f"127.0.0.1:{victim}", "--access-log", "off"]),
            Process(self, "outbox run --follow", ["outbox", "run", "--follow"]),
            Process(self, "inbox watch", ["inbox", "watch", "--format", "jsonl"]),
        ]

    def begin(self):
        made = self.home.run("auth", "key", "add", "soak", "--scope", "send", "--per-minute", "100000")
        assert made.code == 0, str(made)
        self.key = made.out.strip()
        self.steady.keep_up()
        mail.wait_for(self.ports["steady"])
        # Calls come to the killed server through a faulty line, to the steady one on a clean one.
        line, port = self.lines.line(self.ports["victim"], 10, 2000)
        self.lines_to["http"] = line
        self.ports["victim"] = port
        work = [self.watch_over, self.break_things, self.deliver, self.post, self.sync, self.mark, self.follow, self.agent,
                self.back_up]
        work += [self.send_by_hand] * 2 + [self.send_by_http] * 2 + [self.read]
        for n, act in enumerate(work):
            thread = threading.Thread(target=act, name=f"{act.__name__} {n}", daemon=True)
            self.threads.append(thread)
            thread.start()

    def sample(self, at):
        for process in [self.steady, *self.victims]:
            process.sample(at)

    def short(self):
        return (f"{len(self.sent)} sends, {len(self.delivered)} mails delivered, {len(self.posted)} calls answered, "
                f"{self.counts['kill']} kills, {self.counts['stop']} stops, steady serve {self.steady.samples[-1][2:]}")

    def wait(self, least, most):
        """Sleeps for a while; whether to go on."""
        return not self.over.wait(self.chance.uniform(least, most))

    def strange(self, words):
        """Something that must not happen."""
        with self.lock:
            self.odd.append(f"{time.strftime('%H:%M:%S')} {words}")

    # The processes, and what befalls them.

    def watch_over(self):
        while self.wait(0.2, 0.6):
            for process in self.victims:
                process.keep_up()
            if self.steady.child.poll() is not None:
                self.strange(f"the steady serve ended with {self.steady.child.returncode}")
                self.steady.keep_up()

    def break_things(self):
        while self.wait(1, 5):
            fault = self.chance.choices(["kill", "term", "stop", "sever", "line", "dovecot"], [40, 8, 14, 14, 10, 3])[0]
            self.counts[fault] += 1
            victim = self.chance.choice(self.victims)
            child = victim.child
            if fault == "kill":
                victim.kill()
            elif fault == "term" and child is not None:
                child.send_signal(signal.SIGTERM)
            elif fault == "stop":
                # The steady one is stopped, too: it must find its way back.
                self.pause(self.chance.choice([*self.victims, self.steady]).child)
            elif fault == "sever":
                self.lines.sever(self.chance.choice(list(self.lines_to.values())))
            elif fault == "line":
                line = self.chance.choice(list(self.lines_to.values()))
                line.down = True
                self.wait(1, 8)
                line.down = False
            elif fault == "dovecot":
                self.dovecot.stop()
                self.wait(0.5, 5)
                self.dovecot.start()

    def pause(self, child):
        if child is None or child.poll() is not None:
            return
        child.send_signal(signal.SIGSTOP)
        # At times longer than another process waits for the store (10 s).
        self.wait(0.1, 14)
        child.send_signal(signal.SIGCONT)

    # Senders.

    def name(self, door):
        with self.lock:
            subject = f"soak{len(self.sent):06d}"
            self.sent[subject] = door
        return subject

    def learned(self, subject, told):
        with self.lock:
            self.told[subject] = told
            self.codes[f"{self.sent[subject]}: {told}"] += 1

    def send_by_hand(self):
        """A script: sends, sometimes is killed, and with a key repeats until it was told."""
        while self.wait(0.5, 6):
            subject = self.name("command")
            to = "bob@bounce.example" if self.chance.random() < 0.03 else "bob@example.com"
            args = ["send", to, "-s", subject, "-m", "x" * self.chance.choice([1, 1, 300, 9000]), "--json"]
            if self.chance.random() < 0.3:
                args += ["--queue"]
            if self.chance.random() < 0.3:
                args += ["--from", "work"]
            with_key = self.chance.random() < 0.5
            if with_key:
                args += ["--key", subject]
                self.keyed.add(subject)
            while True:
                child = self.home.start(*args, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                patience = self.chance.uniform(0, 0.3) if self.chance.random() < 0.3 else 900
                try:
                    out, err = child.communicate(timeout=patience)
                except subprocess.TimeoutExpired:
                    child.kill()
                    out, err = child.communicate()
                    self.counts["kill"] += 1
                code = child.returncode
                self.judge(args, code, err)
                if with_key and (code < 0 or code == 7) and self.wait(0.1, 2):
                    continue
                break
            self.learned(subject, code)

    def judge(self, args, code, err):
        """A command may end in these ways here; any other is told."""
        words = err.decode("utf-8", "replace")
        if code not in (0, 5, 6, 7, 8, 9, 10, -9) or "panicked" in words:
            self.strange(f"`{' '.join(args)[:160]}` ended with {code}: {words.strip()[:600]}")

    def send_by_http(self):
        """A program: its key makes a send one, so it repeats what was not answered."""
        while self.wait(0.5, 4):
            subject = self.name("http")
            self.keyed.add(subject)
            body = {"to": ["bob@example.com"], "subject": subject, "text": "y" * self.chance.choice([1, 50, 5000])}
            if self.chance.random() < 0.3:
                body["queue"] = True
            if self.chance.random() < 0.3:
                body["from"] = "work"
            told = None
            while told is None:
                status, answer = self.call("POST", "/v1/messages", body, {"Idempotency-Key": subject})
                if status in (200, 202, 422, 424):
                    told = status
                elif status not in (None, 503):
                    self.strange(f"POST /v1/messages: {status} {answer[:400]}")
                    told = status
                elif not self.wait(0.2, 2):
                    break
            self.learned(subject, told)

    def call(self, method, path, body=None, headers=None):
        """One call to either server; no status if the line broke."""
        steady = self.chance.random() < 0.5
        port = self.ports["steady" if steady else "victim"]
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=150)
        try:
            data = json.dumps(body).encode() if body is not None else None
            given = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json", "Host": "localhost"}
            connection.request(method, path, data, {**given, **(headers or {})})
            answer = connection.getresponse()
            return answer.status, answer.read().decode("utf-8", "replace")
        except (OSError, http.client.HTTPException):
            return None, ""
        finally:
            connection.close()

    def agent(self):
        """A client of the MCP server, which is killed under it now and then; with its keys it repeats."""
        client = None
        while self.wait(1, 8):
            subject = self.name("agent")
            self.keyed.add(subject)
            while True:
                client = client if client is not None and client.alive() else Agent(self.home)
                if self.chance.random() < 0.1:
                    threading.Timer(self.chance.uniform(0, 0.3), client.kill).start()
                told = client.send({"to": ["bob@example.com"], "subject": subject, "text": "z", "key": subject})
                if told is not None or not self.wait(0.1, 1):
                    break
                self.counts["kill"] += 1
            if told is not None and told.get("isError") and "unavailable" not in json.dumps(told):
                self.strange(f"MCP send: {json.dumps(told)[:400]}")
            self.learned(subject, None if told is None else "error" if told.get("isError") else "answered")
        if client is not None:
            client.kill()

    # What comes in.

    def deliver(self):
        """Another mail server hands mail over; what was answered 250 is there."""
        n = 0
        while self.wait(0.2, 2):
            n += 1
            word = f"dmail{n:06d}"
            size = self.chance.choice([10, 10, 200, 20_000])
            raw = (f"From: Ada <ada@elsewhere.example>\r\nTo: ann@example.com\r\nSubject: {word}\r\n"
                   f"Date: {time.strftime('%a, %d %b %Y %H:%M:%S +0000', time.gmtime())}\r\n"
                   f"Message-ID: <{word}@elsewhere.example>\r\n\r\n" + "word " * size + "\r\n")
            try:
                self.dovecot.deliver(raw)
                self.delivered.add(word)
            except Exception:
                self.perhaps.add(word)

    def post(self):
        """WhatsApp calls, signed, and calls again until it is answered 200."""
        n = 0
        while self.wait(0.05, 0.8):
            n += 1
            word = f"wcall{n:06d}"
            self.tried.add(word)
            message = {"from": "14155550100", "id": f"wamid.{word}", "timestamp": str(int(time.time())), "type": "text",
                       "text": {"body": f"{word} from the customer"}}
            value = {"messaging_product": "whatsapp", "messages": [message],
                     "metadata": {"display_phone_number": "15550001111", "phone_number_id": "123"},
                     "contacts": [{"profile": {"name": "Ada"}, "wa_id": "14155550100"}]}
            body = {"object": "whatsapp_business_account", "entry": [{"id": "w", "changes": [{"field": "messages", "value": value}]}]}
            data = json.dumps(body).encode()
            signature = "sha256=" + hmac.new(APP_SECRET.encode(), data, hashlib.sha256).hexdigest()
            for again in range(6):
                status, answer = self.call("POST", "/webhooks/wa", body, {"X-Hub-Signature-256": signature})
                if status == 200:
                    self.posted.add(word)
                    if self.chance.random() > 0.1:
                        break
                elif status not in (None, 503):
                    self.strange(f"POST /webhooks/wa: {status} {answer[:300]}")
                    break
                if not self.wait(0.05, 1):
                    break

    def sync(self):
        while self.wait(1, 10):
            child = self.home.start("inbox", "sync", "--json", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            patience = self.chance.uniform(0, 0.5) if self.chance.random() < 0.5 else 600
            try:
                _, err = child.communicate(timeout=patience)
                self.judge(["inbox", "sync"], child.returncode, err)
            except subprocess.TimeoutExpired:
                child.kill()
                child.communicate()
                self.counts["kill"] += 1

    def mark(self):
        """A person reads and stars what came."""
        while self.wait(2, 9):
            found = self.home.run("search", "account:work is:unread", "--limit", "5", "--json")
            self.judge(["search"], found.code, found.err.encode())
            ids = [one["id"] for one in found.json()["messages"]] if found.code == 0 else []
            if ids:
                how = self.chance.choice([["--read"], ["--star"], ["--read", "--star"]])
                child = self.home.start("inbox", "mark", self.chance.choice(ids), *how, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE)
                patience = self.chance.uniform(0, 0.3) if self.chance.random() < 0.4 else 600
                try:
                    _, err = child.communicate(timeout=patience)
                    self.judge(["inbox", "mark"], child.returncode, err)
                except subprocess.TimeoutExpired:
                    child.kill()
                    child.communicate()
                    self.counts["kill"] += 1

    # Readers.

    def read(self):
        while self.wait(0.1, 0.9):
            self.counts["read"] += 1
            path = self.chance.choice(["/v1/threads?freshness=offline", "/v1/search?query=word", "/v1/outbox", "/v1/status",
                                       "/v1/threads?freshness=offline&unread=true", "/v1/contacts"])
            if self.chance.random() < 0.8:
                status, answer = self.call("GET", path)
                if status not in (None, 200, 503):
                    self.strange(f"GET {path}: {status} {answer[:300]}")
            else:
                args = self.chance.choice([["inbox", "--offline"], ["search", "word"], ["outbox", "list"], ["search", "wcall00*"]])
                run = self.home.run(*args, "--json")
                self.judge(args, run.code, run.err.encode())

    def follow(self):
        """A client that reads events as they come, and goes on where it was after its stream broke."""
        self.seen, last = collections.Counter(), None
        while not self.over.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", self.ports["victim"], timeout=30)
            try:
                headers = {"Authorization": f"Bearer {self.key}", "Accept": "text/event-stream", "Host": "localhost"}
                if last:
                    headers["Last-Event-ID"] = last
                connection.request("GET", "/v1/events", headers=headers)
                answer = connection.getresponse()
                if answer.status != 200:
                    if answer.status != 503:
                        self.strange(f"GET /v1/events: {answer.status} {answer.read()[:300]}")
                    continue
                event = {}
                while not self.over.is_set() and (line := answer.readline()):
                    name, _, value = line.decode("utf-8", "replace").rstrip("\r\n").partition(":")
                    event[name] = value.strip()
                    if line in (b"\n", b"\r\n"):
                        if "data" in event and "id" in event:
                            last = event["id"]
                            self.seen[event["data"]] += 1
                        event = {}
            except (OSError, http.client.HTTPException):
                pass
            finally:
                connection.close()
            self.wait(0.1, 1)

    def back_up(self):
        """Another program looks into the files and copies them, as examples/backup.sh does."""
        while self.wait(3, 20):
            self.counts["backup"] += 1
            name = self.chance.choice(["comms.db", "comms.db", "raw.db", "index.db", "people.db"])
            to = self.root / "backup.db"
            to.unlink(missing_ok=True)
            try:
                source, copy = sqlite3.connect(self.home.path / name, timeout=30), sqlite3.connect(to)
                source.backup(copy)
                found = [row[0] for row in copy.execute("PRAGMA integrity_check")]
                copy.close()
                source.close()
                if found != ["ok"]:
                    self.strange(f"a copy of {name}: {found[:3]}")
            except sqlite3.Error as error:
                self.strange(f"copying {name}: {error}")

    # The end.

    def calm_down(self):
        """Faults stop, everyone comes to an end of what was begun."""
        self.over.set()
        for line in self.lines_to.values():
            line.calm, line.down = True, False
        self.sink.calm = True
        for thread in self.threads:
            thread.join(300)
            if thread.is_alive():
                self.strange(f"{thread.name} never came to an end")
        if self.dovecot.child is None:
            self.dovecot.start()

    def end(self):
        self.over.set()
        for process in [self.steady, *self.victims]:
            if process.child is not None:
                process.child.send_signal(signal.SIGCONT)
                kill(process.child)


class Agent:
    """A session with `comms mcp`."""

    def __init__(self, home):
        self.child = home.start("mcp", "--allow-send", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.lines = queue.Queue()
        self.count = 0
        threading.Thread(target=self.hear, daemon=True).start()
        self.ask("initialize", {"protocolVersion": "2025-11-25", "capabilities": {},
                                "clientInfo": {"name": "soak", "version": "1"}})
        self.say({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def hear(self):
        for line in self.child.stdout:
            self.lines.put(json.loads(line))
        self.lines.put(None)

    def alive(self):
        return self.child.poll() is None

    def kill(self):
        kill(self.child)

    def say(self, message):
        try:
            self.child.stdin.write(json.dumps(message).encode() + b"\n")
            self.child.stdin.flush()
        except OSError:
            pass

    def ask(self, method, params):
        """The result; `None` if the server died first."""
        self.count += 1
        self.say({"jsonrpc": "2.0", "id": self.count, "method": method, "params": params})
        while True:
            try:
                answer = self.lines.get(timeout=700)
            except queue.Empty:
                return {"isError": True, "why": "it never answered"}
            if answer is None:
                return None
            if answer.get("id") == self.count:
                return answer.get("result") or {"isError": True, **answer}

    def send(self, arguments):
        return self.ask("tools/call", {"name": "send", "arguments": arguments})

"""Sending through SMTP beside msmtp and apprise, on one local sink.

The sink answers at once and keeps nothing but a count, so what is measured is the sender. One send: the wall time of a
whole `comms send` less that of the bare SMTP exchange, spoken by a few lines of Python over the same sink. Many: wall time
of `comms outbox run` over queued mails against the rivals sending one by one, which is all they can; theirs is measured
on fewer.
"""
import asyncio
import multiprocessing
import os
import shutil
import socket
import statistics
import time

from .measuring import environment, free_port, measure, wait_for
from .table import above, below

BODY = "The build is green.\n" * 20


class Sink(asyncio.Protocol):
    """The least that every client takes for an SMTP server."""

    def __init__(self, count):
        self.count, self.data, self.buffer = count, False, b""

    def connection_made(self, transport):
        self.transport = transport
        transport.write(b"220 sink\r\n")

    def data_received(self, data):
        self.buffer += data
        out = []
        while True:
            if self.data:
                end = self.buffer.find(b"\r\n.\r\n")
                if end < 0:
                    break
                self.buffer = self.buffer[end + 5:]
                self.data = False
                with self.count.get_lock():
                    self.count.value += 1
                out.append(b"250 2.0.0 taken\r\n")
                continue
            end = self.buffer.find(b"\r\n")
            if end < 0:
                break
            line, self.buffer = self.buffer[:end].upper(), self.buffer[end + 2:]
            if line.startswith(b"EHLO"):
                out.append(b"250-sink\r\n250-PIPELINING\r\n250-SIZE 100000000\r\n250 8BITMIME\r\n")
            elif line.startswith(b"DATA"):
                out.append(b"354 go on\r\n")
                self.data = True
            elif line.startswith(b"QUIT"):
                self.transport.write(b"".join(out) + b"221 bye\r\n")
                self.transport.close()
                return
            else:
                out.append(b"250 ok\r\n")
        if out:
            self.transport.write(b"".join(out))


def serve(port, count):
    async def run():
        server = await asyncio.get_running_loop().create_server(lambda: Sink(count), "127.0.0.1", port)
        await server.serve_forever()
    asyncio.run(run())


def bare_exchange(port):
    """One mail the shortest way, in ms."""
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", port)) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        s.recv(4096)
        for words in (b"EHLO bench\r\n", b"MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\n", b"DATA\r\n",
                      b"Subject: x\r\n\r\n" + BODY.replace("\n", "\r\n").encode() + b".\r\n", b"QUIT\r\n"):
            s.sendall(words)
            expected, seen = words.count(b"\r\n") if words.startswith(b"MAIL") else 1, b""
            while sum(1 for l in seen.split(b"\r\n") if l[3:4] == b" ") < expected:
                more = s.recv(4096)
                if not more:
                    break
                seen += more
    return (time.monotonic() - began) * 1e3


def timed(command, env=None, text=""):
    run = measure(command, env, text)
    if run.code:
        raise SystemExit(f"`{' '.join(command)}` ended with {run.code}")
    return run.wall


def rows(options, work, table):
    port, count = free_port(), multiprocessing.Value("q", 0)
    sink = multiprocessing.Process(target=serve, args=(port, count), daemon=True)
    sink.start()
    try:
        wait_for(port)
        measured(options, (work, port, count), table)
    finally:
        sink.terminate()


def measured(options, of, table):
    work, port, count = of
    binary, home = os.path.abspath(options.binary), f"{work}/sending"
    os.makedirs(home)
    with open(f"{home}/config.toml", "w") as file:
        file.write(f'[accounts.bench]\nchannel = "smtp"\naddress = "a@example.com"\nsmtp = "127.0.0.1:{port}"\n'
                   'tls = "none"\nauth = "none"\n')
    env = environment(home, COMMS_ORIGIN="script")
    send = [binary, "send", "b@example.com", "-s", "bench", "-m", BODY]
    timed(send, env)
    table.head(f"Sending {options.mails:,} mails to a local SMTP sink, wall time")

    bare, ours, start = [], [], []
    for _ in range(max(options.runs, 11)):
        bare.append(bare_exchange(port))
        ours.append(timed(send, env))
        start.append(timed([binary, "--version"], env))
    bare, ours, start = map(statistics.median, (bare, ours, start))
    own = ours - bare - start
    table.row("one send", ours, "ms", [("the bare exchange", bare), ("--version", start)])
    table.row("… own part of it", own, "ms", [], "≤ 5 ms: journal, policy, route, report", below(own, 5))

    for n in range(options.mails):
        timed([binary, "send", "b@example.com", "--queue", "-s", f"bench {n}", "-m", BODY], env)
    before = count.value
    took = timed([binary, "outbox", "run"], env)
    if count.value - before != options.mails:
        raise SystemExit(f"{count.value - before} of {options.mails} mails arrived")
    rates = one_by_one(options, (port, count), table)
    rate = options.mails / took * 1e3
    for name, times in (("msmtp", 3), ("apprise", 10)):
        theirs = rates.get(name)
        table.row(f"many, beside {name}", rate, "mail/s", [(name, theirs)], f"≥ {times} × {name}",
                  above(rate, [(theirs, times)]))


def one_by_one(options, of, table):
    """name -> mails per second of the rivals that are installed."""
    port, count = of
    rivals = {"msmtp": (["msmtp", "--host=127.0.0.1", f"--port={port}", "--from=a@example.com", "--tls=off", "--auth=off",
                         "b@example.com"], "Subject: bench\n\n" + BODY, 200) if shutil.which("msmtp") else None,
              "apprise": ([options.apprise, "-t", "bench", "-b", BODY,
                           f"mailto://127.0.0.1:{port}/?from=a@example.com&to=b@example.com&mode=insecure&smtp=127.0.0.1"],
                          "", 30) if options.apprise else None}
    rates = {}
    for name, rival in rivals.items():
        if not rival:
            table.note(f"{name} is not installed, left out")
            continue
        command, text, most = rival
        n = min(options.mails, most)
        before = count.value
        rates[name] = n / sum(timed(command, text=text) for _ in range(n)) * 1e3
        if count.value - before != n:
            table.note(f"{name}: {count.value - before} of {n} mails arrived")
    return rates

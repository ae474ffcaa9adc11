"""A thread that serves: an SMTP sink that keeps what it takes, and lines through which connections are cut, hang and crawl."""

import asyncio
import collections
import logging
import random
import re
import socket
import struct
import threading

from aiosmtpd.smtp import SMTP

# Broken connections are what this is for.
logging.getLogger("asyncio").setLevel(logging.CRITICAL)
logging.getLogger("mail.log").setLevel(logging.CRITICAL)


class Sink:
    """Takes mail for everyone but bounce.example (550, for ever); now and then it says 451 to all, or takes its time."""

    def __init__(self, chance):
        self.chance = chance
        self.calm = False
        self.copies = collections.Counter()
        self.put_off = 0
        self.lock = threading.Lock()

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.endswith("@bounce.example"):
            return "550 5.1.1 no such user here"
        if not self.calm and self.chance.random() < 0.04:
            self.put_off += 1
            return "451 4.7.1 come back later"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server, session, envelope):
        if not self.calm:
            await asyncio.sleep(self.chance.random() * 0.05)
        found = re.search(rb"^Subject: (.*?)\r?$", envelope.content, re.M | re.I)
        with self.lock:
            self.copies[found.group(1).decode() if found else ""] += 1
        if not self.calm:
            await asyncio.sleep(self.chance.random() * 0.05)
        return "250 2.0.0 taken"

    def factory(self):
        return SMTP(self, hostname="sink.example", enable_SMTPUTF8=True, data_size_limit=None)


class Line:
    """A port in front of another: of its connections so many in a hundred meet a fault."""

    def __init__(self, chance, target, faulty, reach):
        self.chance, self.target, self.faulty, self.reach = chance, target, faulty, reach
        self.down = False
        self.calm = False
        self.met = collections.Counter()
        self.open = set()

    async def serve(self, reader, writer):
        fault, after = None, 0
        if not self.calm and self.chance.random() * 100 < self.faulty:
            fault = self.chance.choice(["refuse", "cut", "cut", "cut", "reset", "reset", "hang", "crawl"])
            # Faults lie near the beginning, where the words are, more often than far on.
            after = int(self.reach ** self.chance.random()) + self.chance.randrange(64)
        if self.down:
            fault, after = "refuse", 0
        self.met[fault or "clean"] += 1
        if fault == "refuse":
            writer.transport.abort()
            return
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        both = (writer, up_writer)
        self.open.add(both)
        budget = [after]
        ways = [asyncio.ensure_future(self.carry(reader, up_writer, (fault, budget))),
                asyncio.ensure_future(self.carry(up_reader, writer, (fault, budget)))]
        try:
            done, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            if any(way.result() == "fault" for way in done):
                if fault == "hang":
                    await asyncio.sleep(self.chance.uniform(2, 25))
                if fault == "reset":
                    reset(writer)
                    reset(up_writer)
            else:
                # One side has said its last word; the other may go on for a moment.
                await asyncio.wait(ways, timeout=5)
        finally:
            for way in ways:
                way.cancel()
            self.open.discard(both)
            for side in both:
                side.close()

    async def carry(self, reader, writer, plan):
        fault, budget = plan
        try:
            while data := await reader.read(16384):
                if fault in ("cut", "reset", "hang"):
                    part = data[:budget[0]]
                    budget[0] -= len(data)
                    if budget[0] <= 0:
                        writer.write(part)
                        await writer.drain()
                        return "fault"
                if fault == "crawl" and budget[0] > 0:
                    budget[0] -= len(data)
                    for n in range(0, len(data), 200):
                        writer.write(data[n:n + 200])
                        await asyncio.sleep(0.02)
                else:
                    writer.write(data)
                await writer.drain()
            if writer.can_write_eof():
                writer.write_eof()
        except OSError:
            pass
        return "end"

    def sever(self):
        """Cuts every connection there is."""
        for pair in list(self.open):
            for side in pair:
                reset(side)


def reset(writer):
    """The other side gets a RST instead of an end."""
    handle = writer.get_extra_info("socket")
    if handle is not None:
        try:
            handle.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:
            pass
    writer.transport.abort()


class Lines:
    """The loop on which sink and lines live."""

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.loop = asyncio.new_event_loop()
        self.loop.set_exception_handler(lambda *_: None)
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.all = []

    def listen(self, serve):
        """Serves connections on a free port."""
        starting = asyncio.start_server(serve, "127.0.0.1", 0, backlog=200)
        server = asyncio.run_coroutine_threadsafe(starting, self.loop).result(10)
        return server.sockets[0].getsockname()[1]

    def sink(self):
        sink = Sink(self.chance)
        starting = self.loop.create_server(sink.factory, "127.0.0.1", 0, backlog=200)
        server = asyncio.run_coroutine_threadsafe(starting, self.loop).result(10)
        return sink, server.sockets[0].getsockname()[1]

    def line(self, target, faulty, reach=3000):
        """A line to this port: so many faults in a hundred, each within about so many bytes. Gives it and its port."""
        line = Line(self.chance, target, faulty, reach)
        self.all.append(line)
        return line, self.listen(line.serve)

    def sever(self, line):
        self.loop.call_soon_threadsafe(line.sever)

    def stop(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)

"""Servers that lie, drip, never end: IMAP, SMTP and HTTP peers played by threads of this process."""

import gzip
import io
import socket
import threading
import time

from mail import GOOD
from world import Broke, case, repeat


def listen(serve):
    """A server on a free port; `serve` gets each connection as a file, in a thread of its own."""
    at = socket.create_server(("127.0.0.1", 0))

    def accept():
        while True:
            try:
                peer, _ = at.accept()
            except OSError:
                return
            threading.Thread(target=talk, args=(peer,), daemon=True).start()

    def talk(peer):
        try:
            with peer, peer.makefile("rwb") as file:
                serve(file)
        except OSError:
            pass

    threading.Thread(target=accept, daemon=True).start()
    return at.getsockname()[1]


def say(file, text):
    file.write(text if isinstance(text, bytes) else text.encode())
    file.flush()


# --- IMAP


def imap(world, trap, messages=3):
    """An account on a server that behaves, but for what `trap(file, tag, line)` answers itself (true: answered)."""

    def serve(file):
        say(file, "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR LITERAL+ UIDPLUS] ready\r\n")
        while line := file.readline():
            tag, _, rest = line.decode().strip().partition(" ")
            verb = " ".join(rest.upper().split()[:2])
            if trap(file, tag, rest):
                continue
            if verb.startswith("AUTHENTICATE") and len(rest.split()) < 3:
                say(file, "+ \r\n")
                file.readline()
            if verb.startswith("CAPABILITY"):
                say(file, "* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR LITERAL+ UIDPLUS\r\n")
            elif verb.startswith("LIST"):
                say(file, '* LIST (\\HasNoChildren) "/" INBOX\r\n')
            elif verb.startswith(("SELECT", "EXAMINE")):
                say(file, f"* {messages} EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT {messages + 1}] x\r\n")
            elif verb.startswith("STATUS"):
                say(file, f"* STATUS INBOX (MESSAGES {messages} UIDNEXT {messages + 1} UIDVALIDITY 7)\r\n")
            elif verb == "UID SEARCH":
                say(file, "* SEARCH " + " ".join(str(n) for n in range(1, messages + 1)) + "\r\n")
            elif verb == "UID FETCH":
                fetch(file, rest, messages)
            say(file, f"{tag} OK done\r\n")
            if verb.startswith("LOGOUT"):
                return

    port = listen(serve)
    world.config(
        f'[accounts.work]\nchannel = "imap"\naddress = "ada@example.com"\nimap = "127.0.0.1:{port}"\ntls = "none"\n'
    )
    world.env["COMMS_SECRET_WORK"] = "secret"


def fetch(file, rest, messages):
    for uid in asked(rest, messages):
        text = GOOD.replace("good@", f"good{uid}@").replace("\n", "\r\n").encode()
        if "BODY" in rest:
            say(file, f"* {uid} FETCH (UID {uid} FLAGS () BODY[] {{{len(text)}}}\r\n".encode() + text + b")\r\n")
        else:
            say(file, f"* {uid} FETCH (UID {uid} FLAGS () RFC822.SIZE {len(text)})\r\n")


def asked(rest, messages):
    uids = []
    for piece in rest.split()[2].split(","):
        low, _, high = piece.partition(":")
        high = high or low
        high = messages if high == "*" else int(high)
        uids += range(int(low), min(high, messages) + 1)
    return uids


def stored(world, atleast, **how):
    ended = world.run("--json", "inbox", "sync", codes=(0, 7, 9), **how)
    found = world.run("--json", "search", "harmless").json()["messages"]
    if len(found) < atleast:
        raise Broke(f"{len(found)} of the good messages arrived: {ended.err.strip()[-300:]}")
    return ended


@case("imap-literal-2gb")
def _(world):
    """A message announced with 2,000,000,000 bytes: named in the report, the others arrive"""

    def trap(file, tag, line):
        if not line.upper().startswith("UID FETCH"):
            return False
        for uid in asked(line, 3):
            if uid != 2:
                fetch(file, line.replace(line.split()[2], str(uid), 1), 3)
            elif "BODY" in line:
                say(file, "* 2 FETCH (UID 2 FLAGS () BODY[] {2000000000}\r\n")
                try:
                    for piece in repeat("x" * 76 + "\r\n", 26_000_000):
                        say(file, piece)
                except OSError:
                    return True
            else:
                say(file, "* 2 FETCH (UID 2 FLAGS () RFC822.SIZE 2000000000)\r\n")
        say(file, f"{tag} OK done\r\n")
        return True

    imap(world, trap)
    if "1907 MB" not in stored(world, 2).out:
        raise Broke("the report does not name the message")
    stored(world, 2)


@case("imap-literal-lie")
def _(world):
    """Every message announced with 18,446,744,073,709,551,615 bytes"""

    def trap(file, tag, line):
        if "BODY" not in line.upper():
            return False
        say(file, "* 1 FETCH (UID 1 FLAGS () BODY[] {18446744073709551615}\r\nx")
        return True

    imap(world, trap)
    stored(world, 0)


@case("imap-endless-line")
def _(world):
    """A line that never ends, as the answer to SELECT"""
    imap(world, lambda file, tag, line: line.upper().startswith(("SELECT", "EXAMINE")) and forever(file, "x" * 65536))
    stored(world, 0)


@case("imap-endless-greeting")
def _(world):
    """A greeting that never ends"""
    port = listen(lambda file: forever(file, "* OK " + "x" * 65536))
    imap(world, lambda *_: False)
    world.config((world.home / "config.toml").read_text().split("imap = ")[0] + f'imap = "127.0.0.1:{port}"\ntls = "none"\n')
    world.run("--json", "inbox", "sync", codes=(7, 9))


@case("imap-endless-untagged", cpu_s=20)
def _(world):
    """Untagged answers without an end to LIST"""
    imap(world, lambda file, tag, line: line.upper().startswith("LIST") and forever(file, '* LIST () "/" "a/b/c"\r\n' * 500))
    stored(world, 0)


@case("imap-endless-flags", cpu_s=30, peak_mb=400)
def _(world):
    """FETCH answers without an end"""
    state = {"n": 0}

    def trap(file, tag, line):
        if not line.upper().startswith("UID FETCH"):
            return False
        while True:
            state["n"] += 1000
            say(file, "".join(f"* {n} FETCH (UID {n} FLAGS (\\Seen))\r\n" for n in range(state["n"], state["n"] + 1000)))

    imap(world, trap)
    stored(world, 0)


@case("imap-many-literals")
def _(world):
    """One answer that goes on from literal to literal"""
    imap(world, lambda file, tag, line: "BODY" in line.upper() and forever(file, "* 1 FETCH (" + "X {100000}\r\n" + "x" * 100_000))
    stored(world, 0)


@case("imap-deep-lists")
def _(world):
    """Parentheses 1,000,000 deep"""

    def trap(file, tag, line):
        if not line.upper().startswith("LIST"):
            return False
        say(file, "* LIST " + "(" * 1_000_000 + ")" * 1_000_000 + ' "/" x\r\n')
        return False

    imap(world, trap)
    stored(world, 0)


@case("imap-uid-ranges")
def _(world):
    """VANISHED and COPYUID with ranges of four thousand million"""

    def trap(file, tag, line):
        if line.upper().startswith(("SELECT", "EXAMINE")):
            say(file, "* VANISHED (EARLIER) 1:4294967295\r\n" * 1000)
            say(file, "* OK [COPYUID 1 1:4294967295 1:4294967295] x\r\n")
        return False

    imap(world, trap)
    stored(world, 3)


@case("imap-folder-names")
def _(world):
    """Folders named like paths, escapes, orders"""
    names = ["../../../../tmp/x", "/etc/passwd", "a\x1b[2Jb", "INBOX/../..", "&AAo-", "%s%n", "\u202eabc", "x" * 100_000, "", "."]

    def trap(file, tag, line):
        if not line.upper().startswith("LIST"):
            return False
        for name in names:
            data = name.encode()
            say(file, b'* LIST () "/" {%d}\r\n%s\r\n' % (len(data), data))
        return False

    imap(world, trap)
    ended = stored(world, 0)
    if "\x1b" in ended.out + ended.err:
        raise Broke("an escape sequence came through")


def forever(file, piece):
    data = piece.encode()
    while True:
        file.write(data)


# --- SMTP


def smtp(world, trap):
    def serve(file):
        if trap(file, "CONNECT"):
            return
        say(file, "220 sink ESMTP\r\n")
        while line := file.readline():
            verb = line.decode("latin-1").upper()
            if trap(file, verb):
                continue
            if verb.startswith("EHLO"):
                say(file, "250-sink\r\n250 AUTH PLAIN\r\n")
            elif verb.startswith("DATA"):
                say(file, "354 go\r\n")
                while file.readline().strip() != b".":
                    pass
                say(file, "250 taken\r\n")
            elif verb.startswith("QUIT"):
                say(file, "221 bye\r\n")
                return
            else:
                say(file, "250 ok\r\n")

    port = listen(serve)
    world.config(
        f'[defaults]\nemail = "out"\n[accounts.out]\nchannel = "smtp"\naddress = "ada@example.com"\nsmtp = "127.0.0.1:{port}"\n'
        'tls = "none"\nauth = "none"\n'
    )


def send(world, *more, codes=(0, 6, 7, 8, 9, 10), **how):
    return world.run("--json", "send", "bob@example.com", "--subject", "s", "-m", "t", *more, codes=codes, **how)


for _verb in ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA"]:

    def _flood(world, verb=_verb):
        """A reply of SMTP that never ends"""
        smtp(world, lambda file, line: line.startswith(verb) and forever(file, "250-more\r\n" * 5000))
        send(world)

    case(f"smtp-flood-{_verb.lower()}")(_flood)


@case("smtp-endless-line")
def _(world):
    """One line of a reply that never ends"""
    smtp(world, lambda file, line: line.startswith("EHLO") and forever(file, "x" * 65536))
    send(world)


@case("smtp-escape-reply")
def _(world):
    """A refusal with escape sequences"""

    def trap(file, line):
        if line.startswith("RCPT"):
            say(file, "550 no \x1b]0;owned\x07\x1b[2J\u202e such\r\n")
            return True

    smtp(world, trap)
    for look in ("table", "plain", "json"):
        ended = world.run("--format", look, "send", "bob@example.com", "--subject", "s", "-m", "t", codes=(6, 8, 9))
        if "\x1b" in ended.out + ended.err:
            raise Broke(f"an escape sequence came through as {look}")
    ended = world.run("outbox", "list")
    if "\x1b" in ended.out:
        raise Broke("an escape sequence came through in `outbox`")


@case("send-attachment-100mb", peak_mb=700, cpu_s_per_mb=0.1)
def _(world):
    """An attachment of 100 MB is sent"""
    smtp(world, lambda *_: False)
    big = world.file("big.bin", repeat("x", 100_000_000, 1 << 20))
    send(world, "--attach", big, codes=(0,))


@case("send-attachment-1gb", big=True)
def _(world):
    """An attachment of 1 GB is refused before it is read"""
    smtp(world, lambda *_: False)
    big = world.file("big.bin", repeat("x", 1_000_000_000, 1 << 20))
    send(world, "--attach", big, codes=(2,), says="MB")


@case("send-attachment-endless")
def _(world):
    """A device and a pipe as attachments"""
    smtp(world, lambda *_: False)
    send(world, "--attach", "/dev/zero", codes=(2,))


# --- HTTP


def http(world, answer):
    """A Slack account whose provider answers what `answer(file, path)` writes."""

    def serve(file):
        while line := file.readline():
            length = 0
            while (field := file.readline().strip()):
                if field.lower().startswith(b"content-length:"):
                    length = int(field.split(b":")[1])
            file.read(length)
            answer(file, line.split()[1].decode())

    port = listen(serve)
    world.config(
        f'[accounts.chat]\nchannel = "slack"\nbase_url = "http://127.0.0.1:{port}"\n'
    )
    world.env["COMMS_SECRET_CHAT"] = "xoxb-very-secret"
    return port


def slack(world, codes=(3, 4, 5, 6, 7, 8, 9), **how):
    ended = world.run("--json", "inbox", "sync", codes=codes, **how)
    if "very-secret" in ended.out + ended.err:
        raise Broke("the token is in what it printed")
    return ended


@case("http-endless-body")
def _(world):
    """A JSON answer that never ends"""

    def answer(file, _):
        say(file, 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{"ok":true,"x":"')
        forever(file, "x" * 65536)

    http(world, answer)
    slack(world)


@case("http-gzip-bomb")
def _(world):
    """2 GB of zeros in 2 MB of gzip"""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb") as out:
        for piece in range(512):
            out.write(b" " * (4 << 20))
    body = packed.getvalue()

    def answer(file, _):
        say(file, f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: {len(body)}\r\n\r\n")
        say(file, body)

    http(world, answer)
    slack(world)


@case("http-deep-json")
def _(world):
    """JSON 1,000,000 arrays deep"""
    body = "[" * 1_000_000

    def answer(file, _):
        say(file, f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n{body}")

    http(world, answer)
    slack(world)


@case("http-header-flood")
def _(world):
    """Headers that never end"""

    def answer(file, _):
        say(file, "HTTP/1.1 200 OK\r\n")
        forever(file, "x-a: b\r\n" * 1000)

    http(world, answer)
    slack(world)


@case("http-redirect-loop")
def _(world):
    """A redirect to itself"""

    def answer(file, path):
        say(file, f"HTTP/1.1 302 Found\r\nlocation: {path}\r\ncontent-length: 0\r\n\r\n")

    http(world, answer)
    slack(world)


@case("http-redirect-elsewhere")
def _(world):
    """A redirect to another host gets no token"""
    seen = []

    def other(file):
        while line := file.readline():
            seen.append(line)

    elsewhere = listen(other)

    def answer(file, path):
        say(file, f"HTTP/1.1 307 Temporary Redirect\r\nlocation: http://localhost:{elsewhere}{path}\r\ncontent-length: 0\r\n\r\n")

    http(world, answer)
    slack(world)
    if any(b"secret" in line for line in seen):
        raise Broke("the token went to another host")


@case("http-error-echo")
def _(world):
    """An error page that repeats the token and brings escape sequences"""

    def answer(file, _):
        body = "<h1>\x1b[2Jno xoxb-very-secret</h1>" * 10_000
        say(file, f"HTTP/1.1 500 Oops\r\ncontent-type: text/html\r\ncontent-length: {len(body)}\r\n\r\n{body}")

    http(world, answer)
    ended = slack(world)
    ended = world.run("-vvv", "inbox", "sync", codes=(3, 4, 5, 6, 7, 8, 9), silent="very-secret")
    if "\x1b" in ended.out + ended.err:
        raise Broke("an escape sequence came through")


@case("http-slow-drip", big=True)
def _(world):
    """An answer of one byte every second for ever"""

    def answer(file, _):
        say(file, "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n")
        while True:
            say(file, " ")
            time.sleep(1)

    http(world, answer)
    slack(world, timeout=400)

"""The kinds of work that are killed: how to begin each, what a plain run must come to, and where a home differs from it."""

import collections
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import time

from parts import mail
from parts.home import Home
from parts.lines import Lines

# Homes hold little, where each run is repeated for each of its calls.
SMALL = False
REPO = pathlib.Path(__file__).resolve().parent.parent.parent


class Ground:
    """What all kinds share: the folder, the binary, and servers that are started when first needed."""

    def __init__(self, root, binary, chance):
        self.root, self.binary, self.chance = root, binary, chance
        self.count = 0
        self.lines = self.sink = self.dovecot = self.radicale = None

    def home(self, config="", env=None):
        self.count += 1
        return Home(self.root / f"h{self.count}", self.binary, config, env)

    def copy(self, template):
        home = self.home(env={name: value for name, value in template.env.items() if name.startswith("COMMS_SECRET")})
        shutil.rmtree(home.path)
        shutil.copytree(template.path, home.path)
        return home

    def post(self):
        """The SMTP server, and its port."""
        if self.sink is None:
            self.lines = Lines(self.chance.random())
            self.sink, self.sink_port = self.lines.sink()
            self.sink.calm = True
        return self.sink_port

    def mailbox(self):
        if self.dovecot is None:
            self.dovecot = mail.Dovecot(self.root / "mail", self.post())
            self.dovecot.start()
        return self.dovecot

    def books(self):
        if self.radicale is None:
            self.radicale = Radicale(self.root / "books")
        return self.radicale

    def end(self):
        for one in (self.dovecot, self.radicale, self.lines):
            if one is not None:
                one.stop()


class Kind:
    """Work that can be begun again and again; `fine` are the exits of a run nobody disturbs."""

    fine = (0,)
    weight = 1

    def __init__(self, ground):
        self.ground = ground

    def missing(self):
        return None

    def prepare(self):
        self.template = self.ground.home()

    def fresh(self):
        """A home in which the work is yet to be done."""
        return self.ground.copy(self.template)

    def forget(self, home):
        shutil.rmtree(home.root, ignore_errors=True)

    def plain(self, home, *args):
        """The run that nobody disturbs, and what it said if it failed."""
        run = home.run(*(args or self.args(home)))
        return [] if run.code in self.fine else [f"the next run: {run}"]


def letter(n, words=120):
    """A mail that is like no other, with words that are in others, too."""
    body = " ".join(f"w{(n * 31 + i * i * 7) % 4000}" for i in range(words))
    return (f"From: Sender {n % 90} <s{n % 90}@example.com>\nTo: ann@example.com\nSubject: letter{n:06d} {'odd' if n % 3 else 'third'}\n"
            f"Message-ID: <l{n}@example.com>\nDate: {time.strftime('%a, %d %b %Y %H:%M:%S +0000', time.gmtime(1.7e9 + n * 3600))}\n\n{body}\n")


def listed(home, *query):
    """All messages found, as JSON gives them."""
    found, after = [], []
    while True:
        run = home.run("search", *(query or ["letter*"]), "--limit", "10000", "--json", *after)
        if run.code != 0:
            return [{"failed": str(run)}]
        page = run.json()
        found += page["messages"]
        if not page.get("next"):
            return found
        after = ["--after", page["next"]]


def once(home, wanted, *query):
    """What is wrong with this being exactly what is found."""
    there = collections.Counter((one.get("subject") or str(one)).split(" ")[0] for one in listed(home, *query))
    lost = [word for word in wanted if not there[word]]
    doubled = [word for word, times in there.items() if times > 1]
    strange = [word for word in there if word not in wanted]
    return [f"{len(all)} {what}: {all[:3]}" for what, all in (("lost", lost), ("doubled", doubled), ("strange", strange)) if all]


class Import(Kind):
    """An mbox of more than one batch, and a Maildir."""

    letters, files = 2100, 100

    def prepare(self):
        super().prepare()
        self.mbox = self.ground.root / "big.mbox"
        with open(self.mbox, "w") as out:
            for n in range(self.letters):
                out.write("From s@example.com Fri Nov 20 10:00:00 2026\n" + letter(n) + "\n")
        self.maildir = self.ground.root / "old"
        for part in ("cur", "new", "tmp"):
            (self.maildir / part).mkdir(parents=True, exist_ok=True)
        for n in range(self.letters, self.letters + self.files):
            (self.maildir / "cur" / f"{n}.M1P1.host:2,S").write_text(letter(n))
        self.subjects = {f"letter{n:06d}" for n in range(self.letters + self.files)}

    def args(self, home):
        return ["import", self.mbox, self.maildir]

    def finish(self, home):
        wrong = self.plain(home) + once(home, self.subjects)
        counted = home.run("search", "w31", "--count")
        self.count = getattr(self, "count", counted.out)
        if counted.out != self.count:
            wrong.append(f"w31 is found {counted.out.strip()} times, not {self.count.strip()}")
        again = home.run(*self.args(home), "--json")
        if again.code != 0 or sum(one["added"] for one in again.json()["sources"]):
            wrong.append(f"a second import: {again}")
        return wrong


class Filled(Kind):
    """Work on a home that holds mail."""

    def prepare(self):
        super().prepare()
        mbox = self.ground.root / "some.mbox"
        self.held = 30 if SMALL else 900
        with open(mbox, "w") as out:
            for n in range(self.held):
                out.write("From s@example.com Fri Nov 20 10:00:00 2026\n" + letter(n, 60) + "\n")
        run = self.template.run("import", mbox)
        assert run.code == 0, str(run)
        self.all = listed(self.template)
        assert len(self.all) == self.held


class Rebuild(Filled):
    def args(self, home):
        return ["doctor", "--rebuild-index", "--offline"]

    def finish(self, home):
        wrong = self.plain(home, "search", "letter000007")
        wrong += [] if listed(home) == self.all else ["after the kill the index tells of other messages"]
        wrong += self.plain(home)
        return wrong + ([] if listed(home) == self.all else ["the new index tells of other messages"])


class Purge(Filled):
    def args(self, home):
        return ["purge", "subject:third", "--yes"]

    def finish(self, home):
        wrong = self.plain(home)
        stayed = [one for one in self.all if "third" not in one["subject"]]
        found = listed(home)
        if found != stayed:
            wrong.append(f"{len(found)} messages stayed, not {len(stayed)}")
        letters = {one["subject"].split(" ")[0] for one in self.all if "third" in one["subject"]}
        kept = home.rows("raw.db", "SELECT count(*) FROM mail")[0][0]
        return wrong + ([] if kept == self.held - len(letters) else [f"raw.db keeps {kept}"])


class People(Filled):
    """The file of people is made anew."""

    def args(self, home):
        return ["contacts", "find", "Sender", "--limit", "200", "--json"]

    def fresh(self):
        home = super().fresh()
        for file in home.path.glob("people.db*"):
            file.unlink()
        return home

    def finish(self, home):
        wrong = self.plain(home)
        columns, rows = content(home.path / "people.db")["addresses"]
        found = sorted(repr([value for column, value in zip(columns, row) if column != "id"]) for row in rows)
        self.found = getattr(self, "found", found)
        if found != self.found or len(found) < min(90, self.held):
            wrong.append(f"{len(found)} addresses, others than without a kill")
        run = home.run("contacts", "find", "s22@example.com", "--json")
        return wrong + ([] if run.code == 0 and run.json()["verdict"] == "clear" else [str(run)])


class Migrate(Kind):
    """Homes as older versions left them, with hundreds of rows."""

    weight = 2

    fine = (0, 3)

    def prepare(self):
        config = ACCOUNT.format(port=self.ground.post())
        full = self.ground.home(config)
        for n in range(3):
            run = full.run("send", "bob@example.com", "-s", f"old{n}", "-m", "x", "--queue")
            assert run.code == 0, str(run)
        for words in (["contacts", "add", "Ada Lovelace", "ada@example.com"], ["auth", "key", "add", "desk"]):
            run = full.run(*words)
            assert run.code == 0, str(run)
        mbox = self.ground.root / "few.mbox"
        mbox.write_text("".join("From s@example.com Fri Nov 20 10:00:00 2026\n" + letter(n) + "\n" for n in range(50)))
        run = full.run("import", mbox)
        assert run.code == 0, str(run)
        self.full = full
        self.next = 0
        self.versions = len(list((REPO / "src/store").glob("main_*.sql")))

    def fresh(self):
        self.next += 1
        home = self.ground.copy(self.full)
        older(home.path / "comms.db", "main", 1 + self.next % (self.versions - 1), 4 if SMALL else 400)
        older(home.path / "raw.db", "raw", 1, 0)
        home.before = {name: content(home.path / name) for name in ("comms.db", "raw.db")}
        return home

    def args(self, home):
        # Looks into each file of the store.
        return ["inbox", "mark", "m1", "--star"]

    def finish(self, home):
        wrong = self.plain(home) + self.plain(home, "outbox", "list", "--all")
        for name, stem in (("comms.db", "main"), ("raw.db", "raw")):
            now = content(home.path / name)
            known = len(list((REPO / "src/store").glob(f"{stem}_*.sql")))
            if now["version"] != known:
                wrong.append(f"{name} is of version {now['version']}, not {known}")
            for table, held in home.before[name].items():
                # What the command itself changes, and the counters of every run.
                if table in ("version", "mail", "changes", "meta", "runners", "counters", "audit_head", "sqlite_sequence"):
                    continue
                columns, rows = held
                there = now.get(table)
                if there is None:
                    wrong.append(f"{name}: {table} is gone")
                    continue
                same = [n for n, column in enumerate(columns) if column in there[0]]
                where = [there[0].index(columns[n]) for n in same]
                old = sorted(repr([row[n] for n in same]) for row in rows)
                new = sorted(repr([row[n] for n in where]) for row in there[1])
                if old != new:
                    wrong.append(f"{name}: {table} has {len(new)} rows, not the {len(old)} it had, or others")
        return wrong


def content(path):
    """Version and rows of a file."""
    db = sqlite3.connect(path)
    found = {"version": db.execute("PRAGMA user_version").fetchone()[0]}
    tables = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    for (table,) in tables:
        rows = db.execute(f'SELECT * FROM "{table}"')
        found[table] = ([column[0] for column in rows.description], rows.fetchall())
    db.close()
    return found


def older(path, stem, version, copies):
    """Makes the file one of an older version: its tables by the first migrations, its rows as far as they fit there."""
    now = content(path)
    size = sqlite3.connect(path).execute("PRAGMA page_size").fetchone()[0]
    for suffix in ("", "-wal", "-shm"):
        pathlib.Path(f"{path}{suffix}").unlink(missing_ok=True)
    db = sqlite3.connect(path)
    db.execute(f"PRAGMA page_size = {size}")
    db.execute("PRAGMA journal_mode = WAL")
    for n in range(1, version + 1):
        db.executescript((REPO / f"src/store/{stem}_{n}.sql").read_text())
    for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        if table not in now or table.startswith("sqlite_"):
            continue
        db.execute(f'DELETE FROM "{table}"')
        columns, rows = now[table]
        known = [row[1] for row in db.execute(f'PRAGMA table_info("{table}")')]
        same = [column for column in columns if column in known]
        at = [columns.index(column) for column in same]
        marks = ", ".join("?" * len(same))
        names = ", ".join(f'"{column}"' for column in same)
        db.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', [[row[n] for n in at] for row in rows])
    # So many more items that were sent long ago, that a migration takes a while.
    if copies and db.execute("SELECT count(*) FROM items").fetchone()[0]:
        columns = [row[1] for row in db.execute("PRAGMA table_info(items)")]
        row = dict(zip(columns, db.execute("SELECT * FROM items LIMIT 1").fetchone()))
        for n in range(copies):
            more = {**row, "id": 1000 + n, "own_id": f"old-{n}", "state": "sent", "subject": f"long ago {n}"}
            db.execute(f"INSERT INTO items ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",
                       [more[column] for column in columns])
    db.execute(f"PRAGMA user_version = {version}")
    db.commit()
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    path.chmod(0o600)


class Contacts(Kind):
    """A file of cards is brought in."""

    weight = 2

    cards = 200

    def prepare(self):
        super().prepare()
        self.file = self.ground.root / "cards.vcf"
        self.file.write_text("".join(card(n) for n in range(self.cards)))

    def args(self, home):
        return ["contacts", "import", self.file, "--group", "all"]

    def finish(self, home):
        wrong = self.plain(home)
        run = home.run("contacts", "list", "--limit", "5000", "--json")
        names = collections.Counter(one["name"] for one in run.json()["contacts"]) if run.code == 0 else {}
        if len(names) != self.cards or set(names.values()) != {1}:
            wrong.append(f"{len(names)} contacts, {[n for n, times in names.items() if times > 1][:3]} more than once: {run}"[:400])
        group = home.run("contacts", "group", "show", "all", "--json")
        if group.code != 0 or len(group.json().get("members", group.json().get("contacts", []))) != self.cards:
            wrong.append(f"the group: {group}"[:300])
        return wrong


def card(n):
    return (f"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:card-{n}\r\nFN:Person {n:04d}\r\nN:{n:04d};Person;;;\r\n"
            f"EMAIL:p{n}@example.com\r\nNOTE:number {n}\r\nEND:VCARD\r\n")


ACCOUNT = """[accounts.out]
channel = "smtp"
address = "ada@example.com"
smtp = "127.0.0.1:{port}"
tls = "none"
auth = "none"
"""


class Send(Kind):
    """One message, from the command to the server's answer."""

    weight = 3

    def missing(self):
        return None

    def prepare(self):
        self.template = self.ground.home(ACCOUNT.format(port=self.ground.post()))
        self.template.run("outbox", "list")
        self.next = 0

    def fresh(self):
        home = super().fresh()
        self.next += 1
        home.subjects = [f"fire{id(self)}x{self.next}"]
        return home

    def args(self, home):
        return ["send", "bob@example.com", "-s", home.subjects[0], "-m", "x" * 2000, "--key", home.subjects[0]]

    def finish(self, home):
        # With its key the send is repeated, as its caller would.
        run = home.run(*self.args(home))
        wrong = [] if run.code in (0, 8, 10) else [f"the same send again: {run}"]
        return wrong + self.honest(home)

    def honest(self, home):
        for _ in range(20):
            waiting = home.rows("comms.db", "SELECT id FROM items WHERE state IN ('ready', 'sending')")
            if not waiting:
                break
            for (item,) in waiting:
                home.run("outbox", "retry", f"o{item}")
            home.run("outbox", "run")
        states = collections.defaultdict(list)
        for subject, state in home.rows("comms.db", "SELECT subject, state FROM items"):
            states[subject].append(state)
        wrong = []
        for subject in home.subjects:
            came = self.ground.sink.copies[subject]
            fits = {("sent",): came == 1, ("unconfirmed",): came <= 1}.get(tuple(states[subject]), False)
            if not fits:
                wrong.append(f"{states[subject]}, and {came} copies")
        return wrong


class Drain(Send):
    """A run of the outbox with eight messages in it."""

    weight = 2

    def fresh(self):
        home = Kind.fresh(self)
        self.next += 1
        home.subjects = [f"drain{id(self)}x{self.next}y{n}" for n in range(2 if SMALL else 8)]
        for subject in home.subjects:
            run = home.run("send", "bob@example.com", "-s", subject, "-m", "x" * 500, "--queue")
            assert run.code == 0, str(run)
        return home

    def args(self, home):
        return ["outbox", "run"]

    fine = (0, 9, 10)

    def finish(self, home):
        return self.plain(home) + self.honest(home)


MAILBOX = """[accounts.work]
channel = "imap"
address = "ann@example.com"
imap = "localhost:{imaps}"
tls = "tls"
ca_file = "{ca}"
secret_command = "echo annpw"
"""


class Sync(Kind):
    """A first sync of some hundred mails in two folders."""

    user = "ann"

    def missing(self):
        return mail.missing()

    def prepare(self):
        dovecot = self.ground.mailbox()
        name = type(self).user
        config = MAILBOX.format(imaps=dovecot.imaps, ca=dovecot.ca).replace("ann@", f"{name}@").replace("annpw", f"{name}pw")
        self.template = self.ground.home(config)
        client = dovecot.client(name)
        client.create("Lists")
        self.letters = 24 if SMALL else 240
        for n in range(self.letters):
            folder = "Lists" if n % 4 == 0 else "INBOX"
            client.append(folder, "(\\Seen)" if n % 2 else "", None, letter(n, 60 if n % 50 else 9000).replace("\n", "\r\n").encode())
        client.logout()
        self.subjects = {f"letter{n:06d}" for n in range(self.letters)}

    def args(self, home):
        return ["inbox", "sync", "--account", "work"]

    def finish(self, home):
        wrong = self.plain(home) + once(home, self.subjects, "account:work")
        unread = home.run("search", "account:work is:unread", "--count").out.split()
        return wrong + ([] if unread[:1] == [str(self.letters // 2)] else [f"{unread} unread"])


class Mark(Sync):
    """Marks made here, killed on their way to the server."""

    user = "bob"

    def prepare(self):
        super().prepare()
        run = self.template.run("inbox", "sync", "--account", "work")
        assert run.code == 0, str(run)
        self.ids = [one["id"] for one in listed(self.template, "account:work")][:60]

    def args(self, home):
        return ["inbox", "mark", *self.ids, "--star" if self.ground.count % 2 else "--unstar"]

    def finish(self, home):
        # Half a mark may be made; here and there must agree after a sync, whatever came of it.
        wrong = self.plain(home, "inbox", "sync", "--account", "work")
        here = {one["subject"].split(" ")[0] for one in listed(home, "account:work is:starred")}
        client = self.ground.mailbox().client(type(self).user)
        there = set()
        for folder in ("INBOX", "Lists"):
            client.select(folder, readonly=True)
            _, found = client.uid("SEARCH", "FLAGGED")
            for uid in found[0].split():
                _, head = client.uid("FETCH", uid, "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
                there.add(head[0][1].decode().split(":", 1)[1].strip().split(" ")[0])
        client.logout()
        if here != there:
            wrong.append(f"{len(here)} are starred here, {len(there)} there; {sorted(here ^ there)[:3]}")
        return wrong + once(home, self.subjects, "account:work")


class Books(Kind):
    """A first sync with an address book: cards come here, contacts go there."""

    theirs, ours = 120, 40

    def missing(self):
        return Radicale.missing()

    def prepare(self):
        self.radicale = self.ground.books()
        if SMALL:
            self.theirs, self.ours = 4, 3
        self.template = self.ground.home()
        file = self.ground.root / "ours.vcf"
        file.write_text("".join(card(n).replace("UID:card", "UID:ours") for n in range(1000, 1000 + self.ours)))
        run = self.template.run("contacts", "import", file)
        assert run.code == 0, str(run)

    def fresh(self):
        home = super().fresh()
        home.book, config = self.radicale.book([card(n) for n in range(self.theirs)])
        (home.path / "config.toml").write_text(config)
        return home

    def args(self, home):
        return ["contacts", "sync"]

    def finish(self, home):
        wrong = self.plain(home)
        run = home.run("contacts", "list", "--limit", "5000", "--json")
        here = collections.Counter(one["name"] for one in run.json()["contacts"]) if run.code == 0 else {}
        there = collections.Counter()
        for file in home.book.glob("*.vcf"):
            there[next(line for line in file.read_text().splitlines() if line.startswith("FN:"))[3:]] += 1
        for what, found in (("here", here), ("there", there)):
            if len(found) != self.theirs + self.ours or set(found.values()) != {1}:
                wrong.append(f"{len(found)} people {what}, more than once {[n for n, times in found.items() if times > 1][:3]}")
        again = home.run("contacts", "sync", "--json")
        if again.code != 0 or again.json()["sources"][0]["steps"]:
            wrong.append(f"a second sync is not idle: {again}"[:400])
        return wrong


class Radicale:
    """An address book server on a free port; each book has a user of its own."""

    parts = pathlib.Path(os.environ.get("COMMS_TEST_RADICALE") or
                         pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "comms-tests/radicale")

    @classmethod
    def missing(cls):
        return None if (cls.parts / "radicale").is_dir() else "Radicale is not installed (COMMS_TEST_INSTALL=1 tests/run installs it)"

    def __init__(self, folder):
        folder.mkdir()
        self.folder, self.count = folder, 0
        (self.port,) = mail.free_ports(1)
        (folder / "users").write_text("".join(f"u{n}:pw{n}\n" for n in range(3000)))
        (folder / "config").write_text(
            f"[server]\nhosts = 127.0.0.1:{self.port}\nmax_connections = 0\n[auth]\ntype = htpasswd\n"
            f"htpasswd_filename = {folder}/users\nhtpasswd_encryption = plain\ndelay = 0\n[rights]\ntype = owner_only\n"
            f"[storage]\nfilesystem_folder = {folder}/collections\n[web]\ntype = none\n[logging]\nlevel = error\n")
        self.child = subprocess.Popen(
            [sys.executable, "-m", "radicale", "--config", str(folder / "config")], cwd=self.parts,
            env={**os.environ, "PYTHONPATH": str(self.parts)}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        mail.wait_for(self.port)

    def book(self, cards):
        """A book with these cards: its folder, and the config of an account that has it."""
        self.count += 1
        user = f"u{self.count}"
        book = self.folder / "collections/collection-root" / user / "people"
        book.mkdir(parents=True)
        (book / ".Radicale.props").write_text('{"tag": "VADDRESSBOOK"}')
        for n, text in enumerate(cards):
            (book / f"c{n}.vcf").write_text(text, newline="")
        config = (f'[accounts.book]\nchannel = "carddav"\nurl = "http://127.0.0.1:{self.port}"\nusername = "{user}"\n'
                  f'secret_command = "printf pw{self.count}"\n')
        return book, config

    def stop(self):
        self.child.terminate()
        self.child.wait()


KINDS = {"import": Import, "rebuild": Rebuild, "purge": Purge, "people": People, "migrate": Migrate, "contacts": Contacts,
         "send": Send, "drain": Drain, "sync": Sync, "mark": Mark, "books": Books}

"""One user's home of comms: the binary run in it, and what its files hold."""

import json
import os
import pathlib
import signal
import sqlite3
import subprocess
import sys

# A SQLite of our own age, for the checks of FTS5: `pip install --target ~/.cache/comms-tests/apsw apsw`. Without it
# only `comms doctor` looks into the text index.
sys.path.append(os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "comms-tests/apsw"))
try:
    import apsw
except ImportError:
    apsw = None

FILES = ("comms.db", "raw.db", "index.db", "people.db")


class Run:
    """What a run said; `code` is negative for a signal."""

    def __init__(self, args, done):
        self.args, self.code = args, done.returncode
        self.out = done.stdout.decode("utf-8", "replace")
        self.err = done.stderr.decode("utf-8", "replace")

    def json(self):
        return json.loads(self.out)

    def __str__(self):
        words = " ".join(str(arg) for arg in self.args)
        return f"`{words[:200]}`: exit {self.code}: {self.err.strip()[:600] or self.out.strip()[:300]}"


class Home:
    def __init__(self, root, binary, config="", env=None):
        self.root = pathlib.Path(root)
        self.path = self.root / "home"
        self.path.mkdir(parents=True, exist_ok=True)
        self.binary = str(binary)
        self.env = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": str(self.root),
                    "COMMS_HOME": str(self.path), "TZ": "UTC", **(env or {})}
        if config:
            (self.path / "config.toml").write_text(config)

    def start(self, *args, **how):
        how = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **how}
        prefix = how.pop("prefix", [])
        return subprocess.Popen([*prefix, self.binary, *map(str, args)], env=self.env, cwd=self.root, **how)

    def run(self, *args, input=b"", timeout=600, prefix=()):
        done = subprocess.run([*prefix, self.binary, *map(str, args)], env=self.env, cwd=self.root, input=input,
                              capture_output=True, timeout=timeout)
        return Run(args, done)

    def rows(self, file, sql, *values):
        """Rows of a file of the store, read beside whoever writes."""
        db = sqlite3.connect(self.path / file, timeout=30)
        try:
            return db.execute(sql, values).fetchall()
        finally:
            db.close()

    def damage(self, store_only=False):
        """What SQLite and FTS5 find wrong with the files that are there, and doctor between them."""
        wrong = []
        for name in FILES:
            path = self.path / name
            if not path.exists() or path.stat().st_size == 0:
                continue
            try:
                wrong += [f"{name}: {words}" for words in (newer if apsw else older)(str(path))]
            except Exception as error:
                wrong.append(f"{name}: {error}")
        if store_only:
            return wrong
        found = self.run("doctor", "--offline", "--json")
        try:
            checks = found.json()["checks"]
            wrong += [f"doctor: {one}" for one in checks if one["name"] == "store" and one["state"] not in ("ok", "note")]
        except (ValueError, KeyError):
            wrong.append(f"doctor: {found}")
        return wrong


def newer(path):
    """The whole check, by a SQLite that knows our text index."""
    db = apsw.Connection(path)
    try:
        db.set_busy_timeout(30_000)
        found = [row[0] for row in db.execute("PRAGMA integrity_check")]
        wrong = [] if found == ["ok"] else found[:3]
        wrong += [f"foreign key {row}" for row in list(db.execute("PRAGMA foreign_key_check"))[:3]]
        tables = list(db.execute("SELECT name FROM sqlite_master WHERE sql LIKE '%USING fts5%'"))
        for (table,) in tables:
            db.execute(f'INSERT INTO "{table}" ("{table}") VALUES (\'integrity-check\')')
        return wrong
    finally:
        db.close()


def older(path):
    """The check by Python's own SQLite, which may not know our kind of text index."""
    db = sqlite3.connect(path, timeout=30)
    try:
        found = [row[0] for row in db.execute("PRAGMA integrity_check")]
        wrong = [] if found == ["ok"] else found[:3]
        return wrong + [f"foreign key {row}" for row in db.execute("PRAGMA foreign_key_check").fetchmany(3)]
    finally:
        db.close()


def kill(child):
    """`kill -9`, and its end awaited; whether it was still running."""
    alive = child.poll() is None
    if alive:
        child.send_signal(signal.SIGKILL)
    child.wait()
    return alive

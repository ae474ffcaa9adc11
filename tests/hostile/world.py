"""One input and what the binary may take for it: its home, its files, its measures."""

import json
import os
import time

CASES = []


class Broke(Exception):
    """A bound that did not hold, in words."""


class Case:
    def __init__(self, name, told, play, big, peak_mb, cpu_s, cpu_s_per_mb):
        self.name, self.told, self.play, self.big = name, told, play, big
        self.peak_mb, self.cpu_s, self.cpu_s_per_mb = peak_mb, cpu_s, cpu_s_per_mb


def case(name, big=False, peak_mb=200, cpu_s=2.0, cpu_s_per_mb=0.5):
    """Files a function as an input; its first line of documentation tells what it is."""

    def file(play):
        told = (play.__doc__ or "").strip().splitlines()[0]
        CASES.append(Case(name, told, play, big, peak_mb, cpu_s, cpu_s_per_mb))
        return play

    return file


class Ended:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def json(self):
        return json.loads(self.out)


class World:
    """A home of its own, removed by who made it."""

    def __init__(self, launcher, binary, folder, case, slack):
        self.launcher, self.binary, self.folder, self.case, self.slack = launcher, binary, folder, case, slack
        self.home = folder / "home"
        self.home.mkdir(mode=0o700)
        self.env = {}
        self.size = 0
        self.cpu = self.wall = self.peak_mb = 0.0
        self.codes = []
        self.most_of = {"cpu": (0, ""), "peak": (0, "")}

    def play(self):
        try:
            self.case.play(self)
        except Broke as e:
            return f"BROKE: {e}"
        allowed = (self.case.cpu_s + self.case.cpu_s_per_mb * self.size / 1e6) * self.slack
        if self.cpu > allowed:
            return f"BROKE: {self.cpu:.1f} s CPU, {allowed:.1f} allowed, most of it `{self.most_of['cpu'][1]}`"
        if self.peak_mb > self.case.peak_mb:
            return f"BROKE: {self.peak_mb:.0f} MB by `{self.most_of['peak'][1]}`, {self.case.peak_mb} allowed"
        return "ok"

    def config(self, text):
        (self.home / "config.toml").write_text(text)
        (self.home / "config.toml").chmod(0o600)

    def file(self, name, pieces):
        """Writes a file; pieces are bytes, text or an iterable of them, so that a gigabyte needs no memory."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(pieces, (bytes, str)):
            pieces = [pieces]
        with open(path, "wb", buffering=1 << 20) as file:
            for piece in pieces:
                file.write(piece.encode() if isinstance(piece, str) else piece)
            self.size += file.tell()
        return str(path)

    def command(self, args):
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "COMMS_HOME": str(self.home),
            "COMMS_NOW": "2026-11-21T12:00:00Z",
            "TZ": "UTC",
            **self.env,
        }
        return [str(self.binary), *[str(a) for a in args]], env

    def run(self, *args, stdin=None, codes=(0,), says=None, silent=None, timeout=120, most_out=64 << 20):
        """Runs it to its end. `says` must be in what it printed, `silent` must not."""
        line, env = self.command(args)
        out, err = self.folder / "stdout", self.folder / "stderr"
        began = time.monotonic()
        files = [stdin, str(out), str(err)]
        took = self.launcher.run(line, env, str(self.folder), files, timeout * max(1.0, self.slack / 3))
        self.wall += time.monotonic() - began
        shown = " ".join(str(a)[:60] for a in args[:4])
        code = self.count(took, shown)
        if out.stat().st_size > most_out:
            raise Broke(f"`{shown}` printed {out.stat().st_size / 1e6:.0f} MB")
        ended = Ended(code, *(p.read_bytes().decode("utf-8", "replace") for p in (out, err)))
        last = (ended.err.strip().splitlines() or ["nothing on stderr"])[-1][:300]
        if "this is a bug" in ended.err or code in (70, 101):
            raise Broke(f"`{shown}` panicked: {last}")
        if "there is no flag" in ended.err or "there is no command" in ended.err:
            raise Broke(f"`{shown}` is no command of comms, nothing was tried: {last}")
        if code < 0:
            raise Broke(f"`{shown}` died of signal {-code}" + (", after its time was up" if code == -9 else ""))
        if code not in codes:
            raise Broke(f"`{shown}` ended with {code}: {last}")
        if says is not None and says not in ended.out + ended.err:
            raise Broke(f"`{shown}` does not say {says!r}: {last}")
        if silent is not None and silent in ended.out + ended.err:
            raise Broke(f"`{shown}` says {silent!r}")
        return ended

    def count(self, took, shown):
        self.cpu += took["cpu"]
        self.peak_mb = max(self.peak_mb, took["peak_mb"])
        for what, value in (("cpu", took["cpu"]), ("peak", took["peak_mb"])):
            self.most_of[what] = max(self.most_of[what], (value, shown))
        self.codes.append(took["code"])
        return took["code"]

    def start(self, *args):
        """Starts it in the background, its output in the file `started`; `stop` counts what it took."""
        line, env = self.command(args)
        out = str(self.folder / "started")
        pid = self.launcher.start(line, env, str(self.folder), [None, out, out + ".err"])
        return pid, self.folder / "started"

    def stop(self, pid, codes=(0, 143, -15)):
        took = self.launcher.stop(pid)
        if self.count(took, "in the background") not in codes:
            told = (self.folder / "started.err").read_text(errors="replace")[-300:]
            raise Broke(f"what ran in the background ended with {took['code']}: {told}")


def repeat(piece, times, at_once=4096):
    """A piece many times, in handfuls; a function is given the number."""
    if callable(piece):
        for start in range(0, times, at_once):
            yield "".join(piece(n) for n in range(start, min(start + at_once, times)))
        return
    whole = piece * at_once
    for _ in range(times // at_once):
        yield whole
    yield piece * (times % at_once)

"""One table: what was measured, of us and beside us, and whether the target holds."""
import sys


class Table:
    def __init__(self):
        self.missed = []
        self.notes = []

    def head(self, title):
        """Begins a part of the table."""
        print(f"\n{title}\n{'':25}{'comms':>11}        {'beside it':53}{'target':45}ok", flush=True)

    def row(self, name, ours, unit, beside=(), target="", ok=None):
        """`beside`: pairs of a name and its value, with how many times better ours is: for rates (`…/s`) the larger is
        better, for all else the smaller. `ok` is `None` where nothing is demanded, `"?"` where nothing can be said."""
        if ours is None:
            return
        told = "  ".join(f"{who} {number(value)} ({ratio(ours, value, unit):.1f}x)" for who, value in beside
                         if value is not None)
        verdict = {True: "yes", False: "NO", None: "", "?": "?"}[ok if ok in (None, "?") else bool(ok)]
        if verdict == "NO":
            self.missed.append(name)
        print(f"{name:25}{number(ours):>11} {unit:6} {told:52} {target:45}{verdict}", flush=True)

    def note(self, text):
        """Something that the reader of the table has to know, e.g. a rival that is not there."""
        if text not in self.notes:
            self.notes.append(text)
            print(f"# {text}", file=sys.stderr, flush=True)

    def end(self):
        """The exit code: 1 if a target is missed."""
        print(f"\n{len(self.missed)} targets are missed: {', '.join(self.missed)}" if self.missed
              else "\nevery target that could be judged holds")
        return 1 if self.missed else 0


def number(value):
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def ratio(ours, theirs, unit):
    better = (ours, theirs) if unit.endswith("/s") else (theirs, ours)
    return better[0] / better[1] if better[1] else float("inf")


def below(ours, limit=None, of=()):
    """Whether ours is at most `limit`, and at most each share of a rival's value; "?" if a rival is missing.

    `of`: pairs of a value, which may be `None`, and the share of it."""
    if limit is not None and ours > limit:
        return False
    if any(value is not None and ours > value * share for value, share in of):
        return False
    return "?" if any(value is None for value, _ in of) else True


def above(ours, of):
    """Whether ours is at least so many times each rival's rate; "?" if one is missing."""
    if any(value is not None and ours < value * times for value, times in of):
        return False
    return "?" if any(value is None for value, _ in of) else True

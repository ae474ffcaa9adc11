"""How long programs take to say who they are."""
import os
import shutil

from .measuring import in_turns, medians
from .table import below


def rows(options, work, table):
    commands = {"comms": ([os.path.abspath(options.binary), "--version"], None)}
    for name in ("notmuch", "mu", "mbsync", "msmtp"):
        if shutil.which(name):
            commands[name] = ([name, "--version"], None)
    if options.apprise:
        commands["apprise"] = ([options.apprise, "--version"], None)
    table.head("Start-up: CPU of the whole process")
    cpu = medians(in_turns(commands, max(options.runs, 11), table.note))
    others = [(name, value) for name, value in cpu.items() if name != "comms"]
    table.row("--version", cpu["comms"], "ms", others[:3], "≤ 2 ms", below(cpu["comms"], 2))
    if others[3:]:
        table.row("", cpu["comms"], "ms", others[3:])
    table.row("binary", os.path.getsize(options.binary) / 1e6, "MB", [], "≤ 50 MB",
              below(os.path.getsize(options.binary) / 1e6, 50))

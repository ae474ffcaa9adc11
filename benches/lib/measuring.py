"""Measures whole processes: CPU, wall time and peak memory; and what lies on the disk."""
import os
import socket
import statistics
import subprocess
import time
from typing import NamedTuple


class Run(NamedTuple):
    """One process: milliseconds of CPU (user and system, children included) and of the wall, peak MB, exit code."""
    cpu: float
    wall: float
    peak: float
    code: int
    #: Milliseconds until the first byte of output; `None` if there was none.
    first: float | None


def measure(command, env=None, text=None):
    """Runs a command; `text` goes to its stdin, what it prints is read and dropped."""
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env,
                               stdin=subprocess.DEVNULL if text is None else subprocess.PIPE)
    if text is not None:
        process.stdin.write(text.encode())
        process.stdin.close()
    first = None
    while os.read(process.stdout.fileno(), 1 << 16):
        first = first or (time.monotonic() - began) * 1e3
    process.stdout.close()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Run((usage.ru_utime + usage.ru_stime) * 1e3, (time.monotonic() - began) * 1e3, usage.ru_maxrss / 1024,
               process.returncode, first)


def in_turns(commands, runs, told, warm=1):
    """name -> (command, env), run round by round so that a slow minute of the machine meets all; name -> runs.

    The first `warm` rounds fill the caches and don't count. `told` hears of commands that fail."""
    found = {name: [] for name in commands}
    for turn in range(runs + warm):
        for name, (command, env) in commands.items():
            run = measure(command, env)
            if run.code and turn == 0:
                told(f"{name}: exit {run.code} of `{' '.join(command)}`")
            if turn >= warm:
                found[name].append(run)
    return found


def median(runs, what="cpu"):
    return statistics.median(getattr(run, what) for run in runs)


def medians(found, what="cpu"):
    return {name: median(runs, what) for name, runs in found.items() if runs}


def disk(path):
    """MB on the disk, as blocks."""
    total = 0
    for folder, _, files in os.walk(path):
        total += sum(os.lstat(os.path.join(folder, f)).st_blocks * 512 for f in files)
    return total / 1e6


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port, seconds=10):
    for _ in range(seconds * 20):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit(f"nothing listens at port {port}")


def environment(home, **more):
    """The environment of a comms of its own."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("COMMS_")}
    return env | {"COMMS_HOME": home} | more

"""Starts processes from a process that is small: the kernel counts the memory of who forks as the peak of the forked."""

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading


class Launcher:
    def __init__(self):
        ours, theirs = socket.socketpair()
        self.pid = os.fork()
        if self.pid == 0:
            ours.close()
            serve(theirs.makefile("rw"))
            os._exit(0)
        theirs.close()
        self.wire = ours.makefile("rw")
        self.turn = threading.Lock()

    def ask(self, **request):
        with self.turn:
            self.wire.write(json.dumps(request) + "\n")
            self.wire.flush()
            return json.loads(self.wire.readline())

    def run(self, line, env, folder, files, seconds):
        """Runs to the end; the exit code and what it took."""
        return self.ask(do="run", line=line, env=env, folder=folder, files=files, seconds=seconds)

    def start(self, line, env, folder, files):
        return self.ask(do="start", line=line, env=env, folder=folder, files=files)["pid"]

    def stop(self, pid):
        return self.ask(do="stop", pid=pid)


def confine():
    """A breach must not take the machine with it."""
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))


def open_files(request):
    source, out, err = request["files"]
    return {
        "stdin": open(source or os.devnull, "rb"),
        "stdout": open(out, "wb"),
        "stderr": open(err, "wb"),
    }


def serve(wire):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    running = {}
    for line in wire:
        request = json.loads(line)
        if request["do"] in ("run", "start"):
            files = open_files(request)
            child = subprocess.Popen(
                request["line"], env=request["env"], cwd=request["folder"], preexec_fn=confine, **files
            )
            for file in files.values():
                file.close()
            if request["do"] == "start":
                running[child.pid] = child
                answer = {"pid": child.pid}
            else:
                answer = await_end(child, request["seconds"])
        else:
            child = running.pop(request["pid"])
            child.terminate()
            answer = await_end(child, 30)
        wire.write(json.dumps(answer) + "\n")
        wire.flush()
    for child in running.values():
        child.kill()


def await_end(child, seconds):
    late = threading.Timer(seconds, child.kill)
    late.start()
    _, status, usage = os.wait4(child.pid, 0)
    late.cancel()
    child.returncode = os.waitstatus_to_exitcode(status)
    return {"code": child.returncode, "cpu": usage.ru_utime + usage.ru_stime, "peak_mb": usage.ru_maxrss / 1024}


if __name__ == "__main__":
    sys.exit("this is a part of tests/hostile/run")

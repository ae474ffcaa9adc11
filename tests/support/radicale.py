"""Radicale on a free port of this machine, for as long as stdin stays open.

Arguments: the folder with its parts, a folder of its own. Prints its port once it listens.
"""

import os
import shutil
import socket
import sys
import threading
import time

parts, folder = sys.argv[1:3]
sys.path.insert(0, parts)

try:
    from radicale.__main__ import run
except ImportError:
    sys.exit(1)

users = os.path.join(folder, "users")
with open(users, "w") as out:
    for n in range(100):
        out.write(f"u{n}:pw{n}\n")

with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    port = probe.getsockname()[1]

config = os.path.join(folder, "config")
with open(config, "w") as out:
    out.write(f"""[server]
hosts = 127.0.0.1:{port}
max_connections = 0
[auth]
type = htpasswd
htpasswd_filename = {users}
htpasswd_encryption = plain
delay = 0
[rights]
type = from_file
file = {folder}/rights
[storage]
filesystem_folder = {folder}/collections
[web]
type = none
[logging]
level = info
""")
with open(os.path.join(folder, "rights"), "w") as out:
    out.write("""[root]
user: .+
collection:
permissions: R
[reader]
user: u9.
collection: {user}(/.*)?
permissions: Rr
[principal]
user: .+
collection: {user}
permissions: RW
[books]
user: .+
collection: {user}/[^/]+
permissions: rw
""")


def watch():
    sys.stdin.read()
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


def tell():
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            break
        except OSError:
            time.sleep(0.05)
    print(port, flush=True)


threading.Thread(target=watch, daemon=True).start()
threading.Thread(target=tell, daemon=True).start()
log = open(os.path.join(folder, "log"), "w")
os.dup2(log.fileno(), 2)
sys.argv = ["radicale", "--config", config]
run()

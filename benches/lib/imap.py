"""IMAP from a Dovecot of our own, beside mbsync: a first sync, one with nothing new, and what memory it takes.

mbsync as it comes waits for the disk after each message, we after each batch: both keep what they have told of. With
`FSync no` it keeps nothing for sure; that is shown, too.
"""
import os
import shutil
import subprocess

from . import mail
from .measuring import environment, free_port, in_turns, measure, medians, wait_for
from .table import above, below

CONFIG = """base_dir = {home}/run
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
log_path = {home}/dovecot.log
mail_location = maildir:{home}/mail/%u
first_valid_uid = 1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
passdb {{
  driver = static
  args = password=secret
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={home}/home
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
"""
#: How many messages of 50 MB the mailbox of large ones holds.
LARGE = 4


def rows(options, work, table):
    if not shutil.which("dovecot"):
        return table.note("IMAP left out: dovecot is not installed")
    rival = shutil.which("mbsync") is not None
    if not rival:
        table.note("mbsync is not installed, left out")
    home = f"{work}/imap"
    source = options.maildir or mail.generate(options.imap, f"{work}/for-imap")
    paths = sorted(mail.messages(source))[:options.imap]
    counts = {"all": len(paths), "tenth": max(1, len(paths) // 10), "large": LARGE}
    for box, some in counts.items():
        for sub in ("cur", "new", "tmp"):
            os.makedirs(f"{home}/mail/{box}/{sub}")
        if box == "large":
            large(f"{home}/mail/{box}/cur")
            continue
        for path in paths[:some]:
            # Dovecot's user has to own it: the original stays whose it is.
            shutil.copy(path, f"{home}/mail/{box}/cur/{os.path.basename(path)}")
    table.head(f"IMAP: {counts['all']:,} messages from a local Dovecot, wall time (mbsync as it comes: {counts['tenth']:,})")
    port, server = dovecot(home)
    try:
        measured(options, (home, port, rival, counts), table)
    finally:
        server.terminate()
        server.wait()


def measured(options, of, table):
    home, port, rival, counts = of
    binary = os.path.abspath(options.binary)

    def first(name, user, runs, **more):
        """The best wall time of first syncs, as a rate, and the largest peak: who waits for whom changes from run to run."""
        found = []
        for _ in range(runs):
            command, env = clients(binary, (home, port, user), **more)[name]
            found.append(measure(command, env))
            if found[-1].code:
                table.note(f"{name}: exit {found[-1].code} of a first sync")
        return counts[user] / min(run.wall for run in found) * 1e3, max(run.peak for run in found)

    # Dovecot's own caches are filled first, for all alike.
    first("comms", "all", 1)
    first("comms", "tenth", 1)
    runs = 1 if options.quick else 2
    ours, peak = first("comms", "all", runs)
    bare, theirs, their_peak = None, None, None
    if rival:
        bare, their_peak = first("mbsync", "all", runs, sync="no")
        theirs, _ = first("mbsync", "tenth", 1)
    table.row("first sync", ours, "mail/s", [("mbsync", theirs)], "≥ 1.5 × mbsync", above(ours, [(theirs, 1.5)]))
    table.row("", ours, "mail/s", [("mbsync with FSync no", bare)])
    quiet = clients(binary, (home, port, "all"), fresh=False)
    if not rival:
        del quiet["mbsync"]
    quiet = in_turns(quiet, options.runs, table.note)
    wall = medians(quiet, "wall")
    table.row("nothing new", wall["comms"], "ms", [("mbsync", wall.get("mbsync"))], "≤ 100 ms", below(wall["comms"], 100))
    _, tenth = first("comms", "tenth", 1)
    table.row("peak memory", peak, "MB", [("mbsync", their_peak)], f"≤ 200 MB; at a tenth of the mail {tenth:.0f}",
              below(peak, 200))
    _, peak = first("comms", "large", 1)
    theirs = first("mbsync", "large", 1, sync="no")[1] if rival else None
    table.row(f"… of {LARGE} mails of 50 MB", peak, "MB", [("mbsync", theirs)], "≤ 200 MB", below(peak, 200))


def clients(binary, of, fresh=True, sync="yes"):
    """name -> (command, environment), with nothing fetched yet if `fresh`."""
    home, port, user = of
    ours, theirs, config = f"{home}/comms-{user}", f"{home}/theirs-{user}", f"{home}/mbsyncrc-{user}"
    if fresh:
        for folder in (ours, theirs):
            shutil.rmtree(folder, ignore_errors=True)
            os.makedirs(folder)
        with open(f"{ours}/config.toml", "w") as file:
            file.write(f'[accounts.ann]\nchannel = "imap"\naddress = "ann@example.com"\nusername = "{user}"\n'
                       f'imap = "127.0.0.1:{port}"\ntls = "none"\n')
        with open(config, "w") as file:
            file.write(f"FSync {sync}\n\nIMAPAccount a\nHost 127.0.0.1\nPort {port}\nUser {user}\nPass secret\n"
                       f"SSLType None\nAuthMechs LOGIN\n\nIMAPStore far\nAccount a\n\nMaildirStore near\n"
                       f"Path {theirs}/\nInbox {theirs}/INBOX\nSubFolders Verbatim\n\nChannel c\nFar :far:\n"
                       f"Near :near:\nCreate Near\nSyncState *\n")
    return {"comms": ([binary, "inbox", "sync", "--account", "ann"], environment(ours, COMMS_SECRET_ANN="secret")),
            "mbsync": (["mbsync", "-c", config, "-a"], None)}


def large(folder):
    line = "VGhpcyBpcyBub3QgYSBwaWN0dXJlIGJ1dCBpdCBpcyBhcyBsYXJnZSBhcyBhbiBhbGJ1bSBvZiB0aGVtLi4u\n"
    for n in range(LARGE):
        with open(f"{folder}/{1420070400 + n}.large{n}.bench:2,", "w") as file:
            file.write(f"From: ann@example.com\nTo: ben@example.com\nSubject: album {n}\nMessage-ID: <{n}@large.example>\n"
                       f"Date: Sat, 01 Aug 2026 0{n}:00:00 +0000\nMIME-Version: 1.0\n"
                       f"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nHere it is.\n--b\n"
                       f"Content-Type: application/octet-stream; name=a.bin\nContent-Transfer-Encoding: base64\n\n")
            for _ in range(50):
                file.write(line * (1_000_000 // len(line)))
            file.write("--b--\n")


def dovecot(home):
    port = free_port()
    user, group = ("nobody", "nogroup") if os.getuid() == 0 else (str(os.getuid()), str(os.getgid()))
    with open(f"{home}/dovecot.conf", "w") as file:
        file.write(CONFIG.format(home=home, user=user, group=group, port=port))
    os.makedirs(f"{home}/home")
    if os.getuid() == 0:
        subprocess.run(["chown", "-R", f"{user}:{group}", f"{home}/mail", f"{home}/home"], check=True)
        folder = home
        while folder not in ("/", "/tmp"):
            os.chmod(folder, 0o755)
            folder = os.path.dirname(folder)
    server = subprocess.Popen(["dovecot", "-F", "-c", f"{home}/dovecot.conf"], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    wait_for(port)
    return port, server

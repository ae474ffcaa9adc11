"""A private Dovecot on loopback: own folder, own authority, free ports; users ann and bob at example.com (annpw, bobpw)."""

import imaplib
import os
import pathlib
import pwd
import signal
import smtplib
import socket
import ssl
import subprocess
import time

CONFIG = """base_dir = {root}/run
state_dir = {root}/state
instance_name = commssoak{imap}
log_path = {root}/dovecot.log
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
listen = 127.0.0.1
login_trusted_networks =
protocols = imap lmtp submission
hostname = localhost
mail_location = maildir:~/Maildir
first_valid_uid = 1
ssl = required
ssl_cert = <{root}/tls/server.pem
ssl_key = <{root}/tls/server.key
disable_plaintext_auth = yes
auth_mechanisms = plain login
auth_username_format = %Lu
auth_failure_delay = 0
mail_max_userip_connections = 1000
passdb {{
  driver = passwd-file
  mechanisms = plain login
  args = scheme=PLAIN username_format=%u {root}/users
}}
userdb {{
  driver = passwd-file
  args = username_format=%u {root}/users
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Sent {{
    auto = subscribe
    special_use = \\Sent
  }}
  mailbox Drafts {{
    auto = subscribe
    special_use = \\Drafts
  }}
  mailbox Trash {{
    auto = subscribe
    special_use = \\Trash
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service submission-login {{
  chroot =
  inet_listener submission {{
    port = {submission}
  }}
  inet_listener submissions {{
    port = {submissions}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
service stats {{
  chroot =
}}
submission_relay_host = 127.0.0.1
submission_relay_port = {relay}
submission_relay_trusted = yes
lda_mailbox_autocreate = yes
"""


def free_ports(count):
    """Ports nobody listens on; all held until all are known."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def missing():
    """Why these servers can't run here; `None` if they can."""
    if not os.path.exists("/usr/sbin/dovecot"):
        return "dovecot is not installed"
    for part in ("imap", "lmtp", "submission-login"):
        if not os.path.exists(f"/usr/lib/dovecot/{part}"):
            return f"dovecot lacks its {part}"
    if subprocess.run(["openssl", "version"], capture_output=True).returncode:
        return "openssl is not installed"
    return None


class Dovecot:
    """Runs as `nobody` where the caller is root."""

    def __init__(self, root, relay):
        self.root = pathlib.Path(root)
        self.imap, self.imaps, self.submission, self.submissions, self.lmtp = free_ports(5)
        self.child = None
        for name in ("run", "state", "home", "tls"):
            (self.root / name).mkdir(parents=True)
        user = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
        group = "nogroup" if os.getuid() == 0 else str(user.pw_gid)
        with open(self.root / "users", "w") as file:
            for name in ("ann", "bob"):
                home = f"{self.root}/home/{name}"
                file.write(f"{name}@example.com:{{PLAIN}}{name}pw:{user.pw_uid}:{user.pw_gid}::{home}::\n")
        ports = {name: getattr(self, name) for name in ("imap", "imaps", "submission", "submissions", "lmtp")}
        text = CONFIG.format(root=self.root, user=user.pw_name, group=group, relay=relay, **ports)
        (self.root / "dovecot.conf").write_text(text)
        self.ca = str(self.root / "tls/ca.pem")
        certificates(self.root / "tls")
        if os.getuid() == 0:
            subprocess.run(["chown", "-R", f"{user.pw_uid}:{user.pw_gid}", self.root], check=True)

    def start(self):
        as_nobody = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] if os.getuid() == 0 else []
        self.child = subprocess.Popen(
            [*as_nobody, "/usr/sbin/dovecot", "-F", "-c", str(self.root / "dovecot.conf")],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for port in (self.imaps, self.lmtp, self.submission):
            wait_for(port)

    def stop(self):
        """Ends it and all its sessions."""
        if self.child is None:
            return
        self.child.send_signal(signal.SIGTERM)
        try:
            self.child.wait(10)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        self.child = None

    def deliver(self, raw, to="ann@example.com"):
        """Hands over a message; raises unless it was answered 250."""
        with smtplib.LMTP("127.0.0.1", self.lmtp) as lmtp:
            lmtp.sock.settimeout(20)
            lmtp.sendmail("sender@elsewhere.example", [to], raw)

    def client(self, name="ann"):
        """Another program's session with the mailbox."""
        trust = ssl.create_default_context(cafile=self.ca)
        client = imaplib.IMAP4_SSL("localhost", self.imaps, ssl_context=trust, timeout=20)
        client.login(f"{name}@example.com", f"{name}pw")
        return client


def wait_for(port, patience=15):
    end = time.monotonic() + patience
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.03)


def certificates(into):
    """An authority, and a certificate of it for localhost."""
    def openssl(*args):
        subprocess.run(["openssl", *map(str, args)], check=True, capture_output=True)
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl("req", "-x509", "-days", "30", "-subj", "/CN=comms soak authority", *key,
            "-keyout", into / "ca.key", "-out", into / "ca.pem",
            "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    openssl("req", "-subj", "/CN=localhost", "-keyout", into / "server.key", "-out", into / "server.csr", *key)
    (into / "server.ext").write_text(
        "subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n")
    openssl("x509", "-req", "-days", "30", "-in", into / "server.csr", "-CA", into / "ca.pem", "-CAkey", into / "ca.key",
            "-CAcreateserial", "-extfile", into / "server.ext", "-out", into / "server.pem")

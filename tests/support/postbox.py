"""An SMTP server for tests that writes what it takes into a Maildir: postbox.py MAILDIR; prints its port.

Server and mailbox are aiosmtpd's. Recipients at bounce.example are refused for ever (550), those at slow.example
for now (451). With a second argument it asks for a login (user ann, password annpw).
"""

import asyncio
import sys

from aiosmtpd.handlers import Mailbox
from aiosmtpd.smtp import SMTP, AuthResult


class Postbox(Mailbox):
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.endswith("@bounce.example"):
            return "550 5.1.1 no such user here"
        if address.endswith("@slow.example"):
            return "451 4.7.1 greylisted, come back later"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"


def login(server, session, envelope, mechanism, data):
    good = data.login == b"ann" and data.password == b"annpw"
    return AuthResult(success=good, handled=False)


async def main():
    box = Postbox(sys.argv[1])
    asks = len(sys.argv) > 2
    rules = {"authenticator": login, "auth_required": True, "auth_require_tls": False} if asks else {}

    def session():
        return SMTP(box, hostname="postbox.example", enable_SMTPUTF8=True, data_size_limit=None, **rules)

    server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", 0, backlog=500)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())

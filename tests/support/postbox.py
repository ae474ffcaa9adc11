"""An SMTP server for tests that writes what it takes into a Maildir: postbox.py MAILDIR; prints its port.

Server and mailbox are aiosmtpd's. Recipients at bounce.example are refused for ever (550), those at slow.example
for now (451). The word `login` makes it ask for one (user ann, password annpw), `slow` makes it take its time (up to
30 ms) before a message is in the Maildir and before it says so.
"""

import asyncio
import random
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

    async def handle_DATA(self, server, session, envelope):
        await asyncio.sleep(random.random() * delay)
        answer = await super().handle_DATA(server, session, envelope)
        await asyncio.sleep(random.random() * delay)
        return answer


def login(server, session, envelope, mechanism, data):
    good = data.login == b"ann" and data.password == b"annpw"
    return AuthResult(success=good, handled=False)


async def main():
    box = Postbox(sys.argv[1])
    asks = {"authenticator": login, "auth_required": True, "auth_require_tls": False}
    rules = asks if "login" in sys.argv else {}

    def session():
        return SMTP(box, hostname="postbox.example", enable_SMTPUTF8=True, data_size_limit=None, **rules)

    server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", 0, backlog=500)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


delay = 0.03 if "slow" in sys.argv else 0
asyncio.run(main())

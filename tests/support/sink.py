"""An SMTP server for tests that delivers to LMTP: sink.py SMTP_PORT LMTP_PORT.

Recipients at bounce.example are refused for ever (550), those at slow.example for now (451).
"""

import smtplib
import sys
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP


class Sink:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.endswith("@bounce.example"):
            return "550 5.1.1 no such user here"
        if address.endswith("@slow.example"):
            return "451 4.7.1 greylisted, come back later"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server, session, envelope):
        with smtplib.LMTP("127.0.0.1", int(sys.argv[2])) as lmtp:
            lmtp.sendmail(envelope.mail_from, envelope.rcpt_tos, envelope.content)
        return "250 2.0.0 delivered"


class Server(Controller):
    def factory(self):
        return SMTP(self.handler, hostname="sink.example", enable_SMTPUTF8=True, data_size_limit=None)


server = Server(Sink(), hostname="127.0.0.1", port=int(sys.argv[1]))
server.start()
print("ready", flush=True)
try:
    threading.Event().wait()
except KeyboardInterrupt:
    pass

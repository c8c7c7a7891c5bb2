"""A mail server: takes mails in by SMTP and lays each down in a folder, taken apart.

server.py FOLDER PORT [--certificate FILE --key FILE (--tls | --starttls)] [--login NAME:PASSWORD]

Recipients named "nobody…" are refused for good, and all are put off while a file "later" lies in the folder. While a file "hang" lies
there, a mail is never answered for. Prints "listening" and then a line for each mail: its number.
"""

import argparse
import asyncio
import email
import email.policy
import json
import pathlib
import ssl

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

arguments = argparse.ArgumentParser()
arguments.add_argument("folder", type=pathlib.Path)
arguments.add_argument("port", type=int)
arguments.add_argument("--certificate")
arguments.add_argument("--key")
arguments.add_argument("--tls", action="store_true")
arguments.add_argument("--starttls", action="store_true")
arguments.add_argument("--login")
arguments = arguments.parse_args()


class Handler:
    def __init__(self):
        self.count = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody"):
            return f"550 5.1.1 <{address}> User unknown"
        if (arguments.folder / "later").exists():
            return f"451 4.7.1 <{address}> Greylisted, come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if (arguments.folder / "hang").exists():
            print("hanging", flush=True)
            await asyncio.sleep(3600)
        number = self.count
        self.count += 1
        folder = arguments.folder / str(number)
        folder.mkdir()
        (folder / "mail.eml").write_bytes(envelope.content)
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        files = []
        for part in mail.walk():
            kind = part.get_content_type()
            if part.is_multipart():
                continue
            if part.get_filename():
                (folder / part.get_filename()).write_bytes(part.get_payload(decode=True))
                files.append({"name": part.get_filename(), "kind": kind})
            else:
                (folder / kind.replace("/", ".")).write_text(part.get_content())
        told = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "tls": arguments.tls or session.ssl is not None,
            "login": session.auth_data.login.decode() if isinstance(session.auth_data, LoginPassword) else None,
            "headers": [[name, str(value)] for name, value in mail.items()],
            "defects": [str(defect) for part in mail.walk() for defect in part.defects],
            "files": files,
        }
        (folder / "told.json").write_text(json.dumps(told))
        print(f"mail {number}", flush=True)
        return "250 2.0.0 Taken"


def authenticate(server, session, envelope, mechanism, data):
    name, _, password = arguments.login.partition(":")
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (name.encode(), password.encode())
    return AuthResult(success=good, handled=False, auth_data=data)


async def main():
    context = None
    if arguments.certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(arguments.certificate, arguments.key)
    handler = Handler()
    settings = {"tls_context": context, "require_starttls": True} if arguments.starttls else {}
    if arguments.login:
        settings |= {"authenticator": authenticate, "auth_required": True, "auth_require_tls": arguments.starttls}
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(handler, hostname="mail.test", **settings),
        "127.0.0.1",
        arguments.port,
        ssl=context if arguments.tls else None,
    )
    print("listening", flush=True)
    await server.serve_forever()


asyncio.run(main())

"""A target of status pushes and a token endpoint, for tests. Python's standard library alone, so that nothing here can agree with
ferrofax by being the same code. Prints `listening PORT`, then one line of JSON for each request it got.

The first segment of a path says what it demands and does; see HANDLERS."""

import base64
import hashlib
import json
import re
import secrets
import ssl
import sys
import threading
import time
import urllib.parse
import xml.etree.ElementTree as ET
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

USER, PASSWORD = "clinic", 'open "sesame", é'
CLIENT, SECRET = "client:1", "s&cret=%+ü"
REALM = 'pushes "here", and there'
HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}

lock = threading.Lock()
nonces = {}  # nonce -> last count
tokens = set()
seen = {}  # path -> requests


def tell(**line):
    with lock:
        print(json.dumps(line), flush=True)


def parameters(value):
    """Of an Authorization header with Digest: strict, each once."""
    found = {}
    rest = value
    while rest:
        match = re.match(r'\s*([a-zA-Z*]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))\s*(?:,|$)', rest)
        assert match, f"broken at {rest!r}"
        name, quoted, plain = match.groups()
        assert name not in found, f"{name} twice"
        if name in ("nc", "qop", "algorithm", "stale"):
            assert quoted is None, f"{name} is quoted, RFC 7616 clause 3.4"
        found[name] = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else plain
        rest = rest[match.end():]
    return found


def flat(element, path=""):
    """Each leaf of a tree with its path."""
    here = f"{path}/{element.tag}"
    children = list(element)
    if not children:
        return [[here, element.text or ""]]
    return [leaf for child in children for leaf in flat(child, here)]


class Target(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", **headers):
        self.status = status
        self.send_response(status)
        for name, value in headers.items():
            for one in value if isinstance(value, list) else [value]:
                self.send_header(name.replace("_", "-"), one)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.serve()

    def do_POST(self):
        self.serve()

    def serve(self):
        self.body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.url = urllib.parse.urlsplit(self.path)
        self.status, self.why = None, ""
        path = self.url.path
        with lock:
            self.before = seen.get(path, 0)
            seen[path] = self.before + 1
        try:
            HANDLERS[path.split("/")[1]](self)
        finally:
            tell(**self.line())

    def line(self):
        line = {"method": self.command, "path": self.path, "status": self.status, "why": self.why}
        line["headers"] = {name.lower(): value for name, value in self.headers.items()}
        kind = self.headers.get("Content-Type", "")
        if kind.startswith("text/xml"):
            line["xml"] = flat(ET.fromstring(self.body))
        elif kind.startswith("application/json"):
            line["json"] = json.loads(self.body)
        line["body"] = base64.b64encode(self.body).decode()
        return line

    # What the first segment stands for.

    def take(self):
        self.answer(204)

    def with_status(self):
        """/status/503: always; /status/503,503,200: one after the other, the last one for good."""
        statuses = self.url.path.split("/")[2].split(",")
        status = int(statuses[min(self.before, len(statuses) - 1)])
        self.answer(status, b"" if status in (204, 304) else b"x" * 100)

    def redirect(self):
        """/redirect/307?URL"""
        self.answer(int(self.url.path.split("/")[2]), Location=self.url.query)

    def basic(self):
        expected = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if self.headers.get("Authorization") == f"Basic {expected}":
            return self.answer(200, b"thanks")
        self.answer(401, WWW_Authenticate='Basic realm="here"')

    def only_basic(self):
        self.answer(401, WWW_Authenticate='Basic realm="here"')

    def digest(self):
        """/digest/MD5 or SHA-256 or both, then perhaps /once (a nonce is good for one request), /stale (the first answer is too
        old), /plain (no qop), /deny (nobody is let in)."""
        words = self.url.path.split("/")[2:]
        algorithms = ["MD5", "SHA-256"] if words[0] == "both" else [words[0]]
        given = self.headers.get("Authorization")
        stale = False
        if given is not None:
            try:
                stale = self.proven(given, algorithms[-1], words)
            except AssertionError as wrong:
                self.why = str(wrong) or "wrong"
            if not self.why and not stale and "deny" not in words:
                return self.answer(200, b"thanks")
        challenges = []
        for algorithm in algorithms:
            nonce = secrets.token_hex(8)
            with lock:
                nonces[nonce] = 0
            quoted = REALM.replace('"', '\\"')
            challenge = f'Digest realm="{quoted}", nonce="{nonce}", opaque="o/{algorithm}", algorithm={algorithm}'
            challenge += "" if "plain" in words else ', qop="auth,auth-int"'
            challenges.append(challenge + (", stale=true" if stale else ""))
        self.answer(401, WWW_Authenticate=['Basic realm="here", Newauth x=1'] + challenges)

    def proven(self, given, algorithm, words):
        """Whether it is right but too old; what is wrong is raised."""
        scheme, _, rest = given.partition(" ")
        assert scheme == "Digest", f"{scheme} instead of Digest"
        said = parameters(rest)
        H = lambda text: HASHES[algorithm](text.encode()).hexdigest()
        assert said["username"] == USER and said["realm"] == REALM and said["opaque"] == f"o/{algorithm}", "names"
        assert said["uri"] == self.path, f"uri {said['uri']}"
        assert said.get("algorithm", "MD5") == algorithm, "algorithm"
        ha1, ha2 = H(f"{USER}:{REALM}:{PASSWORD}"), H(f"{self.command}:{self.path}")
        nonce = said["nonce"]
        if "plain" in words:
            assert "qop" not in said and "nc" not in said, "qop where none was offered"
            expected = H(f"{ha1}:{nonce}:{ha2}")
        else:
            assert said["qop"] == "auth" and re.fullmatch("[0-9a-f]{8}", said["nc"]) and said["cnonce"], "qop"
            expected = H(f"{ha1}:{nonce}:{said['nc']}:{said['cnonce']}:auth:{ha2}")
        assert said["response"] == expected, "response"
        count = int(said.get("nc", "1"), 16)
        with lock:
            last = nonces.get(nonce)
            assert last is not None, "a nonce nobody gave"
            if "once" in words and last > 0 or "stale" in words and self.before == 1:
                return True
            assert count == last + 1 or "plain" in words, f"count {count} after {last}"
            nonces[nonce] = count
        return False

    def token(self):
        """/token: HTTP Basic alone; /token/body: the body alone; /token/…: what is wrong with the answer."""
        words = self.url.path.split("/")[2:] or ["header"]
        form = urllib.parse.parse_qs(self.body.decode(), strict_parsing=True)
        assert form.pop("grant_type") == ["client_credentials"]
        quoted = [urllib.parse.quote_plus(text) for text in (CLIENT, SECRET)]
        header = "Basic " + base64.b64encode(":".join(quoted).encode()).decode()
        refused = lambda status, error: self.answer(status, json.dumps({"error": error}).encode())
        match words[0]:
            case "body":
                if self.headers.get("Authorization") or form != {"client_id": [CLIENT], "client_secret": [SECRET]}:
                    return refused(400 if "400" in words else 401, "invalid_client")
            case "nothing":
                return self.answer(200, b"{}")
            case "html":
                return self.answer(200, b"<html>Log in!</html>")
            case "big":
                return self.answer(200, b" " * 200_000)
            case "scope":
                return refused(400, "invalid_scope")
            case "strange":
                return refused(400, "tok-secret told by the server")
            case "redirect":
                return self.answer(307, Location="/token")
        if words[0] != "body" and (self.headers.get("Authorization") != header or form):
            return refused(401, "invalid_client")
        token = "tok-" + secrets.token_hex(16)
        with lock:
            tokens.add(token)
        life = 0 if "brief" in words else 3600
        self.answer(200, json.dumps({"access_token": token, "token_type": "bearer", "expires_in": life}).encode())

    def oauth(self):
        """/oauth; /oauth/once: a token is good for one request."""
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        with lock:
            good = scheme == "Bearer" and token in tokens
            if "once" in self.url.path:
                tokens.discard(token)
        self.answer(200 if good else 401)

    def hang(self):
        """/hang: for good; /hang/1: only the first so many requests."""
        words = self.url.path.split("/")[2:]
        if words and self.before >= int(words[0]):
            return self.answer(200)
        tell(hangs=self.path)
        time.sleep(3600)

    def endless(self):
        self.status = 200
        self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        tell(**self.line())
        try:
            while True:
                self.wfile.write(b"5\r\nabcde\r\n")
                time.sleep(0.2)
        except OSError:
            self.close_connection = True

    def garbage(self):
        self.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n")
        self.close_connection = True

    def gone(self):
        self.close_connection = True


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *who):
        # Whoever does not trust our certificate goes away.
        if not isinstance(sys.exc_info()[1], ssl.SSLError):
            super().handle_error(*who)


HANDLERS = {
    "take": Target.take,
    "status": Target.with_status,
    "redirect": Target.redirect,
    "basic": Target.basic,
    "only-basic": Target.only_basic,
    "digest": Target.digest,
    "token": Target.token,
    "oauth": Target.oauth,
    "hang": Target.hang,
    "endless": Target.endless,
    "garbage": Target.garbage,
    "gone": Target.gone,
}

if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    server = Server(("127.0.0.1", port), Target)
    if len(sys.argv) > 2:  # certificate and key, PEM
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(sys.argv[2])
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    print(f"listening {server.server_port}", flush=True)
    server.serve_forever()

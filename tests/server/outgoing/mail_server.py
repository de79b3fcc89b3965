"""A mail server for tests: it speaks SMTP over a real socket, with STARTTLS and AUTH, and dies where it is told to."""

from __future__ import annotations

import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import cast

CERTIFICATE = Path(__file__).parent / "localhost.pem"


@dataclass
class Post:
    """What a server has taken, and how it behaves."""

    port: int = 0
    taken: list[EmailMessage] = field(default_factory=list)
    said: list[str] = field(default_factory=list)  #: commands, in order
    refuses: dict[str, int] = field(
        default_factory=dict
    )  #: address or command → the number it is refused with
    dies_at: int | None = None  #: falls silent at its n-th message …
    dies_before_answer: bool = True  #: … having it, but before it says so; else before it has it
    dead: bool = False

    @property
    def ids(self) -> list[str]:
        """The Message-IDs of what was taken, in order."""
        return [str(message["Message-ID"]) for message in self.taken]


class _Talk(socketserver.StreamRequestHandler):
    """One connection."""

    post: Post

    def handle(self) -> None:
        if self.post.dead:
            return
        self.say("220 test ESMTP")
        while not self.post.dead and (line := self.rfile.readline()):
            command = line.decode().strip()
            self.post.said.append(command)
            verb = command.partition(" ")[0].upper()
            if verb == "QUIT":
                self.say("221 bye")
                return
            {"EHLO": self.ehlo, "STARTTLS": self.starttls, "DATA": self.data}.get(verb, self.other)(command)

    def ehlo(self, command: str) -> None:
        encrypted = isinstance(self.connection, ssl.SSLSocket)
        self.say("250-test", "250-AUTH PLAIN" if encrypted else "250-STARTTLS", "250 8BITMIME")

    def starttls(self, command: str) -> None:
        self.say("220 go on")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)
        self.request = context.wrap_socket(self.connection, server_side=True)
        self.setup()

    def finish(self) -> None:
        super().finish()
        self.request.close()

    def other(self, command: str) -> None:
        address = command.partition("<")[2].partition(">")[0]
        verb = command.partition(" ")[0]
        refused = self.post.refuses.get({"RCPT": address}.get(verb.upper(), verb.upper()))
        self.say(f"{refused} {command}" if refused else "235 ok" if verb == "AUTH" else "250 ok")

    def data(self, command: str) -> None:
        self.say("354 go on")
        lines = []
        dying = self.post.dies_at == len(self.post.taken) + 1
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            if dying and not self.post.dies_before_answer:
                break
            lines.append(line.removeprefix(b"."))
        if not dying or self.post.dies_before_answer:
            taken = message_from_bytes(b"".join(lines), policy=policy.default)
            self.post.taken.append(cast("EmailMessage", taken))
        if dying:
            self.post.dead = True
            return
        self.say("250 taken")

    def say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())
        self.wfile.flush()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


@contextmanager
def running(post: Post) -> Iterator[Post]:
    """Give the server on a free port, or on the one it had before."""
    handler = type("Talk", (_Talk,), {"post": post})
    with _Server(("127.0.0.1", post.port), handler) as server:
        post.port = server.server_address[1]
        post.dead = False
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield post
        server.shutdown()
        thread.join()

"""A mail server on this machine that keeps what it is given; it offers no encryption."""

from __future__ import annotations

import socketserver
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread


@dataclass
class MailServer:
    """Its address, and what it was told and given; ``refusing`` is the answer to every recipient, if any."""

    url: str = ""
    commands: list[str] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)
    refusing: bytes = b""


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """The server, until the block ends."""
    kept = MailServer()

    class Conversation(socketserver.StreamRequestHandler):
        def say(self, answer: bytes) -> None:
            self.wfile.write(answer + b"\r\n")

        def handle(self) -> None:
            self.say(b"220 localhost")
            while line := self.rfile.readline().strip().decode():
                kept.commands.append(line)
                verb = line.split(" ")[0].upper()
                if verb == "DATA":
                    self.say(b"354 go on")
                    kept.messages.append(self.body())
                if verb == "RCPT" and kept.refusing:
                    self.say(kept.refusing)
                else:
                    self.say(b"221 bye" if verb == "QUIT" else b"250 localhost")

        def body(self) -> bytes:
            lines = []
            while (line := self.rfile.readline()) not in (b".\r\n", b""):
                lines.append(line)
            return b"".join(lines)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True  # A client that never hangs up keeps no test waiting.

    with Server(("127.0.0.1", 0), Conversation) as server:
        kept.url = f"smtp://127.0.0.1:{server.server_address[1]}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield kept
        finally:
            server.shutdown()
            thread.join()

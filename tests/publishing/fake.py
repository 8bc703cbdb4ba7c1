"""Calendar servers that misbehave, each on a thread of its own, on loopback."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HOME = (
    b'<multistatus xmlns="DAV:"><response><href>/trial/</href><propstat><prop><resourcetype><collection/>'
    b"</resourcetype></prop><status>HTTP/1.1 200 OK</status></propstat></response></multistatus>"
)
NOTHING = b'<multistatus xmlns="DAV:"/>'


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Reply:
    """One answer; with `silent` the server hangs up instead."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    silent: bool = False


Answer = Callable[[Asked], Reply]


@dataclass
class Fake:
    """A running server."""

    url: str
    asked: list[Asked] = field(default_factory=list)

    def methods(self) -> list[str]:
        return [each.method for each in self.asked]


def empty(asked: Asked) -> Reply:
    """A calendar server with an account in which there is nothing, and which forgets everything."""
    known = {"PROPFIND": Reply(207, HOME), "REPORT": Reply(404), "MKCALENDAR": Reply(201), "PUT": Reply(201)}
    return known.get(asked.method, Reply(404))


@contextmanager
def serving(answer: Answer, wrap: Callable[[Any], Any] | None = None) -> Iterator[Fake]:
    """Run a server that answers as `answer` says; `wrap` may give its socket TLS."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

        def __getattr__(self, name: str) -> Any:
            if name.startswith("do_"):
                return self._answer
            raise AttributeError(name)

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            asked = Asked(self.command, self.path, dict(self.headers), body)
            fake.asked.append(asked)
            reply = answer(asked)
            if reply.silent:
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that hangs up is no news."""

    server = Quiet(("127.0.0.1", 0), Handler)
    if wrap is not None:
        server.socket = wrap(server.socket)
    scheme = "http" if wrap is None else "https"
    fake = Fake(f"{scheme}://127.0.0.1:{server.server_port}/trial/")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

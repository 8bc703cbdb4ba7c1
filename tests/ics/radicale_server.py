"""A real CalDAV server on this machine: Radicale, in a process and a folder of its own."""

from __future__ import annotations

import contextlib
import http.client
import importlib.util
import socket
import subprocess
import sys
import time
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_HERE = "127.0.0.1"
_WHO = "Basic " + b64encode(b"clinic:any").decode()
_CALENDAR = b"""<?xml version="1.0" encoding="utf-8"?>
<mkcol xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><set><prop>
<resourcetype><collection/><C:calendar/></resourcetype></prop></set></mkcol>"""


def no_radicale() -> str | None:
    """Why it cannot run here, or None."""
    return None if importlib.util.find_spec("radicale") else "the Python package radicale is not installed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Radicale:
    """A server that is up."""

    port: int

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
        """Send one request; return status and body of the answer."""
        connection = http.client.HTTPConnection(_HERE, self.port, timeout=20)
        with contextlib.closing(connection):
            connection.request(method, path, body, {"Authorization": _WHO, **headers})
            answer = connection.getresponse()
            return answer.status, answer.read()

    def make_calendar(self, name: str) -> str:
        """Make an empty calendar; return its path."""
        path = f"/clinic/{name}/"
        status, said = self.ask("MKCOL", path, _CALENDAR)
        assert status == 201, said
        return path


@contextlib.contextmanager
def radicale(folder: Path) -> Iterator[Radicale]:
    """Start a server that keeps what it has in `folder`."""
    with socket.socket() as free:
        free.bind((_HERE, 0))
        port = free.getsockname()[1]
    log = folder / "radicale.log"
    settings = (
        "--config", "", "--server-hosts", f"{_HERE}:{port}", "--auth-type", "none",
        "--storage-filesystem-folder", str(folder / "store"), "--logging-level", "warning",
    )  # fmt: skip
    with log.open("w", encoding="utf-8") as said:
        command = (sys.executable, "-m", "radicale", *settings)
        server = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT)
        try:
            _wait(server, port, log)
            yield Radicale(port=port)
        finally:
            server.terminate()
            server.wait(20)


def _wait(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection((_HERE, port), 0.2):
            return
        assert server.poll() is None, log.read_text(encoding="utf-8")
        time.sleep(0.1)
    raise AssertionError(log.read_text(encoding="utf-8"))

"""A real calendar server (Radicale) that the tests start for themselves, and accounts on it."""

from __future__ import annotations

import base64
import importlib.util
import itertools
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest
import vobject

_NUMBERS = itertools.count(1)
_CONFIG = """
[server]
hosts = 127.0.0.1:{port}
[auth]
type = htpasswd
htpasswd_filename = {folder}/users
htpasswd_encryption = plain
delay = 0
[storage]
filesystem_folder = {folder}/calendars
[logging]
level = info
"""


@pytest.fixture(scope="session")
def radicale_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of the running server, and its list of accounts."""
    if importlib.util.find_spec("radicale") is None:
        pytest.skip("this machine has no calendar server: pip install radicale")
    folder = tmp_path_factory.mktemp("radicale")
    (folder / "users").touch()
    (folder / "config").write_text(_CONFIG.format(folder=folder, port=free_port()), encoding="utf-8")
    words = [sys.executable, "-m", "radicale", "--config", str(folder / "config")]
    log = folder / "log"
    with log.open("wb") as out, subprocess.Popen(words, cwd=folder, stdout=out, stderr=out) as server:
        try:
            yield _address(server, log), folder / "users"
        finally:
            server.terminate()


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
    return port


def _address(server: subprocess.Popen[bytes], log: Path) -> str:
    """Wait until the server says where it listens."""
    while True:
        ended = server.poll() is not None
        said = log.read_text(encoding="utf-8", errors="replace")
        if found := re.search(r"Listening on '(127\.0\.0\.1:\d+)'", said):
            return f"http://{found[1]}"
        if ended:
            pytest.fail(said)
        time.sleep(0.02)


@dataclass(frozen=True)
class Event:
    """An event as an independent reader (vobject) sees it, and where it is."""

    url: str
    etag: str
    summary: str
    start: object
    status: str
    sequence: int
    text: str


@dataclass(frozen=True)
class Account:
    """An account on the server; what a person or a phone does there is done without dosecalc."""

    url: str
    name: str
    password: str

    def ask(self, method: str, url: str, body: str | None = None, **headers: str) -> bytes:
        token = base64.b64encode(f"{self.name}:{self.password}".encode()).decode()
        request = urllib.request.Request(url, method=method, data=body.encode() if body is not None else None)
        request.add_header("Authorization", f"Basic {token}")
        for name, value in headers.items():
            request.add_header(name.replace("_", "-"), value)
        with urllib.request.urlopen(request) as answer:
            read: bytes = answer.read()
        return read

    def calendars(self) -> dict[str, str]:
        """The addresses of the calendars, by their names."""
        found = ElementTree.fromstring(self.ask("PROPFIND", self.url, Depth="1"))
        return {
            each.findtext(".//{DAV:}displayname", ""): self._whole(each.findtext("{DAV:}href", ""))
            for each in found.iterfind("{DAV:}response")
            if each.find(".//{urn:ietf:params:xml:ns:caldav}calendar") is not None
        }

    def events(self, calendar: str) -> list[Event]:
        """The events of the calendar with this name, in the order of their days."""
        url = self.calendars()[calendar]
        found = ElementTree.fromstring(
            self.ask(
                "PROPFIND", url, '<propfind xmlns="DAV:"><prop><getetag/><resourcetype/></prop></propfind>', Depth="1"
            )
        )
        events = []
        for each in found.iterfind("{DAV:}response"):
            href = self._whole(each.findtext("{DAV:}href", ""))
            if href.endswith("/"):
                continue
            text = self.ask("GET", href).decode()
            event = vobject.readOne(text).vevent
            events.append(
                Event(
                    url=href,
                    etag=each.findtext(".//{DAV:}getetag", ""),
                    summary=event.summary.value,
                    start=event.dtstart.value,
                    status=event.status.value if hasattr(event, "status") else "",
                    sequence=int(event.sequence.value) if hasattr(event, "sequence") else 0,
                    text=text,
                )
            )
        return sorted(events, key=lambda event: str(event.start))

    def edit(self, event: Event, *changes: tuple[str, str]) -> None:
        text = event.text
        for old, new in changes:
            assert text.count(old) == 1, (text.count(old), old)
            text = text.replace(old, new)
        self.ask("PUT", event.url, text, If_Match=event.etag, Content_Type="text/calendar")

    def delete(self, event: Event) -> None:
        self.ask("DELETE", event.url)

    def _whole(self, href: str) -> str:
        return "/".join(self.url.split("/")[:3]) + href


@pytest.fixture
def calendar_account(radicale_server: tuple[str, Path]) -> Account:
    """An account with nothing in it."""
    url, users = radicale_server
    name, password = f"trial{next(_NUMBERS)}", "a long, secret: päss word"
    with users.open("a", encoding="utf-8") as file:
        file.write(f"{name}:{password}\n")
    return Account(url=f"{url}/{name}/", name=name, password=password)

"""Talking to a calendar server: each request with the password to that server alone, again where it stumbles.

What goes wrong is said once, here, in words that lead to a remedy. The password is in no message.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from dosecalc.errors import refuse
from dosecalc.publishing.address import no_address, origin
from dosecalc.publishing.dav import (
    EVENTS,
    WHAT_IS_THERE,
    NotUnderstood,
    Resource,
    is_calendar,
    new_calendar,
    read_events,
)
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dosecalc.errors import Refusal

WAITS = (1, 2, 4)
"""Seconds before each new attempt."""
_LONGEST_WAIT = 60
_LARGEST = 1 << 28
"""Bytes that no answer has: 100,000 visits are a third of it."""
_DONE = (200, 201, 204)
_CHANGED = 412
_NOT_THIS_ONE = (400, 409, 413, 415, 422)
"""The server refuses this file, and may take others."""
_FULL = 507


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """Whose calendars, and how the server knows that it is us."""

    url: str
    name: str
    password: str

    def __repr__(self) -> str:
        return f"Account({self.url!r}, {self.name!r})"


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What the server said."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Server:
    """A calendar server. `sleep` waits so many seconds; `patience` is how many seconds it may be silent."""

    def __init__(self, account: Account, sleep: Callable[[int], object], patience: int) -> None:
        try:
            import httpx
        except ModuleNotFoundError:
            raise refuse(
                "DC883",
                msg("a calendar server is reached by the package httpx, which is not installed"),
                msg("install it: pip install 'dosecalc[publish]'"),
            ) from None
        self._account = account
        self._sleep = sleep
        self._errors: type[Exception] = httpx.RequestError
        try:
            httpx.URL(account.url)
        except httpx.InvalidURL as error:
            raise no_address(account.url) from error
        self._client = httpx.Client(
            auth=httpx.BasicAuth(account.name, account.password),
            timeout=httpx.Timeout(patience),
            follow_redirects=False,  # the password goes nowhere else
            trust_env=account.url.startswith("https:"),  # no proxy sees what is not encrypted
            headers={"User-Agent": "dosecalc"},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def check(self) -> None:
        """Refuse an address that is no account of a calendar server.

        Raises:
            Refusal: DC884 to DC887, as `_send`; DC885, it is a calendar, and calendars are made beside each other.
        """
        url = self._account.url
        answer = self._send("PROPFIND", url, WHAT_IS_THERE, _XML | {"Depth": "0"}, (207,))
        try:
            calendar = is_calendar(answer.body)
        except NotUnderstood as error:
            raise _no_server(url) from error
        if calendar:
            raise refuse(
                "DC885",
                msg("{url} is one calendar, and here several are made", url=url),
                msg("give the address of the account, which is the part before it"),
            )

    def events(self, url: str) -> list[Resource] | None:
        """Return all files of a calendar; None where there is no such calendar.

        Raises:
            Refusal: DC884 to DC887.
        """
        answer = self._send("REPORT", url, EVENTS, _XML | {"Depth": "1"}, (207, 404))
        if answer.status == 404:
            return None
        try:
            return list(read_events(url, answer.body))
        except NotUnderstood as error:
            raise _no_server(url) from error

    def one(self, url: str) -> Resource | None:
        """Return one file of a calendar; None where there is none of that name.

        Raises:
            Refusal: DC884 to DC887.
        """
        answer = self._send("GET", url, b"", {}, (200, 404, 410))
        if answer.status != 200:
            return None
        etag = answer.headers.get("etag")
        if not etag:
            raise _no_server(url)
        return Resource(url=url, etag=etag, data=answer.body.decode("utf-8", errors="replace"))

    def make(self, url: str, name: str) -> None:
        """Make a calendar.

        Raises:
            Refusal: DC884 to DC887.
        """
        self._send("MKCALENDAR", url, new_calendar(name), _XML, (201, 200))

    def put(self, url: str, data: bytes, etag: str | None) -> bool:
        """Write one file, where the server still has the version `etag` of it, or none; return whether it had.

        Raises:
            Refusal: DC884 to DC887.
            NotTaken: the server refuses this file.
        """
        unchanged = {"If-None-Match": "*"} if etag is None else {"If-Match": etag}
        headers = {"Content-Type": "text/calendar; charset=utf-8", **unchanged}
        answer = self._send("PUT", url, data, headers, (*_DONE, _CHANGED, *_NOT_THIS_ONE))
        if answer.status in _NOT_THIS_ONE:
            raise NotTaken(answer.status)
        return answer.status != _CHANGED

    def _send(self, method: str, url: str, body: bytes, headers: Mapping[str, str], fine: tuple[int, ...]) -> Answer:
        """Send a request until it is answered, and return an answer that is `fine`.

        Raises:
            Refusal: DC884, the account may not; DC885, no calendar account is there; DC886, no answer, or none but
                errors; DC887, the server is full, or refuses it for another reason.
        """
        if origin(url) != origin(self._account.url):
            raise _no_server(url)
        waits = [*WAITS, None]
        for wait in waits:
            try:
                answer = self._once(method, url, body, headers)
            except self._errors as error:
                if wait is None or _untrusted(error):
                    raise _no_answer(url, error) from error
                self._sleep(wait)
                continue
            if answer.status in fine:
                return answer
            if wait is None or not _may_pass(answer.status):
                raise self._refused(url, answer)
            self._sleep(max(wait, _asked_for(answer)))
        raise AssertionError(waits)  # the last wait is None, and ends above

    def _once(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        with self._client.stream(method, url, content=body, headers=dict(headers)) as response:
            read = bytearray()
            for part in response.iter_bytes():
                read += part
                if len(read) > _LARGEST:
                    raise _no_server(url)
            return Answer(status=response.status_code, headers=response.headers, body=bytes(read))

    def _refused(self, url: str, answer: Answer) -> Refusal:
        status = answer.status
        if 300 <= status < 400:
            return refuse(
                "DC885",
                msg("{url} sends on to {other}; the password was not sent there", url=url, other=_where(answer)),
                msg("ask the server's administrator; if it is the right address, give it with --url"),
            )
        if status == 401:
            return refuse(
                "DC884",
                msg("the server does not know the name {name} with this password", name=self._account.name),
                msg("check --user and the password file; some servers want a password made for programs"),
            )
        if status == 403:
            return refuse(
                "DC884",
                msg("{name} may not write to {url}", name=self._account.name, url=url),
                msg("check --url; or ask the server's administrator for the right to make calendars there"),
            )
        if status in (404, 405, 410, 501):
            return _no_account(url, status)
        if status == _FULL:
            return refuse(
                "DC887",
                msg("the calendar server has no room left"),
                msg("ask its administrator for more, then publish again: it goes on from here"),
            )
        if _may_pass(status):
            return refuse(
                "DC886",
                msg("{url} answered with error {status}, {times} times", url=url, status=status, times=len(WAITS) + 1),
                msg("publish again later: it goes on from here"),
            )
        if status < 300:
            return _no_server(url)
        return refuse(
            "DC887",
            msg("{url} refuses what was sent, with error {status}", url=url, status=status),
            msg("show this to the server's administrator"),
        )


_XML = {"Content-Type": "application/xml; charset=utf-8"}


class NotTaken(Exception):
    """The server refuses one file, and may take others."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(status)


def _may_pass(status: int) -> bool:
    return status == 429 or (500 <= status < 600 and status not in (501, _FULL))


def _asked_for(answer: Answer) -> int:
    """How many seconds the server asks to wait."""
    text = answer.headers.get("retry-after", "")
    return min(int(text), _LONGEST_WAIT) if text.isascii() and text.isdecimal() else 0


def _where(answer: Answer) -> str:
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(answer.headers.get("location", ""))
    except ValueError:
        return "?"
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl() or "?"


def _untrusted(error: BaseException) -> bool:
    """Whether the server did not prove who it is: then nothing was sent, and another attempt changes nothing."""
    cause: Any = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def _no_answer(url: str, error: Exception) -> Refusal:
    reason = " ".join(str(error).split()) or type(error).__name__
    if _untrusted(error):
        return refuse(
            "DC886",
            msg("{url} does not prove that it is that server ({reason}); nothing was sent", url=url, reason=reason),
            msg("check the address; name the file with your hospital's own certificates in SSL_CERT_FILE"),
        )
    return refuse(
        "DC886",
        msg("{url} does not answer ({reason})", url=url, reason=reason),
        msg("check the address and the network, then publish again: it goes on from here"),
    )


def _no_account(url: str, status: int) -> Refusal:
    return refuse(
        "DC885",
        msg("{url} is no place for calendars (the server answers {status})", url=url, status=status),
        msg("give the address of an account of a CalDAV server; the server's administrator knows it"),
    )


def _no_server(url: str) -> Refusal:
    return refuse(
        "DC885",
        msg("what answers at {url} is not a calendar server; it may be a web page", url=url),
        msg("give the address for CalDAV; the server's administrator knows it"),
    )

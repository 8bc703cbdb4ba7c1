"""The address of a calendar account: only one to which a password may be sent."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

from dosecalc.errors import refuse
from dosecalc.text import msg

if TYPE_CHECKING:
    from dosecalc.errors import Refusal


def check_address(text: str) -> str:
    """Return the address of an account's folder, with the slash at its end.

    Raises:
        Refusal: DC883, it is no address, holds a name or a password, or would send the password unprotected.
    """
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        parts, host = SplitResult("", "", "", "", ""), None
    wrong = parts.scheme not in ("http", "https") or not host or bool(parts.query or parts.fragment)
    if parts.username is not None or (wrong and "@" in text):  # not shown: it may hold the password
        raise refuse(
            "DC883",
            msg("the address after --url holds a name or a password, which others on this computer can read"),
            msg("leave them out of the address; give --user and --password-file"),
        )
    if wrong or host is None:
        raise no_address(text)
    if parts.scheme == "http" and not _on_this_computer(host):
        raise refuse(
            "DC883",
            msg("{text} would send the password and the visits unprotected", text=text),
            msg("give an address that begins with https"),
        )
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/") + "/", "", ""))


def no_address(text: str) -> Refusal:
    """Make the refusal of what is no address."""
    return refuse(
        "DC883",
        msg("'{text}' is not the address of a calendar account", text=text),
        msg("write it as https://calendar.hospital.example/trial/; the server's administrator knows it"),
    )


def _on_this_computer(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def join(base: str, href: str) -> str:
    """Return the address that `href` means in an answer of `base`.

    Raises:
        ValueError: it lies on another server, to which no password goes.
    """
    found = urljoin(base, href)
    if origin(found) != origin(base):
        raise ValueError(found)
    return found


def origin(url: str) -> tuple[str, str | None, int | None]:
    """Return what makes a server: scheme, host and port.

    Raises:
        ValueError: it is no address.
    """
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)

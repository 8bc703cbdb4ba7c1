"""The calendars of a study on a calendar server: as far as the site's rules allow, and only what changed."""

from __future__ import annotations

import os
import stat
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from dosecalc.app.delivery import check_open
from dosecalc.app.study_calendars import calendars, versions_of
from dosecalc.errors import Refusal, refuse
from dosecalc.files import read_file
from dosecalc.publishing.address import check_address
from dosecalc.publishing.run import Report, ToPublish, publish
from dosecalc.publishing.server import Account, Server
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dosecalc.app.study import Session
    from dosecalc.text import Language

To = Literal["participant", "clinic"]
TO: tuple[To, ...] = get_args(To)
PATIENCE = 30
"""Seconds that a server may be silent."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """What somebody wants published, as typed: `audience` and `participants` leave out what they do not name."""

    url: str
    account: str
    password_file: str
    audience: To | None = None
    participants: tuple[str, ...] = ()
    dry_run: bool = False
    replace_edited: bool = False


def publish_calendars(
    session: Session,
    call: Call,
    *,
    language: Language | None = None,
    sleep: Callable[[int], object] = time.sleep,
    patience: int = PATIENCE,
) -> Report:
    """Bring the calendars on a server up to date, and say what was done, up to whatever went wrong.

    Raises:
        Refusal: DC896, the site's rules do not allow it; DC883, the address or the password file cannot be used;
            DC501, DC737 for the calendars. Then nothing was sent. What goes wrong later stands on the report.
    """
    check_open(session, "caldav")
    account = Account(url=check_address(call.url), name=_name(call.account), password=read_password(call.password_file))
    calendars = _calendars(session, call, language)
    report = Report(dry_run=call.dry_run)
    with Server(account, sleep, patience) as server:
        try:
            publish(server, account.url, calendars, report, replace_edited=call.replace_edited)
        except Refusal as refusal:  # what was done before it is on the report
            report.findings += refusal.findings
    return report


def _name(text: str) -> str:
    if text and ":" not in text and text.isprintable():
        return text
    raise refuse(
        "DC883",
        msg("'{name}' cannot be the name of an account", name=text),
        msg("give the name alone with --user; the password is read from --password-file"),
    )


def read_password(path: str) -> str:
    """Return the one line of a password file, which nobody else may read.

    Raises:
        Refusal: DC601, it cannot be read; DC883, others may read it, or it does not hold one line.
    """
    data = read_file(path)
    if os.name == "posix" and stat.S_ISREG(mode := os.stat(path).st_mode) and mode & 0o077:
        raise refuse(
            "DC883",
            msg("{path} can be read by others on this computer", path=path),
            msg("make it yours alone: chmod 600 {path}", path=path),
        )
    lines = data.decode("utf-8-sig", errors="replace").splitlines()
    if len(lines) != 1 or not lines[0] or "\ufffd" in lines[0]:
        raise refuse(
            "DC883",
            msg("{path} does not hold a password", path=path),
            msg("write the password into it, on one line and nothing else, as UTF-8"),
        )
    return lines[0]


def _calendars(session: Session, call: Call, language: Language | None) -> Sequence[ToPublish]:
    audience = call.audience or ("participant" if call.participants else None)
    if audience == "clinic" and call.participants:
        raise refuse(
            "DC883",
            msg("the clinic's calendar is that of all participants"),
            msg("leave out --participant, or give --audience participant"),
        )
    with session.read() as reading:
        for code in call.participants:
            session.participant(reading, code)
        known = list(calendars(session, reading, language=language))
    found = []
    for each in known:
        if audience not in (None, "clinic" if each.participant is None else "participant"):
            continue
        if each.participant is not None and not each.items:  # nobody has anything to put on a phone yet
            continue
        if call.participants and each.participant not in call.participants:
            continue
        found.append(
            ToPublish(
                participant=each.participant,
                head=each.head,
                items=each.items,
                versions=versions_of(session, each.participant),
            )
        )
    return found

"""Which version of the protocol holds for a participant on a day, and whether a dose was made under another one.

A participant stays on the version that they consented to until they are moved. An urgent safety measure is the one
exception: from its effective date it holds for everyone who is on an earlier version.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from dosecalc.errors import refuse
from dosecalc.protocol.reader import read_protocol, read_site
from dosecalc.protocol.settled import Settled
from dosecalc.text import msg

if TYPE_CHECKING:
    import datetime as dt

    from dosecalc.registry.event import Role
    from dosecalc.registry.state import ParticipantState, StudyState, Version


def version_for(study: StudyState, state: ParticipantState, day: dt.date) -> Version:
    """Return the version that holds for a participant on `day`."""
    own = [place for place, each in enumerate(study.versions) if each.protocol_sha256 == state.protocol_sha256]
    begun = [place for place in own if _holds(study.versions[place], day)]  # the site's answers may be newer
    place = (begun[-1:] or own[:1] or [0])[0]
    for later, version in enumerate(study.versions[place + 1 :], place + 1):
        if version.urgent and _holds(version, day):
            place = later
    return study.versions[place]


def _holds(version: Version, day: dt.date) -> bool:
    return version.effective is None or version.effective <= day


def settled_of(version: Version) -> Settled:
    """Return the protocol and the site's answers of a version, as they stand in the study.

    Raises:
        InvalidFile: the program reads the texts otherwise than the one that recorded them.
    """
    return _settled(version.protocol_text, version.site_text, version.protocol_version)


@lru_cache(maxsize=16)
def _settled(protocol_text: str, site_text: str, version: str) -> Settled:
    protocol = read_protocol(protocol_text.encode("utf-8"), f"protocol {version}")
    site = read_site(site_text.encode("utf-8"), "site file") if site_text else None
    return Settled(protocol=protocol, site=site)


def staff_of(study: StudyState, day: dt.date) -> dict[str, Role]:
    """Return who works here on `day`: the site file's list, then what was recorded since; without who has left."""
    site = settled_of(study.in_effect(day)).site
    known = {**(site.staff if site is not None else {}), **study.staff}
    return {user: role for user, role in known.items() if role is not None}


def check_not_superseded(study: StudyState, state: ParticipantState, day: dt.date, made: Version) -> None:
    """Refuse a dose that was worked out under another version (`made`) than the one that holds for them on `day`.

    Raises:
        Refusal: DC795, the dose is superseded: by another protocol, or by other answers of the site.
    """
    holds = version_for(study, state, day)
    if made.protocol_sha256 == holds.protocol_sha256:
        if made.site_text == holds.site_text:
            return
        raise refuse(
            "DC795",
            msg("the dose of {participant} was worked out with the site's answers before event {number}, and those of "
                "event {number} hold since {day}",
                participant=state.code, number=holds.number, day=_since(holds)),
            msg("do not give it; prepare it again with the site's answers of today"),
        )  # fmt: skip
    raise refuse(
        "DC795",
        msg(
            "this dose of {participant} was worked out under version {old} of the protocol, and version {new} holds "
            "for them since {day}",
            participant=state.code,
            old=made.protocol_version,
            new=holds.protocol_version,
            day=_since(holds),
        )
        if holds.urgent
        else msg(
            "this dose of {participant} was worked out under version {old} of the protocol, and they are on "
            "version {new}",
            participant=state.code,
            old=made.protocol_version,
            new=holds.protocol_version,
        ),
        msg("do not give it; prepare it again under version {new}", new=holds.protocol_version),
    )


def _since(version: Version) -> str:
    return version.effective.isoformat() if version.effective else ""

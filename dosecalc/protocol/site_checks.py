"""What no type can hold of a site file: by itself, and against the protocol that it answers."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

from dosecalc.errors import Finding
from dosecalc.protocol.assumption_checks import wrong_answer
from dosecalc.protocol.binding import readable
from dosecalc.protocol.clinic_checks import check_bookings, check_clinic
from dosecalc.protocol.confirmed import Confirmed
from dosecalc.protocol.delivery_checks import check_delivery
from dosecalc.protocol.example_checks import left_of_the_example
from dosecalc.protocol.gap_checks import check_gaps, check_gaps_against
from dosecalc.protocol.model import NOT_STATED, Assumption, Encounter, Level, Protocol
from dosecalc.protocol.offsets import CalendarOffset, ClockOffset
from dosecalc.protocol.preparation_checks import check_look, check_preparation, check_preparations
from dosecalc.protocol.site import SiteAnswer, SiteLabel, SiteLook, SitePreparation, Verified
from dosecalc.protocol.walk import walk
from dosecalc.text import msg

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator

    from dosecalc.protocol.site import Site, SiteLevels, SiteProtocol, SiteStagger, SiteWindow

_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_MADE_UP: dict[type, tuple[str, ...]] = {
    Confirmed: ("document", "section", "by"),
    Verified: ("document", "by"),
    SiteAnswer: ("answer",),
    SitePreparation: ("dosage_form", "diluent"),
    SiteLook: ("instruction", "by"),
    SiteLabel: ("trial_code", "sponsor", "investigator", "address", "masked_name", "directions", "storage"),
}
"""What an example makes up, and what would count as true in a file that is none."""


def check_site(site: Site) -> Iterator[Finding]:
    """Every finding of a site file that needs no protocol."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # only a site file needs it here

    if site.timezone:
        try:
            if "/" not in site.timezone and site.timezone != "UTC":  # files such as posixrules are no places
                raise ValueError(site.timezone)
            ZoneInfo(site.timezone)
        except (ZoneInfoNotFoundError, ValueError):
            yield Finding(
                "DC140",
                msg("there is no time zone '{name}'", name=site.timezone),
                msg("write a name such as Asia/Shanghai"),
                site.where,
                "timezone",
            )
    if site.example is False:
        yield from left_of_the_example(site, _MADE_UP)
    clinic = readable(site.clinic)
    if clinic is not None:
        yield from check_clinic(clinic)
    if (delivery := readable(site.delivery)) is not None:
        yield from check_delivery(delivery)
    for name, here in (site.protocols or {}).items():
        if (stagger := readable(here.stagger)) is not None:
            yield from _stagger(stagger, f"protocols.{name}.stagger.days")
        yield from check_gaps(here.gaps, f"protocols.{name}.gaps")
        if here.verified and here.verified.sha256 and not _SHA256.fullmatch(here.verified.sha256):
            yield Finding(
                "DC142",
                msg("this is not a SHA-256 digest"),
                msg("copy the 64 characters that 'dosecalc protocol show {name}' prints", name=name),
                here.verified.where,
                f"protocols.{name}.verified.sha256",
            )
    yield from _staff(site)
    yield from check_bookings(site)
    yield from check_preparations(site)


def _staff(site: Site) -> Iterator[Finding]:
    staff = readable(site.staff)
    if staff and "administrator" not in staff.values() and None not in map(readable, staff.values()):
        yield Finding(
            "DC728",
            msg("nobody in 'staff' is the administrator, so nobody could add to the list or amend the protocol"),
            msg("give one of them the role administrator"),
            site.where,
            "staff",
        )


def check_site_against(site: Site, protocol: Protocol) -> Iterator[Finding]:
    """Every finding of what the site file says about `protocol`."""
    here = site.protocols.get(protocol.id)
    if here is None:
        entry = f"{protocol.id}: {{}}"
        yield Finding(
            "DC152",
            msg("this site file says nothing about {protocol}", protocol=protocol.id),
            msg("correct its name under 'protocols'; where nothing is answered yet, write {entry}", entry=entry),
            site.where,
            "protocols",
        )
        return
    path = f"protocols.{protocol.id}"
    if here.verified and here.verified.sha256 != protocol.sha256 and not site.example:
        yield Finding(
            "DC143",
            msg("the protocol file is not the one that was verified (its digest is {digest})", digest=protocol.sha256),
            msg("compare the file with the approved protocol again, then enter the new digest and who did it"),
            here.verified.where,
            f"{path}.verified",
        )
    yield from _against(here.answers, protocol.assumptions, f"{path}.answers", _answer)
    yield from _against(here.levels, protocol.levels, f"{path}.levels", _levels)
    yield from _against(here.windows, protocol.encounters, f"{path}.windows", _window)
    yield from _against(
        here.preparation, protocol.products, f"{path}.preparation", partial(check_preparation, protocol)
    )
    yield from check_gaps_against(here, protocol, f"{path}.gaps")
    yield from _against(here.booking, protocol.encounters, f"{path}.booking", lambda *_: iter(()))
    yield from check_look(here, protocol, path)
    yield from _unmasked(here, protocol, f"{path}.unmasked")


def _unmasked(here: SiteProtocol, protocol: Protocol, path: str) -> Iterator[Finding]:
    if here.unmasked is None:
        return
    if not protocol.masking.masked:
        what = msg("{protocol} is an open trial; nobody is masked in it", protocol=protocol.id)
        yield Finding("DC729", what, msg("remove it here"), here.unmasked.where, path)
    elif protocol.masking.roles != "not_stated" and (
        both := [role for role in here.unmasked.roles if role in protocol.masking.roles]
    ):
        yield Finding(
            "DC730",
            msg("the protocol says that these are masked: {roles}", roles=", ".join(both)),
            msg("remove them here"),
            here.unmasked.where,
            path,
        )
    elif not here.unmasked.roles:
        what = msg("no role is listed here")
        yield Finding("DC731", what, msg("list one at least, or remove it"), here.unmasked.where, path)


def check_dates(site: Site, latest: dt.date) -> Iterator[Finding]:
    """Every answer and verification that claims a date after `latest`."""
    for path, record in walk(site):
        if isinstance(record, (Confirmed, Verified)) and record.date > latest:
            yield Finding(
                "DC154",
                msg("{date} lies in the future", date=record.date.isoformat()),
                msg("write the date on which it was confirmed"),
                record.where,
                f"{path}.date",
            )


def _against(
    given: Any, known: Any, path: str, check: Callable[[Any, Any, str], Iterator[Finding]]
) -> Iterator[Finding]:
    for name, entry in given.items():
        if name in known:
            yield from check(entry, known[name], f"{path}.{name}")
        else:
            yield Finding(
                "DC144",
                msg("the protocol has no '{name}' to answer here", name=name),
                msg("it has: {names}", names=", ".join(known) or "-"),
                entry.where,
                f"{path}.{name}",
            )


def _answer(entry: SiteAnswer, assumption: Assumption, path: str) -> Iterator[Finding]:
    if entry.answer in assumption.other_file:
        yield Finding(
            "DC151",
            msg("this protocol file does not describe a trial where the answer is '{answer}'", answer=entry.answer),
            msg("have a protocol file made for it; do not calculate with this one"),
            entry.where,
            path,
        )
    elif (mend := wrong_answer(assumption, entry.answer)) is not None:
        what = msg("'{answer}' does not answer this question", answer=entry.answer)
        yield Finding("DC145", what, mend, entry.where, path)


def _levels(entry: SiteLevels, level: Level, path: str) -> Iterator[Finding]:
    low, high = level.at_least, level.at_most
    units = {amount.unit for amount in (*level.one_of, low, high) if amount is not None}
    for number, decided in enumerate(entry.decided):
        amount, place = decided.amount, f"{path}.decided[{number}].amount"
        if amount.unit not in units:
            yield Finding(
                "DC146",
                msg("a level of this protocol is in {units}", units=", ".join(sorted(u.symbol for u in units))),
                msg("write the amount in this unit"),
                decided.where,
                place,
            )
        elif low is not None and high is not None and not low.value <= amount.value <= high.value:
            yield Finding(
                "DC147",
                msg("the level {amount} lies outside {low} to {high}", amount=amount, low=low, high=high),
                msg("write a level within the protocol's range"),
                decided.where,
                place,
            )
    if not entry.decided:
        yield Finding("DC123", msg("no level is listed here"), msg("list one at least"), entry.where, path)


def _stagger(entry: SiteStagger, path: str) -> Iterator[Finding]:
    days = readable(entry.days)
    if days is not None and days <= 0:
        what = msg("a stagger of {days} days holds nobody back", days=days)
        mend = msg("write the number of days between two participants, or remove 'stagger'")
        yield Finding("DC751", what, mend, entry.where, path)


def _window(entry: SiteWindow, encounter: Encounter, path: str) -> Iterator[Finding]:
    if encounter.timing is None or encounter.timing.window != NOT_STATED:
        yield Finding(
            "DC148",
            msg("the window of '{id}' is the protocol's own; a site cannot change it", id=encounter.id),
            msg("remove it here"),
            entry.where,
            path,
        )
        return
    sides = (entry.window.before, entry.window.after)
    clock = isinstance(encounter.timing.offset, ClockOffset)
    if any(side.negative for side in sides) or any(isinstance(side, CalendarOffset) == clock for side in sides):
        yield Finding(
            "DC149",
            msg("this window does not fit the encounter's timing"),
            msg("write 'before' and 'after' without a sign, in days for days and in hours for hours"),
            entry.where,
            path,
        )

"""Small protocols for the tests of dates; nothing in them is real."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from dosecalc.protocol.clinic import Clinic
from dosecalc.protocol.confirmed import Confirmed
from dosecalc.protocol.dose_rule import Answer, Source
from dosecalc.protocol.model import (
    Anchor,
    AnchorVisit,
    Assumption,
    Check,
    Encounter,
    Masking,
    Protocol,
    Repeat,
    Timing,
    Window,
)
from dosecalc.protocol.offsets import ClockOffset, parse_offset
from dosecalc.protocol.settled import Settled
from dosecalc.protocol.site import Site, SiteAnswer, SiteProtocol, SiteWindow
from dosecalc.text import Words
from dosecalc.visits.timeline import timeline

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dosecalc.visits.visit import Moment, Timeline, Visit

SOURCE = Source(document="plan", section="8")
CONFIRMED = Confirmed(document="manual", section="2", by="A. Pharmacist", date=dt.date(2026, 1, 5))
SHANGHAI, BERLIN = "Asia/Shanghai", "Europe/Berlin"


def words(text: str) -> Words:
    return Words(text, text)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def at(text: str, zone: str = SHANGHAI) -> dt.datetime:
    """A point in time in the site's zone; where the text has no offset it is local time."""
    moment = dt.datetime.fromisoformat(text)
    return moment.astimezone(ZoneInfo(zone)) if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))


def start(id: str = "first_dose", *, time_needed: bool = False) -> Anchor:
    return Anchor(id=id, label=words("first infusion"), given="start", time_needed=time_needed)


def named(id: str, label: str, *, time_needed: bool = False) -> Anchor:
    return Anchor(id=id, label=words(label), given="by_name", time_needed=time_needed)


def of_visit(
    id: str,
    encounter: str,
    date: Literal["actual", "target"],
    occurrence: Literal["first", "last"] | None = None,
    *,
    time_needed: bool = False,
) -> Anchor:
    visit = AnchorVisit(encounter=encounter, date=date, occurrence=occurrence)
    return Anchor(id=id, label=words(id), given="visit", visit=visit, time_needed=time_needed)


def window(before: str, after: str) -> Window:
    return Window(before=parse_offset(before), after=parse_offset(after))


def defining(id: str, anchor: str = "first_dose") -> Encounter:
    return Encounter(id=id, label=words(id), epoch="treatment", defines=anchor)


def due(
    id: str,
    offset: str,
    around: tuple[str, str] | None = None,
    *,
    anchor: str = "first_dose",
    times: int = 1,
    every: str | None = None,
    count: int = 1,
    until: str | None = None,
) -> Encounter:
    """An encounter `offset` after its anchor; an offset in capitals without P is an open question's code."""
    timing = Timing(
        anchor=anchor,
        offset=parse_offset(offset) if "P" in offset else Answer(answer=offset),
        times=times,
        window=window(*around) if around else "not_stated",
        source=SOURCE,
    )
    repeat = Repeat(every=parse_offset(every), count=count, until=until, source=SOURCE) if every else None
    return Encounter(id=id, label=words(id), epoch="treatment", timing=timing, repeat=repeat)


def unscheduled(id: str) -> Encounter:
    return Encounter(id=id, label=words(id), epoch="follow-up", unscheduled=True)


def at_most(hours: str, start: str, end: str = "first_dose", label: str = "symptom onset to first infusion") -> Check:
    limit = parse_offset(hours)
    assert isinstance(limit, ClockOffset)
    return Check(id="ONSET", label=words(label), start=start, end=end, at_most=limit, source=SOURCE)


def question(id: str, assumed: str | None) -> Assumption:
    return Assumption(
        id=id,
        question=words("What is a month?"),
        reason=words("not stated"),
        kind="duration",
        assumed=assumed,
        bears_on=("visits",),
        confirm_by="principal investigator",
    )


def protocol(
    *encounters: Encounter,
    anchors: Iterable[Anchor] = (),
    checks: Iterable[Check] = (),
    assumptions: Iterable[Assumption] = (),
) -> Protocol:
    all_anchors = {anchor.id: anchor for anchor in anchors}
    if not any(anchor.given == "start" for anchor in all_anchors.values()):
        all_anchors = {"first_dose": start(), **all_anchors}
    return Protocol(
        dosecalc="1",
        id="T-1",
        version="1",
        title=words("A trial"),
        documents={},
        masking=Masking(masked=False, roles=(), allocation="one_arm", source=SOURCE),
        products={},
        anchors=all_anchors,
        encounters={encounter.id: encounter for encounter in encounters},
        arms={},
        assumptions={each.id: each for each in assumptions},
        checks={check.id: check for check in checks},
    )


def site(
    zone: str = SHANGHAI,
    *,
    example: bool = False,
    answers: Mapping[str, str] | None = None,
    windows: Mapping[str, tuple[str, str]] | None = None,
) -> Site:
    here = SiteProtocol(
        id="T-1",
        answers={code: SiteAnswer(answer=answer, confirmed=CONFIRMED) for code, answer in (answers or {}).items()},
        windows={id: SiteWindow(window=window(*around), confirmed=CONFIRMED) for id, around in (windows or {}).items()},
    )
    clinic = Clinic(
        name=words("clinic"),
        place=words("here"),
        contact="1",
        bring=words("nothing"),
        visit_length=ClockOffset(60),
        unbooked_visits="show",
    )
    return Site(
        dosecalc_site="1",
        example=example,
        timezone=zone,
        language="en",
        clinic=clinic,
        rectangle_areas="refuse",
        protocols={"T-1": here},
    )


def plan(
    what: Protocol,
    start: Moment,
    anchors: Mapping[str, Moment] | None = None,
    actual: Mapping[str, Moment] | None = None,
    *,
    where: Site | None = None,
    encounters: tuple[str, ...] | None = None,
) -> Timeline:
    """The timeline of one participant with all encounters of the protocol."""
    return timeline(
        Settled(protocol=what, site=where),
        tuple(what.encounters) if encounters is None else encounters,
        start=start,
        anchors=anchors or {},
        actual=actual or {},
    )


def visit(timeline: Timeline, id: str) -> Visit:
    (found,) = [visit for visit in timeline.visits if visit.encounter == id]
    return found


def dates(visit: Visit) -> tuple[str, str, str]:
    """Target, earliest, latest as they are written."""
    return str(visit.target), str(visit.earliest), str(visit.latest)


def notes(visit: Visit) -> list[str]:
    return [str(note) for note in visit.notes]

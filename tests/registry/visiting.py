"""Participants of the shipped trials, as the study knows them, at a site with limits of its own."""

from __future__ import annotations

import datetime as dt
import functools
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from dosecalc.app.loading import load_protocol
from dosecalc.protocol.reader import read_site
from dosecalc.protocol.settled import Settled
from dosecalc.registry.at_clinic import AtClinic, at_clinic
from dosecalc.registry.plan_of import ParticipantPlan, plan_of
from dosecalc.registry.state import ParticipantState, VisitState
from dosecalc.registry.visit_checks import Asking
from house.source import CHECKOUT

if TYPE_CHECKING:
    from dosecalc.registry.decide_visit import Decision

OPEN, DOUBLE = "NCT07203599", "NCT07084012"
EXAMPLE = (CHECKOUT / "schedules" / "sites" / "example.yaml").read_text(encoding="utf-8")
CONFIRMED = '{document: Clinical trial protocol (example), section: "8.2", by: Example investigator, date: 2026-02-16}'
NOW = dt.datetime(2026, 6, 1, 12, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


WEEK = "weekdays: [Mon, Tue, Wed, Thu, Fri]"
PUBLIC = "holidays: {country: CN, official_through: 2026}"
HOURS = 'hours: ["08:30-12:00", "13:30-17:00"]'


def site_text(
    *,
    places: int | None = None,
    gaps: str = "",
    staff: str = "",
    clinic: tuple[str, ...] = (),
    booking: str = "",
    stagger: int | None = None,
    zone: str = "Asia/Shanghai",
) -> str:
    """The example site file (windows of 2 days for W2, W4, W6) with a limit for each day, gaps, a staff list.

    `clinic` are more lines of the clinic, `booking` is what the visits take of it.
    """
    text = EXAMPLE.replace("timezone: Asia/Shanghai\n", f"timezone: {zone}\n", 1)
    lines = "".join(f"  {line}\n" for line in clinic)
    text = text.replace("  visit_length: PT1H\n", f"  visit_length: PT1H\n{lines}", 1)
    for protocol in (OPEN, DOUBLE) if booking else ():
        text = text.replace(f"\n  {protocol}:\n", f"\n  {protocol}:\n    booking: {{{booking}}}\n", 1)
    for protocol in (OPEN, DOUBLE) if stagger is not None else ():
        said = f"  {protocol}:\n    stagger: {{days: {stagger}, confirmed: {CONFIRMED}}}\n"
        text = text.replace(f"\n  {protocol}:\n", f"\n{said}", 1)
    if places is not None:
        text = text.replace("  visit_length: PT1H\n", f"  visit_length: PT1H\n  places_per_day: {places}\n", 1)
    for protocol in (OPEN, DOUBLE) if gaps else ():
        said = f"  {protocol}:\n    gaps: {{{gaps}, confirmed: {CONFIRMED}}}\n"
        text = text.replace(f"\n  {protocol}:\n", f"\n{said}", 1)
    return text.replace("\nprotocols:\n", f"\nstaff: {{{staff}}}\nprotocols:\n", 1) if staff else text


@functools.cache
def settled(protocol: str = OPEN, **site: Any) -> Settled:
    return Settled(protocol=load_protocol(protocol), site=read_site(site_text(**site).encode(), "site.yaml"))


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai"))


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def booked(name: str, when: str) -> VisitState:
    return VisitState(visit=name, booked=at(when))


def done(name: str, when: str) -> VisitState:
    return VisitState(visit=name, attended=day(when))


def someone(*known: VisitState, **changes: Any) -> ParticipantState:
    """P001, who consented on 1 March 2026, began on 2 March, and is in phase I, group A."""
    given: dict[str, Any] = {
        "code": "P001",
        "standing": "enrolled",
        "protocol_sha256": "",
        "consents": (("1.0", day("2026-03-01")),),
        "enrolled": day("2026-03-01"),
        "arm": "phase1-A",
        "start": day("2026-03-02"),
        "visits": {each.visit: each for each in known},
    }
    return ParticipantState(**given | changes)


def plan(*known: VisitState, on: Settled | None = None, **changes: Any) -> ParticipantPlan:
    return plan_of(on or settled(), someone(*known, **changes))


def asking(**changes: Any) -> Asking:
    """The investigator, on 1 June 2026."""
    given: dict[str, Any] = {"at": NOW, "present": NOW, "may_override": True}
    return Asking(**given | changes)


def clinic(on: Settled | None = None, full: int = 0, own: VisitState | None = None) -> AtClinic:
    """The clinic with so many bookings each day; `own` is one of them, on its day, of P001."""

    def on_day(asked: dt.date) -> list[tuple[str, str]]:
        mine = [("P001", own.visit)] if own and own.booked and own.booked.date() == asked else []
        return [*mine, *[("P900", "W12")] * (full - len(mine))]

    return at_clinic(on or settled(), on_day)


def public(decision: Decision) -> dict[str, Any]:
    return dict(decision.draft.public)

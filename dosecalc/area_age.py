"""How old a measured area is on the day of the dose that follows from it, and whether the site allows that (R9).

Doses do not know dates and visits do not know areas; here they meet. The age counts from the day of the measurement to
the day on which the visit took place, else to the booked day, else to the target day. Where the area is measured once,
its age counts at the first dose.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dosecalc.dosing.planned import planned_doses
from dosecalc.dosing.remeasured import measured_when
from dosecalc.errors import Finding, Refusal
from dosecalc.protocol.dose_rule import PerArea, PerSite
from dosecalc.text import Message, msg
from dosecalc.visits.moments import in_words, local_day
from dosecalc.visits.shift import move_days

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence

    from dosecalc.dosing.area import Measured
    from dosecalc.dosing.result import Dose, Doses
    from dosecalc.protocol.settled import Settled
    from dosecalc.protocol.site import SiteAreaAge
    from dosecalc.visits.visit import Booking, Visit


@dataclass(frozen=True, slots=True)
class AreaAge:
    """How old the area of a visit's doses is, in days; `note` asks for a new one where it will be too old by then."""

    days: int
    note: Message | None = None


def area_ages(
    settled: Settled,
    doses: Doses,
    visits: Iterable[Visit],
    bookings: Mapping[str, Booking],
    records: Mapping[str | None, Measured] | None = None,
) -> dict[str, AreaAge]:
    """Return the age of the area at each visit with a dose that follows from one, where both dates are known.

    `doses`, `visits` and `bookings` (by visit) are all of a participant's. `records` says how each area was measured,
    by the visit at which it was measured again, where the doses do not say so themselves. A visit that lies ahead and
    has no area of its own may have one too old: its own cannot exist yet, so a note asks for it.

    Raises:
        Refusal: DC345, an area is older than the site file allows; DC346, the site file limits the age and an area has
            no date; DC347, an area was measured after the day of its dose; DC301, DC309, nobody has answered when areas
            are measured. The path of a finding is the visit at which the area was measured again.
    """
    limit = settled.here.area_age if settled.here else None
    if records is None:
        records = {dose.measured_at: dose.measured for dose in doses.doses if dose.measured is not None}
    if limit is None and not any(record.date for record in records.values()):
        return {}
    met = {visit.encounter: visit for visit in visits}
    from_areas = [dose for dose in doses.doses if dose.area_cm2 is not None]
    found: dict[str, AreaAge] = {}
    findings: dict[tuple[str, str | None], Finding] = {}
    for dose in from_areas:
        visit, booking = met[dose.encounter], bookings.get(dose.encounter)
        record = records.get(dose.measured_at)
        moment = visit.actual or (booking.when if booking else None) or visit.target
        age = _age_at(
            settled,
            doses.arms,
            dose,
            record.date if record else None,
            local_day(moment) if moment else None,
            must=dose.encounter == from_areas[0].encounter or visit.actual is not None,
        )
        if isinstance(age, Finding):
            findings.setdefault((age.code, dose.measured_at), age)
        elif age is not None:
            found[dose.encounter] = age
    if findings:
        raise Refusal(findings.values())
    return found


def _age_at(
    settled: Settled, arms: Sequence[str], dose: Dose, day: dt.date | None, on: dt.date | None, *, must: bool
) -> AreaAge | Finding | None:
    """The age of an area measured on `day`, for the dose on the day `on`; `must`: an area of its own could be there."""
    limit = settled.here.area_age if settled.here else None
    if day is None:
        return None if limit is None else _undated(dose.measured_at, limit)
    if on is None:
        return None
    if day > on:
        return _before(dose, day, on)
    days = (on - day).days
    if limit is None or not _too_old(day, on, limit):
        return AreaAge(days)
    if not _counts(settled, arms, dose):
        return AreaAge(days)
    if must or dose.measured_at == dose.encounter:
        return _old(dose, day, on, limit)
    return AreaAge(days, _again(days, limit))


def _counts(settled: Settled, arms: Sequence[str] | None, dose: Dose) -> bool:
    """Whether the limit holds for this dose: for the first one, and for every one where each visit is measured."""
    if dose.measured_at is not None or _is_first(settled, dose, arms):
        return True
    return measured_when(settled, tuple(settled.protocol.arms) if arms is None else arms) == "each_visit"


def check_area_age(settled: Settled, dose: Dose, on: dt.date, arms: Sequence[str] | None = None) -> tuple[Message, ...]:
    """Return the line that says how old the area of a dose is on the day `on` of the dose; none where no date is known.

    `arms` are those that the dose was calculated for; None means that any may be meant. For a dose that is prepared
    now, nothing lies ahead: an area that is too old is refused, except after the first dose where it is measured once.

    Raises:
        Refusal: as `area_ages`.
    """
    limit = settled.here.area_age if settled.here else None
    if dose.area_cm2 is None:
        return ()
    day = dose.measured.date if dose.measured else None
    if day is None:
        if limit is not None:
            raise Refusal([_undated(dose.measured_at, limit)])
        return ()
    if day > on:
        raise Refusal([_before(dose, day, on)])
    line = msg(
        "age of the area: measured on {day}, {age} old on {on}",
        day=day.isoformat(), age=_age((on - day).days), on=on.isoformat(),
    )  # fmt: skip
    if limit is None:
        return (line,)
    if not _too_old(day, on, limit):
        return (msg("{line}; at most {limit}", line=line, limit=_limit(limit)),)
    if _counts(settled, arms, dose):
        raise Refusal([_old(dose, day, on, limit)])
    once = msg("it is measured once, and the limit of {limit} counts at the first dose", limit=_limit(limit))
    return (msg("{line}; {once}", line=line, once=once),)


def _is_first(settled: Settled, dose: Dose, arms: Sequence[str] | None) -> bool:
    """Whether this is the visit of the first dose that follows from an area: in these arms together, or in any arm."""
    protocol = settled.protocol
    for group in [(arm,) for arm in protocol.arms] if arms is None else [tuple(arms)]:
        for plan in planned_doses(protocol, group):
            if isinstance(plan.rule.rule, PerSite | PerArea):
                if plan.visit == dose.encounter:
                    return True
                break
    return False


def _too_old(day: dt.date, on: dt.date, limit: SiteAreaAge) -> bool:
    latest = move_days(day, limit.at_most.months, limit.at_most.days)
    return latest is not None and on > latest


def _age(days: int) -> Message:
    return msg("1 day") if days == 1 else msg("{days} days", days=days)


def _limit(limit: SiteAreaAge) -> Message:
    written = limit.confirmed
    return msg(
        "{limit} ({document}, {section})",
        limit=in_words(limit.at_most), document=written.document, section=written.section,
    )  # fmt: skip


def _undated(measured_at: str | None, limit: SiteAreaAge) -> Finding:
    return Finding(
        "DC346",
        msg(
            "the area has no date, and the site file says how old an area may be: at most {limit}", limit=_limit(limit)
        ),
        msg("give the day on which it was measured (--area-date, or the column area_date); who measured it knows it"),
        path=measured_at or "",
    )


def _before(dose: Dose, day: dt.date, on: dt.date) -> Finding:
    return Finding(
        "DC347",
        msg(
            "the area was measured on {day}, after the dose at {visit} on {on} that follows from it",
            day=day.isoformat(), visit=dose.encounter, on=on.isoformat(),
        ),
        msg("check both dates; where the visit took place on another day, give its actual date"),
        path=dose.measured_at or "",
    )  # fmt: skip


def _old(dose: Dose, day: dt.date, on: dt.date, limit: SiteAreaAge) -> Finding:
    return Finding(
        "DC345",
        msg(
            "the area was measured on {day} and is {age} old at {visit} on {on}; allowed are at most {limit}",
            day=day.isoformat(), age=_age((on - day).days), visit=dose.encounter, on=on.isoformat(),
            limit=_limit(limit),
        ),
        msg("measure the area again, and give the new one with its date; check that the dates are right"),
        path=dose.measured_at or "",
    )  # fmt: skip


def _again(days: int, limit: SiteAreaAge) -> Message:
    return msg(
        "measure the area again before this visit: it is {age} old by then, and allowed are at most {limit}",
        age=_age(days), limit=_limit(limit),
    )  # fmt: skip

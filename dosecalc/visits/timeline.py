"""From anchors to dates: the target and the window of every visit of one participant.

A window belongs to the protocol and never moves because a booking moved. A visit moves with the actual date of another
one only where its anchor says so. An anchor that is not known gives a pending visit with its reason, not a guess (R8).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from dosecalc.errors import refuse
from dosecalc.text import Message, msg
from dosecalc.visits.attendance import status
from dosecalc.visits.elapsed import check_elapsed
from dosecalc.visits.moments import FIRST_YEAR, LAST_YEAR, local_day, out_of_years, readable, site_zone
from dosecalc.visits.shift import elapsed, move_days, move_minutes
from dosecalc.visits.steps import UNSCHEDULED, AnchorStep, Span, Step, Steps, prepare_steps
from dosecalc.visits.visit import CheckResult, Moment, Timeline, Visit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dosecalc.errors import Refusal
    from dosecalc.protocol.model import Anchor
    from dosecalc.protocol.settled import Settled

_NONE: Mapping[str, Moment] = MappingProxyType({})
_Dates = tuple[Moment | None, Moment | None, Moment | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelinePlan:
    """The timeline of an arm before it is anybody's; `of` gives one participant's."""

    settled: Settled
    steps: Steps
    visits: tuple[str, ...]
    """Ids of the arm's visits in their order, each repeat by itself."""

    def of(
        self, start: Moment, anchors: Mapping[str, Moment] = _NONE, actual: Mapping[str, Moment] = _NONE
    ) -> Timeline:
        """Return the timeline of the participant with these dates; see `timeline`."""
        if anchors:
            anchors = {name: self._arrived(name, moment) for name, moment in anchors.items()}
            self._check_anchors(anchors)
        if actual:
            actual = {name: self._arrived(name, moment) for name, moment in actual.items()}
            self._check_actual(actual)
        start = self._arrived("start", start)
        known: dict[str, Moment | Message] = {}
        visits: dict[str, Visit] = {}
        for step in self.steps:
            if isinstance(step, AnchorStep):
                known[step.anchor.id] = _anchor_date(step, start, anchors, actual, visits)
                continue
            until = known[step.until] if step.until else None
            note = step.until_note if isinstance(until, Message) else None
            for one in step.steps:
                visit = _visit(one, known[one.anchor] if one.anchor else UNSCHEDULED, actual.get(one.id), note)
                # An attended visit stays, though it came after the end of the repeats.
                if visit.actual is None and visit.target and until and _after(visit.target, until):
                    continue
                visits[one.id] = visit
        checks = tuple(
            [
                check_elapsed(check, self.settled.protocol, known, site_zone(self.settled.timezone))
                for check in self.settled.protocol.checks.values()
            ]
        )
        for check in checks:
            if check.ok is False:
                self._note_at_its_end(check, visits)
        return Timeline(visits=tuple([visits[name] for name in self.visits if name in visits]), checks=checks)

    def _note_at_its_end(self, check: CheckResult, visits: dict[str, Visit]) -> None:
        """A limit that is not met stands with the visit that it ends at, or else with the first, for all to see."""
        protocol = self.settled.protocol
        end = protocol.checks[check.code].end
        ends = [name for name, visit in visits.items() if protocol.encounters[visit.base].defines == end]
        for name in ends or list(visits)[:1]:
            note = msg("NOT MET: {text}", text=check.text)
            visits[name] = replace(visits[name], notes=(*visits[name].notes, note))

    def _arrived(self, name: str, moment: Moment) -> Moment:
        if isinstance(moment, dt.datetime):
            if moment.tzinfo is None:
                raise ValueError(f"the time of {name!r} is naive; attach the site's zone before it comes here")
            moment = moment.astimezone(site_zone(self.settled.timezone))
        if not FIRST_YEAR <= moment.year <= LAST_YEAR:
            raise out_of_years(f"{name} {readable(moment)}")
        return moment

    def _check_anchors(self, anchors: Mapping[str, Moment]) -> None:
        for name, moment in anchors.items():
            anchor = self.settled.protocol.anchors.get(name)
            if anchor is None:
                named = [a.id for a in self.settled.protocol.anchors.values() if a.given == "by_name"]
                raise refuse(
                    "DC410",
                    msg("'{name}' is not an anchor of {protocol}", name=name, protocol=self.settled.protocol.id),
                    msg("--anchor takes: {names}", names=", ".join(named))
                    if named
                    else msg("leave it out: the dates of this protocol all count from the start"),
                )
            if anchor.given != "by_name":
                raise _given_otherwise(anchor)
            if anchor.time_needed and not isinstance(moment, dt.datetime):
                raise _time_needed(anchor, moment)

    def _check_actual(self, actual: Mapping[str, Moment]) -> None:
        for name in actual:
            if name not in self.visits:
                raise refuse(
                    "DC413",
                    msg("'{name}' is not a visit here", name=name),
                    msg("the visits are: {visits}", visits=", ".join(self.visits)),
                )


def prepare(settled: Settled, encounters: tuple[str, ...]) -> TimelinePlan:
    """Work out what every participant with these encounters has in common.

    Raises:
        Refusal: DC301, an offset is an open question; DC416 to DC418, timings that cannot be counted.
    """
    steps = prepare_steps(settled, encounters)
    ids: dict[str, list[str]] = {}
    for step in steps:
        if not isinstance(step, AnchorStep):
            ids[step.steps[0].base] = [one.id for one in step.steps]
    return TimelinePlan(
        settled=settled, steps=steps, visits=tuple(name for encounter in encounters for name in ids[encounter])
    )


def timeline(
    settled: Settled,
    encounters: tuple[str, ...],
    *,
    start: Moment,
    anchors: Mapping[str, Moment],
    actual: Mapping[str, Moment],
) -> Timeline:
    """Return the visits of one participant, and the protocol's elapsed-time checks.

    Targets are anchor + offset, in calendar days and months of the site's zone (months counted from the anchor and cut
    to the month's last day), or in elapsed time where the offset is in hours. Earliest is target - before, latest is
    target + after, both included.

    Args:
        settled: the protocol and the site's answers.
        encounters: the arm's encounters.
        start: the date, or aware time, of the anchor that is given by `start`.
        anchors: dates of the anchors that are given by name.
        actual: dates on which visits took place.

    Raises:
        Refusal: DC301, an offset is an open question; DC404, a date outside 1900 to 2199; DC410, an unknown anchor;
            DC411, an anchor that is given otherwise; DC412 and DC415, a time of day is missing; DC413, an unknown
            visit; DC414, an actual date that is not its anchor's; DC416 to DC418, timings that cannot be counted.
        ValueError: a datetime is naive.
    """
    return prepare(settled, encounters).of(start, anchors, actual)


def _anchor_date(
    step: AnchorStep,
    start: Moment,
    anchors: Mapping[str, Moment],
    actual: Mapping[str, Moment],
    visits: Mapping[str, Visit],
) -> Moment | Message:
    anchor = step.anchor
    if anchor.given == "start":
        date: Moment | None = start
    elif anchor.given == "by_name":
        date = anchors.get(anchor.id)
    else:
        date = _date_of_visit(step, actual, visits)
    if step.defined_by and step.defined_by in actual:
        date = _same_event(step.defined_by, anchor, date, actual[step.defined_by])
    if date is None:
        return _waiting(step, visits)
    given = anchor.visit is None or anchor.visit.date == "actual"
    if anchor.time_needed and given and not isinstance(date, dt.datetime):
        raise _time_needed(anchor, date)
    return date


def _date_of_visit(step: AnchorStep, actual: Mapping[str, Moment], visits: Mapping[str, Visit]) -> Moment | None:
    """The date of the first of the anchor's visits that is planned; repeats past their end are not in `visits`."""
    name = _visit_meant(step, visits)
    if name is None or step.anchor.visit is None:
        return None
    return visits[name].target if step.anchor.visit.date == "target" else actual.get(name)


def _visit_meant(step: AnchorStep, visits: Mapping[str, Visit]) -> str | None:
    return next((name for name in step.visits if name in visits), None)


def _waiting(step: AnchorStep, visits: Mapping[str, Visit]) -> Message:
    name = _visit_meant(step, visits)
    if name is None or step.anchor.visit is None:
        return step.waiting
    if step.anchor.visit.date == "target":
        return msg("waiting for the date of {visit} ({label})", visit=name, label=visits[name].label)
    waiting = msg("waiting for the actual date of {visit} ({label})", visit=name, label=visits[name].label)
    return msg("{waiting}: give it with --actual {visit}=DATE", waiting=waiting, visit=name)


def _same_event(visit: str, anchor: Anchor, date: Moment | None, actual: Moment) -> Moment:
    """The visit that defines an anchor took place when the anchor did; of two readings the one with a time is kept."""
    if date is None:
        return actual
    if isinstance(date, dt.datetime) and isinstance(actual, dt.datetime):
        differ = bool(elapsed(date, actual))
    else:
        differ = local_day(date) != local_day(actual)
    if differ:
        raise refuse(
            "DC414",
            msg(
                "the actual date of {visit}, {actual}, differs from {anchor}, {date}",
                visit=visit,
                actual=readable(actual),
                anchor=anchor.label,
                date=readable(date),
            ),
            msg("both are the same event: correct the one that is wrong"),
        )
    return actual if isinstance(actual, dt.datetime) else date


def _visit(step: Step, anchor: Moment | Message, actual: Moment | None, until_note: Message | None) -> Visit:
    target, earliest, latest = _dates(step, anchor)
    notes = step.notes
    if until_note is not None:
        notes = (*notes, until_note)
    if target is None:
        notes = (_reason(anchor), *notes)
    if actual is not None:
        actual = _attended(step, actual)
    return Visit(
        encounter=step.id,
        base=step.base,
        label=step.label,
        epoch=step.epoch,
        target=target,
        earliest=earliest,
        latest=latest,
        window=step.window,
        status=status(target, earliest, latest, actual),
        actual=actual,
        days_from_target=None if actual is None or target is None else (local_day(actual) - local_day(target)).days,
        anchor=step.anchor,
        notes=notes,
    )


def _reason(anchor: Moment | Message) -> Message:
    if isinstance(anchor, Message):
        return anchor
    return msg("counts hours, and the time of day that it counts from is not known, only the date {date}", date=anchor)


def _dates(step: Step, anchor: Moment | Message) -> _Dates:
    if isinstance(anchor, Message):
        return None, None, None
    if step.counts == "anchor":
        date = anchor if step.timed else local_day(anchor)
        return date, date, date
    if step.counts == "minutes":
        if not isinstance(anchor, dt.datetime):
            return None, None, None
        time = _minutes(step, anchor, step.distance, 1)
        if step.window == "not_stated":
            return time, None, None
        return time, _minutes(step, time, step.before, -1), _minutes(step, time, step.after, 1)
    day = _days(step, local_day(anchor), step.distance, 1)
    if step.window == "not_stated":
        return day, None, None
    return day, _days(step, day, step.before, -1), _days(step, day, step.after, 1)


def _days(step: Step, day: dt.date, span: Span, sign: int) -> dt.date:
    moved = move_days(day, sign * span[0], sign * span[1])
    if moved is None:
        raise out_of_years(msg("the visit {visit} or its window", visit=step.id))
    return moved


def _minutes(step: Step, time: dt.datetime, span: Span, sign: int) -> dt.datetime:
    moved = move_minutes(time, sign * span[1])
    if moved is None:
        raise out_of_years(msg("the visit {visit} or its window", visit=step.id))
    return moved


def _attended(step: Step, actual: Moment) -> Moment:
    """The actual date in what the visit counts: days, or a time."""
    if step.counts != "minutes" and not step.timed:
        return local_day(actual)
    if not isinstance(actual, dt.datetime):
        raise refuse(
            "DC415",
            msg("{visit} is planned to the hour, and its actual date {date} has no time", visit=step.id, date=actual),
            msg("give the time, too: --actual {visit}={date}THH:MM", visit=step.id, date=actual),
        )
    return actual


def _after(target: Moment, until: Moment | Message) -> bool:
    if isinstance(until, Message):
        return False
    if isinstance(target, dt.datetime) and isinstance(until, dt.datetime):
        return elapsed(until, target) > dt.timedelta(0)
    return local_day(target) > local_day(until)


def _given_otherwise(anchor: Anchor) -> Refusal:
    what = msg("{anchor} ('{name}') is not given with --anchor", anchor=anchor.label, name=anchor.id)
    if anchor.visit is None:
        return refuse("DC411", what, msg("it is the start date: give it with --start"))
    if anchor.visit.date == "actual":
        mend = msg("it is the actual date of a visit: give it with --actual {visit}=DATE", visit=anchor.visit.encounter)
    else:
        mend = msg("leave it out: it is the planned date of the visit {visit}", visit=anchor.visit.encounter)
    return refuse("DC411", what, mend)


def _time_needed(anchor: Anchor, date: Moment) -> Refusal:
    return refuse(
        "DC412",
        msg("{anchor} needs a time of day, and only the date {date} is given", anchor=anchor.label, date=date),
        msg("write it as {date}THH:MM, for example {date}T09:30", date=date),
    )

"""The protocol's elapsed-time checks, such as the hours from symptom onset to the first infusion."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from dosecalc.protocol.offsets import ClockOffset
from dosecalc.text import Message, msg
from dosecalc.visits.moments import in_words, local_day
from dosecalc.visits.shift import elapsed
from dosecalc.visits.visit import CheckResult

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dosecalc.protocol.model import Check, Protocol
    from dosecalc.visits.visit import Moment


def check_elapsed(
    check: Check, protocol: Protocol, known: Mapping[str, Moment | Message], zone: dt.tzinfo
) -> CheckResult:
    """Return what came of `check`; `known` has the date of each anchor, or what it waits for.

    The limit belongs to the permitted time. The result is None where a date is missing, or where it depends on a time
    of day that is missing: where every time of that day in `zone` exceeds the limit, it is False. It is False, too,
    where the start follows the end.
    """
    start, end = known[check.start], known[check.end]
    for moment in (start, end):
        if isinstance(moment, Message):
            return CheckResult(
                code=check.id, text=msg("{check}: not checked; {reason}", check=check.label, reason=moment), ok=None
            )
    assert not isinstance(start, Message)
    assert not isinstance(end, Message)
    first, second = protocol.anchors[check.start].label, protocol.anchors[check.end].label
    if isinstance(start, dt.datetime) and isinstance(end, dt.datetime):
        passed = elapsed(start, end)
        if passed >= dt.timedelta(0):
            return _compared(check, passed)
        follows = True
    else:
        follows = local_day(start) > local_day(end)
    if follows:
        text = msg("{check}: {start} is later than {end}; check both dates", check=check.label, start=first, end=second)
        return CheckResult(code=check.id, text=text, ok=False)
    at_least, limit = elapsed(_ends(start, zone), _begins(end, zone)), dt.timedelta(minutes=check.at_most.minutes)
    # A day ends before its 24:00, so whatever began on it took longer than from there.
    if at_least > limit or (at_least == limit and not isinstance(start, dt.datetime)):
        parts = {"check": check.label, "passed": _hours(at_least), "limit": in_words(check.at_most)}
        text = msg("{check}: {passed} or more; more than the permitted {limit}", **parts)
        return CheckResult(code=check.id, text=text, ok=False, timed=False, passed=at_least)
    text = msg(
        "{check}: not checked; {anchor} has no time of day; write it as YYYY-MM-DDTHH:MM",
        check=check.label,
        anchor=second if isinstance(start, dt.datetime) else first,
    )
    return CheckResult(code=check.id, text=text, ok=None)


def _begins(moment: Moment, zone: dt.tzinfo) -> dt.datetime:
    """The first moment that a date can mean."""
    return moment if isinstance(moment, dt.datetime) else dt.datetime.combine(moment, dt.time(), zone)


def _ends(moment: Moment, zone: dt.tzinfo) -> dt.datetime:
    """The end of the last moment that a date can mean."""
    return moment if isinstance(moment, dt.datetime) else _begins(moment + dt.timedelta(days=1), zone)


def _compared(check: Check, passed: dt.timedelta) -> CheckResult:
    limit = dt.timedelta(minutes=check.at_most.minutes)
    parts = {"check": check.label, "passed": _hours(passed), "limit": in_words(check.at_most)}
    met = passed <= limit
    text = msg("{check}: {passed}; at most {limit}", **parts)
    if not met:
        text = msg("{check}: {passed}; more than the permitted {limit}", **parts)
    return CheckResult(code=check.id, text=text, ok=met, passed=passed)


def _hours(span: dt.timedelta) -> Message:
    minutes, seconds = divmod(span // dt.timedelta(seconds=1), 60)
    if not seconds:
        return in_words(ClockOffset(minutes))
    # Without the seconds, 72 h and some would read as 72 h and yet be too long.
    hours, minutes = divmod(minutes, 60)
    return msg("{hours} h {minutes} min {seconds} s", hours=hours, minutes=minutes, seconds=seconds)

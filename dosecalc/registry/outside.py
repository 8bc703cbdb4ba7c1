"""A study that somebody changed outside dosecalc is not read on: one clear refusal instead of a wrong answer.

Each event that is read is compared with its own hash (`reading`); here stand the refusals, and what an event can hold
at all, for a chain that was made anew over events that no dosecalc wrote.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any, get_args

from dosecalc.errors import ChangedOutside, Finding, refuse
from dosecalc.registry.event import ROLES
from dosecalc.registry.kinds import KIND_RULES
from dosecalc.registry.state import VisitStanding
from dosecalc.text import msg
from dosecalc.visits.moments import WEEKDAYS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dosecalc.errors import Refusal
    from dosecalc.registry.event import Event

_MEND = msg("run `dosecalc study verify` to see where, restore the last backup, and tell the monitor")


def changed(number: int) -> ChangedOutside:
    """Make the refusal of a study in which an event is not as it was recorded, or the one before it is gone."""
    return ChangedOutside(
        [Finding("DC820", msg("event {number} is not as it was recorded: the study was changed outside dosecalc",
                              number=number), _MEND)]
    )  # fmt: skip


def missing() -> ChangedOutside:
    """Make the refusal of a study in which there are not the events that were recorded."""
    return ChangedOutside(
        [Finding("DC821", msg("events of this study are missing, or were added: it was changed outside dosecalc"),
                 _MEND)]
    )  # fmt: skip


def unreadable(name: str) -> ChangedOutside:
    """Make the refusal of a study with a text that is none, or without the mark of its version."""
    return ChangedOutside(
        [Finding("DC822", msg("{study} holds what dosecalc does not write: it was changed outside dosecalc",
                              study=name), _MEND)]
    )  # fmt: skip


def impossible(number: int) -> Refusal:
    """Make the refusal of an event that is chained, and says what no event of dosecalc says."""
    return refuse(
        "DC823",
        msg("event {number} says what dosecalc does not record: it was written outside dosecalc", number=number),
        _MEND,
    )


def not_derived() -> Refusal:
    """Make the refusal of derived tables that cannot follow from the events."""
    return refuse(
        "DC824",
        msg("the study's lists of participants and visits were changed outside dosecalc"),
        _MEND,
    )


def check_event(event: Event) -> None:
    """Check that an event holds what its kind holds.

    Raises:
        Refusal: DC823.
    """
    try:
        _check(event)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise impossible(event.number) from error


def check_row(texts: Mapping[str, Any]) -> None:
    """Check that a row of the table of visits holds days, times and a standing.

    Raises:
        Refusal: DC824.
    """
    try:
        for name in ("target", "earliest", "latest"):
            if texts[name] is not None:
                dt.date.fromisoformat(texts[name])
        if texts["booked"] is not None:
            _time(texts["booked"])
        if texts["attended"] is not None:
            _moment(texts["attended"])
        _is(texts["standing"] in get_args(VisitStanding))
    except (TypeError, ValueError) as error:
        raise not_derived() from error


def _check(event: Event) -> None:
    rule = KIND_RULES[event.kind]
    _is(event.role in ROLES)
    for moment in (event.at, event.at_local, event.entered_at):
        _time(moment)
    _is((event.participant is not None) or rule.about not in ("participant", "visit"))
    _is((event.visit is not None) or rule.about != "visit")
    _is((event.corrects is not None and event.corrects < event.number) or rule.about != "event")
    public = json.loads(event.public)
    _is(all(key.endswith("?") or key in public for key in rule.public))
    _check_values(event.kind, public)


def _check_values(kind: str, public: Mapping[str, Any]) -> None:
    for key, value in public.items():
        _VALUES.get(key, _text)(value)
    if kind in ("book", "move"):
        _time(public["when"])
    if kind in ("hold", "lift"):
        _is(public["scope"] in ("study", "level", "participant", "lot"))
    if kind == "prefer":
        _is(set(public["weekdays"]) <= set(WEEKDAYS))
    if kind == "staff":
        _is(public.get("role", ROLES[0]) in ROLES)


def _is(right: bool) -> None:
    if not right:
        raise ValueError


def _text(value: Any) -> None:
    _is(isinstance(value, str))


def _texts(value: Any) -> None:
    _is(isinstance(value, list) and all(isinstance(each, str) for each in value))


def _count(value: Any) -> None:
    _is(type(value) is int and value >= 0)


def _truth(value: Any) -> None:
    _is(isinstance(value, bool))


def _day(value: Any) -> None:
    dt.date.fromisoformat(value)


def _time(value: Any) -> None:
    _is(dt.datetime.fromisoformat(value).tzinfo is not None)


def _moment(value: Any) -> None:
    (_time if "T" in value else _day)(value)


def _passed(limits: Mapping[str, Any]) -> None:
    _is(all(isinstance(text, str) and (not text or text.isdecimal()) for text in limits.values()))


_VALUES: dict[str, Callable[[Any], None]] = {
    "agreed": _truth,
    "weekdays": _texts,
    "count": _count,
    "date": _day,
    "effective": _day,
    "from": _time,
    "limits": lambda value: _passed(dict(value)),
    "lots": _texts,
    "participants": _texts,
    "public": lambda value: _check_values("", dict(value)),
    "reconsent": _truth,
    "urgent": _truth,
    "whole": _truth,
    "values": _texts,
    "void": _truth,
    "was": _time,
    "when": _moment,
}
"""How to read what an event holds openly; whatever is not named is a text."""

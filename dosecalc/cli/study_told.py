"""What every change of a study says once it is recorded, and how it asks before."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from dosecalc.errors import Finding
from dosecalc.text import msg
from dosecalc.visits.moments import readable

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from typing import Any

    from dosecalc.app.study import Session
    from dosecalc.cli.ui import StudyCall, Ui
    from dosecalc.registry.event import Event
    from dosecalc.registry.lots import DoseState
    from dosecalc.text import Message


def tell(ui: Ui, session: Session, events: Sequence[Event], *lines: object, numbers: bool = True, **more: Any) -> None:
    """Print what was recorded: the events with --json (`more` beside them), else `lines`, then theirs."""
    from dosecalc.cli.study_reporting import tell_end
    from dosecalc.registry.kind_words import KIND_WORDS
    from dosecalc.registry.views import event_shape

    if ui.as_json:
        shapes = [event_shape(event, session.view) for event in events]
        ui.show_json({"event": shapes[-1] if shapes else None, "events": shapes, **more})
        return
    for line in lines:
        ui.line(line)
    for event in events if numbers else ():
        ui.line(msg("event {number}: {what}", number=event.number, what=KIND_WORDS[event.kind]))
    tell_end(ui, session)


def call_back(doses: Sequence[DoseState], *, masked: bool = False) -> list[Message]:
    """Say which doses have left the pharmacy, so that they are called back.

    Where whoever gives them is masked, they are stopped by a hold of the participant, which does not tell why.
    """
    lines = [
        msg("CALL BACK: the dose for {visit} of {code} was handed out to {name} and is not on record as given",
            visit=dose.visit, code=dose.participant, name=dose.dispensed_to)
        for dose in doses
    ]  # fmt: skip
    if masked:
        lines += [
            msg("Whoever gives it is masked and is not warned. Stop it: study hold --scope participant --target {code}",
                code=code)
            for code in dict.fromkeys(dose.participant for dose in doses)
        ]  # fmt: skip
    return lines


def outside_shapes(doses: Sequence[DoseState]) -> list[dict[str, Any]]:
    """Return the JSON of doses that have left the pharmacy."""
    return [{"participant": dose.participant, "visit": dose.visit, "to": dose.dispensed_to} for dose in doses]


def to_cancel(code: str, booked: Sequence[tuple[str, dt.datetime]]) -> tuple[list[Message], list[dict[str, str]]]:
    """Say which bookings are to be cancelled, because their visits no longer take place; and their JSON."""
    lines = [
        msg("Cancel: visit cancel {code} {visit} --reason WHY (booked for {when})",
            code=code, visit=visit, when=readable(when))
        for visit, when in booked
    ]  # fmt: skip
    return lines, [{"visit": visit, "booked": when.isoformat()} for visit, when in booked]


def sure(ui: Ui, call: StudyCall, question: object, **changes: Any) -> None:
    """Ask before something is recorded; --yes answers for scripts. With --json `changes` stands beside the error.

    Raises:
        Exit: 2, nobody is there to answer (DC830).
        Abort: the answer is no.
    """
    if call.yes:
        return
    if ui.as_json or not sys.stdin.isatty():
        nobody = Finding("DC830", msg("nobody has confirmed this change"), msg("add --yes once you are sure"))
        ui.show_findings([nobody], **changes)
        raise click.exceptions.Exit(2)
    if not click.confirm(ui.say(question), default=False):
        raise click.Abort

"""What the commands of `visit` show before and after, and what they ask."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from dosecalc.cli.ui import option
from dosecalc.errors import Refusal
from dosecalc.text import msg
from dosecalc.visits.moments import readable, weekday

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dosecalc.app.study import Session
    from dosecalc.app.study_visits import Step
    from dosecalc.cli.ui import StudyCall, Ui
    from dosecalc.registry.plan_of import PlannedVisit
    from dosecalc.registry.visit_changes import Changes
    from dosecalc.text import Message
    from dosecalc.visits.visit import Moment

outside_option = option(
    "--outside-window",
    metavar="REASON",
    text=msg("Why the investigator allows a time outside the window or the gap; a deviation."),
)


def run(
    ui: Ui, call: StudyCall, make: Callable[[Session], Step], *, asks: bool = False, said: Callable[[str], Message]
) -> None:
    """Look, ask where somebody must say yes, record, and show what was recorded.

    `asks` shows what would change and asks before, and so does whatever moves other visits; --yes answers that, and
    never for an override.
    """
    from dosecalc.app.study import open_study
    from dosecalc.cli.study_told import sure, tell
    from dosecalc.registry.visit_changes import changes_shape, visit_shape

    session = open_study(call.study, user=call.user, key=call.key, at=call.at)
    with session.store:
        step = make(session)
        decision, changed = step.look()
        asks = asks or decision.moves
        if changed is not None and not ui.as_json and (asks or decision.overrides):
            for line in _changes(changed):
                ui.line(line)
        if decision.overrides:
            _confirm(ui, decision.overrides)
        elif asks:
            shown = {} if changed is None else {"changes": changes_shape(changed, ui.say)}
            sure(ui, call, msg("Record this?"), **shown)
        recorded = step.record(decision.overrides)
    event, planned = recorded.event, recorded.planned
    more: dict[str, Any] = {"visit": visit_shape(planned)}
    if changed is not None:
        more["changes"] = changes_shape(changed, ui.say)
    lines: list[object] = [said(planned.id)]
    mind = [each for each in recorded.mind if changed is None or each not in changed.warnings]
    if recorded.mind:
        more["mind"] = [ui.say(each) for each in recorded.mind]
    if changed is not None and not (asks or decision.overrides):
        lines += _changes(changed)
    elif changed is None:
        lines += _stands(planned)
    lines += [msg("Mind: {text}", text=each) for each in mind]
    tell(ui, session, [*recorded.start, event], *lines, **more)


def _confirm(ui: Ui, overrides: tuple[Message, ...]) -> None:
    """Put an override to a person; no option answers for them.

    Raises:
        Refusal: DC765, nobody is at the terminal.
        Abort: the answer is no.
    """
    from dosecalc.app.study_visits import not_confirmed

    if not sys.stdin.isatty():
        raise Refusal([not_confirmed(each) for each in overrides])
    for each in overrides:
        click.echo(ui.say(each), err=True)
    if not click.confirm(ui.say(msg("Record it all the same, as a deviation?")), default=False, err=True):
        raise click.Abort


def _changes(changed: Changes) -> Iterator[Message]:
    from dosecalc.registry.at_clinic import rests_on

    planned = changed.planned
    said = {"visit": planned.id, "label": planned.label, "after": with_weekday(changed.after)}
    if changed.took_place:
        yield msg("{visit} ({label}) took place: {after}", **said)
    elif changed.before is None:
        yield msg("{visit} ({label}): {after}", **said)
    else:
        yield msg("{visit} ({label}): from {before} to {after}", **said, before=with_weekday(changed.before))
    if changed.start is not None:
        name, was, now = changed.start
        yield msg(
            "{name} was {before}, and becomes {after}", name=name, before=with_weekday(was), after=with_weekday(now)
        )
    else:
        yield from _window(planned, changed)
    for moved in changed.shifted:
        yield msg("Counts from it: {moved}", moved=moved.text)
    if changed.before is not None and not changed.shifted:
        yield msg("No other visit moves.")
    for visit, day in changed.doses:
        if not (changed.took_place and visit == planned.id):
            yield needed(visit, day)
    if changed.prepared and not changed.took_place:
        yield msg("A preparation is recorded for this visit: tell the pharmacy.")
    for text in changed.deviations:
        yield msg("Deviation: {text}", text=text)
    if planned.state.outside_window and not changed.deviations:
        yield msg("It was booked as a deviation, and is none any more.")
    for text in (*changed.warnings, *rests_on(changed.provisional)):
        yield msg("Mind: {text}", text=text)
    yield to_send()


def needed(visit: str, day: object) -> Message:
    """What the pharmacy is told of a dose."""
    return msg("A dose is given at {visit}: tell the pharmacy that it is needed on {day}.", visit=visit, day=day)


def to_send() -> Message:
    """Which calendars are others once a visit has another time."""
    return msg("Calendars to send: the participant's and the clinic's (`study calendars` writes them)")


def _window(planned: PlannedVisit, changed: Changes) -> Iterator[Message]:
    if planned.earliest is None or planned.latest is None or changed.days_left is None:
        if planned.target is not None:
            days = changed.days_from_target or 0
            yield msg(
                "No window is stated; {days} days from the target, {target}",
                days=f"{days:+d}" if days else "0",
                target=with_weekday(planned.target),
            )
        return
    yield msg(
        "Window: {earliest} to {latest}; days left after this day: {days}",
        earliest=with_weekday(planned.earliest),
        latest=with_weekday(planned.latest),
        days=changed.days_left,
    )


def _stands(planned: PlannedVisit) -> Iterator[Message]:
    from dosecalc.registry.kind_words import VISIT_WORDS

    visit, attended = planned.visit, planned.state.attended
    if attended is None:
        yield msg("It stands as: {standing}", standing=VISIT_WORDS[planned.standing])
        return
    if visit is None or visit.days_from_target is None:
        return
    if visit.status in ("early", "late"):
        text = (
            msg("Deviation: before its window, {earliest} to {latest}", **_ends(planned))
            if visit.status == "early"
            else msg("Deviation: after its window, {earliest} to {latest}", **_ends(planned))
        )
        yield text
    days = visit.days_from_target
    yield msg("Days from target: {days}", days=f"{days:+d}" if days else "0")


def _ends(planned: PlannedVisit) -> dict[str, object]:
    return {"earliest": with_weekday(planned.earliest), "latest": with_weekday(planned.latest)}


def with_weekday(moment: Moment | None) -> object:
    """A date with its weekday."""
    if moment is None:
        return msg("not known yet")
    return msg("{weekday}, {moment}", weekday=weekday(moment), moment=readable(moment))

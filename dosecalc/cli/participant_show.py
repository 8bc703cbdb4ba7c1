"""`dosecalc participant show`: one participant, with the history."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, cast

import click

from dosecalc.cli.study_reporting import tell_end
from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, past_options
from dosecalc.text import msg
from dosecalc.visits.moments import weekdays_in_words

if TYPE_CHECKING:
    from dosecalc.app.study import Session
    from dosecalc.app.study_seen import Shown
    from dosecalc.registry.event import Event
    from dosecalc.registry.state import ParticipantState, VisitStanding


@click.command(
    "show",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Show one participant: standing, dates, visits, what comes next, and everything that was recorded, with "
            "the numbers and the keys (KEY=VALUE) that `participant correct` takes. --as-of shows what was known at "
            "the end of a past day."
        )
    )
    + "\n\n"
    + examples("dosecalc participant show P001", "dosecalc participant show P001 --as-of 2026-04-01 --json"),
)
@click.argument("code", metavar="CODE")
@past_options
@click.pass_obj
def command(ui: Ui, /, call: StudyCall, code: str) -> None:
    """Print one participant."""
    from dosecalc.app import study_seen
    from dosecalc.app.study import open_study

    with open_study(call.study, user=call.user, key=call.key, at=call.at) as session:
        shown = study_seen.show(session, code, call.as_of)
        if ui.as_json:
            steps = [{"lacks": step.lacks, "text": ui.say(step.text), "command": step.command} for step in shown.steps]
            ui.show_json(study_seen.shown_shape(session, shown, ui.say) | {"next": steps})
            return
        _show(ui, session, shown)
        tell_end(ui, session)


def _measured(ui: Ui, state: ParticipantState) -> None:
    from dosecalc.dosing.area import METHOD_WORDS

    for visit, area in state.areas.items():
        values = "; ".join(area["values"])
        at_visit = msg(" at {visit}", visit=visit) if visit else ""
        how = METHOD_WORDS[area["method"]] if "method" in area else "-"
        ui.line(msg("Area{visit}: {values} cm², {method}, {by}, {date}", visit=at_visit, values=values,
                    method=how, by=area["by"], date=area["date"]))  # fmt: skip
    if state.weight is not None:
        ui.line(msg("Weight: {kg} kg, {by}, {date}", kg=state.weight["values"][0], by=state.weight["by"],
                    date=state.weight["date"]))  # fmt: skip


def _show(ui: Ui, session: Session, shown: Shown) -> None:
    from dosecalc.cli.study_told import call_back
    from dosecalc.registry.decide_participant import STANDING_WORDS
    from dosecalc.registry.kind_words import KIND_WORDS, ROLE_WORDS, VISIT_WORDS
    from dosecalc.registry.plan_of import start_anchor
    from dosecalc.registry.views import said_by

    state, start = shown.state, start_anchor(session.settled.protocol)
    ui.line(msg("{code} {standing}; protocol version {version}", code=state.code,
                standing=STANDING_WORDS[state.standing], version=shown.version))  # fmt: skip
    for form, day in state.consents:
        ui.line(msg("Consent: form {form}, {day}", form=form, day=day))
    if not session.view.masked and state.arm is not None:
        ui.line(msg("Arm: {arm}", arm=state.arm))
    elif state.assigned is not None:
        ui.line(msg("Assigned on {day}; the arm is sealed", day=state.assigned))
    if state.unblinded:
        ui.line(msg("UNBLINDED in an emergency: the arm was told; the events below say when, by whom and why"))
    _dates(ui, shown)
    _measured(ui, state)
    if state.weekdays:
        ui.line(msg("Would rather come on: {weekdays}", weekdays=weekdays_in_words(state.weekdays)))
    if state.held is not None:
        ui.line(msg("DOSES ARE ON HOLD: {reason}", reason=state.held))
    for line in call_back(shown.outside) if state.standing in ("discontinued", "withdrawn") else ():
        ui.line(line)
    if shown.steps:
        ui.line()
        ui.line(msg("What comes next:"))
    for step in shown.steps:
        ui.line(msg("- {step}: dosecalc {command}", step=step.text, command=step.command))
    ui.line()
    if shown.waits is not None:
        ui.line(shown.waits)
    else:
        ui.show_table(
            [(msg("Visit"), "left"), (msg("Target"), "left"), (msg("Window"), "left"), (msg("Booked"), "left"),
             (msg("Attended"), "left"), (msg("Standing"), "left")],
            [
                [row.visit, _time(row.target), _window(row.earliest, row.latest), _time(row.booked),
                 _time(row.attended), VISIT_WORDS[cast("VisitStanding", row.standing)]]
                for row in shown.visits
            ],
        )  # fmt: skip
    ui.line()
    ui.show_table(
        [(msg("Event"), "right"), (msg("What"), "left"), (msg("Visit"), "left"), (msg("As recorded"), "left"),
         (msg("Happened"), "left"), (msg("Recorded by"), "left")],
        [
            [event.number, _what(KIND_WORDS[event.kind], event.corrects), event.visit or "",
             "; ".join(said_by(event, session.view, start)), _happened(event, session),
             msg("{user} ({role})", user=event.user, role=ROLE_WORDS[event.role])]
            for event in shown.history
        ],
    )  # fmt: skip


def _dates(ui: Ui, shown: Shown) -> None:
    """The dates that visits count from, and the limits in hours between them."""
    from dosecalc.visits.moments import readable

    for name, label, when in shown.dates:
        recorded = msg("not recorded") if when is None else readable(when)
        ui.line(msg("{name}, the date of {label}: {when}", name=name, label=label, when=recorded))
    for check in shown.checks:
        ui.line(check.text if check.ok is not False else msg("NOT MET: {text}", text=check.text))


def _time(text: str | None) -> str:
    """A day or a time as people write it, from the site's ISO 8601."""
    return (text or "")[:16].replace("T", " ")


def _happened(event: Event, session: Session) -> object:
    """When it happened; and when it was entered, where that is another minute."""
    entered = dt.datetime.fromisoformat(event.entered_at).astimezone(session.zone).isoformat()
    if _time(entered) == _time(event.at_local):
        return _time(event.at_local)
    return msg("{happened}, entered {entered}", happened=_time(event.at_local), entered=_time(entered))


def _window(earliest: str | None, latest: str | None) -> str:
    return f"{_time(earliest)} – {_time(latest)}" if earliest and latest else ""


def _what(kind: object, corrects: int | None) -> object:
    return kind if corrects is None else msg("{kind} of event {number}", kind=kind, number=corrects)

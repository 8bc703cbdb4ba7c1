"""`dosecalc participant show`: one participant, with the history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, past_options
from dosecalc.text import msg

if TYPE_CHECKING:
    from dosecalc.app.study import Session
    from dosecalc.app.study_seen import Shown


@click.command(
    "show",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Show one participant: standing, dates, visits, what comes next, and everything that was recorded, with "
            "the numbers that corrections refer to. --as-of shows what was known at the end of a past day."
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
            ui.show_json(study_seen.shown_shape(session, shown) | {"next": steps})
            return
        _show(ui, session, shown)
        if not session.staffed:
            ui.line(msg("This study has no staff list: everyone who can open it may record anything."))


def _show(ui: Ui, session: Session, shown: Shown) -> None:
    from dosecalc.registry.decide_participant import STANDING_WORDS
    from dosecalc.registry.kind_words import KIND_WORDS
    from dosecalc.visits.moments import readable

    state = shown.state
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
    for name, label, when in shown.dates:
        recorded = msg("not recorded") if when is None else readable(when)
        ui.line(msg("{name}, the date of {label}: {when}", name=name, label=label, when=recorded))
    for visit, area in state.areas.items():
        values = "; ".join(area["values"])
        at_visit = msg(" at {visit}", visit=visit) if visit else ""
        ui.line(msg("Area{visit}: {values} cm², {method}, {by}, {date}", visit=at_visit, values=values,
                    method=area.get("method", "-"), by=area["by"], date=area["date"]))  # fmt: skip
    if state.weight is not None:
        ui.line(msg("Weight: {kg} kg, {by}, {date}", kg=state.weight["values"][0], by=state.weight["by"],
                    date=state.weight["date"]))  # fmt: skip
    if state.held is not None:
        ui.line(msg("DOSES ARE ON HOLD: {reason}", reason=state.held))
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
                [row.visit, row.target or "", _window(row.earliest, row.latest), (row.booked or "")[:16],
                 (row.attended or "")[:16], row.standing]
                for row in shown.visits
            ],
        )  # fmt: skip
    ui.line()
    ui.show_table(
        [(msg("Event"), "right"), (msg("What"), "left"), (msg("Visit"), "left"), (msg("Happened"), "left"),
         (msg("Entered (UTC)"), "left"), (msg("By"), "left"), (msg("Reason"), "left")],
        [
            [event.number, _what(KIND_WORDS[event.kind], event.corrects), event.visit or "", event.at_local[:16],
             event.entered_at[:16], f"{event.user} ({event.role})", event.reason or ""]
            for event in shown.history
        ],
    )  # fmt: skip


def _window(earliest: str | None, latest: str | None) -> str:
    return f"{earliest} – {latest}" if earliest and latest else ""


def _what(kind: object, corrects: int | None) -> object:
    return kind if corrects is None else msg("{kind} of event {number}", kind=kind, number=corrects)

"""`dosecalc study today`: who comes, who may come, who is late, and which doses are to be prepared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dosecalc.cli.study_reporting import (
    NONE,
    day_cell,
    day_option,
    in_words,
    number_cell,
    opened,
    scope_shape,
    section,
    tell_end,
    tell_holds,
    tell_scope,
    tell_years,
    which_head,
    window_cell,
    years_of,
)
from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, past_options
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dosecalc.app.study import Session
    from dosecalc.app.study_reports import ToPrepare
    from dosecalc.registry.reports import Late, VisitLine
    from dosecalc.text import Message

_STAGES = {
    "to prepare": msg("to prepare"),
    "prepared": msg("prepared, not checked"),
    "checked": msg("prepared and checked"),
    "check failed": msg("the check did not agree"),
    "dispensed": msg("handed out"),
    "given": msg("given"),
}


@click.command(
    "today",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Say who is booked today, who may come by their window, who is overdue, and, to those who are not masked,"
            " which doses are to be prepared. The head of the chain stands at the end, to be kept elsewhere."
        )
    )
    + "\n\n"
    + examples(
        "dosecalc study today --study s.db",
        "dosecalc study today --day 2026-03-16 --study s.db --key k.key",
        "dosecalc study today --as-of 2026-03-16 --study s.db --json",
    ),
)
@day_option
@past_options
@click.pass_obj
def command(ui: Ui, /, call: StudyCall, day: str | None) -> None:
    """Show the day."""
    from dosecalc.app.study_reports import study_today
    from dosecalc.registry import report_shapes
    from dosecalc.registry.transfer import head_json

    with opened(call) as session:
        report = study_today(session, day=day, as_of=call.as_of)
        days = report.today
        shown = (*days.booked, *days.due, *days.unrecorded, *(each.line for each in days.late))
        years = years_of(session, shown, report.scope.day)
        if ui.as_json:
            shape = scope_shape(session, report.scope, call) | report_shapes.today(report.today)
            shape["provisional_years"] = list(years)
            if report.prepare is not None:
                shape["prepare"] = [_prepare_shape(each, ui) for each in report.prepare]
            shape["unblinded"] = list(report.unblinded)
            shape["holds"] = report_shapes.holds(report.holds)
            shape["limits"] = [{"participant": code, "text": ui.say(text)} for code, text in report.limits]
            ui.show_json(shape | {"head": head_json(report.head, public=session.view.masked)})
            return
        found = report.today
        tell_scope(ui, session, report.scope, call, in_words(report.scope))
        tell_holds(ui, report.holds)
        for code, text in report.limits:
            ui.line(msg("{code}: NOT MET: {text}", code=code, text=text))
        booked(ui, msg("Booked"), found.booked)
        if found.came:
            columns = [(msg("Participant"), "left"), (msg("Visit"), "left"), (msg("Target"), "left")]
            section(
                ui, msg("Came"), columns, [(one.participant, one.visit, day_cell(one.target)) for one in found.came]
            )
        _due(ui, found.due)
        if found.unrecorded:
            booked(
                ui, msg("Booked for an earlier day, and nobody recorded whether they came"), found.unrecorded, days=True
            )
        overdue(ui, session, found.late)
        tell_years(ui, years)
        if report.prepare is not None:
            _prepare(ui, report.prepare)
        ui.line()
        if report.unblinded:
            ui.line(msg("Unblinded in an emergency: {codes}", codes=", ".join(report.unblinded)))
        head = report.head
        ui.line(
            msg(
                "Head of the chain, to be kept elsewhere: {number}:{hash}",
                number=head.number,
                hash=head.public_hash if session.view.masked else head.hash,
            )
        )
        if session.settled.protocol.masking.masked:
            ui.line(which_head(masked=session.view.masked))
        tell_end(ui, session)


def booked(ui: Ui, title: Message, lines: Sequence[VisitLine], *, days: bool = False) -> None:
    """Print visits that are booked, with their times; with `days` their days, too."""
    section(
        ui,
        title,
        [
            (msg("Time"), "left"),
            (msg("Participant"), "left"),
            (msg("Visit"), "left"),
            (msg("Target"), "left"),
            (msg("Window"), "left"),
        ],
        [
            (
                NONE if one.booked is None else one.booked.strftime("%Y-%m-%d %H:%M" if days else "%H:%M"),
                one.participant,
                one.visit,
                day_cell(one.target),
                window_cell(one),
            )
            for one in lines
        ],
    )


def _due(ui: Ui, lines: Sequence[VisitLine]) -> None:
    section(
        ui,
        msg("May come today by their window, and are not booked"),
        [
            (msg("Participant"), "left"),
            (msg("Visit"), "left"),
            (msg("Target"), "left"),
            (msg("Window"), "left"),
        ],
        [(one.participant, one.visit, day_cell(one.target), window_cell(one)) for one in lines],
    )


def overdue(ui: Ui, session: Session, found: Sequence[Late]) -> None:
    """Print visits whose window is over, and what to do about one that the others count from."""
    section(
        ui,
        msg("Overdue"),
        [
            (msg("Participant"), "left"),
            (msg("Visit"), "left"),
            (msg("Target"), "left"),
            (msg("Last day"), "left"),
            (msg("Days late"), "right"),
            (msg("Booked"), "left"),
        ],
        [
            (
                one.line.participant,
                one.line.visit,
                day_cell(one.line.target),
                day_cell(one.line.latest),
                number_cell(one.days),
                day_cell(one.line.booked_day),
            )
            for one in found
        ],
    )
    encounters = session.settled.protocol.encounters
    for one in found:
        anchor = encounters[one.line.visit].defines if one.line.visit in encounters else None
        if anchor is not None:
            ui.line(
                msg(
                    "{participant}: {visit} was planned for {day}, and nobody recorded whether it took place. If it "
                    "did: visit attend {participant} {visit} {day}. If on another day: visit attend {participant} "
                    "{visit} DATE --reason WHY, and the other visits move with it.",
                    participant=one.line.participant,
                    visit=one.line.visit,
                    day=one.line.target,
                )
            )


def _prepare(ui: Ui, found: Sequence[ToPrepare]) -> None:
    from dosecalc.quantity import Amount

    rows = []
    for one in found:
        said: list[object] = [
            msg("{product}: {amount}", product=dose.product_label, amount=Amount(dose.total))
            if dose.total is not None
            else msg("{product}: same volume as the active one", product=dose.product_label)
            if dose.same_volume_as is not None
            else msg("{product}", product=dose.product_label)
            for dose in one.doses
        ] or [one.problem or NONE]
        stage = _STAGES[one.stage]
        for number, text in enumerate(said):
            first = (one.line.participant, one.line.visit, one.arm or NONE) if number == 0 else ("", "", "")
            status = msg("{stage}; a draft (R8)", stage=stage) if one.draft and one.stage == "to prepare" else stage
            rows.append((*first, text, status if number == 0 else ""))
    section(
        ui,
        msg("Doses of the day"),
        [
            (msg("Participant"), "left"),
            (msg("Visit"), "left"),
            (msg("Arm"), "left"),
            (msg("Dose"), "left"),
            (msg("Status"), "left"),
        ],
        rows,
    )


def _prepare_shape(each: ToPrepare, ui: Ui) -> dict[str, object]:
    from dosecalc import shapes

    return {
        "participant": each.line.participant,
        "visit": each.line.visit,
        "arm": each.arm,
        "stage": each.stage,
        "release": "draft" if each.draft else "released",
        "doses": [shapes.dose(dose, ui.language) for dose in each.doses],
        "problem": None if each.problem is None else ui.say(each.problem),
    }

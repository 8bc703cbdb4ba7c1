"""`dosecalc calendar`: one participant's calendar file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from dosecalc import app
from dosecalc.cli.dose import asked
from dosecalc.cli.ui import (
    HELP_OPTIONS,
    Ui,
    arm_option,
    common_options,
    dose_options,
    examples,
    help_text,
    option,
    site_option,
)
from dosecalc.errors import Finding, Usage
from dosecalc.text import msg
from dosecalc.visits.moments import readable, weekday

if TYPE_CHECKING:
    from dosecalc.blinding import BlindedPlan


@click.command(
    "calendar",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Write a calendar file (.ics) for one participant. With --previous, items keep their identity, so that "
            "phones and calendars update instead of showing a visit twice."
        )
    )
    + "\n\n"
    + examples(
        "dosecalc calendar NCT07084012 --start 2026-03-02 --participant SZ-001 --out SZ-001.ics",
        "dosecalc calendar NCT07084012 --start 2026-03-02 --participant SZ-001 --out new.ics"
        " --previous SZ-001.ics --book D7=2026-03-09T09:30",
        "dosecalc calendar NCT07084012 --start 2026-03-02 --participant SZ-001 --out p.ics"
        " --audience pharmacy --arm group-1",
        "dosecalc calendar NCT07203599 --arm phase1-A --start 2026-03-02 --participant SZ-002 --out s.ics"
        " --language zh",
    ),
)
@click.argument("protocol", metavar="PROTOCOL")
@arm_option
@option("--start", metavar="DATE", required=True, text=msg("Date of the first dose, or date and time."))
@option("--participant", "code", metavar="CODE", required=True, text=msg("The participant's code, never a name."))
@option("--out", metavar="FILE", required=True, text=msg("The calendar file to write."))
@option(
    "--audience",
    type=click.Choice(["participant", "clinic", "pharmacy"]),
    default="participant",
    show_default=True,
    text=msg("Who will read it."),
)
@option("--book", "bookings", metavar="V=DATETIME", multiple=True, text=msg("A booked time; may be repeated."))
@option("--outside-window", metavar="REASON", text=msg("Why a booking outside its window is made."))
@option("--actual", metavar="V=DATE", multiple=True, text=msg("When a visit took place; may be repeated."))
@option("--anchor", "anchors", metavar="NAME=DATETIME", multiple=True, text=msg("When another event happened."))
@option("--previous", metavar="FILE", text=msg("The file that was handed out before."))
@option("--unbook", metavar="V", multiple=True, text=msg("Take a booking of the earlier calendar out again."))
@option("--cancel", is_flag=True, text=msg("Cancel every item."))
@option("--stamp", metavar="DATETIME", text=msg("Time of this export, for reproducible files; now if left out."))
@dose_options
@site_option
@common_options
@click.pass_obj
def command(
    ui: Ui,
    /,
    protocol: str,
    arm: str | None,
    start: str,
    code: str,
    out: str,
    audience: app.CalendarAudience,
    bookings: tuple[str, ...],
    outside_window: str | None,
    actual: tuple[str, ...],
    anchors: tuple[str, ...],
    previous: str | None,
    unbook: tuple[str, ...],
    cancel: bool,
    stamp: str | None,
    site: str | None,
    **dose: Any,
) -> None:
    """Plan and write one calendar."""
    if cancel and (bookings or unbook):
        what = msg("--cancel cancels every item, and books none")
        raise Usage([Finding("DC008", what, msg("leave out --book and --unbook, or --cancel"))])
    if outside_window is not None and not bookings:
        what = msg("--outside-window gives a reason for no booking")
        raise Usage([Finding("DC009", what, msg("add --book, or leave the reason out"))])
    settled = app.load(protocol, site)
    dates = app.Dates(start=start, actual=actual, anchors=anchors, bookings=bookings, outside_window=outside_window)
    who = app.participant(settled, code=code, arm=arm, dates=dates)
    written = app.write_calendar(
        settled,
        who,
        asked(dose),
        audience=audience,
        language=ui.chosen or (settled.site.language if settled.site else ui.language),
        out=out,
        previous=previous,
        unbook=unbook,
        cancel=cancel,
        stamp=app.stamp(stamp, settled) if stamp is not None else None,
    )
    if ui.as_json:
        ui.show_json({"files": [{"path": written.path, "sha256": written.sha256, "events": written.events}]})
    else:
        ui.line(msg("{path}: {count} calendar items", path=written.path, count=written.events))
        if written.draft:
            ui.line(msg("DRAFT – NOT FOR ADMINISTRATION"))
        if written.plan:
            show_booked(ui, written.plan, cancelled=cancel)


def show_booked(ui: Ui, plan: BlindedPlan, *, cancelled: bool) -> None:
    """Say of each visit what stands in the calendar now, so that a slip is seen before the file is handed out."""
    for booked in plan.visits:
        visit, name = booked.visit, f"  {booked.visit.encounter:<6}"
        if cancelled:
            ui.line(name + ui.say(msg("cancelled")))
        elif visit.actual is not None:
            ui.line(name + ui.say(msg("took place on {day}", day=readable(visit.actual))))
        elif booked.booking is not None:
            when = booked.booking.when
            time = msg("booked for {weekday} {time}", weekday=weekday(when), time=readable(when))
            outside = msg(", OUTSIDE ITS WINDOW: {reason}", reason=booked.booking.outside_window)
            ui.line(name + ui.say(time) + (ui.say(outside) if booked.booking.outside_window else ""))
        elif visit.target is not None:
            ui.line(name + ui.say(msg("not booked; target day {day}", day=readable(visit.target))))
        else:
            ui.line(name + ui.say(msg("no date yet")))
    if plan.routine is not None:
        daily = msg("{days} days from {first}, daily", days=plan.routine.days, first=plan.routine.first.isoformat())
        ui.line(f"  {'+':<6}" + ui.say(msg("cancelled") if cancelled else daily))
    for check in plan.checks:
        if check.ok is False:
            ui.line(msg("NOT MET: {text}", text=check.text))

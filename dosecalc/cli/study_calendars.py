"""`dosecalc study calendars`: the calendar files of a study."""

from __future__ import annotations

import click

from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, option, past_options
from dosecalc.text import msg


@click.command(
    "calendars",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Write a calendar file (.ics) for each participant, and clinic.ics for the clinic. A visit that moved "
            "updates on the phone, and one that was cancelled disappears: no earlier file is needed. With "
            "--changed-since only the files in which something has changed are written: those to send."
        )
    )
    + "\n\n"
    + examples(
        "dosecalc study calendars --out calendars",
        "dosecalc study calendars --changed-since 2026-03-09T08:00 --out to-send",
    ),
)
@option("--out", metavar="DIR", required=True, text=msg("The folder to write into."))
@option("--changed-since", metavar="DATETIME", text=msg("Only the files that changed after that."))
@past_options
@click.pass_obj
def command(ui: Ui, call: StudyCall, out: str, changed_since: str | None) -> None:
    """Write the calendars."""
    from dosecalc.app.study import open_study
    from dosecalc.app.study_calendars import write_calendars

    session = open_study(call.study, user=call.user, key=call.key, at=call.at)
    with session.store:
        written = write_calendars(session, out, changed_since=changed_since, as_of=call.as_of, language=ui.chosen)
    if ui.as_json:
        files = [
            {
                "path": each.path,
                "sha256": each.sha256,
                "events": each.events,
                "participant": each.participant,
                "changed": each.changed.isoformat() if each.changed else None,
            }
            for each in written
        ]
        ui.show_json({"files": files})
        return
    if not written:
        ui.line(msg("Nothing has changed since then; no file was written."))
        return
    columns = [(msg("For"), "left"), (msg("File"), "left"), (msg("Items"), "right"), (msg("Last change"), "left")]
    rows = [
        (
            each.participant or msg("the clinic"),
            each.path,
            str(each.events),
            each.changed.astimezone(session.zone).strftime("%Y-%m-%d %H:%M") if each.changed else "–",
        )
        for each in written
    ]
    ui.show_table(columns, rows)

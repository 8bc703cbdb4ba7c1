"""`dosecalc publish`: the calendars of a study on a calendar server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, option, study_options
from dosecalc.text import msg

if TYPE_CHECKING:
    from dosecalc.app.study_publish import To
    from dosecalc.publishing.run import Published, Report
    from dosecalc.publishing.sync import Change
    from dosecalc.text import Message

_COLUMNS: tuple[tuple[Change, Message], ...] = (
    ("new", msg("New")),
    ("changed", msg("Changed")),
    ("back", msg("Put back")),
    ("replaced", msg("Replaced")),
    ("edited", msg("Left as edited")),
    ("same", msg("As before")),
)


@click.command(
    "publish",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Write the calendars of a study to a calendar server (CalDAV): one calendar for each participant, and one "
            "for the clinic. Only what changed is written. What somebody edited there is named and left, unless "
            "--replace-edited is given; what was deleted there comes back. The site file must allow it "
            "(delivery.caldav)."
        )
    )
    + "\n\n"
    + examples(
        "dosecalc publish --url https://calendar.hospital.example/trial/ --user trial --password-file ~/trial.pw",
        "dosecalc publish --url https://calendar.hospital.example/trial/ --user trial --password-file ~/trial.pw "
        "--audience clinic --dry-run",
    ),
)
@option("--url", metavar="URL", required=True, text=msg("The address of the account on the server."))
@option("--user", "account", metavar="NAME", required=True, text=msg("The name of the account."))
@option(
    "--password-file", metavar="FILE", required=True, text=msg("The file with its password, which only you can read.")
)
@option(
    "--audience",
    type=click.Choice(["participant", "clinic"]),
    text=msg("Only the participants' calendars, or only the clinic's."),
)
@option("--participant", "participants", metavar="CODE", multiple=True, text=msg("Only this one; repeat for more."))
@option("--dry-run", is_flag=True, text=msg("Show what would be written, and write nothing."))
@option("--replace-edited", is_flag=True, text=msg("Replace what somebody edited on the server."))
@study_options
@click.pass_context
def command(
    context: click.Context,
    call: StudyCall,
    url: str,
    account: str,
    password_file: str,
    audience: To | None,
    participants: tuple[str, ...],
    dry_run: bool,
    replace_edited: bool,
) -> None:
    """Publish the calendars."""
    from dosecalc.app.study import open_study
    from dosecalc.app.study_publish import Call, publish_calendars

    ui: Ui = context.obj
    wanted = Call(
        url=url,
        account=account,
        password_file=password_file,
        audience=audience,
        participants=participants,
        dry_run=dry_run,
        replace_edited=replace_edited,
    )
    with open_study(call.study, user=call.user, key=call.key, at=call.at) as session:
        report = publish_calendars(session, wanted, language=ui.chosen)
    _show(ui, report)
    context.exit(1 if report.findings else 0)


def _show(ui: Ui, report: Report) -> None:
    done = {"dry_run": report.dry_run, "calendars": [_shape(each) for each in report.calendars]}
    if ui.as_json:
        if report.findings:
            ui.show_findings(report.findings, **done)
        else:
            ui.show_json(done)
        return
    if report.calendars:
        shown = [(change, text) for change, text in _COLUMNS if change == "same" or any(_counts(report, change))]
        columns = [(msg("For"), "left"), *((text, "right") for _, text in shown), (msg("Calendar"), "left")]
        ui.show_table(
            columns,
            [
                (
                    each.participant or msg("the clinic"),
                    *(str(_count(each, change)) for change, _ in shown),
                    each.url,
                )
                for each in report.calendars
            ],
        )
    if report.dry_run:
        ui.line(msg("Nothing was written (--dry-run)."))
    elif not any(step.writes for each in report.calendars for step in each.steps):
        ui.line(msg("Nothing was written."))
    elif any(_counts(report, "back")):
        ui.line(msg("What was put back had been deleted on the server, or an earlier run had not come so far."))
    if report.findings:
        ui.show_findings(report.findings)


def _counts(report: Report, change: Change) -> list[int]:
    return [_count(each, change) for each in report.calendars]


def _count(calendar: Published, change: Change) -> int:
    return sum(step.change == change for step in calendar.steps)


def _shape(calendar: Published) -> dict[str, Any]:
    return {
        "participant": calendar.participant,
        "url": calendar.url,
        "made": calendar.made,
        "unchanged": _count(calendar, "same"),
        "items": [
            {
                "uid": step.item.uid,
                "change": step.change,
                "summary": step.item.summary,
                "start": step.item.start.isoformat(),
                "status": step.item.status.lower(),
            }
            for step in calendar.steps
            if step.change != "same"
        ],
    }

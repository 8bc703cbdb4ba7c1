"""`dosecalc study staff`: who works here, in which role."""

from __future__ import annotations

import click

from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, past_options
from dosecalc.errors import Finding, Usage
from dosecalc.text import msg


@click.command(
    "staff",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Say in which role somebody works, or that they have left, or list who works here. The roles are nurse, "
            "pharmacist, investigator, monitor, data manager and administrator."
        )
    )
    + "\n\n"
    + examples("dosecalc study staff", "dosecalc study staff li.na nurse", "dosecalc study staff wang.wei --left"),
)
@click.argument("name", metavar="[USER]", required=False)
@click.argument("role", metavar="[ROLE]", required=False)
@click.option("--left", is_flag=True, help=help_text(msg("They have left, and may record nothing from now on.")))
@past_options
@click.pass_obj
def command(ui: Ui, call: StudyCall, name: str | None, role: str | None, left: bool) -> None:
    """Record somebody's role, or list all."""
    from dosecalc.app.study import open_study
    from dosecalc.app.study_changes import staff, staff_list
    from dosecalc.cli.study_told import tell

    if name is not None and role is None and not left:
        raise Usage([Finding("DC804", msg("no role is given for {user}", user=name), msg("write it behind the name"))])
    if left and (name is None or role is not None):
        what = msg("--left says that one person has left, and needs their name and no role")
        raise Usage([Finding("DC839", what, msg("write for example: study staff li.na --left"))])
    session = open_study(call.study, user=call.user, key=call.key, at=call.at)
    with session.store:
        if name is not None:
            events = staff(session, name, role)
            left_or_works = (
                msg("{user} has left, and may record nothing from now on", user=name)
                if role is None
                else msg("{user} works here as {role}", user=name, role=role)
            )
            tell(ui, session, events, left_or_works)
            return
        listed = staff_list(session, call.as_of)
    if ui.as_json:
        ui.show_json({"staff": listed})
        return
    if not listed:
        ui.line(msg("This study has no staff list: everyone who can open it may record anything."))
        return
    ui.show_table([(msg("User"), "left"), (msg("Role"), "left")], list(listed.items()))

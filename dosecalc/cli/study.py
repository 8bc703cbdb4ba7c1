"""`dosecalc study`: a group of commands, each in a module of its own."""

from __future__ import annotations

from dosecalc.cli.groups import LazyGroup
from dosecalc.text import msg

_TABLE = {
    "init": ("dosecalc.cli.study_init", msg("Make a study from a protocol and a site file.")),
    "today": ("dosecalc.cli.study_today", msg("Who comes today, and what is to be done.")),
    "week": ("dosecalc.cli.study_week", msg("The visits of a week, day by day.")),
    "wall": ("dosecalc.cli.study_wall", msg("Write the clinic's calendar for the wall: a month or a week.")),
    "daylist": ("dosecalc.cli.study_daylist", msg("Write the clinic's list of a day, with room to sign.")),
    "overdue": ("dosecalc.cli.study_overdue", msg("Visits whose window is over.")),
    "deviations": ("dosecalc.cli.study_deviations", msg("What departed from the protocol, and why.")),
    "exposure": ("dosecalc.cli.study_exposure", msg("What each participant has been given.")),
    "drift": ("dosecalc.cli.study_drift", msg("Days left in each window.")),
    "book": ("dosecalc.cli.study_book", msg("Book many visits at once, on the best days.")),
    "calendars": ("dosecalc.cli.study_calendars", msg("Write the calendar files of all participants.")),
    "invitations": ("dosecalc.cli.study_invitations", msg("Write e-mails for visits that were booked or cancelled.")),
    "open-level": ("dosecalc.cli.study_open_level", msg("Open a dose level.")),
    "hold": ("dosecalc.cli.study_hold", msg("Stop doses: of the study, a level, a participant or a lot.")),
    "lift": ("dosecalc.cli.study_lift", msg("Lift a hold.")),
    "staff": ("dosecalc.cli.study_staff", msg("Say who works here, in which role.")),
    "amend": ("dosecalc.cli.study_amend", msg("Bring a new version of the protocol into effect.")),
    "codebreak": ("dosecalc.cli.study_codebreak", msg("Print code-break cards for the safe.")),
    "verify": ("dosecalc.cli.study_verify", msg("Verify that nothing was changed behind the study's back.")),
    "head": ("dosecalc.cli.study_head", msg("Print the head of the chain, to be kept elsewhere.")),
    "export": ("dosecalc.cli.study_export", msg("Write the whole study as lines of JSON.")),
    "import": ("dosecalc.cli.study_import", msg("Make a study from lines of JSON.")),
    "backup": ("dosecalc.cli.study_backup", msg("Copy the study while it is in use.")),
}

command = LazyGroup("study", _TABLE, msg("The study as a whole: make it, see what is due, verify it."))

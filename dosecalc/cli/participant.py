"""`dosecalc participant`: a group of commands, each in a module of its own."""

from __future__ import annotations

from dosecalc.cli.groups import LazyGroup
from dosecalc.text import msg

_TABLE = {
    "consent": ("dosecalc.cli.participant_consent", msg("Record a consent.")),
    "enrol": ("dosecalc.cli.participant_enrol", msg("Enrol a participant.")),
    "screen-failure": ("dosecalc.cli.participant_screen_failure", msg("Record that a participant cannot be enrolled.")),
    "assign": ("dosecalc.cli.participant_assign", msg("Assign an arm, or import the allocation list.")),
    "measure": ("dosecalc.cli.participant_measure", msg("Record a measured area or weight.")),
    "anchor": ("dosecalc.cli.participant_anchor", msg("Record the dates that visits count from.")),
    "prefer": ("dosecalc.cli.participant_prefer", msg("Record on which weekdays they would rather come.")),
    "migrate": ("dosecalc.cli.participant_migrate", msg("Move a participant to a new version of the protocol.")),
    "discontinue": ("dosecalc.cli.participant_discontinue", msg("End the treatment; follow-up goes on.")),
    "withdraw": ("dosecalc.cli.participant_withdraw", msg("Record that a participant leaves the study.")),
    "unblind": ("dosecalc.cli.participant_unblind", msg("Reveal one participant's arm in an emergency.")),
    "card": ("dosecalc.cli.participant_card", msg("Print the card with the dates that they take home.")),
    "correct": ("dosecalc.cli.participant_correct", msg("Correct what was recorded; the old entry stays.")),
    "show": ("dosecalc.cli.participant_show", msg("Show one participant, with the history.")),
    "list": ("dosecalc.cli.participant_list", msg("List the participants.")),
}

command = LazyGroup("participant", _TABLE, msg("Participants: consent, enrolment, arm, measurements, dates."))

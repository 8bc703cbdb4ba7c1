"""`dosecalc ip`: a group of commands, each in a module of its own."""

from __future__ import annotations

from dosecalc.cli.groups import LazyGroup
from dosecalc.text import msg

_TABLE = {
    "receive": ("dosecalc.cli.ip_receive", msg("Record a lot that arrived.")),
    "quarantine": ("dosecalc.cli.ip_quarantine", msg("Set a lot aside.")),
    "release": ("dosecalc.cli.ip_release", msg("Release a lot for use.")),
    "prepare": ("dosecalc.cli.ip_prepare", msg("Prepare a dose and keep its worksheet.")),
    "check": ("dosecalc.cli.ip_check", msg("Record the second person's check.")),
    "dispense": ("dosecalc.cli.ip_dispense", msg("Hand out what was prepared.")),
    "administer": ("dosecalc.cli.ip_administer", msg("Record that a dose was given, in whole or in part.")),
    "return": ("dosecalc.cli.ip_return", msg("Record what came back.")),
    "destroy": ("dosecalc.cli.ip_destroy", msg("Record what was destroyed.")),
    "void": ("dosecalc.cli.ip_void", msg("Declare a mistaken record of a lot void.")),
    "balance": ("dosecalc.cli.ip_balance", msg("Account for every vial of a lot.")),
}

command = LazyGroup("ip", _TABLE, msg("Investigational product: from receipt to destruction."))

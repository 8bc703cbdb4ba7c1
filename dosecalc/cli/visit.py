"""`dosecalc visit`: a group of commands, each in a module of its own."""

from __future__ import annotations

from dosecalc.cli.groups import LazyGroup
from dosecalc.text import msg

_TABLE = {
    "open": ("dosecalc.cli.visit_open", msg("Say on which days a visit can take place.")),
    "book": ("dosecalc.cli.visit_book", msg("Book a visit.")),
    "move": ("dosecalc.cli.visit_move", msg("Move a booked visit, after showing what changes.")),
    "attend": ("dosecalc.cli.visit_attend", msg("Record that a visit took place.")),
    "miss": ("dosecalc.cli.visit_miss", msg("Record that a visit did not take place.")),
    "cancel": ("dosecalc.cli.visit_cancel", msg("Cancel a booking.")),
    "unscheduled": ("dosecalc.cli.visit_unscheduled", msg("Record a visit that was not planned.")),
}

command = LazyGroup("visit", _TABLE, msg("Visits: book, move, attend, miss."))

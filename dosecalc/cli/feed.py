"""`dosecalc feed`: a group of commands, each in a module of its own."""

from __future__ import annotations

from dosecalc.cli.groups import LazyGroup
from dosecalc.text import msg

_TABLE = {
    "write": ("dosecalc.cli.feed_write", msg("Write the feeds into the web server's folder.")),
    "list": ("dosecalc.cli.feed_list", msg("Who has a feed, under which name, and which were revoked.")),
    "revoke": ("dosecalc.cli.feed_revoke", msg("End a feed; its name is never used again.")),
    "open": ("dosecalc.cli.feed_open", msg("Give a new name where a feed was revoked.")),
}

command = LazyGroup("feed", _TABLE, msg("Calendars for phones to subscribe to."))

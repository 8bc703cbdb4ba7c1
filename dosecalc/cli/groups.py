"""Groups of commands whose parts are imported when they are called, and not before."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import click

from dosecalc.cli.ui import HELP_OPTIONS, help_text
from dosecalc.text import Message, msg

if TYPE_CHECKING:
    from collections.abc import Mapping


class LazyGroup(click.Group):
    """A group from a table: each name with the module that holds its `command`, and what it does."""

    def __init__(self, name: str, table: Mapping[str, tuple[str, Message]], text: Message) -> None:
        super().__init__(name, context_settings=HELP_OPTIONS, help=help_text(text))
        self._table = table

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands in the order of the table."""
        return list(self._table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the command."""
        if cmd_name not in self._table:
            return None
        command: click.Command = importlib.import_module(self._table[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section(help_text(msg("Commands"))):
            formatter.write_dl([(name, help_text(text)) for name, (_, text) in self._table.items()])

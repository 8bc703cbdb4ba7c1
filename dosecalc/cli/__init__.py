"""The command line: parse, call `app`, show, exit code. Commands are loaded when they are called, not before."""

from __future__ import annotations

import importlib
import os
import signal
import sys
from typing import TYPE_CHECKING, Any

import click

from dosecalc import __version__
from dosecalc.app import preferred_language
from dosecalc.cli.ui import HELP_OPTIONS, Ui, chosen_language, help_text
from dosecalc.errors import ChangedOutside, DosecalcError, Finding, Usage
from dosecalc.text import msg, render

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dosecalc.text import Message

_COMMANDS = {
    "demo": msg("The whole job on a shipped example cohort."),
    "protocol": msg("List, show and check protocols."),
    "area": msg("Measure patches: diameters, polygons, ImageJ regions to cm²."),
    "map": msg("Draw the injection sites on an outline."),
    "dose": msg("Calculate doses from area, weight or level."),
    "prepare": msg("Prepare a dose: volumes, vials, worksheet, labels."),
    "picklist": msg("List what the worksheets of a day take out of the stock."),
    "schedule": msg("List a participant's visits with their windows."),
    "calendar": msg("Write a participant's calendar file."),
    "check": msg("Check a worksheet with a second person's own numbers."),
    "plan": msg("Plan a whole list of participants."),
    "study": msg("The study as a whole: make it, see what is due, verify it."),
    "participant": msg("Participants: consent, enrolment, arm, measurements, dates."),
    "visit": msg("Visits: book, move, attend, miss."),
    "ip": msg("Investigational product: from receipt to destruction."),
    "feed": msg("Calendars for phones to subscribe to."),
    "publish": msg("Write the calendars of a study to a calendar server."),
}


_RECORDS = frozenset({"study", "participant", "visit", "ip", "feed"})


class Main(click.Group):
    """The group of commands; imports one only when it is needed, so that each starts fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands in the order in which a newcomer needs them."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the command."""
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"dosecalc.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section(help_text(msg("Commands"))):
            formatter.write_dl([(name, help_text(text)) for name, text in _COMMANDS.items()])


@click.command(
    cls=Main,
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Doses and visit dates for clinical trials, from the protocol.\n\n"
            "It supports the pharmacist's own check and does not replace it.\n\n"
            "Begin with: dosecalc demo. For Chinese set DOSECALC_LANGUAGE=zh, or write --language zh after a command."
        )
    ),
)
@click.version_option(__version__)
def cli() -> None:
    """Hold the commands."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line.

    It exits with 0 done, 1 findings or a refusal, 2 wrong usage, 3 a record that does not verify, 130 stopped by the
    user.
    """
    _ready_streams()
    words = list(sys.argv[1:] if arguments is None else arguments)
    ui = Ui(as_json="--json" in words, language="en")
    try:
        if arguments is None:
            _take_signals()
        ui.chosen = chosen_language(words)
        ui.language = ui.chosen or preferred_language()
        code = _run(ui, words)
        sys.stdout.flush()
    except DosecalcError as error:
        ui.show_findings(error.findings)
        code = 2 if isinstance(error, Usage) else 3 if isinstance(error, ChangedOutside) else 1
    except (click.Abort, KeyboardInterrupt):
        print(render(_stopped(words), ui.language), file=sys.stderr)
        code = 130
    except OSError as error:
        # Files are the business of `files`; what is left is where our own output goes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            code = 0  # the reader went away (`dosecalc … | head`): nothing is wrong, and nothing more can be shown
        else:
            ui.as_json = False
            what = msg("the output could not be written ({reason})", reason=error.strerror or "?")
            ui.show_findings([Finding("DC606", what, msg("send the output elsewhere"))])
            code = 1
    if arguments is None:  # it is all done or all undone, and said: Python's own end is not to be interrupted
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(code)


def _stopped(words: Sequence[str]) -> Message:
    if words and words[0] in _RECORDS:  # it may have been told to stop when the event was there, and not yet shown
        return msg("Stopped. What was being recorded is there as a whole or not at all: `study head` shows it.")
    if words and words[0] == "publish":
        return msg("Stopped. What was written to the server by then is whole and stays; `publish` goes on from there.")
    return msg("Stopped; nothing was written.")


def _run(ui: Ui, words: Sequence[str]) -> int:
    try:
        with cli.make_context("dosecalc", list(words), obj=ui) as context:
            cli.invoke(context)
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return 2
    except click.ClickException as error:
        ui.show_usage(error)
        return 2
    return 0


def _take_signals() -> None:
    """Being told to end is like Ctrl-C for the program itself: nothing half done stays behind."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _ready_streams() -> None:
    """A stream that the caller closed, or that cannot show a character, must not stop a calculation."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115 - for as long as the program runs
        reconfigure: Any = getattr(getattr(sys, name), "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")

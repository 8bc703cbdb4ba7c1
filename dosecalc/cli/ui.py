"""How commands speak: the language, tables, JSON, findings, and the options that every command has."""

from __future__ import annotations

import functools
import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from dosecalc.app import preferred_language
from dosecalc.errors import Finding, Refusal, Usage
from dosecalc.text import LANGUAGES, Language, Message, msg, render

HELP_OPTIONS = {"help_option_names": ["-h", "--help"]}

_F = TypeVar("_F", bound=Callable[..., Any])


@dataclass
class Ui:
    """Where results and errors of one call go."""

    as_json: bool
    language: Language
    chosen: Language | None = None
    """The language that the call asks for with --language."""

    def say(self, text: object = "") -> str:
        """Return `text` in the reader's language."""
        return render(text, self.language)

    def line(self, text: object = "") -> None:
        """Print one line for people; on a terminal a long English one is broken between words."""
        said = self.say(text)
        width = terminal_width()
        if width and len(said) > width and self.language == "en":
            import textwrap

            indent = " " * (len(said) - len(said.lstrip()) + 2)
            said = textwrap.fill(said, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
        click.echo(said)

    def show_json(self, value: Any) -> None:
        """Print the one JSON document of the command."""
        click.echo(json.dumps(value, ensure_ascii=False, indent=2))

    def show_table(self, columns: Sequence[tuple[object, str]], rows: Iterable[Sequence[object]]) -> None:
        """Print a table; each column is its heading and `left` or `right`."""
        from dosecalc.cli.table import table

        headings = [self.say(heading) for heading, _ in columns]
        right = [justify == "right" for _, justify in columns]
        for line in table(
            headings, right, [[self.say(cell) for cell in row] for row in rows], terminal_width() or None
        ):
            click.echo(line)

    def show_findings(self, findings: Sequence[Finding], **more: Any) -> None:
        """Print each finding on a line of standard error; with --json the list, and `more`, on standard output too."""
        for finding in findings:
            place = " ".join(str(part) for part in (finding.where, finding.path) if part)
            said = msg("{code} {what}; {mend}", code=finding.code, what=finding.what, mend=finding.mend)
            text = self.say(said)
            click.echo(_one_line(f"{place}: {text}" if place else text), err=True)
        if self.as_json:
            self.show_json(
                {
                    "errors": [
                        {
                            "code": finding.code,
                            "where": str(finding.where) if finding.where else None,
                            "path": finding.path or None,
                            "what": self.say(finding.what),
                            "mend": self.say(finding.mend),
                        }
                        for finding in findings
                    ],
                    **more,
                }
            )

    def show_usage(self, error: click.ClickException) -> None:
        """Print a mistake in the words of the command."""
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "dosecalc"
        self.show_findings([Finding("DC001", _usage(error), msg("see {command} --help", command=command))])


@dataclass(frozen=True, kw_only=True, slots=True)
class StudyCall:
    """The options of a study's commands as typed: those of all (`study_options`), and `as_of` (`past_options`)."""

    study: str | None = None
    user: str | None = None
    key: str | None = None
    at: str | None = None
    reason: str | None = None
    yes: bool = False
    as_of: str | None = None


def terminal_width() -> int | None:
    """Columns of the terminal that the output goes to; None where it goes elsewhere.

    `shutil` has this, too, and costs more to import than the rest of the command line.
    """
    if not sys.stdout.isatty():
        return None
    columns = os.environ.get("COLUMNS", "")
    return int(columns) if columns.isdecimal() and int(columns) else os.get_terminal_size(sys.stdout.fileno()).columns


def _usage(error: click.ClickException) -> Message:
    """What click found wrong with the words of the command, translated where it is one of the usual mistakes."""
    match error:
        case click.NoSuchOption():
            return msg("there is no option {option}", option=error.option_name)
        case click.BadOptionUsage():
            return msg("a value is missing after {option}", option=error.option_name)
        case click.MissingParameter() if error.param is not None:
            return msg("{name} is missing", name=error.param.opts[0] if error.param.opts else error.param.name)
        case _:
            return msg("{problem}", problem=error.format_message().rstrip("."))


def _one_line(text: str) -> str:
    return " ".join(text.split())


def chosen_language(words: Sequence[str]) -> Language | None:
    """The language that the call asks for with --language, if it does."""
    for number, word in enumerate(words):
        chosen = word.partition("=")[2] if word.startswith("--language=") else ""
        if word == "--language" and number + 1 < len(words):
            chosen = words[number + 1]
        if chosen in LANGUAGES:
            return chosen
    return None


def help_text(text: Message) -> str:
    """A help text in the environment's language; help is made before any option is read."""
    try:
        return render(text, preferred_language())
    except Refusal:  # DC002: `main` reports it
        return render(text, "en")


def examples(*lines: str) -> str:
    """The examples that stand at the end of a command's help."""
    return "\n".join(["\b", help_text(msg("Examples:")), *(f"  {line}" for line in lines)])


def option(*names: str, text: Message, **settings: Any) -> Callable[[_F], _F]:
    """A click option whose help text is translated; one value given twice is refused, not silently replaced."""
    if not (settings.get("multiple") or settings.get("is_flag") or "expose_value" in settings):
        default = settings.pop("default", None)
        settings |= {"multiple": True, "callback": _once, "default": None if default is None else [default]}
    return click.option(*names, help=help_text(text), **settings)


def _once(_context: click.Context, parameter: click.Parameter, values: Sequence[Any]) -> Any:
    if len(values) > 1:
        what = msg("{option} is given {times} times", option=parameter.opts[0], times=len(values))
        raise Usage([Finding("DC006", what, msg("give it once"))])
    return values[0] if values else None


def common_options(function: _F) -> _F:
    """Add --json and --language, which `main` has read already."""
    function = option("--json", "_json", text=msg("Print one JSON document."), is_flag=True, expose_value=False)(
        function
    )
    return option(
        "--language",
        "language",
        text=msg("Language of what is shown."),
        type=click.Choice(["en", "zh"]),
        expose_value=False,
    )(function)


def past_options(function: _F) -> _F:
    """Add `study_options`, and --as-of for commands that can show any past moment."""
    text = msg("Show what was known then: at that time, or at the end of that day.")
    return option("--as-of", metavar="DATE", text=text)(study_options(function))


def study_options(function: _F) -> _F:
    """Add the options of a study with --json and --language; the command gets them as one `call: StudyCall`."""

    @functools.wraps(function)
    def run(*arguments: Any, **given: Any) -> Any:
        names = ("study", "user", "key", "at", "reason", "yes", "as_of")
        call = StudyCall(**{name: given.pop(name) for name in names if name in given})
        return function(*arguments, call=call, **given)

    decorated: Any = common_options(run)
    for decorate in (
        option("--yes", text=msg("Answer questions with yes, for scripts."), is_flag=True),
        option("--reason", metavar="TEXT", text=msg("Why, where the rules ask for it.")),
        option("--at", metavar="DATETIME", text=msg("When it happened; left out, now.")),
        option("--key", metavar="FILE", text=msg("The study's key file, for those who are not masked.")),
        option("--as", "user", metavar="USER", text=msg("Who you are; left out, your account.")),
        option("--study", metavar="FILE", text=msg("The study's file, or its database's address.")),
    ):
        decorated = decorate(decorated)
    return decorated  # type: ignore[no-any-return]


site_option = option("--site", metavar="FILE", text=msg("The site file: the pharmacy manual's answers."))
arm_option = option("--arm", metavar="ARM", text=msg("The arm, where the command needs one."))


rounding_option = option(
    "--round",
    "rounding",
    text=msg("How a fractional number of sites becomes a whole one; makes a draft."),
    type=click.Choice(["up", "down", "half_up"]),
)


def dose_options(function: _F) -> _F:
    """Add the options that a dose hangs on."""
    for decorate in (
        option(
            "--level",
            metavar="L",
            text=msg("Dose level, in the protocol's unit; a draft, unless the site file has decided it."),
        ),
        option("--weight", metavar="KG", text=msg("Body weight in kg.")),
        rounding_option,
        option(
            "--area-date",
            metavar="DATE",
            multiple=True,
            text=msg("When the area was measured; V=DATE for that of a visit."),
        ),
        option(
            "--area-by",
            metavar="NAME",
            multiple=True,
            text=msg("Who measured the area; V=NAME for that of a visit."),
        ),
        option(
            "--area-method",
            metavar="METHOD",
            multiple=True,
            text=msg(
                "How the area was measured: ellipse, tracing, planimetry or polygon; V=METHOD for that of a visit."
            ),
        ),
        option(
            "--area-at",
            "areas_at",
            metavar="V=CM2",
            multiple=True,
            text=msg("Area measured again at a visit, for this dose and later ones; patches separated by ';'."),
        ),
        option("--area", "areas", metavar="CM2", multiple=True, text=msg("Hair-loss area in cm²; repeat for patches.")),
    ):
        function = decorate(function)
    return function

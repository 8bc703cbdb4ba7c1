"""`dosecalc study book`: many visits at once, on the days that are best for all of them together."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, option, study_options
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dosecalc.visits.booking import Progress

LIMIT = 60
"""Seconds that the search for the best days may take, where nobody says otherwise."""


@click.command(
    "book",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Book many visits at once, on the days that are best for all of them together: every visit that is not "
            "booked yet, whose date is known and whose window is not over. Windows, closed days, places and gaps are "
            "kept; then comes nearness to the target, then the weekdays that a participant prefers, then an even "
            "load. The plan is shown first, with each visit that finds no day and why, and nothing is recorded until "
            "you say yes. The same study gives the same plan."
        )
    )
    + "\n\n"
    + examples(
        "dosecalc study book",
        "dosecalc study book --participant P001 --participant P002 --until 2026-04-30",
        "dosecalc study book --visit W2 --allow-move --yes",
    ),
)
@option("--participant", "participants", metavar="CODE", multiple=True, text=msg("Only this participant; repeatable."))
@option("--visit", "visits", metavar="V", multiple=True, text=msg("Only visits of this name; repeatable."))
@option("--until", metavar="DAY", text=msg("Only visits whose target is on or before that day."))
@option(
    "--allow-move",
    is_flag=True,
    text=msg("Bookings still to come may move, where another visit finds no day otherwise."),
)
@option(
    "--time-limit",
    metavar="SECONDS",
    type=click.IntRange(1, 86_400),
    default=LIMIT,
    text=msg(
        "How long the days are searched for at most; left out, {seconds}. Reading the study before, and writing after, "
        "come on top.",
        seconds=LIMIT,
    ),
)
@study_options
@click.pass_obj
def command(
    ui: Ui,
    call: StudyCall,
    participants: tuple[str, ...],
    visits: tuple[str, ...],
    until: str | None,
    allow_move: bool,
    time_limit: int,
) -> None:
    """Show the best plan, ask, and book it."""
    from dosecalc.app.study import open_study
    from dosecalc.app.study_book import propose, record, wanted
    from dosecalc.cli.study_book_told import nothing, shape, show, told
    from dosecalc.cli.study_told import sure, tell

    session = open_study(call.study, user=call.user, key=call.key, at=call.at)
    with session.store:
        try:
            asked = wanted(session, participants, visits, until, allow_move=allow_move)
            with _progress(ui, time_limit) as progress:
                proposal = propose(session, asked, time_limit, progress)
            plan = {"plan": shape(ui, proposal)}
            if not ui.as_json:
                show(ui, proposal)
            if not proposal.plan.placed:
                nothing(ui, proposal, **plan)
                return
            sure(ui, call, msg("Book these visits? ({visits})", visits=len(proposal.plan.placed)), **plan)
        except (KeyboardInterrupt, click.Abort):
            click.echo(ui.say(msg("Stopped; nothing was booked.")), err=True)
            raise click.exceptions.Exit(130) from None
        events = record(session, proposal)
    tell(ui, session, events, *told(proposal), numbers=False, **plan)


@contextmanager
def _progress(ui: Ui, seconds: int) -> Iterator[Progress | None]:
    """A bar of the time on a terminal, with how good the plan is so far; nothing where nobody watches."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    begun = time.monotonic()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(ui.say(msg("reading the study")), total=seconds)

        def look(best: int | None, bound: int) -> None:
            said = (
                msg("looking for a first plan")
                if best is None
                else msg("best plan so far: {cost} points; none has less than {bound}", cost=best, bound=bound)
            )
            bar.update(task, description=ui.say(said), completed=min(time.monotonic() - begun, seconds))

        yield look

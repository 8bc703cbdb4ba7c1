"""What `study book` shows: the plan by day, who finds no day and why, and which days are full."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from dosecalc.errors import Finding
from dosecalc.registry.many_visits import PER_DAY
from dosecalc.text import msg
from dosecalc.visits.booking import UNBOOKED
from dosecalc.visits.moments import readable, weekday

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from dosecalc.app.study_book import Proposal
    from dosecalc.cli.ui import Ui
    from dosecalc.registry.many_placed import Overload, Placed, Unplaced, Why
    from dosecalc.text import Message


def show(ui: Ui, proposal: Proposal) -> None:
    """Print a plan."""
    plan = proposal.plan
    if plan.placed:
        columns = [
            (msg("Date"), "left"), (msg("Time"), "left"), (msg("Who"), "left"), (msg("Visit"), "left"),
            (msg("From target"), "right"), (msg("Note"), "left"),
        ]  # fmt: skip
        ui.show_table(columns, _rows(ui, plan.placed))
        ui.line(msg("Visits: {visits}; days from target in all: {days}", visits=len(plan.placed),
                    days=plan.days_from_target))  # fmt: skip
    if plan.stays:
        ui.line(msg("Bookings that stay, though they might move: {visits}", visits=plan.stays))
    if plan.placed or plan.unplaced:
        ui.line(_how_good(proposal))
    for each in plan.unplaced:
        ui.line()
        ui.line(_no_day(each))
        for why in each.why:
            ui.line(msg("  {days}: {why}", days=_days(why), why=_listed(ui, why)))
    if plan.overloads:
        ui.line()
        ui.line(msg("Full days that these visits wanted:"))
        for full in plan.overloads:
            ui.line(_overload(full))
    for text in proposal.mind:
        ui.line(msg("Mind: {text}", text=text))
    if plan.placed:
        ui.line()


def nothing(ui: Ui, proposal: Proposal, **plan: Any) -> None:
    """Say that nothing is booked, and why.

    Raises:
        Exit: 1, visits were to be booked, and none finds a day (DC916).
    """
    unbooked = [each for each in proposal.plan.unplaced if each.task.booked is None]
    if unbooked:
        what = msg("none of these visits finds a day: {visits}", visits=len(unbooked))
        mend = msg("what stands against each day is listed; a day outside a window is the investigator's to allow: "
                   "`visit book … --outside-window REASON`")  # fmt: skip
        ui.show_findings([Finding("DC916", what, mend)], **plan)
        raise click.exceptions.Exit(1)
    if ui.as_json:
        ui.show_json({"event": None, "events": [], **plan})
    else:
        ui.line(msg("There is nothing to book."))


def told(proposal: Proposal) -> Iterator[Message]:
    """Say what was recorded."""
    from dosecalc.cli.visit_told import to_send

    moved = sum(each.task.booked is not None for each in proposal.plan.placed)
    yield msg("Booked: {visits}", visits=len(proposal.plan.placed) - moved)
    if moved:
        yield msg("Moved: {visits}", visits=moved)
    left = sum(each.task.booked is None for each in proposal.plan.unplaced)
    if left:
        yield msg("Not booked, because no day is left: {visits}", visits=left)
    doses = sum(each.task.planned.dosed for each in proposal.plan.placed)
    if doses:
        yield msg("Visits with a dose among them: {visits}. Tell the pharmacy on which days they are needed.",
                  visits=doses)  # fmt: skip
    yield to_send()


def shape(ui: Ui, proposal: Proposal) -> dict[str, Any]:
    """Return a plan as JSON."""
    plan = proposal.plan
    return {
        "visits": [
            {
                "participant": each.task.code,
                "encounter": each.task.planned.id,
                "when": each.when.isoformat(),
                "from": each.task.booked.isoformat() if each.task.booked else None,
                "days_from_target": each.option.distance,
                "provisional": each.option.provisional,
            }
            for each in plan.placed
        ],
        "unbooked": [
            {
                "participant": each.task.code,
                "encounter": each.task.planned.id,
                "booked": each.task.booked.isoformat() if each.task.booked else None,
                "days": [
                    {
                        "first": why.first.isoformat(),
                        "last": why.last.isoformat(),
                        "why": [ui.say(t) for t in why.texts],
                    }
                    for why in each.why
                ],
            }
            for each in plan.unplaced
        ],
        "full_days": [
            {
                "day": each.day.isoformat(),
                "resource": ui.say(each.resource),
                "taken": each.taken,
                "limit": each.limit,
                "wanted": each.wanted,
            }
            for each in plan.overloads
        ],
        "stay": plan.stays,
        "days_from_target": plan.days_from_target,
        "cost": plan.cost,
        "at_least": plan.bound,
        "optimal": plan.optimal,
        "mind": [ui.say(each) for each in proposal.mind],
    }


def _rows(ui: Ui, placed: tuple[Placed, ...]) -> Iterator[tuple[object, ...]]:
    before: dt.date | None = None
    for each in placed:
        day = each.when.date()
        notes = []
        if each.task.booked is not None:
            notes.append(ui.say(msg("moved from {when}", when=readable(each.task.booked))))
        if each.option.provisional:
            notes.append(ui.say(msg("provisional")))
        yield (
            "" if day == before else msg("{weekday}, {moment}", weekday=weekday(day), moment=day),
            each.when.strftime("%H:%M"),
            each.task.code,
            each.task.planned.id,
            f"{each.option.distance:+d}" if each.option.distance else "0",
            ", ".join(notes),
        )
        before = day


def _how_good(proposal: Proposal) -> Message:
    plan = proposal.plan
    if plan.optimal:
        return msg("No plan is better: that is proven.")
    return msg(
        "It is not proven that no plan is better: after {seconds} s this one has {cost} points, and none can have less "
        "than {bound} (a day from the target counts {day}, a visit without a day {unbooked}). More time: --time-limit",
        seconds=proposal.seconds, cost=plan.cost, bound=plan.bound, day=PER_DAY, unbooked=UNBOOKED,
    )  # fmt: skip


def _no_day(each: Unplaced) -> Message:
    said = {"participant": each.task.code, "visit": each.task.planned.id}
    if each.task.booked is not None:
        return msg(
            "{participant} {visit} fits on no day, and stays on {when}:", **said, when=readable(each.task.booked)
        )
    if each.task.planned.earliest is None:
        return msg("{participant} {visit} finds no day near its target:", **said)
    return msg("{participant} {visit} finds no day in what is left of its window:", **said)


def _days(why: Why) -> Message:
    if why.first == why.last:
        return msg("{weekday}, {moment}", weekday=weekday(why.first), moment=why.first)
    return msg("{first} to {last}", first=why.first, last=why.last)


def _listed(ui: Ui, why: Why) -> str:
    return "; ".join(ui.say(text) for text in why.texts)


def _overload(full: Overload) -> Message:
    return msg(
        "  {weekday}, {day}: {taken} of {limit} {resource}; visits without a day that could have come: {wanted}",
        weekday=weekday(full.day), day=full.day, taken=full.taken, limit=full.limit, resource=full.resource,
        wanted=full.wanted,
    )  # fmt: skip

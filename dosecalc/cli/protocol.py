"""`dosecalc protocol`: list, show and check protocol files, and print the schema for editors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from dosecalc import app
from dosecalc.cli.ui import HELP_OPTIONS, Ui, common_options, examples, help_text, option
from dosecalc.protocol.settled import ROLES
from dosecalc.text import Message, msg
from dosecalc.visits.moments import in_words

if TYPE_CHECKING:
    from dosecalc.protocol.model import Protocol
    from dosecalc.protocol.settled import Settled


@click.group("protocol", context_settings=HELP_OPTIONS, help=help_text(msg("List, show and check protocols.")))
def command() -> None:
    """Hold the protocol commands."""


@command.command(
    "list", help=help_text(msg("List the shipped protocols.")) + "\n\n" + examples("dosecalc protocol list")
)
@common_options
@click.pass_obj
def list_(ui: Ui) -> None:
    """Print the shipped protocols."""
    protocols = [app.load_protocol(name) for name in app.shipped_protocols()]
    if ui.as_json:
        ui.show_json(
            {
                "protocols": [
                    {
                        "id": protocol.id,
                        "version": protocol.version,
                        "title": ui.say(protocol.title),
                        "masked": protocol.masking.masked,
                        "arms": list(protocol.arms),
                        "encounters": list(protocol.encounters),
                        "sha256": protocol.sha256,
                    }
                    for protocol in protocols
                ]
            }
        )
        return
    for number, protocol in enumerate(protocols):
        if number:
            ui.line()
        ui.line(f"{protocol.id}  {ui.say(protocol.title)}")
        masked = (
            msg("masked: visits need no arm") if protocol.masking.masked else msg("open: every command needs the arm")
        )
        ui.line(f"  {ui.say(masked)}")
        for said in (
            msg("arms: {arms}", arms=", ".join(protocol.arms)),
            msg("visits: {visits}", visits=", ".join(protocol.encounters)),
        ):
            ui.line(f"  {ui.say(said)}")


@command.command(
    "show",
    help=help_text(msg("Show what a protocol says, from which source, and what it leaves open."))
    + "\n\n"
    + examples("dosecalc protocol show NCT07203599", "dosecalc protocol show NCT07203599 --json"),
)
@click.argument("protocol", metavar="PROTOCOL")
@common_options
@click.pass_obj
def show(ui: Ui, protocol: str) -> None:
    """Print one protocol."""
    loaded = app.load_protocol(protocol)
    if ui.as_json:
        ui.show_json(_plain(loaded))
        return
    ui.line(f"{loaded.id}  {ui.say(loaded.title)}")
    ui.line(msg("version {version}, SHA-256 {digest}", version=loaded.version, digest=loaded.sha256))
    for document in loaded.documents.values():
        ui.line(msg("source: {title}, {version}", title=document.title, version=document.version))
    ui.line()
    ui.show_table(
        _left(msg("Arm"), msg("Name"), msg("Visits"), msg("Source")),
        [(arm.id, arm.label, " ".join(arm.encounters), arm.source.section) for arm in loaded.arms.values()],
    )
    ui.line()
    ui.show_table(
        [
            (msg("Arm"), "left"),
            (msg("Dose at"), "left"),
            (msg("Product"), "left"),
            (msg("Dose"), "left"),
            (msg("Source"), "left"),
        ],
        [
            (
                arm.id,
                " ".join(dose.at),
                loaded.products[dose.product].label,
                _rule(dose.rule, loaded),
                dose.source.section,
            )
            for arm in loaded.arms.values()
            for dose in arm.doses
        ],
    )
    ui.line()
    ui.show_table(
        _left(msg("Visit"), msg("Name"), msg("Timing"), msg("Window")),
        [(e.id, e.label, _timing(e, loaded), _window(e)) for e in loaded.encounters.values()],
    )
    _show_gaps(ui, loaded)
    ui.line()
    ui.line(msg("What the protocol leaves open:"))
    for assumption in loaded.assumptions.values():
        asked = ROLES[assumption.confirm_by]
        if assumption.assumed is None:
            standing = msg("to be answered by: {role}", role=asked)
        else:
            standing = msg("assumed: {answer}; to be confirmed by: {role}", answer=assumption.assumed, role=asked)
        question = msg("{code}: {question}", code=assumption.id, question=assumption.question)
        ui.line(f"  {ui.say(question)}")
        ui.line(f"      {ui.say(assumption.reason)}")
        ui.line(f"      {ui.say(standing)}")


def _show_gaps(ui: Ui, loaded: Protocol) -> None:
    """The gaps between doses, where the protocol states them."""
    gaps = loaded.gaps
    if gaps is None:
        return
    ui.line()
    if gaps.least is not None:
        ui.line(
            msg(
                "From one dose to the next: at least {days} days ({section})",
                days=gaps.least.days,
                section=gaps.source.section,
            )
        )
    if gaps.most is not None:
        ui.line(
            msg(
                "From one dose to the next: at most {days} days ({section})",
                days=gaps.most.days,
                section=gaps.source.section,
            )
        )


def _left(*headings: Message) -> list[tuple[object, str]]:
    return [(heading, "left") for heading in headings]


def _rule(rule: Any, protocol: Any) -> object:
    """What a dose hangs on, in one line."""
    matched = getattr(rule, "product", None)
    if matched is not None:
        return msg("the volume of {product}", product=protocol.products[matched].label)
    level = getattr(rule.amount, "level", None)
    return rule.amount if level is None else msg("a level: {label}", label=protocol.levels[level].label)


def _timing(encounter: Any, protocol: Any) -> object:
    if encounter.defines:
        return msg("is the {anchor}", anchor=protocol.anchors[encounter.defines].label)
    if encounter.unscheduled:
        return msg("unscheduled")
    timing = encounter.timing
    code = getattr(timing.offset, "answer", None)
    offset = in_words(timing.offset) if code is None else msg("answer to {code}", code=code)
    if timing.times != 1:
        offset = msg("{times} × {offset}", times=timing.times, offset=offset)
    label = protocol.anchors[timing.anchor].label
    if code is None and timing.offset.negative:
        return msg("{offset} before: {anchor}", offset=offset, anchor=label)
    return msg("{offset} after: {anchor}", offset=offset, anchor=label)


def _window(encounter: Any) -> object:
    if encounter.timing is None:
        return ""
    window = encounter.timing.window
    if window == "not_stated":
        return msg("not stated")
    return msg("{before} before to {after} after", before=in_words(window.before), after=in_words(window.after))


def _plain(value: Any) -> Any:
    """A record as JSON: keys as in the file, amounts and durations as written, places left out."""
    from collections.abc import Mapping
    from dataclasses import fields, is_dataclass

    from dosecalc.errors import Where
    from dosecalc.protocol.offsets import CalendarOffset, ClockOffset
    from dosecalc.quantity import Quantity

    if isinstance(value, (Quantity, CalendarOffset, ClockOffset)):
        return str(value)
    if is_dataclass(value):
        items = ((field.name, getattr(value, field.name)) for field in fields(value))
        return {name: _plain(item) for name, item in items if item is not None and not isinstance(item, Where)}
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value if isinstance(value, (str, int, bool)) else str(value)


@command.command(
    "check",
    help=help_text(
        msg(
            "Check a protocol file, and with --site or --stock a site or stock file against it; every mistake is shown."
        )
    )
    + "\n\n"
    + examples(
        "dosecalc protocol check my-trial.yaml",
        "dosecalc protocol check NCT07203599 --site our-site.yaml",
        "dosecalc protocol check NCT07203599 --stock our-stock.yaml",
    ),
)
@click.argument("file", metavar="FILE")
@option("--site", metavar="FILE", text=msg("Also check this site file against the protocol."))
@option("--stock", metavar="FILE", text=msg("Also check this stock file against the protocol."))
@common_options
@click.pass_obj
def check(ui: Ui, file: str, site: str | None, stock: str | None) -> None:
    """Check a file; findings are raised and end the program with 1."""
    from dosecalc.visits.workdays import check_holidays

    settled = app.load(file, site)
    if settled.site is not None:
        check_holidays(settled.site.clinic)
    if stock:
        app.load_stock(stock, settled.protocol)
    if ui.as_json:
        ui.show_json({"protocol": settled.protocol.id, "sha256": settled.protocol.sha256, "findings": []})
    else:
        ui.line(msg("{file}: no mistakes found", file=file))
        if site:
            ui.line(msg("{file}: no mistakes found", file=site))
            _show_standing(ui, settled)
        if stock:
            ui.line(msg("{file}: no mistakes found", file=stock))


def _show_standing(ui: Ui, settled: Settled) -> None:
    """How far the site file releases doses: what it answers, and whether somebody verified the protocol file."""
    here = settled.here
    answered = len(here.answers) if here else 0
    asked = len(settled.protocol.assumptions)
    ui.line(msg("questions of the protocol: {asked}; answered by the site: {answered}", asked=asked, answered=answered))
    if not settled.confirms:
        ui.line(msg("the site file is an example: every dose stays a draft"))
    elif not settled.verified:
        ui.line(msg("nobody has verified the protocol file: every dose stays a draft"))


@command.command(
    "schema",
    help=help_text(msg("Print the JSON Schema of protocol, site or stock files, for an editor."))
    + "\n\n"
    + examples("dosecalc protocol schema > protocol.schema.json", "dosecalc protocol schema --for site"),
)
@option(
    "--for",
    "what",
    type=click.Choice(["protocol", "site", "stock"]),
    default="protocol",
    text=msg("Which kind of file."),
)
@common_options
@click.pass_obj
def schema(ui: Ui, what: str) -> None:
    """Print a JSON Schema."""
    from dosecalc.protocol.model import Protocol
    from dosecalc.protocol.schema import json_schema
    from dosecalc.protocol.site import Site
    from dosecalc.protocol.stock import Stock

    records: dict[str, type] = {"protocol": Protocol, "site": Site, "stock": Stock}
    ui.show_json(json_schema(records[what]))

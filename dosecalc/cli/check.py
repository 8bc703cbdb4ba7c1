"""`dosecalc check`: the second person's own numbers against a worksheet.

Until the second person has entered everything, nothing is shown that the first one typed or that was computed from it:
not in a question, not as a default, not in an error (R6).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import click

from dosecalc.app import checking as app
from dosecalc.checking.compare import IN_STOCK, patches
from dosecalc.checking.entries import (
    Entries,
    Taken,
    find_lot,
    read_area_a,
    read_concentration,
    read_level_text,
    read_patches,
    read_thawed_at,
    read_weight,
    what_to_ask,
)
from dosecalc.checking.record import record, shown
from dosecalc.cli.ui import HELP_OPTIONS, Ui, common_options, examples, help_text, option, rounding_option
from dosecalc.errors import Refusal, refuse
from dosecalc.plan import dosed_arms
from dosecalc.quantity import Amount, Quantity, unit
from dosecalc.text import Message, msg

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from decimal import Decimal

    from dosecalc.app.checking import OpenCheck
    from dosecalc.checking.compare import Compared
    from dosecalc.checking.entries import Asked
    from dosecalc.checking.record import Checked
    from dosecalc.protocol.stock import Lot
    from dosecalc.quantity import Rounding

_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Typed:
    """The options; what is left out is asked for."""

    arm: str | None
    areas: tuple[str, ...]
    weight: str | None
    level: str | None
    lots: tuple[str, ...]
    concentrations: tuple[str, ...]
    rounding: Rounding | None
    area_a: str | None
    thawed_at: str | None


@click.command(
    "check",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Check a worksheet: enter area or weight, arm, lot and concentration from their sources, without looking "
            "at the worksheet. A second engine computes from what you enter alone, and only then both are compared."
        )
    )
    + "\n\n"
    + examples(
        "dosecalc check P-001-W0.json --site our-site.yaml --stock our-stock.yaml --as li.na",
        "dosecalc check P-001-W0.json --site our-site.yaml --stock our-stock.yaml --out P-001-W0-check.json",
    ),
)
@click.argument("worksheet", metavar="WORKSHEET.json")
@option("--site", metavar="FILE", required=True, text=msg("The site file: the pharmacy manual's answers."))
@option("--stock", metavar="FILE", required=True, text=msg("The stock file: the lots in the pharmacy."))
@option("--protocol", metavar="FILE", text=msg("The protocol file, where it is not a shipped one."))
@option("--as", "checker", metavar="USER", text=msg("Who checks; else the account that you work with."))
@option("--arm", metavar="ARM", text=msg("The arm, from the allocation list."))
@option("--area", "areas", metavar="CM2", multiple=True, text=msg("Hair-loss area in cm²; repeat for patches."))
@option("--weight", metavar="KG", text=msg("Body weight in kg."))
@option("--area-a", metavar="AREA", text=msg("Which area is A for this participant, from the allocation list."))
@option("--thawed-at", metavar="DATETIME", text=msg("When the vials were thawed."))
@option("--level", metavar="L", text=msg("Dose level, where the site file has not decided it."))
@rounding_option
@option("--lot", "lots", metavar="LOT", multiple=True, text=msg("Lot number, from the vial; repeat for each product."))
@option(
    "--concentration",
    "concentrations",
    metavar="C",
    multiple=True,
    text=msg("Concentration, from the certificate, for each lot that has one, in their order."),
)
@option("--out", metavar="FILE", text=msg("Write a record of the check to this file."))
@common_options
@click.pass_context
def command(
    context: click.Context,
    worksheet: str,
    site: str,
    stock: str,
    protocol: str | None,
    checker: str | None,
    arm: str | None,
    areas: tuple[str, ...],
    weight: str | None,
    level: str | None,
    rounding: Rounding | None,
    lots: tuple[str, ...],
    concentrations: tuple[str, ...],
    out: str | None,
    area_a: str | None,
    thawed_at: str | None,
) -> None:
    """Ask, compute, compare, show."""
    ui: Ui = context.obj
    opened = app.open_check(worksheet, site=site, stock=stock, protocol=protocol, checker=checker)
    if out is not None:
        app.check_out(out, worksheet)
    typed = Typed(
        arm=arm,
        areas=areas,
        weight=weight,
        level=level,
        lots=lots,
        concentrations=concentrations,
        rounding=rounding,
        area_a=area_a,
        thawed_at=thawed_at,
    )
    checked = app.finish_check(opened, Desk(ui, opened, typed).entries())
    if out is not None:
        app.write_record(out, checked, ui.language)
    if ui.as_json:
        ui.show_json(record(checked, ui.language))
    else:
        show(ui, checked)
    context.exit(0 if checked.agreed else 1)


class Desk:
    """Where the second person makes their entries: each from an option, or else asked for until it can be read."""

    def __init__(self, ui: Ui, opened: OpenCheck, typed: Typed) -> None:
        self.ui = ui
        self.opened = opened
        self.typed = typed
        self.asked_anything = False

    def entries(self) -> Entries:
        """Return what was entered; what was asked for is shown once more, and may be entered anew."""
        head = self.opened.sheet.head
        if not self.ui.as_json:
            who = head.text("participant") or "–"
            self.ui.line(
                msg(
                    "Check of {participant}, {protocol}, {visit}. "
                    "Read each value from its source, not from the worksheet.",
                    participant=who,
                    protocol=self.opened.settled.protocol.id,
                    visit=self.opened.sheet.visit,
                )
            )
        while True:
            self.asked_anything = False
            found = self._once()
            if not self.asked_anything:
                return found
            self.ui.line()
            self.ui.line(msg("You entered:"))
            for label, value in _entered(found):
                self.ui.line(f"  {self.ui.say(label)}: {self.ui.say(value)}")
            if click.confirm(self.ui.say(msg("Is this what you read? (no: enter it again)")), default=None):
                return found

    def _once(self) -> Entries:
        settled, typed, sheet = self.opened.settled, self.typed, self.opened.sheet
        arms = self._arms()
        asked = what_to_ask(settled, arms, sheet.visit)
        areas: tuple[Decimal, ...] = ()
        if asked.area or typed.areas:
            areas = self._value(
                ";".join(typed.areas) if typed.areas else None,
                "--area",
                msg("Area in cm² (several patches with ; between them)"),
                read_patches,
            )
        # That the first person gave something is asked about; what they gave is not shown.
        area_a = weight = level = thawed_at = None
        if sheet.values("area_a") or typed.area_a is not None:
            names = ", ".join(settled.protocol.areas)
            question = msg("Which area is A for this participant, from the allocation list ({areas})", areas=names)
            area_a = self._value(typed.area_a, "--area-a", question, partial(read_area_a, settled=settled))
        if asked.weight or sheet.values("weight") or typed.weight is not None:
            weight = self._value(typed.weight, "--weight", msg("Body weight in kg"), read_weight)
        if asked.level or typed.level is not None:
            read = partial(read_level_text, settled=settled, arms=arms)
            level = self._value(typed.level, "--level", msg("Dose level"), read)
        if sheet.values("thawed_at") or typed.thawed_at is not None:
            question = msg("Thawed at ({day}THH:MM)", day=sheet.on.isoformat())
            thawed = partial(read_thawed_at, settled=settled, on=sheet.on)
            thawed_at = self._value(typed.thawed_at, "--thawed-at", question, thawed)
        return Entries(
            arms=arms,
            areas=areas,
            weight=weight,
            level=level,
            rounding=typed.rounding,
            taken=self._lots(asked),
            area_a=area_a,
            thawed_at=thawed_at,
        )

    def _arms(self) -> tuple[str, ...]:
        """The arms; nobody is asked where every participant gets all of them, but for a worksheet of one alone."""
        protocol, arm = self.opened.settled.protocol, self.typed.arm
        if protocol.masking.allocation == "every_arm" and self.opened.sheet.head.text("arm") is None:
            return dosed_arms(protocol, arm)
        return self._value(arm, "--arm", msg("Arm"), lambda text: dosed_arms(protocol, text))

    def _lots(self, asked: Asked) -> tuple[Taken, ...]:
        settled, stock = self.opened.settled, self.opened.stock
        given = [find_lot(stock, settled, asked.products, name) for name in self.typed.lots]
        stated = [lot for lot in given if lot.concentration is not None]
        if len({lot.product for lot in given}) < len(given) or len(self.typed.concentrations) > len(stated):
            raise refuse(
                "DC676",
                msg("there are more lots than products, or more concentrations than lots that have one"),
                msg("give --lot once for each product, and --concentration once for each lot that has one"),
            )
        spoken = dict(zip((lot.id for lot in stated), self.typed.concentrations, strict=False))
        taken = []
        for product in asked.products:
            lot = next((lot for lot in given if lot.product == product), None) or self._lot(product)
            concentration = None
            if lot.concentration is not None:
                question = msg("Concentration of lot {lot}, in {unit}", lot=lot.id, unit=lot.concentration.unit)
                read = partial(read_concentration, lot=lot)
                concentration = self._value(spoken.get(lot.id), "--concentration", question, read)
            taken.append(Taken(product=product, lot=lot, concentration=concentration))
        return tuple(taken)

    def _lot(self, product: str) -> Lot:
        settled = self.opened.settled
        question = msg("Lot of {product}", product=settled.protocol.products[product].label)
        return self._value(None, "--lot", question, lambda text: find_lot(self.opened.stock, settled, (product,), text))

    def _value(self, given: str | None, name: str, question: Message, read: Callable[[str], _T]) -> _T:
        """What an option gave, or what is asked for in its place; a script is never asked.

        Raises:
            Refusal: what `read` refuses of an option; DC676, the option is missing in a call with --json.
        """
        if given is not None:
            return read(given)
        if self.ui.as_json:
            raise refuse(
                "DC676",
                msg("{option} is missing: with --json nothing is asked for", option=name),
                msg("give it, or leave out --json"),
            )
        return self._asked(question, read)

    def _asked(self, question: Message, read: Callable[[str], _T]) -> _T:
        self.asked_anything = True
        while True:
            text = click.prompt(self.ui.say(question))
            try:
                return read(text.strip(" "))
            except Refusal as refusal:
                self.ui.show_findings(refusal.findings)


def _entered(entries: Entries) -> list[tuple[Message, object]]:
    """The entries as they were understood (R1)."""
    lines: list[tuple[Message, object]] = [(msg("arm"), ", ".join(entries.arms))]
    if entries.areas:
        lines.append((msg("measured area"), shown(patches(entries.areas))))
    if entries.area_a is not None:
        lines.append((msg("area A"), entries.area_a))
    if entries.weight is not None:
        lines.append((msg("body weight"), Amount(Quantity(entries.weight, unit("kg")))))
    if entries.level is not None:
        lines.append((msg("level"), entries.level))
    if entries.rounding is not None:
        lines.append((msg("rounding given by hand"), entries.rounding))
    if entries.thawed_at is not None:
        lines.append((msg("thawed at"), shown(entries.thawed_at)))
    for taken in entries.taken:
        lines.append((msg("lot"), taken.lot.id))
        if taken.concentration is not None:
            lines.append((msg("concentration"), Amount(taken.concentration)))
    return lines


def show(ui: Ui, checked: Checked) -> None:
    """Print whether both agree, then everything that was compared; a ten-fold difference on a line of its own (R6)."""
    head = checked.sheet.head
    differ = [each for each in checked.compared if not each.agree]
    ui.line()
    if head.text("release") != "released":
        ui.line(msg("DRAFT – NOT FOR ADMINISTRATION"))
    if not checked.agreed:
        ui.line(
            msg(
                "DIFFERS: {count} of {all} values. Do not release this preparation.",
                count=len(differ),
                all=len(checked.compared),
            )
        )
    else:
        ui.line(msg("AGREED: all {all} values are the same.", all=len(checked.compared)))
    for finding in checked.refused:
        ui.line(
            msg(
                "From the second person's entries nothing can be prepared: {what} ({code}).",
                what=finding.what,
                code=finding.code,
            )
        )
    for each in _loud(differ):
        ui.line(
            msg(
                "ABOUT TEN-FOLD APART: {label}: {first} in the stock file, {second} by the second person. "
                "Count the zeros in the source.",
                label=each.label,
                first=shown(each.first),
                second=shown(each.second),
            )
            if each.against == "stock"
            else msg(
                "ABOUT TEN-FOLD APART: {label}: {first} on the worksheet, {second} by the second person. "
                "Count the zeros in the source.",
                label=each.label,
                first=shown(each.first),
                second=shown(each.second),
            )
        )
    for product in dict.fromkeys(each.product for each in checked.compared):
        ui.line()
        if product is not None:
            ui.line(checked.labels.get(product, product))
        for against, column in (("worksheet", msg("Worksheet")), ("stock", msg("Stock file"))):
            found = [each for each in checked.compared if (each.product, each.against) == (product, against)]
            rows = [_row(each, computed=not checked.refused) for each in found]
            if rows:
                if against == "stock":
                    ui.line()
                names = (msg("Value"), column, msg("Second person"), "")
                ui.show_table([(name, "left") for name in names], rows)
    ui.line()
    preparer = head.text("preparer")
    ui.line(
        msg(
            "Prepared by {preparer}, checked by {checker} on {time}. Worksheet {digest}.",
            preparer=msg("a person that the worksheet does not name") if preparer is None else preparer,
            checker=checked.checker,
            time=checked.checked_at.isoformat(sep=" ", timespec="minutes"),
            digest=checked.sheet.digest,
        )
    )
    if not checked.agreed:
        ui.line(msg("Compare both with the sources. Whoever is wrong corrects it, and the check is made anew."))


def _loud(differ: Sequence[Compared]) -> list[Compared]:
    """The ten-fold differences that are said aloud: those of the entries, from which the computed ones follow."""
    loud = [each for each in differ if each.tenfold]
    entered = [each for each in loud if each.kind == "entered" and each.name != IN_STOCK]
    return entered or loud


def _row(each: Compared, *, computed: bool) -> Sequence[object]:
    agree = msg("agrees") if each.agree else msg("TEN-FOLD?") if each.tenfold else msg("DIFFERS")
    second = shown(each.second) if computed or each.kind == "entered" else msg("not computed")
    return each.label, shown(each.first), second, agree

"""The part of a worksheet on one preparation: dose, lot, volumes, syringes, accuracy, times, and every step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dosecalc.documents.blocks import Box, Column, Facts, Figure, Lines, Room, Section, Table
from dosecalc.documents.sheet_words import (
    ROLES,
    amount,
    day_and_minute,
    exact_amount,
    expiry_words,
    is_some,
    large,
    minutes_words,
    percent_words,
    sites_words,
    syringe_words,
)
from dosecalc.dosing.derivation import exact_digits, signed_percent
from dosecalc.dosing.limits import MOST_DMSO, small
from dosecalc.quantity import plain
from dosecalc.text import msg, render

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dosecalc.documents.blocks import Block, Cell
    from dosecalc.dosing.prepared import Preparation
    from dosecalc.dosing.result import Dose
    from dosecalc.protocol.stock import Lot
    from dosecalc.quantity import Rounding
    from dosecalc.text import Language, Message

    Rows = list[tuple[str, Cell]]

_LEVELS = {
    "site": msg("Amount per site"),
    "cm²": msg("Amount per cm²"),
    "kg": msg("Amount per kg"),
    "day": msg("Each day"),
}
_VIALS_BY = {
    "nominal": msg("counted by the nominal content of a vial"),
    "extractable": msg("counted by the volume that can be drawn from a vial"),
}
_MODES: dict[Rounding, Message] = {"up": msg("rounded up"), "down": msg("rounded down"), "half_up": msg("halves up")}


def preparation_figures(made: Preparation, language: Language) -> tuple[Figure, ...]:
    """Return the numbers that are read while drawing up: dose, volumes, vials, syringes."""
    dose = made.dose
    shown: list[Figure] = []
    if dose.total is not None:
        shown.append(large(msg("Dose"), dose.total, language))
    elif dose.same_volume_as is not None:
        same = render(msg("same volume as {product}", product=dose.same_volume_as), language)
        shown.append(large(msg("Dose"), made.administered, language, below=(same,)))
    shown.append(large(msg("Product to draw"), made.product_volume, language))
    if is_some(made.diluent_volume):
        diluent = (render(made.how.diluent, language),) if made.how.diluent else ()
        shown.append(large(msg("Diluent"), made.diluent_volume, language, below=diluent))
    shown.append(large(msg("Final volume"), made.final_volume, language))
    if made.volume_per_site is not None:
        sites = (render(msg("{sites} sites", sites=dose.sites), language),) if dose.sites is not None else ()
        shown.append(large(msg("Per site"), made.volume_per_site, language, below=sites))
    lot = (render(msg("lot {lot}", lot=made.lot.id), language),)
    shown.append(Figure(render(msg("Vials"), language), f"{made.vials:,}", "", lot))
    if made.fills:
        given = (amount(made.given_with.nominal, language),) if made.given_with else ()
        shown.append(Figure(render(msg("Syringes"), language), f"{len(made.fills):,}", "", given))
    if made.rate is not None:
        shown.append(large(msg("Infusion rate"), made.rate, language))
    if made.lot.thaw_limit is not None:
        shown.append(_stop_by(made, made.lot.thaw_limit.minutes, language))
    return tuple(shown)


def _stop_by(made: Preparation, minutes: int, language: Language) -> Figure:
    """Until when (R11); room to write it down where the time of thawing is not known yet."""
    limit = render(msg("{time} after thawing", time=minutes_words(minutes)), language)
    if made.stop_by is None:
        return Figure(render(msg("Stop by"), language), "___ : ___", "", (limit,))
    day, time, zone = day_and_minute(made.stop_by).split(" ", 2)
    return Figure(render(msg("Stop by"), language), time, "", (f"{day} {zone}", limit))


def preparation_blocks(made: Preparation, language: Language) -> Iterator[Block]:
    """Return everything that stands on a worksheet about one preparation."""

    def say(text: object) -> str:
        return render(text, language)

    yield Section(say(msg("Dose")), 2)
    yield Facts(tuple(dose_rows(made.dose, language)))
    yield Section(say(msg("Lot")), 2)
    yield Facts(tuple(_lot_rows(made, language)))
    yield Section(say(msg("Volumes")), 2)
    yield Facts(tuple(_volume_rows(made, language)))
    if made.fills:
        yield Section(say(msg("Syringes")), 2)
        yield _syringes(made, language)
    accuracy = _accuracy_rows(made, language)
    if accuracy:
        yield Section(say(msg("How exact this is")), 2)
        yield Facts(tuple(accuracy))
    if made.cliff is not None:
        yield _cliff(made, language)
    times = _time_rows(made, language)
    if times:
        yield Section(say(msg("Times and limits")), 2)
        yield Facts(tuple(times))
    if made.look is not None:
        line = msg("{instruction} (done by: {by})", instruction=made.look.instruction, by=made.look.by)
        yield Box("notice", say(msg("So that all preparations look the same")), (say(line),))
    yield Section(say(msg("How it was calculated")), 2)
    yield Lines(tuple(say(step) for step in (*made.dose.derivation, *made.derivation)), "steps")


def dose_rows(dose: Dose, language: Language) -> Rows:
    """Return the rows on the dose itself, whatever the product is."""

    def say(text: object) -> str:
        return render(text, language)

    rows: Rows = [(say(msg("Product")), say(dose.product_label))]
    if dose.strength is not None:
        rows.append((say(msg("Strength")), dose.strength))
    rows.append((say(msg("Role")), say(ROLES[dose.role])))
    rows.append((say(msg("Route")), say(dose.route)))
    if dose.area_label is not None:
        rows.append((say(msg("Given on")), say(dose.area_label)))
    if dose.area_cm2 is not None:
        rows.append((say(msg("Area")), f"{plain(dose.area_cm2)} cm²"))
    if dose.level is not None:
        per = str(dose.level.unit).rpartition("/")[2]
        rows.append((say(_LEVELS.get(per, msg("Level"))), amount(dose.level, language)))
    if dose.sites is not None:
        rows.append((say(msg("Injection sites")), f"{dose.sites:,}"))
    if dose.total is not None:
        rows.append((say(msg("Dose")), amount(dose.total, language)))
    if dose.same_volume_as is not None:
        rows.append((say(msg("Dose")), say(msg("same volume as {product}", product=dose.same_volume_as))))
    return rows


def lot_rows(lot: Lot, language: Language) -> Rows:
    """Return the rows that describe a lot."""

    def say(text: object) -> str:
        return render(text, language)

    rows: Rows = [(say(msg("Lot")), lot.id), (say(msg("Expiry")), expiry_words(lot))]
    rows.append((say(msg("Storage")), say(lot.storage)))
    if lot.concentration is not None:
        rows.append((say(msg("Concentration")), amount(lot.concentration, language)))
    if lot.cv is not None:
        rows.append((say(msg("CV of the concentration")), percent_words(lot.cv)))
    if lot.certificate is not None:
        stated = msg(
            "{concentration} ({document}, {date})",
            concentration=lot.certificate.concentration,
            document=lot.certificate.document,
            date=lot.certificate.date.isoformat(),
        )
        rows.append((say(msg("Certificate")), say(stated)))
    if lot.viability is not None:
        threshold = lot.viability_at_least
        text = percent_words(lot.viability)
        if threshold is not None:
            text = say(
                msg("{viability}, at least {threshold} needed", viability=text, threshold=percent_words(threshold))
            )
        rows.append((say(msg("Viability")), text))
    rows.append((say(msg("Nominal volume")), amount(lot.nominal_volume, language)))
    rows.append((say(msg("Extractable volume")), amount(lot.extractable_volume, language)))
    if lot.dmso is not None:
        rows.append((say(msg("DMSO")), say(msg("{percent} v/v", percent=percent_words(lot.dmso)))))
    return rows


def _lot_rows(made: Preparation, language: Language) -> Rows:
    vials = msg("{vials} of {stock} in stock, {rule}", vials=made.vials, stock=made.lot.vials, rule=_rule(made))
    return [*lot_rows(made.lot, language), (render(msg("Vials"), language), render(vials, language))]


def _rule(made: Preparation) -> Message:
    return _VIALS_BY[made.how.vials_by]


def _volume_rows(made: Preparation, language: Language) -> Rows:
    def say(text: object) -> str:
        return render(text, language)

    rows: Rows = [
        (say(msg("Administered")), amount(made.administered, language)),
        (say(msg("Product to draw")), amount(made.product_volume, language)),
        (say(msg("Overage")), amount(made.overage, language)),
        (say(msg("Diluent")), amount(made.diluent_volume, language)),
        (say(msg("of it dead space")), amount(made.dead_space, language)),
        (say(msg("Final volume")), amount(made.final_volume, language)),
    ]
    if made.volume_per_site is not None:
        rows.append((say(msg("Volume per site")), amount(made.volume_per_site, language)))
    if made.how.diluent is not None and is_some(made.diluent_volume):
        rows.append((say(msg("Diluted with")), say(made.how.diluent)))
    rows.append((say(msg("Measured with")), syringe_words(made.measured_with, language)))
    if made.given_with is not None:
        rows.append((say(msg("Given with")), syringe_words(made.given_with, language)))
    rows.append((say(msg("Dosage form")), say(made.how.dosage_form)))
    return rows


def _syringes(made: Preparation, language: Language) -> Table:
    """One row for each syringe, with room for what was really drawn."""

    def say(text: object) -> str:
        return render(text, language)

    with_sites = any(fill.sites is not None for fill in made.fills)
    columns = [Column(say(msg("Syringe")), side="right")]
    if with_sites:
        columns += [Column(say(msg("Site numbers")), side="center"), Column(say(msg("Number of sites")), side="right")]
    columns += [
        Column(say(msg("Expelled mL")), side="right"),
        Column(say(msg("Drawn mL")), side="right"),
        Column(say(msg("Done")), side="center"),
        Column(say(msg("Remarks")), share=1),
    ]
    rows: list[tuple[Cell, ...]] = []
    for fill in made.fills:
        row: list[Cell] = [str(fill.number)]
        if with_sites:
            count = fill.sites[1] - fill.sites[0] + 1 if fill.sites else 0
            row += [say(sites_words(fill)), str(count)]
        row += [plain(fill.expelled.value), plain(fill.drawn.value), Room.TICK, ""]
        rows.append(tuple(row))
    return Table(tuple(columns), tuple(rows))


def _accuracy_rows(made: Preparation, language: Language) -> Rows:
    def say(text: object) -> str:
        return render(text, language)

    rows: Rows = []
    if made.delivered is not None and made.dose.total is not None:
        rows.append((say(msg("In the rounded volumes")), exact_amount(made.delivered, made.dose.total, language)))
    if made.deviation_percent is not None:
        rows.append((say(msg("Deviation from the dose")), signed_percent(made.deviation_percent)))
    if made.interval is not None:
        low, high = made.interval.low, made.interval.high
        text = msg("{low} to {high}", low=amount(low, language), high=amount(high, language))
        rows.append((say(msg("{level} % interval", level=made.interval.level_percent)), say(text)))
        rows.append((say(msg("Relative uncertainty")), f"{made.interval.uncertainty_percent} %"))
    if made.product_tolerance_percent is not None:
        rows.append((say(msg("Tolerance, product")), f"±{made.product_tolerance_percent} %"))
    if made.site_tolerance_percent is not None:
        rows.append((say(msg("Tolerance, each site")), f"±{made.site_tolerance_percent} %"))
    rounding = made.dose.rounding
    if rounding is not None:
        rows.append(
            (
                say(msg("Sites before rounding") if made.dose.sites is not None else msg("Dose before rounding")),
                exact_digits(rounding.exact),
            )
        )
        rows.append((say(msg("Deviation by rounding")), signed_percent(rounding.deviation_percent)))
    return rows


def _cliff(made: Preparation, language: Language) -> Table:
    """How far the area is from the next site, and what each way of rounding gives (R5)."""

    def say(text: object) -> str:
        return render(text, language)

    assert made.cliff is not None
    columns = [Column(say(msg("The number of sites changes after")), side="right")]
    row: list[Cell] = [f"{plain(made.cliff.distance_cm2)} cm²"]
    for mode, sites in made.cliff.sites:
        columns.append(Column(say(_MODES[mode]), side="right"))
        row.append(say(msg("{sites} sites", sites=sites)))
    return Table(tuple(columns), (tuple(row),))


def _time_rows(made: Preparation, language: Language) -> Rows:
    def say(text: object) -> str:
        return render(text, language)

    rows: Rows = []
    if made.how.infused_in is not None:
        rows.append((say(msg("Infused in")), say(minutes_words(made.how.infused_in.minutes))))
    if made.rate is not None:
        rows.append((say(msg("Infusion rate")), amount(made.rate, language)))
    if made.lot.thaw_limit is not None:
        limit = msg("{time} after thawing", time=minutes_words(made.lot.thaw_limit.minutes))
        rows.append((say(msg("Time limit")), say(limit)))
        rows.append((say(msg("Thawed at")), day_and_minute(made.thawed_at) if made.thawed_at else Room.LINE))
        rows.append((say(msg("Stop by")), day_and_minute(made.stop_by) if made.stop_by else Room.LINE))
    if made.dmso is not None:
        grams = msg("{grams} g/kg of body weight, at most {most} g/kg", grams=small(made.dmso), most=MOST_DMSO)
        rows.append((say(msg("DMSO administered")), say(grams)))
    return rows

"""`dosecalc prepare`: from a dose and a stock lot to volumes, vials, a worksheet and labels."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from dosecalc import app
from dosecalc.cli.dose import asked, dose_amount, show_release, show_standing
from dosecalc.cli.ui import (
    HELP_OPTIONS,
    Ui,
    arm_option,
    common_options,
    dose_options,
    examples,
    help_text,
    option,
    site_option,
)
from dosecalc.dosing.derivation import signed_percent
from dosecalc.dosing.dispensing import days_of_use
from dosecalc.dosing.prepared import Dispensing
from dosecalc.errors import Finding, Refusal, refuse
from dosecalc.quantity import Amount, parse_number
from dosecalc.text import msg
from dosecalc.visits.moments import readable

if TYPE_CHECKING:
    from dosecalc.documents.label import LabelKind
    from dosecalc.documents.worksheet import Worksheet
    from dosecalc.dosing.prepared import Preparation
    from dosecalc.text import Message


@click.command(
    "prepare",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Prepare the dose of one visit from a lot in stock: volumes, vials, syringes, every step. With --out it "
            "writes the worksheet and the labels as PDF, HTML and JSON. For unblinded people only."
        )
    )
    + "\n\n"
    + examples(
        "dosecalc prepare NCT07203599 --arm phase1-A --visit W0 --area 24 --site our-site.yaml --stock stock.yaml",
        "dosecalc prepare NCT07084012 --arm group-2 --visit D7 --weight 68 --thawed-at 2026-03-09T09:10"
        " --site our-site.yaml --stock stock.yaml --participant SZ-001 --out today",
    ),
)
@click.argument("protocol", metavar="PROTOCOL")
@arm_option
@option("--visit", metavar="V", required=True, text=msg("The visit at which the dose is given."))
@option("--stock", metavar="FILE", required=True, text=msg("The stock file: the lots in the pharmacy."))
@option("--lot", "lots", metavar="LOT", multiple=True, text=msg("The lot to use, where several are in stock."))
@option("--thawed-at", metavar="DATETIME", text=msg("When the vials were thawed; gives the stop-by time."))
@option("--on", metavar="DATE", text=msg("The day of the dose; today if left out."))
@option("--participant", metavar="CODE", text=msg("The participant's code, never a name."))
@dose_options
@option(
    "--previous",
    metavar="WORKSHEET",
    text=msg("The worksheet (JSON) of an earlier visit; the dose is compared with it, and what is far off is asked."),
)
@option("--out", metavar="DIR", text=msg("The folder for worksheet and labels."))
@option("--force", is_flag=True, text=msg("Replace files of the same names in that folder."))
@option(
    "--labels",
    type=click.Choice(["cn", "eu"]),
    default="cn",
    show_default=True,
    text=msg("The particulars of the labels: those of China or of the EU."),
)
@option("--area-a", metavar="AREA", text=msg("Which area is area A on masked labels; the randomisation list knows it."))
@option("--font", metavar="FILE", text=msg("A font to use before Noto Sans SC."))
@option("--as", "user", metavar="USER", text=msg("Who prepares; your account if left out."))
@option("--stamp", metavar="DATETIME", text=msg("Time of this worksheet, for reproducible files; now if left out."))
@site_option
@common_options
@click.pass_obj
def command(
    ui: Ui,
    /,
    protocol: str,
    arm: str | None,
    visit: str,
    stock: str,
    lots: tuple[str, ...],
    thawed_at: str | None,
    on: str | None,
    participant: str | None,
    previous: str | None,
    out: str | None,
    force: bool,
    labels: LabelKind,
    area_a: str | None,
    font: str | None,
    user: str | None,
    stamp: str | None,
    site: str | None,
    **dose: Any,
) -> None:
    """Prepare one dose, show it, and write its documents."""
    settled = app.load(protocol, site)
    preparer = app.user(user)
    prepared = app.prepare(
        settled,
        app.load_stock(stock, settled.protocol),
        arm=arm,
        asked=asked(dose),
        wanted=app.Wanted(
            visit=visit,
            lots=lots,
            thawed_at=thawed_at,
            on=on,
            participant=participant,
            earlier=previous,
            area_a=area_a,
        ),
        made_at=app.stamp(stamp, settled),
        preparer=preparer,
    )
    sheet = confirmed(ui, prepared, preparer)
    written: list[app.WrittenPaper] = []
    notes: list[Message] = []
    if out is not None:
        written, notes = app.write_papers(sheet, out, ui.language, labels=labels, font=font, replace_old=force)
    if ui.as_json:
        document = app.worksheet_document(sheet, ui.language)
        files = [{"path": file.path, "sha256": file.sha256} for file in written]
        said = {"files": files, "notes": [ui.say(note) for note in notes]}
        ui.show_json(document | (said if out is not None else {}))
        return
    show(ui, sheet)
    for note in notes:
        ui.line()
        ui.line(msg("Note: {text}", text=note))
    if written:
        ui.line()
        ui.line(msg("Written into {folder}:", folder=out))
        for file in written:
            ui.line(f"  {file.path}")


def confirmed(ui: Ui, prepared: app.Prepared, preparer: str) -> Worksheet:
    """Put what is far from what was expected to a person, who types the dose again; no option answers for them (R6).

    Raises:
        Refusal: DC650, nobody is at the terminal, or what was typed is another amount.
    """
    if not prepared.questions:
        return prepared.sheet
    asked_of_person = [
        Finding(
            "DC650",
            msg("{question}", question=question.text),
            msg("check area, level and lot, with each power of ten, against their sources"),
        )
        for question in prepared.questions
    ]
    if not sys.stdin.isatty():
        raise Refusal(asked_of_person)
    ui.show_findings(asked_of_person)
    for made in prepared.sheet.preparations:
        total = made.dose.total
        if total is None:
            continue
        said = msg("Type the dose of {product} in full, in {unit}", product=made.dose.product_label, unit=total.unit)
        typed = click.prompt(ui.say(said), err=True)
        if parse_number(typed) != total.value:
            what = msg("'{typed}' is not the dose of {product}", typed=typed, product=made.dose.product_label)
            raise refuse("DC650", what, msg("check area, level and lot, and begin again"))
    return app.answered(prepared.sheet, prepared.questions, preparer)


def show(ui: Ui, sheet: Worksheet) -> None:
    """Print what to draw up, the steps, and what it rests on."""
    protocol = sheet.settled.protocol
    show_release(ui, sheet.settled, draft=bool(sheet.draft))
    ui.line(
        msg(
            "{protocol}, {arms}, {visit}, protocol file {version}",
            protocol=protocol.id, arms=", ".join(sheet.doses.arms), visit=sheet.visit, version=protocol.version,
        )
    )  # fmt: skip
    for made in sheet.preparations:
        ui.line()
        label, where = made.dose.product_label, made.dose.area_label
        ui.line(label if where is None else msg("{product}, on the {area}", product=label, area=where))
        if isinstance(made, Dispensing):
            _bottles(ui, made)
        else:
            _volumes(ui, made)
        ui.line()
        ui.line(msg("How it was calculated ({visits}):", visits=sheet.visit))
        for step in (*made.dose.derivation, *made.derivation):
            ui.line(f"  {ui.say(step)}")
    for warning in dict.fromkeys([*sheet.warnings, *(each for made in sheet.preparations for each in made.warnings)]):
        ui.line()
        ui.line(msg("Warning: {text}", text=warning.text))
    show_standing(ui, sheet.settled, sheet.doses.assumptions, sheet.draft)


def _volumes(ui: Ui, made: Preparation) -> None:
    lot = made.lot
    rows: list[tuple[object, object]] = [(msg("Dose"), dose_amount(made.dose))]
    if made.dose.sites is not None:
        rows.append((msg("Sites"), str(made.dose.sites)))
    if lot.concentration is None:
        rows.append((msg("Lot"), lot.id))
    else:
        rows.append((msg("Lot"), msg("{lot}, {concentration}", lot=lot.id, concentration=Amount(lot.concentration))))
    rows += [
        (msg("Product"), Amount(made.product_volume)),
        (msg("Diluent"), Amount(made.diluent_volume)),
        (msg("Final volume"), Amount(made.final_volume)),
        (msg("Administered"), Amount(made.administered)),
        (msg("Overage"), Amount(made.overage)),
    ]
    if made.volume_per_site is not None:
        rows.append((msg("Per site"), Amount(made.volume_per_site)))
    rows.append((msg("Vials"), str(made.vials)))
    if made.given_with is not None:
        rows.append((msg("Syringes"), msg("{count} × {syringe}", count=len(made.fills), syringe=made.given_with.id)))
    if made.rate is not None:
        rows.append((msg("Rate"), Amount(made.rate)))
    if made.deviation_percent is not None:
        rows.append((msg("Deviation"), signed_percent(made.deviation_percent)))
    if made.interval is not None:
        span = msg("{low} to {high}", low=Amount(made.interval.low), high=Amount(made.interval.high))
        rows.append((msg("Interval ({level} %)", level=made.interval.level_percent), span))
    if made.stop_by is not None:
        rows.append((msg("Stop by"), readable(made.stop_by)))
    ui.show_table([("", "left"), ("", "left")], rows)
    if any(fill.sites is not None for fill in made.fills):
        ui.line()
        ui.show_table(
            [
                (msg("Syringe"), "right"),
                (msg("Site numbers"), "left"),
                (msg("Drawn"), "right"),
                (msg("Expelled"), "right"),
            ],
            [(str(fill.number), _sites(fill.sites), Amount(fill.drawn), Amount(fill.expelled)) for fill in made.fills],
        )


def _sites(sites: tuple[int, int] | None) -> str:
    if sites is None:
        return ""
    first, last = sites
    return str(first) if first == last else f"{first}–{last}"


def _bottles(ui: Ui, made: Dispensing) -> None:
    ui.line(msg("Lot {lot}, bottles of {volume}", lot=made.lot.id, volume=Amount(made.lot.nominal_volume)))
    columns: list[tuple[object, str, list[object]]] = [
        (msg("Visit"), "left", [each.visit for each in made.visits]),
        (msg("Until"), "left", [each.until or "" for each in made.visits]),
        (msg("Days"), "right", [str(each.days) for each in made.visits]),
        (
            msg("Days at most"),
            "right",
            ["" if each.days_at_most is None else str(each.days_at_most) for each in made.visits],
        ),
        (msg("Needed"), "right", [Amount(each.needed) for each in made.visits]),
        (msg("Bottles"), "right", [str(each.bottles) for each in made.visits]),
        (msg("Left over"), "right", [Amount(each.left_over) for each in made.visits]),
    ]
    filled = [column for column in columns if any(column[2])]
    ui.show_table(
        [(heading, side) for heading, side, _ in filled], list(zip(*(cells for _, _, cells in filled), strict=True))
    )
    ui.line(days_of_use(made))

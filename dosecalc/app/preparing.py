"""One dose, prepared: from a stock lot to a worksheet and its files."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dosecalc.app.typed import Asked, dose_input
from dosecalc.app.worksheet_inputs import overrides, worksheet_inputs
from dosecalc.errors import refuse
from dosecalc.plan import dosed_arms
from dosecalc.quantity import Quantity, parse_positive, unit
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dosecalc.app.earlier import Earlier
    from dosecalc.documents.worksheet import Worksheet
    from dosecalc.dosing.guard import EarlierDose, Question
    from dosecalc.dosing.prepared import Dispensing, Preparation, PreparationInput
    from dosecalc.dosing.result import Dose, DoseInput, Doses, OnRecord, Warned
    from dosecalc.protocol.model import Protocol
    from dosecalc.protocol.settled import Settled
    from dosecalc.protocol.stock import Stock
    from dosecalc.text import Message, Words

_TIME = re.compile("[0-9]{1,2}:[0-9]{2}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """The options of `prepare` beside those of `dose`, as typed."""

    visit: str
    lots: Sequence[str] = ()
    thawed_at: str | None = None
    on: str | None = None
    participant: str | None = None
    earlier: str | None = None
    """A worksheet of an earlier visit (path), which the dose is compared with (R6)."""
    area_a: str | None = None
    """Which area of the participant a masked label calls A; where nobody says it, the letters are written by hand."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Prepared:
    """A worksheet, and the questions that a person must answer before it is used (R6)."""

    sheet: Worksheet
    questions: tuple[Question, ...]


def prepare(
    settled: Settled,
    stock: Stock,
    *,
    arm: str | None,
    asked: Asked,
    wanted: Wanted,
    made_at: dt.datetime,
    preparer: str | None,
    earlier: Earlier | None = None,
    study_head: str = "",
    on_record: tuple[OnRecord, ...] = (),
) -> Prepared:
    """Prepare the dose of one visit (both areas' where every participant gets every arm) from lots in stock.

    A worksheet of an earlier visit is named in `wanted`, or is `earlier`, read before. `study_head` is printed.
    `on_record` is what a study knows of other visits, for caps over all doses (R7).

    `made_at` is the time of the worksheet (aware); the day of the dose is `wanted.on`, else that of the thawing, else
    that of the worksheet, in the site's time zone.

    Raises:
        Refusal: what `dose` refuses; what `dosing.preparation` refuses; DC620 for a participant code that is none;
            DC4xx for dates that are none; DC339, DC653, DC654, the earlier worksheet does not go with this one; DC649,
            area A is none of this protocol.
    """
    from dosecalc import __version__
    from dosecalc.app.earlier import check_unchanged, read_earlier
    from dosecalc.documents.worksheet import Worksheet
    from dosecalc.dosing.dose import calculate
    from dosecalc.dosing.guard import summed_areas, unexpected
    from dosecalc.participant_code import check_code

    if wanted.participant is not None:
        check_code(wanted.participant)
    arms = dosed_arms(settled.protocol, arm)
    weight = Quantity(parse_positive(asked.weight), unit("kg")) if asked.weight is not None else None
    weighed = _weighed(settled, arms)
    given = dose_input(settled, arm, asked if weighed else replace(asked, weight=None))
    given = replace(given, on_record=on_record)
    doses = calculate(settled, arms, given)
    when = _when(settled, wanted, made_at, weight, given)
    here = made_at.astimezone(_zone(settled))
    there = _at(arms, doses, wanted)
    _check_lots(stock, there, wanted)
    made = tuple(_made(settled, arms, doses, dose, stock, wanted, when) for dose in there)
    unusual = () if weighed or weight is None else _weight_for_dmso(weight, made)
    _check_area_a(settled.protocol, wanted)
    inputs = tuple(worksheet_inputs(arm, asked, given, wanted, made))
    before: Mapping[str, EarlierDose] = {}
    if wanted.earlier is not None:
        earlier = read_earlier(settled, wanted.earlier, wanted.participant)
    if earlier is not None:
        check_unchanged(settled, arms, inputs, earlier)
        before = earlier.doses
    questions = [
        question
        for each in made
        for question in unexpected(settled, arms, each.dose, each.lot, before.get(each.dose.product))
    ]
    questions += summed_areas(doses)
    sheet = Worksheet(
        settled=settled,
        arm=arm,
        participant=wanted.participant,
        visit=wanted.visit,
        visit_label=_label(settled, arms, when.on, wanted.visit),
        doses=replace(doses, doses=tuple(each.dose for each in made)),
        preparations=made,
        inputs=inputs,
        overrides=tuple(overrides(asked)),
        draft=(*doses.draft, *_drafts(settled, stock, doses, when.on), *_out_of_time(when, here)),
        warnings=(*doses.warnings, *unusual),
        on=when.on,
        made_at=here,
        version=__version__,
        stock_sha256=stock.sha256,
        preparer=preparer,
        study_head=study_head,
    )
    return Prepared(sheet=sheet, questions=tuple(questions))


def answered(sheet: Worksheet, questions: Sequence[Question], by: str) -> Worksheet:
    """The worksheet with what a person was asked and confirmed, which stands on it for ever (R6, R16)."""
    said = (msg("{by} was asked and confirmed: {question}", by=by, question=question.text) for question in questions)
    return replace(sheet, overrides=(*sheet.overrides, *said))


def _check_area_a(protocol: Protocol, wanted: Wanted) -> None:
    """Which area is A stands on the worksheet, so that the second person and the next visit can compare it (R14)."""
    if wanted.area_a is not None and wanted.area_a not in protocol.areas:
        areas = ", ".join(protocol.areas)
        raise refuse(
            "DC649",
            msg("'{area}' is not an area of this protocol", area=wanted.area_a),
            msg("its areas are: {areas}", areas=areas)
            if areas
            else msg("leave --area-a out: this protocol tells no areas apart"),
        )


def _weighed(settled: Settled, arms: Sequence[str]) -> bool:
    """Whether the dose itself hangs on the weight; else a weight is given for the DMSO (R12)."""
    from dosecalc.dosing.planned import needs

    return "weight" in needs(settled.protocol, arms).may


def _weight_for_dmso(weight: Quantity, made: Sequence[Preparation | Dispensing]) -> tuple[Warned, ...]:
    """What is unusual about a weight that only the DMSO needs; one that nothing needs is refused, as in `dose`."""
    from dosecalc.dosing.weight import check_weight

    if all(each.lot.dmso is None for each in made):
        raise refuse(
            "DC322",
            msg("a body weight was given, and neither the dose nor the lot depends on it"),
            msg("leave the weight out, or check arm and lot"),
        )
    return check_weight(weight)[1]


def _when(
    settled: Settled, wanted: Wanted, made_at: dt.datetime, weight: Quantity | None, given: DoseInput
) -> PreparationInput:
    from dosecalc.dosing.prepared import PreparationInput
    from dosecalc.visits.moments import local_day, parse_day, parse_moment

    thawed = None
    if wanted.thawed_at is not None:
        if _TIME.fullmatch(wanted.thawed_at):
            raise refuse(
                "DC657",
                msg("the time of thawing, {time}, has no day", time=wanted.thawed_at),
                msg(
                    "write --thawed-at {day}T{time}, if it was today",
                    day=local_day(made_at.astimezone(_zone(settled))).isoformat(),
                    time=wanted.thawed_at.zfill(5),
                ),
            )
        moment = parse_moment(wanted.thawed_at, settled.timezone)
        if not isinstance(moment, dt.datetime):
            raise refuse(
                "DC336",
                msg("the time of thawing has no time"),
                msg("write --thawed-at {day}T09:30", day=moment),
            )
        thawed = moment.astimezone(_zone(settled))
    here = made_at.astimezone(_zone(settled))
    on = parse_day(wanted.on) if wanted.on is not None else local_day(thawed or here)
    # A sheet of another day than its own stays a draft (`_out_of_time`): its clock counts from the thawing.
    at = thawed if thawed is not None and (on < here.date() or thawed.date() > here.date()) else here
    return PreparationInput(weight=weight, thawed_at=thawed, on=on, at=at, measured=given)


def _out_of_time(when: PreparationInput, here: dt.datetime) -> Iterator[Message]:
    """What was worked out for a day that is over, or for a thawing that lies ahead, is nothing to give (R8, R11)."""
    if when.on < here.date():
        yield msg(
            "it was made on {made}, after the day of the dose, {on}",
            made=here.date().isoformat(),
            on=when.on.isoformat(),
        )
    if when.thawed_at is not None and when.thawed_at > here:
        yield msg("the time of thawing, {thawed}, lies ahead", thawed=when.thawed_at.isoformat(" ", "minutes"))


def _zone(settled: Settled) -> dt.tzinfo:
    from dosecalc.visits.moments import site_zone

    return site_zone(settled.timezone)


def _at(arms: Sequence[str], doses: Doses, wanted: Wanted) -> list[Dose]:
    """The doses of the visit; one that is used at home belongs to each visit where more of it is handed out."""
    found = [dose for dose in doses.doses if dose.encounter == wanted.visit]
    if not found:
        found = [dose for dose in doses.doses if dose.days is not None]
    if found:
        return found
    with_dose = ", ".join(dict.fromkeys(dose.encounter for dose in doses.doses))
    raise refuse(
        "DC306",
        msg("no dose is planned at {visit} in {arms}", visit=wanted.visit, arms=", ".join(arms)),
        msg("visits with a dose are: {visits}", visits=with_dose),
    )


def _made(
    settled: Settled,
    arms: Sequence[str],
    doses: Doses,
    dose: Dose,
    stock: Stock,
    wanted: Wanted,
    when: PreparationInput,
) -> Preparation | Dispensing:
    from dosecalc.area_age import check_area_age
    from dosecalc.dosing.dispensing import dispense
    from dosecalc.dosing.preparation import prepare
    from dosecalc.dosing.vials import choose_lot

    lot = choose_lot(stock, settled.protocol, dose.product, _lot_named(stock, dose, wanted), arms)
    if dose.days is not None:
        handed_out = dispense(settled, dose, lot, *_days(settled, arms, when.on, wanted.visit), when)
        _check_handed_out(handed_out, wanted.visit)
        return handed_out
    age = check_area_age(settled, dose, when.on, arms)
    made = prepare(settled, arms, dose, lot, when, doses)
    return replace(made, derivation=(*age, *made.derivation))


def _check_handed_out(made: Dispensing, visit: str) -> None:
    bottles = [entry.visit for entry in made.visits if entry.bottles]
    if visit not in bottles:
        raise refuse(
            "DC306",
            msg("no {product} is handed out at {visit}", product=made.dose.product_label, visit=visit),
            msg("visits at which it is: {visits}", visits=", ".join(bottles)),
        )


def _check_lots(stock: Stock, doses: Sequence[Dose], wanted: Wanted) -> None:
    """Each lot that was named is one of the stock, for one of the products; a name that is not used is a mistake."""
    products = {dose.product: dose.product_label for dose in doses}
    named: dict[str, str] = {}
    for name in wanted.lots:
        if name not in stock.lots:
            raise refuse(
                "DC337",
                msg("there is no lot '{lot}' in the stock file", lot=name),
                msg("its lots are: {lots}", lots=", ".join(stock.lots)),
            )
        product = stock.lots[name].product
        if product not in products:
            raise refuse(
                "DC337",
                msg("lot '{lot}' is {product}, which is not given at {visit}",
                    lot=name, product=product, visit=wanted.visit),
                msg("name a lot of: {products}", products=", ".join(products)),
            )  # fmt: skip
        if product in named:
            raise refuse(
                "DC337",
                msg("two lots are named for {product}: {first}, {second}",
                    product=products[product], first=named[product], second=name),
                msg("name one of them; one dose is never prepared from two lots"),
            )  # fmt: skip
        named[product] = name


def _lot_named(stock: Stock, dose: Dose, wanted: Wanted) -> str | None:
    """The lot that was named for this product; of several names each belongs to one product."""
    return next((name for name in wanted.lots if stock.lots[name].product == dose.product), None)


def _days(
    settled: Settled, arms: Sequence[str], on: dt.date, visit: str
) -> tuple[list[tuple[str, dt.date]], dict[str, dt.date]]:
    """The planned days of the arm's visits where `visit` takes place on `on`, and the latest days of their windows.

    What is handed out lasts from one visit to the next, and only their distances matter.
    """
    from dosecalc.visits.timeline import prepare

    plan = prepare(settled, settled.protocol.arms[arms[0]].encounters)
    start = on
    targets = {entry.encounter: entry.target for entry in plan.of(start, {}, {}).visits}
    if visit not in targets:
        raise refuse(
            "DC305",
            msg("there is no visit '{visit}' in {arms}", visit=visit, arms=", ".join(arms)),
            msg("its visits are: {visits}", visits=", ".join(targets)),
        )
    first = targets[visit]
    if first is None:
        raise refuse(
            "DC338",
            msg("{visit} has no planned day, so it is not known how long what is handed out must last", visit=visit),
            msg("name one of: {visits}", visits=", ".join(name for name, day in targets.items() if day is not None)),
        )
    start = on - (_day(first) - on)
    planned = plan.of(start, {}, {}).visits
    days = [(entry.encounter, _day(entry.target)) for entry in planned if entry.target]
    return days, {entry.encounter: _day(entry.latest) for entry in planned if entry.latest}


def _day(moment: dt.date | dt.datetime) -> dt.date:
    return moment.date() if isinstance(moment, dt.datetime) else moment


def _label(settled: Settled, arms: Sequence[str], on: dt.date, visit: str) -> Words:
    """What the protocol calls the visit, a repeat with its number."""
    from dosecalc.visits.timeline import prepare

    plan = prepare(settled, settled.protocol.arms[arms[0]].encounters)
    return next(entry.label for entry in plan.of(on).visits if entry.encounter == visit)


def _drafts(settled: Settled, stock: Stock, doses: Doses, on: dt.date) -> Iterator[Message]:
    """Why a preparation is a draft, beyond the reasons of its dose (R8)."""
    checked = settled.here.verified if settled.here is not None else None
    if checked is not None and checked.date > on:
        yield msg(
            "the protocol file was verified on {date}, after the day of this dose, {day}", date=checked.date, day=on
        )
    if stock.example:
        yield msg("the stock file is an example")
    for code in doses.assumptions:
        assumption, found = settled.protocol.assumptions[code], settled.find(code)
        if "volume" in assumption.bears_on and code not in doses.unconfirmed and not (found and found.confirmed):
            yield msg("{code} is not confirmed: {question}", code=code, question=assumption.question)

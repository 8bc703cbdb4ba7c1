"""One dose, prepared: from a stock lot to a worksheet and its files."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from dosecalc.app.typed import Asked, dose_input
from dosecalc.errors import refuse
from dosecalc.files import read_file
from dosecalc.plan import dosed_arms
from dosecalc.quantity import Quantity, parse_positive, plain, unit
from dosecalc.text import msg
from dosecalc.worksheet_json import read_worksheet

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dosecalc.documents.worksheet import Input, Worksheet
    from dosecalc.dosing.guard import EarlierDose, Question
    from dosecalc.dosing.prepared import Dispensing, Preparation, PreparationInput
    from dosecalc.dosing.result import Dose, DoseInput, Doses
    from dosecalc.protocol.settled import Settled
    from dosecalc.protocol.stock import Stock
    from dosecalc.text import Message, Words


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
) -> Prepared:
    """Prepare the dose of one visit (both areas' where every participant gets every arm) from lots in stock.

    `made_at` is the time of the worksheet (aware); the day of the dose is `wanted.on`, else that of the thawing, else
    that of the worksheet, in the site's time zone.

    Raises:
        Refusal: what `dose` refuses; what `dosing.preparation` refuses; DC620 for a participant code that is none;
            DC4xx for dates that are none.
    """
    from dosecalc import __version__
    from dosecalc.documents.worksheet import Worksheet
    from dosecalc.dosing.dose import calculate
    from dosecalc.dosing.guard import unexpected
    from dosecalc.participant_code import check_code

    if wanted.participant is not None:
        check_code(wanted.participant)
    arms = dosed_arms(settled.protocol, arm)
    weight = Quantity(parse_positive(asked.weight), unit("kg")) if asked.weight is not None else None
    given = dose_input(settled, arm, asked if _weighed(settled, arms) else replace(asked, weight=None))
    doses = calculate(settled, arms, given)
    when = _when(settled, wanted, made_at, weight, given)
    made = tuple(_made(settled, arms, doses, dose, stock, wanted, when) for dose in _at(arms, doses, wanted))
    earlier = _earlier(settled, wanted.earlier, wanted.participant)
    questions = [
        question
        for each in made
        for question in unexpected(settled, arms, each.dose, each.lot, earlier.get(each.dose.product))
    ]
    sheet = Worksheet(
        settled=settled,
        arm=arm,
        participant=wanted.participant,
        visit=wanted.visit,
        visit_label=_label(settled, arms, when.on, wanted.visit),
        doses=replace(doses, doses=tuple(each.dose for each in made)),
        preparations=made,
        inputs=tuple(_inputs(arm, asked, given, wanted, made)),
        overrides=tuple(_overrides(asked)),
        draft=(*doses.draft, *_drafts(settled, stock, doses)),
        warnings=doses.warnings,
        on=when.on,
        made_at=made_at.astimezone(_zone(settled)),
        version=__version__,
        stock_sha256=stock.sha256,
        preparer=preparer,
    )
    return Prepared(sheet=sheet, questions=tuple(questions))


def answered(sheet: Worksheet, questions: Sequence[Question], by: str) -> Worksheet:
    """The worksheet with what a person was asked and confirmed, which stands on it for ever (R6, R16)."""
    said = (
        msg(
            "{by} confirmed: {text}; expected {expected}, got {got}", by=by, text=q.text, expected=q.expected, got=q.got
        )
        for q in questions
    )
    return replace(sheet, overrides=(*sheet.overrides, *said))


def _weighed(settled: Settled, arms: Sequence[str]) -> bool:
    """Whether the dose itself hangs on the weight; else a weight is given for the DMSO (R12)."""
    from dosecalc.dosing.planned import needs

    return "weight" in needs(settled.protocol, arms).may


def _when(
    settled: Settled, wanted: Wanted, made_at: dt.datetime, weight: Quantity | None, given: DoseInput
) -> PreparationInput:
    from dosecalc.dosing.prepared import PreparationInput
    from dosecalc.visits.moments import local_day, parse_day, parse_moment

    thawed = None
    if wanted.thawed_at is not None:
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
    return PreparationInput(weight=weight, thawed_at=thawed, on=on, at=here)


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
        return dispense(settled, dose, lot, _days(settled, arms, when.on, wanted.visit), when)
    age = check_area_age(settled, dose, when.on, arms)
    made = prepare(settled, arms, dose, lot, when, doses)
    return replace(made, derivation=(*age, *made.derivation))


def _earlier(settled: Settled, path: str | None, participant: str | None) -> dict[str, EarlierDose]:
    """What the participant got before, by product, from the worksheet of an earlier visit."""
    if path is None:
        return {}
    from dosecalc.dosing.guard import EarlierDose

    document = read_worksheet(read_file(path), path)
    if document["protocol"] != settled.protocol.id or document["participant"] != participant:
        raise refuse(
            "DC339",
            msg("{path} is a worksheet of another protocol or participant", path=path),
            msg("give the worksheet of an earlier visit of this participant, and the code with --participant"),
        )
    doses = [made["dose"] for made in document.get("preparations", [document])]
    return {
        dose["product"]: EarlierDose(
            visit=document["visit"],
            product=dose["product"],
            total=Quantity(Decimal(dose["total"]), unit(dose["unit"])),
            area_cm2=Decimal(dose["area_cm2"]) if "area_cm2" in dose else None,
        )
        for dose in doses
        if "total" in dose
    }


def _lot_named(stock: Stock, dose: Dose, wanted: Wanted) -> str | None:
    """The lot that was named for this product; of several names each belongs to one product."""
    unknown = [name for name in wanted.lots if name not in stock.lots]
    if unknown:
        raise refuse(
            "DC337",
            msg("there is no lot '{lot}' in the stock file", lot=unknown[0]),
            msg("its lots are: {lots}", lots=", ".join(stock.lots)),
        )
    return next((name for name in wanted.lots if stock.lots[name].product == dose.product), None)


def _days(settled: Settled, arms: Sequence[str], on: dt.date, visit: str) -> list[tuple[str, dt.date]]:
    """The planned days of the arm's visits where `visit` takes place on `on`.

    What is handed out lasts from one visit to the next, and only their distances matter.
    """
    from dosecalc.visits.timeline import prepare

    plan = prepare(settled, settled.protocol.arms[arms[0]].encounters)
    start = on
    targets = {entry.encounter: entry.target for entry in plan.of(start, {}, {}).visits}
    first = targets.get(visit)
    if first is None:
        raise refuse(
            "DC338",
            msg("{visit} has no planned day, so it is not known how long what is handed out must last", visit=visit),
            msg("name one of: {visits}", visits=", ".join(name for name, day in targets.items() if day is not None)),
        )
    start = on - (_day(first) - on)
    return [(entry.encounter, _day(entry.target)) for entry in plan.of(start, {}, {}).visits if entry.target]


def _day(moment: dt.date | dt.datetime) -> dt.date:
    return moment.date() if isinstance(moment, dt.datetime) else moment


def _label(settled: Settled, arms: Sequence[str], on: dt.date, visit: str) -> Words:
    """What the protocol calls the visit, a repeat with its number."""
    from dosecalc.visits.timeline import prepare

    plan = prepare(settled, settled.protocol.arms[arms[0]].encounters)
    return next(entry.label for entry in plan.of(on).visits if entry.encounter == visit)


def _areas(asked: Asked, given: DoseInput, made: Sequence[Preparation | Dispensing]) -> Iterator[Input]:
    """The area that the dose follows from, with how, by whom and when it was measured (R9)."""
    from dosecalc.documents.worksheet import Input

    dose = next((each.dose for each in made if each.dose.area_cm2 is not None), None)
    if dose is None:
        return
    again = next((entry for entry in given.remeasured if entry.visit == dose.measured_at), None)
    values = tuple(plain(area) for area in again.areas) if again is not None else tuple(asked.areas)
    how = dose.measured
    yield Input(
        name="area",
        label=msg("hair-loss area, cm²"),
        values=values,
        method=how.method if how else None,
        by=how.by if how else None,
        date=how.date if how else None,
    )


def _inputs(
    arm: str | None, asked: Asked, given: DoseInput, wanted: Wanted, made: Sequence[Preparation | Dispensing]
) -> Iterator[Input]:
    """Everything that somebody typed or that the stock file states, for the second person to compare (R14, R16)."""
    from dosecalc.documents.worksheet import Input

    if arm is not None:
        yield Input(name="arm", label=msg("arm"), values=(arm,))
    yield from _areas(asked, given, made)
    if asked.weight is not None:
        yield Input(name="weight", label=msg("body weight, kg"), values=(asked.weight,))
    if asked.level is not None:
        yield Input(name="level", label=msg("dose level"), values=(asked.level,))
    if asked.rounding is not None:
        yield Input(name="rounding", label=msg("rounding"), values=(asked.rounding,))
    if wanted.thawed_at is not None:
        yield Input(name="thawed_at", label=msg("thawed at"), values=(wanted.thawed_at,))
    for each in made:
        yield Input(name="lot", label=msg("lot"), values=(each.lot.id,))
        if each.lot.concentration is not None:
            shown = f"{plain(each.lot.concentration.value)} {each.lot.concentration.unit}"
            yield Input(name="concentration", label=msg("concentration"), values=(shown,))


def _overrides(asked: Asked) -> Iterator[Message]:
    if asked.rounding is not None:
        yield msg("the rounding was given by hand (--round {mode})", mode=asked.rounding)
    if asked.level is not None:
        yield msg("the dose level was given by hand (--level {level})", level=asked.level)


def _drafts(settled: Settled, stock: Stock, doses: Doses) -> Iterator[Message]:
    """Why a preparation is a draft, beyond the reasons of its dose (R8)."""
    if stock.example:
        yield msg("the stock file is an example")
    for code in doses.assumptions:
        assumption, found = settled.protocol.assumptions[code], settled.find(code)
        if "volume" in assumption.bears_on and code not in doses.unconfirmed and not (found and found.confirmed):
            yield msg("{code} is not confirmed: {question}", code=code, question=assumption.question)

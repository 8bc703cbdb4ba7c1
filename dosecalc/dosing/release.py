"""Whether a lot may be used on a day (R10), until when after thawing (R11), and what one mL of it holds."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from dosecalc.dosing.derivation import Factor, exact_digits
from dosecalc.errors import refuse
from dosecalc.quantity import show
from dosecalc.text import NOTHING, Message, msg

if TYPE_CHECKING:
    from dosecalc.dosing.prepared import PreparationInput
    from dosecalc.errors import Refusal
    from dosecalc.protocol.stock import Lot
    from dosecalc.quantity import Quantity
    from dosecalc.units import Unit


@dataclass(frozen=True, kw_only=True, slots=True)
class Released:
    """That a lot may be used: until when after thawing (None where nothing was thawed), and the lines that say so."""

    stop_by: dt.datetime | None
    lines: tuple[Message, ...]


def check_release(lot: Lot, given: PreparationInput, timezone: str) -> Released:
    """Check the lot's viability, strength, expiry and clock on the day of use.

    Stop-by time = thawing + the lot's thaw limit, in elapsed time: a change of the clocks in between counts (R11).

    Raises:
        Refusal: DC357, viability or strength is not what the lot is released with, or nobody knows it (R10); DC358,
            the lot has expired, or would before it is used up; DC359, the time of thawing cannot be, or has run out.
        ValueError: the moment of preparing has no offset.
    """
    if given.at.utcoffset() is None:
        raise ValueError("the moment of preparing has an offset from UTC")
    _check_viability(lot)
    _check_limits(lot)
    zone = ZoneInfo(timezone)
    stop_by = _stop_by(lot, given, zone)
    _check_expiry(lot, given, stop_by, zone)
    viability = NOTHING
    if lot.viability is not None and lot.viability_at_least is not None:
        viability = msg(
            "; viability {viability}, at least {least} needed",
            viability=Factor(lot.viability), least=Factor(lot.viability_at_least),
        )  # fmt: skip
    last = lot.expiry.isoformat() + (f" {lot.expiry_time}" if lot.expiry_time else "")
    release = msg("lot: {lot}, to be used by {last}{viability}", lot=lot.id, last=last, viability=viability)
    return Released(stop_by=stop_by, lines=(release, _clock_line(lot, given, stop_by, zone)))


def _check_viability(lot: Lot) -> None:
    """The gate of R10: a viability below the threshold stops, and so does one that nobody can compare."""
    viability, least = lot.viability, lot.viability_at_least
    if viability is None and least is None:
        return
    if viability is None or least is None:
        missing = msg("viability") if viability is None else msg("viability threshold")
        raise refuse(
            "DC357",
            msg("the {what} of lot '{lot}' is not stated, so nobody can say that it may be released (R10)",
                what=missing, lot=lot.id),
            msg("write both 'viability' and 'viability_at_least' in the stock file; the sponsor can supply them"),
            lot.where,
        )  # fmt: skip
    if viability < least:
        raise refuse(
            "DC357",
            msg("the viability of lot '{lot}' is {viability}, below its threshold of {least} (R10)",
                lot=lot.id, viability=Factor(viability), least=Factor(least)),
            msg("do not use this lot; tell the sponsor"),
            lot.where,
        )  # fmt: skip


def _check_limits(lot: Lot) -> None:
    """A count outside its minimum and maximum stops the release (R10)."""
    held, least, most = lot.concentration, lot.concentration_at_least, lot.concentration_at_most
    if held is None:
        return
    if (least is not None and held < least) or (most is not None and held > most):
        limits = msg("at least {least}", least=show(least)) if least is not None else NOTHING
        if most is not None:
            upper = msg("at most {most}", most=show(most))
            limits = msg("{least}, {most}", least=limits, most=upper) if least is not None else upper
        raise refuse(
            "DC357",
            msg("lot '{lot}' holds {held}, outside its release limits: {limits} (R10)",
                lot=lot.id, held=show(held), limits=limits),
            msg("check the concentration and its power of ten against the certificate; else do not use this lot"),
            lot.where,
        )  # fmt: skip


def _stop_by(lot: Lot, given: PreparationInput, zone: ZoneInfo) -> dt.datetime | None:
    thawed = given.thawed_at
    if thawed is None:
        return None
    if thawed.utcoffset() is None:
        raise refuse(
            "DC359",
            msg("the time of thawing has no offset from UTC, so nobody can say when it was"),
            msg("write it with its offset, such as 2026-03-09T09:30+08:00"),
        )
    if thawed > given.at:
        raise refuse(
            "DC359",
            msg("the time of thawing, {thawed}, lies in the future", thawed=_moment(thawed, zone)),
            msg("write when the product was thawed; leave it out where that is still to come"),
        )
    if thawed.astimezone(zone).date() > given.on:
        raise refuse(
            "DC359",
            msg("the product was thawed at {thawed}, after the day of use, {on}",
                thawed=_moment(thawed, zone), on=given.on.isoformat()),
            msg("check both dates"),
        )  # fmt: skip
    if lot.thaw_limit is None:
        raise refuse(
            "DC359",
            msg("nothing says how long lot '{lot}' may be used after thawing (R11)", lot=lot.id),
            msg("write its 'thaw_limit' in the stock file; the sponsor can supply it"),
            lot.where,
        )
    # Adding to a local time would follow the clock on the wall, not the time that passes.
    stop = (thawed.astimezone(dt.UTC) + dt.timedelta(minutes=lot.thaw_limit.minutes)).astimezone(zone)
    if stop < given.at or stop.date() < given.on:
        raise refuse(
            "DC359",
            msg("lot '{lot}' was thawed at {thawed} and could be used until {stop} (R11)",
                lot=lot.id, thawed=_moment(thawed, zone), stop=_moment(stop, zone)),
            msg("discard what was thawed, and thaw new vials"),
        )  # fmt: skip
    return stop


def _check_expiry(lot: Lot, given: PreparationInput, stop_by: dt.datetime | None, zone: ZoneInfo) -> None:
    last_day = max(given.on, stop_by.date()) if stop_by is not None else given.on
    if last_day < lot.expiry:
        return
    if last_day > lot.expiry:
        raise _expired(lot, lot.expiry.isoformat(), last_day.isoformat())
    if lot.expiry_time is None:
        raise refuse(
            "DC358",
            msg("lot '{lot}' expires on {day} itself, and nothing says until when it may be used then",
                lot=lot.id, day=last_day.isoformat()),
            msg("take another lot, or write 'expiry_time' in the stock file; the sponsor can supply it"),
            lot.where,
        )  # fmt: skip
    end = dt.datetime.combine(lot.expiry, dt.time.fromisoformat(lot.expiry_time), zone)
    used = stop_by if stop_by is not None else given.at.astimezone(zone)
    if used > end:
        raise _expired(lot, _moment(end, zone), _moment(used, zone))


def _expired(lot: Lot, end: str, used: str) -> Refusal:
    return refuse(
        "DC358",
        msg("lot '{lot}' may be used until {end}, and would be used until {used}", lot=lot.id, end=end, used=used),
        msg("take a lot that has not expired; quarantine this one"),
        lot.where,
    )


def _moment(moment: dt.datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).isoformat(sep=" ", timespec="seconds" if moment.second else "minutes")


def _clock_line(lot: Lot, given: PreparationInput, stop_by: dt.datetime | None, zone: ZoneInfo) -> Message:
    if lot.thaw_limit is None:
        return msg("stop by: lot '{lot}' has no time limit after thawing", lot=lot.id)
    limit = msg("{hours} h {minutes} min", hours=lot.thaw_limit.minutes // 60, minutes=lot.thaw_limit.minutes % 60)
    if stop_by is None or given.thawed_at is None:
        return msg("stop by: {limit} after thawing; write down the time of thawing", limit=limit)
    return msg(
        "stop by: thawed at {thawed} + {limit} = {stop}",
        thawed=_moment(given.thawed_at, zone), limit=limit, stop=_moment(stop_by, zone),
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Strength:
    """What one mL of a lot holds, in the unit of the dose; None for a placebo."""

    per_ml: Fraction | None
    line: Message


NO_STRENGTH = Strength(per_ml=None, line=msg("concentration: none, this product is a placebo"))


def strength_in(lot: Lot, wanted: Unit) -> Strength:
    """Return what one mL of the lot holds, counted as the dose counts.

    Total cells × viability = viable cells, exactly (R10). A dose in mL needs no concentration.

    Raises:
        Refusal: DC360, the lot has no concentration, one in another unit, or no viability to convert by.
    """
    if wanted.symbol == "mL":
        return Strength(per_ml=Fraction(1), line=msg("concentration: not needed, the dose is a volume"))
    held = lot.concentration
    if held is None or not held.value:
        raise refuse(
            "DC360",
            msg("lot '{lot}' has no concentration, and the dose is in {unit}", lot=lot.id, unit=wanted),
            msg("write the concentration that the lot's certificate states, in {unit}/mL", unit=wanted.symbol),
            lot.where,
        )
    value = Fraction(held.value)
    counts, _, per = held.unit.symbol.partition("/")
    if per == "mL" and counts == wanted.symbol:
        return Strength(per_ml=value, line=msg("concentration: {held}", held=show(held)))
    if per != "mL" or {counts, wanted.symbol} != {"cells", "viable cells"}:
        raise refuse(
            "DC360",
            msg("the concentration of lot '{lot}', {held}, does not fit a dose in {unit} (R3)",
                lot=lot.id, held=show(held), unit=wanted),
            msg("write the concentration in {unit}/mL, as the lot's certificate states it", unit=wanted.symbol),
            lot.where,
        )  # fmt: skip
    return _by_viability(lot, held, value, wanted)


def _by_viability(lot: Lot, held: Quantity, value: Fraction, wanted: Unit) -> Strength:
    share = lot.viability
    if share is None or not share.value:
        raise refuse(
            "DC360",
            msg("lot '{lot}' counts {counts}, the dose {unit}, and its viability is not known (R10)",
                lot=lot.id, counts=held.unit, unit=wanted),
            msg("write the lot's 'viability' in the stock file, as measured after thawing"),
            lot.where,
        )  # fmt: skip
    part = Fraction(share.value) / 100
    if wanted.symbol == "viable cells":
        per_ml = value * part
        line = msg("concentration: {held} × {share} viable = {made} viable cells/mL",
                   held=Factor(held), share=Factor(share), made=exact_digits(per_ml))  # fmt: skip
    else:
        per_ml = value / part
        line = msg("concentration: {held} ÷ {share} viable = {made} cells/mL in all",
                   held=Factor(held), share=Factor(share), made=exact_digits(per_ml))  # fmt: skip
    return Strength(per_ml=per_ml, line=line)

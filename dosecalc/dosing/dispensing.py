"""What is handed out for use at home: whole bottles at each visit until the next one."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from dosecalc.dosing.derivation import Factor, exact_digits
from dosecalc.dosing.prepared import Dispensed, Dispensing
from dosecalc.dosing.release import check_release
from dosecalc.dosing.result import Warned
from dosecalc.dosing.syringes import ml
from dosecalc.dosing.vials import check_lot, too_few
from dosecalc.errors import refuse
from dosecalc.quantity import round_whole
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dosecalc.dosing.prepared import PreparationInput
    from dosecalc.dosing.result import Dose
    from dosecalc.protocol.settled import Settled
    from dosecalc.protocol.stock import Lot
    from dosecalc.text import Message


def dispense(
    settled: Settled,
    dose: Dose,
    lot: Lot,
    visits: Sequence[tuple[str, dt.date]],
    latest: Mapping[str, dt.date],
    given: PreparationInput,
) -> Dispensing:
    """Return the bottles to hand out at each visit from the dose's own to the end of its days.

    `visits` are the arm's visits with their dates (planned or actual), in order; those before the dose's own do not
    count. `latest` is the last day of the window of each visit that has one: the bottles last until then. Needed at a
    visit = mL a day × days until the latest day of the next visit (its planned day, where no window is known), or until
    the days are over; bottles = (needed − left over) ÷ what can be taken out of a bottle, rounded up. What is left over
    on the planned day is used first.

    Raises:
        Refusal: DC355, another product's lot; DC357, DC358, it may not be used; DC364, too few bottles for the visit
            of this day; DC370, the dose is not one for use at home, or the visits do not fit.
    """
    if dose.days is None or dose.level is None:
        raise refuse(
            "DC370",
            msg("{product} is not used at home: it is prepared, not dispensed", product=dose.product_label),
            msg("prepare it"),
        )
    check_lot(lot, settled.protocol, dose.product)
    released = check_release(lot, given, settled.timezone)
    daily = Fraction(dose.level.value)
    bottle = Fraction(lot.extractable_volume.value)
    made: list[Dispensed] = []
    lines: list[Message] = [
        *released.lines,
        msg("bottles are counted by what can be taken out of one: {volume}", volume=Factor(lot.extractable_volume)),
    ]
    left = Fraction(0)
    for visit, until, days, at_most in _periods(dose, dose.days, visits, latest):
        lasting = days if at_most is None else at_most
        needed = daily * lasting
        missing = max(Fraction(0), needed - left)
        bottles = round_whole(missing / bottle, "up")
        after = left + bottles * bottle - daily * days
        if lasting != days:
            lines.append(
                msg(
                    "{visit}: {days} days until {until} as planned, {most} days until the latest day of its window",
                    visit=visit, days=days, until=until, most=lasting,
                )
            )  # fmt: skip
        lines.append(
            msg(
                "{visit}: {days} days × {daily} = {needed}; ({needed} − {left} left over) ÷ {bottle} = {exact}, "
                "rounded up: {bottles}; left over on the planned day: {after}",
                visit=visit, days=lasting, daily=Factor(dose.level), needed=Factor(ml(needed)), left=Factor(ml(left)),
                bottle=Factor(lot.extractable_volume), exact=exact_digits(missing / bottle), bottles=bottles,
                after=Factor(ml(after)),
            )
        )  # fmt: skip
        made.append(
            Dispensed(
                visit=visit,
                until=until,
                days=days,
                days_at_most=at_most,
                needed=ml(needed),
                bottles=bottles,
                left_over=ml(after),
            )
        )
        left = after
    dates = dict(visits)
    today = next((one for one in made if dates[one.visit] == given.on), made[0])
    if today.bottles > lot.vials:
        raise too_few(lot, today.bottles)
    return Dispensing(
        dose=dose,
        lot=lot,
        on=given.on,
        visits=tuple(made),
        derivation=tuple(lines),
        warnings=_later(lot, made, dates, dose.days),
    )


def days_of_use(made: Dispensing) -> Message:
    """Return what the bottles last for: until the planned day of the next visit, or the latest day of its window."""
    if any(each.days_at_most is not None for each in made.visits):
        return msg(
            "The bottles last until the latest day of the next visit's window (days at most); "
            "what is left over is counted on its planned day."
        )
    return msg("The bottles last until the planned day of the next visit: no window is known for it.")


def _periods(
    dose: Dose, days: int, visits: Sequence[tuple[str, dt.date]], latest: Mapping[str, dt.date]
) -> list[tuple[str, str | None, int, int | None]]:
    """(visit, the next one, days of use in between, and at most); no next one where the days outlast the visits."""
    names = [visit for visit, _ in visits]
    dates = [date for _, date in visits]
    if dose.encounter not in names or any(later <= earlier for earlier, later in pairwise(dates)):
        raise refuse(
            "DC370",
            msg("the visits for dispensing must be in the order of their dates, and {visit} among them",
                visit=dose.encounter),
            msg("check the visits' dates"),
        )  # fmt: skip
    first = names.index(dose.encounter)
    end = dates[first] + dt.timedelta(days=days)
    found: list[tuple[str, str | None, int, int | None]] = []
    for place in range(first, len(names)):
        if dates[place] >= end:
            break
        following = names[place + 1] if place + 1 < len(names) else None
        stop = min(end, dates[place + 1]) if following else end
        last = latest.get(following) if following else None
        at_most = None if last is None else (min(end, max(stop, last)) - dates[place]).days
        found.append((names[place], following, (stop - dates[place]).days, at_most))
    return found


def _later(lot: Lot, made: Sequence[Dispensed], dates: dict[str, dt.date], days: int) -> tuple[Warned, ...]:
    """What the first visit does not need yet: bottles for later ones, and a lot that expires while it is used."""
    warnings: list[Warned] = []
    total = sum(one.bottles for one in made)
    if total > lot.vials:
        text = msg("{total} bottles are needed in all, and lot '{lot}' has {there}",
                   total=total, lot=lot.id, there=lot.vials)  # fmt: skip
        warnings.append(Warned(code="stock-low", text=text))
    last = dates[made[0].visit] + dt.timedelta(days=days - 1)
    if last > lot.expiry:
        text = msg("lot '{lot}' expires on {expiry}, before the last day of use, {last}",
                   lot=lot.id, expiry=lot.expiry.isoformat(), last=last.isoformat())  # fmt: skip
        warnings.append(Warned(code="expires-in-use", text=text))
    return tuple(warnings)

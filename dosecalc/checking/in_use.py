"""How a preparation is used, worked out once more: its rate, its sites in each syringe, its clock, its DMSO (R11, R12).

Written from the rules and not from `dosing`, as the second engine is (R14).
"""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from itertools import groupby
from typing import TYPE_CHECKING

from dosecalc.quantity import Quantity, round_whole, unit
from dosecalc.reading import decimal_of, exact_decimal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from dosecalc.protocol.offsets import ClockOffset
    from dosecalc.protocol.stock import Lot

_DMSO_GRAMS = Fraction(11, 10)
"""g per mL: 1 mL of product with 10 % v/v DMSO holds 0.11 g (R12)."""
_DIGITS = 5
"""A number of g/kg with more digits than these is rounded up to `_PLACES` decimals, as on the worksheet."""
_PLACES = 4


def rate_of(final: Decimal, infused_in: ClockOffset | None) -> Quantity | None:
    """Return final volume (mL) ÷ time in mL/h, half up to 0.1 mL/h; None for what is not infused."""
    if infused_in is None:
        return None
    tenths = Fraction(final) * 600 / infused_in.minutes
    return Quantity(decimal_of(round_whole(tenths, "half_up"), 1), unit("mL/h"))


def shared_out(sites: int, syringes: int) -> tuple[int, ...]:
    """Return the sites of each syringe: as even as can be, the first ones with one more.

    >>> shared_out(24, 3), shared_out(11, 3)
    ((8, 8, 8), (4, 4, 3))
    """
    return tuple((sites + syringes - 1 - place) // syringes for place in range(syringes))


def in_runs(counts: Sequence[int]) -> str:
    """Return sites of syringes as they are shown.

    >>> in_runs((4, 4, 3)), in_runs((9, 8, 7))
    ('2 × 4, 3', '9, 8, 7')
    """
    runs = [(len(list(same)), count) for count, same in groupby(counts)]
    return ", ".join(f"{often} × {count}" if often > 1 else str(count) for often, count in runs)


def stop_by(lot: Lot, thawed_at: dt.datetime | None) -> dt.datetime | None:
    """Return the time of thawing (aware) + the lot's limit, elapsed: a change of the clocks in between counts (R11)."""
    if thawed_at is None or lot.thaw_limit is None:
        return None
    stop = thawed_at.astimezone(dt.UTC) + dt.timedelta(minutes=lot.thaw_limit.minutes)
    return stop.astimezone(thawed_at.tzinfo)


def dmso(lot: Lot, product: Decimal, share: Fraction, weight: Decimal | None) -> Quantity | None:
    """Return the DMSO in g per kg of body weight (R12); None where the lot states none, or nobody gave the weight (kg).

    `product` (mL) is what is drawn, `share` the part of the final volume that is administered.
    """
    if lot.dmso is None or weight is None:
        return None
    grams = Fraction(product) * share * Fraction(lot.dmso.value) / 100 * _DMSO_GRAMS
    per_kg = grams / Fraction(weight)
    exact = exact_decimal(per_kg)
    if exact is None or len(exact.as_tuple().digits) > _DIGITS:
        exact = decimal_of(round_whole(per_kg * 10**_PLACES, "up"), _PLACES)
    return Quantity(exact, unit("g/kg"))

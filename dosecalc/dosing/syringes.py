"""What a syringe can measure, how far off it may be, and how a volume is spread over several (R13)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from typing import TYPE_CHECKING

from dosecalc.dosing.derivation import Factor, exact_digits, signed_percent
from dosecalc.dosing.prepared import Fill
from dosecalc.errors import refuse
from dosecalc.quantity import Quantity, percent, plain, round_whole, unit
from dosecalc.reading import decimal_of, exact_decimal
from dosecalc.text import NOTHING, Message, msg

if TYPE_CHECKING:
    from dosecalc.protocol.site import Syringe

LARGE = 5
"""From 5 mL nominal up ISO 7886-1 has the narrower tolerances."""
_FEW = 4
_MOST_SYRINGES = 1000
MOST_TOLERANCE = Fraction(1, 2)
"""The widest tolerance with which a volume still counts as measured; see `on_graduation`."""


def ml(value: Fraction) -> Quantity:
    """Return a volume as an amount in mL; it must be a decimal number, as sums of graduations are."""
    exact = exact_decimal(value)
    assert exact is not None  # volumes are stated in decimals and rounded to graduations
    return Quantity(exact, unit("mL"))


def tolerance(syringe: Syringe, expelled: Fraction) -> Fraction:
    """Return by how many mL an expelled volume may differ from what the scale says.

    ISO 7886-1:2017, clause 8, table 1: below half of the nominal capacity ±(1.5 % of it + 2 % of the expelled volume),
    from half of it up ±5 % of the expelled volume; for 5 mL and more 1 % in the place of 2 %, and 4 % in that of 5 %.

    >>> from dosecalc.protocol.site import Syringe
    >>> from dosecalc.quantity import parse_quantity as q
    >>> one = Syringe(id="1mL", nominal=q("1 mL"), graduation=q("0.01 mL"), dead_space=q("0.05 mL"))
    >>> [tolerance(one, volume) / volume for volume in (Fraction(5, 100), Fraction(1, 10), Fraction(1, 2))]
    [Fraction(8, 25), Fraction(17, 100), Fraction(1, 20)]
    """
    nominal = Fraction(syringe.nominal.value)
    large = nominal >= LARGE
    if 2 * expelled >= nominal:
        return expelled * Fraction(4 if large else 5, 100)
    return nominal * Fraction(15, 1000) + expelled * Fraction(1 if large else 2, 100)


def two_decimals(value: Fraction) -> str:
    """Return a number with at most two decimals, halves up, without trailing zeros (R1)."""
    return plain(decimal_of(round_whole(value * 100, "half_up"), 2))


Parts = tuple[tuple[int, Fraction], ...]
"""How often which volume (mL) is measured, the larger ones first."""


def sum_of(parts: Parts) -> Fraction:
    """Return the volume of all parts together."""
    return sum((count * volume for count, volume in parts), Fraction(0))


def tolerance_percent(syringe: Syringe, parts: Parts) -> str:
    """Return the tolerance of these volumes together, in percent of their sum."""
    off = sum((count * tolerance(syringe, volume) for count, volume in parts), Fraction(0))
    return two_decimals(100 * off / sum_of(parts))


def added(parts: Parts) -> str:
    """Return `0.8 + 0.8 + 0.7`; what comes often is counted: `30 × 0.8 + 0.7`."""
    return " + ".join(
        f"{count} × {exact_digits(volume)}" if count > _FEW else " + ".join([exact_digits(volume)] * count)
        for count, volume in parts
    )


def floor_to(value: Fraction, step: Fraction) -> int:
    """Return how many whole steps fit into a value."""
    return value.numerator * step.denominator // (value.denominator * step.numerator)


@dataclass(frozen=True, kw_only=True, slots=True)
class Graduated:
    """A volume on a graduation, and the words of how it came there, empty where it was there already."""

    volume: Fraction
    words: Message = NOTHING
    deviation_percent: str = "0.00"


def on_graduation(exact: Fraction, syringe: Syringe, what: Message) -> Graduated:
    """Return a volume (mL) rounded half up to the syringe's graduation.

    A volume below one graduation cannot be measured. Nor is one whose tolerance is more than half of it: with a 1 mL
    syringe 0.03 mL may be anything from 0.014 mL to 0.046 mL, a threefold range, though it is three graduations. R13
    names 32 % as the price of 0.05 mL, so the limit lies above what trials use; a smaller syringe always mends it.

    Raises:
        Refusal: DC361, the syringe cannot measure so little.
    """
    step = Fraction(syringe.graduation.value)
    if exact < step:
        raise refuse(
            "DC361",
            msg(
                "{what} is {volume} mL, less than one graduation ({graduation}) of the syringe '{syringe}' (R13)",
                what=what, volume=exact_digits(exact), graduation=Factor(syringe.graduation), syringe=syringe.id,
            ),
            msg("name a syringe with a finer graduation in the site file, or have a larger volume decided"),
        )  # fmt: skip
    volume = step * round_whole(exact / step, "half_up")
    off = tolerance(syringe, volume)
    if off > volume * MOST_TOLERANCE:
        raise refuse(
            "DC361",
            msg(
                "{what} is {volume} mL, and the syringe '{syringe}' of {nominal} measures that to ±{percent} % only "
                "(ISO 7886-1): more than half of it (R13)",
                what=what, volume=exact_digits(volume), syringe=syringe.id, nominal=Factor(syringe.nominal),
                percent=two_decimals(100 * off / volume),
            ),
            msg("name a smaller syringe in the site file, or have a larger volume decided"),
        )  # fmt: skip
    if volume == exact:
        return Graduated(volume=volume)
    deviation = percent(volume, exact)
    words = msg(
        ", rounded to the graduation of {graduation}, halves up: {volume} ({deviation})",
        graduation=Factor(syringe.graduation), volume=Factor(ml(volume)), deviation=signed_percent(deviation),
    )  # fmt: skip
    return Graduated(volume=volume, words=words, deviation_percent=deviation)


def draws(volume: Fraction, syringe: Syringe) -> Parts:
    """Return the fewest draws of a volume, as even as its graduations allow."""
    step = Fraction(syringe.graduation.value)
    return _spread(volume, step, floor_to(Fraction(syringe.nominal.value), step))


def _spread(volume: Fraction, step: Fraction, most: int) -> Parts:
    """Part a volume into the fewest parts of at most `most` steps; what is less than a step goes with the last."""
    steps = floor_to(volume, step)
    rest = volume - steps * step
    number = -(-(steps + (1 if rest else 0)) // most)
    base, more = divmod(steps, number)
    parts = [(more, step * (base + 1)), (number - more - (1 if rest else 0), step * base)]
    if rest:
        parts.append((1, step * base + rest))
    return tuple(part for part in parts if part[0])


@dataclass(frozen=True, kw_only=True, slots=True)
class Filled:
    """The syringes as they are handed out, and the line that says why so many."""

    fills: tuple[Fill, ...]
    line: Message


def fill_for_sites(syringe: Syringe, sites: int, per_site: Fraction, at_most: int | None) -> Filled:
    """Return the fewest syringes for so many sites of `per_site` mL, the sites spread evenly, the first ones with more.

    Sites per syringe = (nominal volume − dead space) ÷ volume per site, rounded down, and not above `at_most`.

    Raises:
        Refusal: DC362, not even one site fits.
    """
    room = Fraction(syringe.nominal.value) - Fraction(syringe.dead_space.value)
    fit = floor_to(room, per_site) if room > 0 else 0
    if not fit:
        raise _too_small(syringe, per_site)
    each = fit if at_most is None else min(fit, at_most)
    number = _few_enough(-(-sites // each), syringe)
    base, more = divmod(sites, number)
    counts = [base + (1 if place < more else 0) for place in range(number)]
    fills: list[Fill] = []
    first = 1
    for place, count in enumerate(counts, 1):
        fills.append(_fill(place, (first, first + count - 1), count * per_site, syringe))
        first += count
    line = msg(
        "syringes ({syringe}): ({nominal} − {dead}) ÷ {per_site} mL = {exact}, so {fit} sites fit in one{limit}; "
        "{sites} ÷ {each} = {parts}, rounded up: {number} ({counts} sites)",
        syringe=syringe.id, nominal=Factor(syringe.nominal), dead=Factor(syringe.dead_space),
        per_site=exact_digits(per_site), exact=exact_digits(room / per_site), fit=fit,
        limit=msg(", of which the site file allows {each}", each=each) if each < fit else NOTHING,
        sites=sites, each=each, parts=exact_digits(Fraction(sites, each)), number=number,
        counts=added(_runs(counts)),
    )  # fmt: skip
    return Filled(fills=tuple(fills), line=line)


def fill_volume(syringe: Syringe, volume: Fraction) -> Filled:
    """Return the fewest syringes for a volume (mL), split as evenly as the graduations allow.

    Raises:
        Refusal: DC362, the dead space leaves no room.
    """
    step = Fraction(syringe.graduation.value)
    room = Fraction(syringe.nominal.value) - Fraction(syringe.dead_space.value)
    most = floor_to(room, step) if room > 0 else 0
    if not most:
        raise _too_small(syringe, step)
    parts = _spread(volume, step, most)
    number = _few_enough(sum(count for count, _ in parts), syringe)
    each = [part for count, part in parts for _ in range(count)]
    full = most * step
    line = msg(
        "syringes ({syringe}): {volume} mL ÷ ({nominal} − {dead}{down}) = {exact}, rounded up: {number} ({parts} mL)",
        syringe=syringe.id, volume=exact_digits(volume), nominal=Factor(syringe.nominal),
        dead=Factor(syringe.dead_space),
        down=NOTHING if full == room else msg(", down to a graduation: {full} mL", full=exact_digits(full)),
        exact=exact_digits(volume / full), number=number, parts=added(parts),
    )  # fmt: skip
    return Filled(fills=tuple(_fill(place, None, part, syringe) for place, part in enumerate(each, 1)), line=line)


def _runs(counts: list[int]) -> Parts:
    return tuple((len(list(same)), Fraction(count)) for count, same in groupby(counts))


def _few_enough(number: int, syringe: Syringe) -> int:
    """Refuse a number of syringes that only a slip of the key can mean, before they are all listed."""
    if number <= _MOST_SYRINGES:
        return number
    raise refuse(
        "DC362",
        msg("{number} syringes '{syringe}' would be needed", number=f"{number:,}", syringe=syringe.id),
        msg("check concentration and volume, with their power of ten; else name a larger syringe in the site file"),
    )


def _fill(number: int, sites: tuple[int, int] | None, expelled: Fraction, syringe: Syringe) -> Fill:
    out = ml(expelled)
    return Fill(number=number, sites=sites, expelled=out, drawn=out + syringe.dead_space)


def _too_small(syringe: Syringe, volume: Fraction) -> Exception:
    return refuse(
        "DC362",
        msg(
            "{volume} mL and the dead space of {dead} do not fit into the syringe '{syringe}' of {nominal} (R13)",
            volume=exact_digits(volume), dead=Factor(syringe.dead_space), syringe=syringe.id,
            nominal=Factor(syringe.nominal),
        ),
        msg("name a larger syringe under 'given_with' in the site file, or have a smaller volume per site decided"),
    )  # fmt: skip

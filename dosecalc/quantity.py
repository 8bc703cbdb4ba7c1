"""Exact amounts with units: the arithmetic, the comparisons, and rounding as a decision.

A `Quantity` is a Decimal and a unit of the table. Nothing converts, nothing rounds silently, and nothing that does not
belong together is added: cells and viable cells are two dimensions (R3, R4, R10). The table is in `dosecalc.units`,
reading a number in `dosecalc.notation`, the three readings of one in `dosecalc.reading`; their public names are here,
too.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow, Rounded
from typing import TYPE_CHECKING, Literal, assert_never

from dosecalc.errors import refuse
from dosecalc.notation import (
    MAX_LENGTH,
    check_characters,
    is_number,
    not_a_number,
    number_at_start,
    parse_number,
    parse_positive,
    quoted,
)
from dosecalc.reading import WORDS_FROM, Readings, plain, readings
from dosecalc.text import Message, msg, render
from dosecalc.units import UNITS, Unit, combined, unit

if TYPE_CHECKING:
    from collections.abc import Callable
    from fractions import Fraction

    from dosecalc.errors import Refusal
    from dosecalc.text import Language

__all__ = [
    "UNITS",
    "Amount",
    "Quantity",
    "Readings",
    "Rounding",
    "Unit",
    "far_apart",
    "parse_number",
    "parse_positive",
    "parse_quantity",
    "percent",
    "plain",
    "ratio",
    "readings",
    "round_whole",
    "show",
    "unit",
]

Rounding = Literal["up", "down", "half_up"]

FAR = 5
"""The ratio from which two amounts are far apart."""

# 400 digits hold every sum and product of numbers that pass the firewall (40 characters, exponents to 99); a result
# that would need more is refused by the traps and never rounded (R4).
_EXACT = Context(prec=400, traps=[Inexact, Rounded, InvalidOperation, DivisionByZero, Overflow])


@dataclass(frozen=True, slots=True)
class Quantity:
    """An exact amount of one unit, never negative.

    Quantities of one unit add, subtract and compare; any two multiply and divide where the table has the unit of the
    result; a number scales. `==` holds for equal values of one unit (1.0 mL == 1 mL) and is False across units.

    >>> str(Quantity(Decimal("1e8"), unit("particles/site")) * Quantity(Decimal(24), unit("sites")))
    '2,400,000,000 particles (2.4 billion; 2.4 × 10⁹)'

    Raises:
        Refusal: DC202, the units do not go together; DC204, the exact result does not exist.
        TypeError: the value is not a Decimal (R4).
        ValueError: the value is negative or not finite.
    """

    value: Decimal
    unit: Unit

    def __post_init__(self) -> None:
        if not isinstance(self.value, Decimal):
            raise TypeError(f"a quantity is a Decimal, not {type(self.value).__name__}")
        if not self.value.is_finite() or self.value < 0:
            raise ValueError(f"a quantity is finite and not negative, not {self.value}")

    def __str__(self) -> str:
        return self.in_language("en")

    def in_language(self, language: Language) -> str:
        """Return the line of R1; see `Amount`."""
        name = self.unit.words(language, one=self.value == 1)
        read = readings(self.value, language)
        if self.value < WORDS_FROM:
            return render(msg("{digits} {unit}", digits=read.digits, unit=name), language)
        line = msg(
            "{digits} {unit} ({words}; {scientific})",
            digits=read.digits,
            unit=name,
            words=read.words,
            scientific=read.scientific,
        )
        return render(line, language)

    def __add__(self, other: Quantity) -> Quantity:
        _same_unit(self, other)
        return Quantity(_exactly(_EXACT.add, self.value, other.value), self.unit)

    def __sub__(self, other: Quantity) -> Quantity:
        _same_unit(self, other)
        if other.value > self.value:
            raise refuse(
                "DC204",
                msg("{right} cannot be taken from {left}: less than nothing would be left", left=self, right=other),
                msg("check both amounts"),
            )
        return Quantity(_exactly(_EXACT.subtract, self.value, other.value), self.unit)

    def __mul__(self, other: Quantity | Decimal | int) -> Quantity:
        if isinstance(other, Quantity):
            result = _combined(self, other, 1)
            return Quantity(_exactly(_EXACT.multiply, self.value, other.value), result)
        if isinstance(other, Decimal | int):
            return Quantity(_exactly(_EXACT.multiply, self.value, Decimal(other)), self.unit)
        return NotImplemented

    def __rmul__(self, other: Decimal | int) -> Quantity:
        return self * other

    def __truediv__(self, other: Quantity | Decimal | int) -> Quantity:
        if isinstance(other, Quantity):
            result = _combined(self, other, -1)
            return Quantity(_divided(self, other.value), result)
        if isinstance(other, Decimal | int):
            return Quantity(_divided(self, Decimal(other)), self.unit)
        return NotImplemented

    def __lt__(self, other: Quantity) -> bool:
        _same_unit(self, other)
        return self.value < other.value

    def __le__(self, other: Quantity) -> bool:
        _same_unit(self, other)
        return self.value <= other.value

    def __gt__(self, other: Quantity) -> bool:
        _same_unit(self, other)
        return self.value > other.value

    def __ge__(self, other: Quantity) -> bool:
        _same_unit(self, other)
        return self.value >= other.value


@dataclass(frozen=True, slots=True)
class Amount:
    """A quantity as a message shows it (R1): digits, words and power of ten from 10,000 up, digits alone below.

    >>> Amount(Quantity(Decimal("23.40"), unit("cm²"))).in_language("en")
    '23.4 cm²'
    """

    quantity: Quantity

    def in_language(self, language: Language) -> str:
        """Return the amount as a reader of `language` sees it."""
        return self.quantity.in_language(language)


def show(quantity: Quantity) -> Message:
    """Return the line of R1 for `quantity`, to be rendered in the reader's language."""
    return Message("{amount}", (("amount", Amount(quantity)),))


def parse_quantity(text: str) -> Quantity:
    """Return the amount that `text` states: a number, one space, a unit.

    >>> parse_quantity("1.0e8 particles/site") == Quantity(Decimal(100000000), unit("particles/site"))
    True

    Raises:
        Refusal: DC201, the number is not one that everybody reads alike, is a range, or is glued to its unit; DC203,
            the unit is missing or not known.
    """
    found = number_at_start(text)
    if found and (known := UNITS.get(found[1])):
        return Quantity(found[0], known)
    number, name = _split(text)
    value = parse_number(number)
    return Quantity(value, unit(name))


def _split(text: str) -> tuple[str, str]:
    """Part number and unit of an amount that is spelled in an unusual way, or wrong."""
    import re  # compiled when needed: most amounts do not come here

    shown = quoted(text)
    if len(text) > 2 * MAX_LENGTH:
        what = msg("{text} is longer than {count} characters", text=shown, count=2 * MAX_LENGTH)
        raise not_a_number(what, msg("write one number, one space and one unit"))
    check_characters(text)
    if glued := re.search(r"[0-9⁰¹²³⁴⁵⁶⁷⁸⁹.](?=[^\W\d_⁰¹²³⁴⁵⁶⁷⁸⁹]|%)(?![eExX] ?[-+0-9]|[万亿])", text):
        number, name = text[: glued.end()], text[glued.end() :]
        raise not_a_number(
            msg("in {text} a number is glued to what follows", text=shown),
            msg("write a space between them: {mended}", mended=quoted(f"{number} {name}"))
            if is_number(number)
            else msg("write one number, one space and one unit"),
        )
    number_words = "thousand|million|billion|trillion|万亿|万|亿"
    match = re.fullmatch(rf"(.*[0-9⁰¹²³⁴⁵⁶⁷⁸⁹.)](?: ?(?:{number_words}))?)( +)([^0-9 ].*?)( *)", text)
    if match is None:
        parse_number(text)
        what = msg("{text} has no unit", text=shown)
        raise refuse(
            "DC203", what, msg("write the unit after the number and a space, as in {example}", example="2.4 mL")
        )
    number, space, name, after = match.groups()
    if space + after != " ":
        raise not_a_number(
            msg("{text} has a space too many", text=shown), msg("write {mended}", mended=f"{number} {name}")
        )
    return number, name


def ratio(left: Quantity, right: Quantity) -> Fraction:
    """Return left ÷ right exactly, for two quantities of one unit.

    Raises:
        Refusal: DC202, the units differ; DC204, `right` is zero.
    """
    from fractions import Fraction  # not needed for most doses

    _same_unit(left, right)
    if not right.value:
        raise _by_zero(left)
    return Fraction(left.value) / Fraction(right.value)


def round_whole(value: Decimal | Fraction, mode: Rounding) -> int:
    """Return the whole number that `mode` makes of `value`; `half_up` takes a half away from zero (R4, R5).

    >>> [round_whole(Decimal("23.5"), mode) for mode in ("up", "down", "half_up")]
    [24, 23, 24]

    Raises:
        Refusal: DC204, the value is negative.
    """
    if value < 0:
        raise refuse(
            "DC204", msg("a negative amount cannot be rounded"), msg("check the amounts that it was made from")
        )
    over, under = value.as_integer_ratio()
    match mode:
        case "up":
            return -(-over // under)
        case "down":
            return over // under
        case "half_up":
            return (2 * over + under) // (2 * under)
        case _:
            assert_never(mode)


def far_apart(one: Decimal | Fraction, other: Decimal | Fraction) -> bool:
    """Whether one of two amounts is five times the other or more: as if a zero were missing or too many (R6).

    A wrong power of ten is so caught even where the amount itself changed two-fold. Nothing is far from zero, which is
    a mistake of its own.

    >>> [far_apart(Decimal(10), Decimal(other)) for other in (2, 3, 49, 50, 0)]
    [True, False, False, True, False]
    """
    from fractions import Fraction

    low, high = sorted((Fraction(one), Fraction(other)))
    return low > 0 and high >= FAR * low


def percent(rounded: Decimal | Fraction | int, exact: Decimal | Fraction | int) -> str:
    """Return (rounded − exact) ÷ exact in percent, signed, with two decimals, half away from zero (R5).

    >>> percent(24, Decimal("23.4")), percent(23, Decimal("23.4")), percent(23, 23)
    ('2.56', '-1.71', '0.00')

    Raises:
        Refusal: DC204, `exact` is zero.
    """
    from fractions import Fraction

    if not exact:
        what = msg("a deviation from zero cannot be given in percent")
        raise refuse("DC204", what, msg("check the amount that is zero"))
    deviation = (Fraction(rounded) - Fraction(exact)) / Fraction(exact)
    hundredths = round_whole(abs(deviation) * 10_000, "half_up")
    sign = "-" if deviation < 0 and hundredths else ""
    return f"{sign}{hundredths // 100}.{hundredths % 100:02d}"


def _same_unit(left: Quantity, right: Quantity) -> None:
    if left.unit != right.unit:
        raise refuse(
            "DC202",
            msg("{left} and {right} cannot be added or compared: their units differ", left=left, right=right),
            msg("give both in {unit}, or both in {other}", unit=left.unit.symbol, other=right.unit.symbol),
        )


def _combined(left: Quantity, right: Quantity, sign: Literal[1, -1]) -> Unit:
    found = combined(left.unit, right.unit, sign)
    if found is not None:
        return found
    what = (
        msg("{left} × {right} is not an amount: no unit fits", left=left, right=right)
        if sign == 1
        else msg("{left} ÷ {right} is not an amount: no unit fits", left=left, right=right)
    )
    raise refuse("DC202", what, msg("check the units of both"))


def _exactly(operation: Callable[[Decimal, Decimal], Decimal], left: Decimal, right: Decimal) -> Decimal:
    try:
        return operation(left, right)
    except (Inexact, Rounded) as error:
        what = msg("the exact result has too many digits, and none is dropped silently")
        raise refuse("DC204", what, msg("check the amounts that it is made from")) from error


def _divided(left: Quantity, right: Decimal) -> Decimal:
    if not right:
        raise _by_zero(left)
    try:
        return _EXACT.divide(left.value, right)
    except (Inexact, Rounded) as error:
        what = msg("{left} ÷ {right} has decimals without end", left=left, right=plain(right))
        raise refuse("DC204", what, msg("state the rule by which the result is rounded")) from error


def _by_zero(left: Quantity) -> Refusal:
    what = msg("{left} cannot be divided by zero", left=left)
    return refuse("DC204", what, msg("check the amount that is zero"))

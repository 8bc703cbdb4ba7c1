"""How an exact number is read: grouped digits, words, and mantissa × 10ⁿ (R1). Nothing here rounds."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fractions import Fraction

    from dosecalc.text import Language

SUPERSCRIPTS = str.maketrans("+-0123456789", "⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

# Below this the digits are their own words: three zeros in a row are still counted at a glance, and 万 begins here.
WORDS_FROM = 10_000

_SCALES: dict[Language, tuple[tuple[int, str], ...]] = {
    "en": ((12, "trillion"), (9, "billion"), (6, "million"), (3, "thousand")),
    "zh": ((12, "万亿"), (8, "亿"), (4, "万")),
}


@dataclass(frozen=True, slots=True)
class Readings:
    """The three readings of one value (R1)."""

    digits: str
    words: str
    scientific: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """A value as a message says it in words: "10 million", "1000 万"."""

    value: Decimal

    def in_language(self, language: Language) -> str:
        """Return the words of the value."""
        return words(self.value, language)


def plain(value: Decimal) -> str:
    """Return the digits of `value` without exponent and without trailing zeros (R1).

    >>> from decimal import Decimal
    >>> plain(Decimal("2.4e9")), plain(Decimal("0.50")), plain(Decimal("84.0"))
    ('2400000000', '0.5', '84')
    """
    if not value:
        return "0"  # Decimal knows -0 and 0E+3
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def places_and_rest(under: int) -> tuple[int, int]:
    """Return how many decimals a part of `under` needs, and the factor of `under` that no decimals hold (1: none).

    >>> places_and_rest(8), places_and_rest(3), places_and_rest(60)
    ((3, 1), (0, 3), (2, 3))
    """
    rest, places = under, 0
    for prime in (2, 5):
        count = 0
        while rest % prime == 0:
            rest, count = rest // prime, count + 1
        places = max(places, count)
    return places, rest


def decimal_of(over: int, places: int) -> Decimal:
    """Return over ÷ 10^`places`, exactly in any context."""
    sign, digits, _ = Decimal(over).as_tuple()
    return Decimal((sign, digits, -places))


def exact_decimal(value: Fraction | Decimal | int) -> Decimal | None:
    """Return the decimal number that equals `value`, however many digits that takes; None where there is none."""
    if isinstance(value, Decimal):
        return value
    over, under = value.as_integer_ratio()
    places, rest = places_and_rest(under)
    return decimal_of(over * 10**places // under, places) if rest == 1 else None


def exact_plain(value: Fraction | Decimal | int) -> str:
    """Return the digits of an exact number for other programs: no commas, and `a/b` where no decimal holds it.

    >>> from fractions import Fraction
    >>> exact_plain(Fraction(46801, 2)), exact_plain(Fraction(10, 3))
    ('23400.5', '10/3')
    """
    exact = exact_decimal(value)
    return str(value) if exact is None else plain(exact)


def grouped(value: Decimal) -> str:
    """Return the digits of `value` with a comma after every third one before the point: "2,400,000,000"."""
    whole, point, fraction = plain(value).partition(".")
    return f"{int(whole):,}{point}{fraction}"


def mantissa_and_exponent(value: Decimal) -> tuple[str, int]:
    """Return m and n of m × 10ⁿ with 1 ≤ m < 10, exactly; zero is ("0", 0)."""
    if not value:
        return "0", 0
    first, *rest = map(str, value.as_tuple().digits)  # Decimal keeps no leading zeros
    fraction = "".join(rest).rstrip("0")
    return (f"{first}.{fraction}" if fraction else first), value.adjusted()


def e_notation(value: Decimal) -> str:
    """Return `value` in the notation that every field accepts: "1e7", "2.34e9"."""
    mantissa, exponent = mantissa_and_exponent(value)
    return f"{mantissa}e{exponent}" if value else "0"


def scientific(value: Decimal) -> str:
    """Return `value` as "2.4 × 10⁹"; zero has no such form and stays "0"."""
    mantissa, exponent = mantissa_and_exponent(value)
    return f"{mantissa} × 10{str(exponent).translate(SUPERSCRIPTS)}" if value else "0"


def words(value: Decimal, language: Language) -> str:
    """Return `value` with the largest number word that it reaches; exact, however many digits that takes.

    Below 10,000 there is no word: the digits stay. From 10,000 times the largest word up nobody could name the
    number: it is read as mantissa × 10ⁿ. Counts have no commas, so that Chinese reads "1000 万".

    >>> from decimal import Decimal
    >>> words(Decimal("2.4e9"), "en"), words(Decimal("2.4e9"), "zh"), words(Decimal("84"), "en")
    ('2.4 billion', '24 亿', '84')
    """
    if value < WORDS_FROM:
        return plain(value)
    power, word = next((power, word) for power, word in _SCALES[language] if value.adjusted() >= power)
    sign, digits, exponent = value.as_tuple()
    count = Decimal((sign, digits, int(exponent) - power))  # moves the point: exact in any context
    return f"{plain(count)} {word}" if count < WORDS_FROM else scientific(value)


def readings(value: Decimal, language: Language) -> Readings:
    """Return the three readings of a value that is not negative (R1).

    >>> from decimal import Decimal
    >>> readings(Decimal("2400000000"), "en")
    Readings(digits='2,400,000,000', words='2.4 billion', scientific='2.4 × 10⁹')
    """
    return Readings(grouped(value), words(value, language), scientific(value))

"""How an exact number is read: grouped digits, words, and mantissa × 10ⁿ (R1). Nothing here rounds."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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

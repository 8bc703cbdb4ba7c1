"""The notation firewall (R2): what counts as a number, and for what does not, what its writer may have meant.

Two people must never read two numbers out of one text. What is accepted is one short pattern; everything else is a
refusal DC201 that says how to write what was meant.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from dosecalc.errors import refuse
from dosecalc.reading import Spoken, e_notation, mantissa_and_exponent, plain
from dosecalc.text import msg

if TYPE_CHECKING:
    from dosecalc.errors import Refusal
    from dosecalc.text import Message

    _WhatAndMend = tuple[Message, Message]

MAX_LENGTH = 40

_NUMBER = re.compile(
    r"(?P<mantissa>[1-9](?:\.[0-9]+)?)"
    r"(?:[eE](?P<e>[+-]?[0-9]{1,2})| ?[x×] ?10(?:\^(?P<caret>[+-]?[0-9]{1,2})|(?P<raised>[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,2})))"
    r"|(?P<grouped>[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?)"
    r"|(?P<digits>(?:0|[1-9][0-9]*)(?:\.[0-9]+)?)"
)
_LOWERED = str.maketrans("⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹−", "+-0123456789-")

# Only the refusals use these: `re` compiles them when the first bad number comes, not when the program starts.
_TIMES = r"[x×X*·⋅✕]"
_RAISED = r"⁰¹²³⁴⁵⁶⁷⁸⁹"
_UNUSUAL_POWER = (
    rf"(?P<mantissa>[0-9]*\.?[0-9]*) ?(?:[eE]|{_TIMES} ?10 ?(?:\^ ?|\*\*|(?=[⁺⁻{_RAISED}])))"
    rf"(?P<exponent>[+−⁺⁻-]?(?:[0-9]+|[{_RAISED}]+))"
)
_LOST_SUPERSCRIPT = rf"(?P<mantissa>[0-9]+(?:\.[0-9]+)?) ?{_TIMES} ?10(?P<exponent>[0-9]+)"
_POWER_ALONE = rf"(?:10(?:\^|\*\*)|10(?=[⁺⁻{_RAISED}])|[eE])(?P<exponent>[+−⁺⁻-]?(?:[0-9]+|[{_RAISED}]+))"
_NO_EXPONENT = rf"[0-9.,]+ ?(?:[eE]|{_TIMES} ?10 ?\^?)[+−-]?"
_RANGE = rf".*[0-9{_RAISED}.)] *(?:[~～∼〜–—‒…至到±]|\.\.+|(?<![eE^])[-−]|\bto\b|\band\b|\+/-) *[0-9(].*"
_DATE = r"[0-9]{4}([-/.])[0-9]{1,2}\1[0-9]{1,2}"
_NUMBER_WORD = r"(?P<number>[0-9.]+) ?(?P<word>thousand|million|billion|trillion|[kKM]|万亿|万|亿)"
_WITH_UNIT = rf"[0-9][0-9.,]*(?:[eE][+-]?[0-9]+)? ?(?P<unit>(?![{_RAISED}])(?:[^\W\d_]|%)(?:[^\W\d_]|[%/ ])*2?)"
_POWERS = {
    "thousand": 3,
    "k": 3,
    "K": 3,
    "million": 6,
    "M": 6,
    "billion": 9,
    "trillion": 12,
    "万": 4,
    "亿": 8,
    "万亿": 12,
}


def parse_number(text: str) -> Decimal:
    """Return the one number that `text` can mean: digits, grouped digits, a decimal, or mantissa and power of ten.

    The result is exact and never negative; zero is a number, and the caller decides whether it makes sense.

    >>> parse_number("23.4"), parse_number("100,000,000"), parse_number("1.00E+09") == parse_number("1 × 10⁹")
    (Decimal('23.4'), Decimal('100000000'), True)

    Raises:
        Refusal: DC201, anything that R2 does not accept.
    """
    match = _NUMBER.fullmatch(text) if len(text) <= MAX_LENGTH else None
    if match is None:
        raise _refusal(text)
    return _value(match)


def parse_positive(text: str) -> Decimal:
    """Return the number of `text`, which must be above zero.

    Raises:
        Refusal: DC201 as `parse_number`; DC205 for zero.
    """
    value = parse_number(text)
    if not value:
        raise refuse("DC205", msg("the amount is zero"), msg("write an amount above zero, or leave it out"))
    return value


def is_number(text: str) -> bool:
    """Say whether `parse_number` takes `text`."""
    return len(text) <= MAX_LENGTH and _NUMBER.fullmatch(text) is not None


def number_at_start(text: str) -> tuple[Decimal, str] | None:
    """Return the number that `text` begins with and what follows its space, or None where there is no such pair."""
    match = _NUMBER.match(text)
    if match is None or match.end() > MAX_LENGTH or text[match.end() : match.end() + 1] != " ":
        return None
    return _value(match), text[match.end() + 1 :]


def quoted(text: str) -> str:
    """Return `text` in quotation marks, safe to print: shortened, and with codes for what cannot be seen."""
    shown = text if len(text) <= MAX_LENGTH else text[: MAX_LENGTH - 1] + "…"
    return '"' + "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in shown) + '"'


def not_a_number(what: Message, mend: Message) -> Refusal:
    """Make the refusal DC201."""
    return refuse("DC201", what, mend)


def check_characters(text: str) -> None:
    """Refuse what looks like something else: characters that cannot be seen, digits of another script.

    Raises:
        Refusal: DC201.
    """
    for character in text:
        if not character.isprintable():  # controls, no-break and zero-width spaces, lone surrogates
            raise not_a_number(
                msg(
                    "{text} holds a character that cannot be seen ({code})",
                    text=quoted(text),
                    code=f"U+{ord(character):04X}",
                ),
                msg("delete it and type the text again, with plain spaces only"),
            )
    mended = "".join(map(_ascii, text))
    if mended != text:
        raise not_a_number(
            msg("{text} is written with full-width characters or the digits of another script", text=quoted(text)),
            msg("write {mended}", mended=mended),
        )


def _ascii(character: str) -> str:
    if "！" <= character <= "｝":  # the full-width forms; ～ stays, it marks a range
        return chr(ord(character) - 0xFEE0)
    # str.isdecimal is true for Arabic, Devanagari and other digits, which Decimal() would take silently
    return str(int(character)) if character.isdecimal() else character


def _value(match: re.Match[str]) -> Decimal:
    if mantissa := match["mantissa"]:
        exponent = match["e"] or match["caret"] or match["raised"].translate(_LOWERED)
        return Decimal(f"{mantissa}e{exponent}")
    return Decimal(match["digits"] or match["grouped"].replace(",", ""))


def _refusal(text: str) -> Refusal:
    """Return the refusal of a text that is not a number: the first reason that fits, from the gross to the fine."""
    as_in = msg("write the amount in digits, as in 23.4 or 1e8")
    if not text.strip():
        return not_a_number(msg("the number is missing"), as_in)
    shown = quoted(text)
    if len(text) > MAX_LENGTH:
        what = msg("{text} is longer than {count} characters", text=shown, count=MAX_LENGTH)
        return not_a_number(what, msg("write the number alone; a large one as 1e8"))
    check_characters(text)
    if text != text.strip():
        return not_a_number(msg("{text} begins or ends with a space", text=shown), msg("remove the space"))
    if not any(character.isdigit() for character in text):
        return not_a_number(msg("{text} is not a number", text=shown), as_in)
    if text[0] in "-−–":
        mend = msg("an amount is zero or more: write it without the minus sign")
        return not_a_number(msg("{text} is negative", text=shown), mend)
    if text[0] == "+":
        return not_a_number(msg("{text} begins with a plus sign", text=shown), msg("write the number without the sign"))
    found = _several(text) or _power_of_ten(text) or _separators(text) or _more_than_a_number(text)
    return not_a_number(*found) if found else not_a_number(msg("{text} is not a number", text=shown), as_in)


def _several(text: str) -> _WhatAndMend | None:
    """What is wrong with a text that holds two numbers or more."""
    if re.fullmatch(_DATE, text):
        return msg("{text} is a date, not a number", text=quoted(text)), msg("check that it is in the right place")
    if re.fullmatch(_RANGE, text):
        what = msg("{text} is a range, and a range is not a dose", text=quoted(text))
        return what, msg("write the one value that is meant")
    return None


def _power_of_ten(text: str) -> _WhatAndMend | None:
    """What is wrong with a text that seems to be a mantissa and a power of ten."""
    shown = quoted(text)
    if match := re.fullmatch(_LOST_SUPERSCRIPT, text):
        what = msg("{text} has probably lost its superscript", text=shown)
        if len(match["exponent"]) > 2 or not Decimal(match["mantissa"]):
            return what, msg("write the power of ten as in 2e6")
        return what, _if_meant(Decimal(f"{match['mantissa']}e{match['exponent']}"))
    if match := re.fullmatch(_POWER_ALONE, text):
        what = msg("{text} has no number before the power of ten", text=shown)
        exponent = int(match["exponent"].translate(_LOWERED))
        if abs(exponent) > 99:
            return what, msg("write the power of ten as in 2e6")
        return what, msg("write 1e{exponent}, or put the missing number in place of the 1", exponent=exponent)
    if re.fullmatch(_NO_EXPONENT, text):
        return msg("{text} has no exponent", text=shown), msg("write the power of ten as in 2e6")
    match = re.fullmatch(_UNUSUAL_POWER, text)
    if match is None or not match["mantissa"].strip("."):
        return None
    mantissa, power = Decimal(match["mantissa"]), match["exponent"].translate(_LOWERED)
    if not mantissa:
        return msg("{text} is zero times a power of ten", text=shown), msg("write 0 if nothing is meant")
    # Only now, and only a power of two digits, is a number made of it: Decimal("1e999999999") is a trap
    if len(power.lstrip("+-0")) > 2 or abs(mantissa.adjusted() + int(power)) > 99:
        what = msg("{text} has an exponent beyond 99", text=shown)
        return what, msg("no amount is that large or small: check the exponent")
    literal = Decimal(f"{mantissa:f}e{power}")
    if 1 <= mantissa < 10:
        return msg("{text} is not a notation that everybody reads alike", text=shown), _if_meant(literal)
    other = Decimal(f"{mantissa_and_exponent(mantissa)[0]}e{power}")
    return msg("{text} has a number before the power of ten that is not from 1 to below 10", text=shown), msg(
        "write {e} if {spoken} is meant, {other_e} if {other_spoken} is meant",
        e=e_notation(literal),
        spoken=Spoken(literal),
        other_e=e_notation(other),
        other_spoken=Spoken(other),
    )


def _separators(text: str) -> _WhatAndMend | None:
    """What is wrong with a text of digits, points, commas and other marks that group digits."""
    if not set(text) <= set("0123456789,. _'’"):
        return None
    shown = quoted(text)
    if set(text) <= set("0123456789.") and text.count(".") <= 1:
        mend = msg("write {mended}", mended=plain(Decimal(text)))
        if text.startswith("."):
            return msg("{text} has no zero before the point", text=shown), mend
        if text.endswith("."):
            return msg("{text} ends with a point", text=shown), mend
        return msg("{text} begins with a zero too many", text=shown), mend
    if len(set(text) - set("0123456789")) > 1:  # perhaps two measurements: their digits are not proposed as one number
        what = msg("{text} has different marks between its digits, and two people can read it differently", text=shown)
        return what, msg("write one number, with a point before its decimals; several areas with ; between them")
    head, _, tail = text.rpartition(",")
    if set(head) <= set("0123456789") and tail.isdigit() and (len(tail) < 3 or head in ("", "0")):
        mended = plain(Decimal(f"{head or 0}.{tail}"))
        return msg("{text} has a decimal comma", text=shown), msg("write {mended}", mended=mended)
    whole = Decimal("".join(filter(str.isdigit, text)))
    return msg("{text} groups its digits in a way that two people can read differently", text=shown), msg(
        "write {mended} if {spoken} is meant; write one number, with a point before its decimals",
        mended=plain(whole),
        spoken=Spoken(whole),
    )


def _more_than_a_number(text: str) -> _WhatAndMend | None:
    """What is wrong with a text that goes on after its number."""
    shown = quoted(text)
    match = re.fullmatch(_NUMBER_WORD, text)
    if match and _NUMBER.fullmatch(match["number"]):
        what = msg("{text} holds a number word, which is not read alike everywhere", text=shown)
        return what, _if_meant(Decimal(f"{match['number']}e{_POWERS[match['word']]}"))
    if match := re.fullmatch(_WITH_UNIT, text):
        what = msg("{text} holds more than a number", text=shown)
        return what, msg("write the number alone, without {rest}", rest=quoted(match["unit"]))
    return None


def _if_meant(value: Decimal) -> Message:
    return msg("write {e} if {spoken} is meant", e=e_notation(value), spoken=Spoken(value))

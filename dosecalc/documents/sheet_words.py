"""Words and numbers that several documents say in the same way."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from dosecalc.documents.blocks import Figure
from dosecalc.dosing.limits import amount as near
from dosecalc.quantity import Quantity, readings
from dosecalc.reading import WORDS_FROM
from dosecalc.text import msg, render

if TYPE_CHECKING:
    import datetime as dt
    from fractions import Fraction

    from dosecalc.dosing.prepared import Dispensing, Fill, Preparation
    from dosecalc.protocol.site import Syringe
    from dosecalc.protocol.stock import Lot
    from dosecalc.text import Language, Message

DRAFT = msg("DRAFT – NOT FOR ADMINISTRATION")
PAGE = msg("page {page} of {pages}", page="{page}", pages="{pages}")
ROLES = {"active": msg("active"), "placebo": msg("placebo"), "comparator": msg("comparator")}
_ANSWERS = ROLES | {
    "up": msg("rounded up"),
    "down": msg("rounded down"),
    "half_up": msg("rounded, halves up"),
    "one_site": msg("one site"),
    "error": msg("an error: no dose"),
    "summed": msg("added up, then rounded"),
    "each": msg("each rounded by itself"),
    "once": msg("measured once"),
    "each_visit": msg("measured again at each visit"),
    "total": msg("total cells"),
    "viable": msg("viable cells"),
    "each_dose": msg("the amount of each dose"),
    "all_doses": msg("the amount of all doses together"),
    "one_scalp": msg("both areas on each participant"),
    "separate_participants": msg("one area on each participant"),
    "no_change": msg("the areas keep their products"),
    "change_over": msg("the areas change their products"),
    "first_dose": msg("first dose"),
    "randomisation": msg("randomisation"),
    "consent": msg("consent"),
    "P1M": msg("one month"),
    "P28D": msg("28 days"),
    "P30D": msg("30 days"),
    "yes": msg("yes"),
    "no": msg("no"),
}
"""What the codes of the answers to choose from mean."""


def amount(quantity: Quantity, language: Language) -> str:
    """Return an amount in its readings (R1)."""
    return quantity.in_language(language)


def exact_amount(value: Fraction, like: Quantity, language: Language) -> str:
    """Return an exact amount in the unit of `like`; one with decimals that no reader needs is rounded and says so."""
    return render(near(value, like.unit), language)


def answer_words(code: str, language: Language) -> str:
    """Return an answer to choose from as it stands in the site file, and what it means: `up (rounded up)`."""
    words = render(_ANSWERS.get(code, code), language)
    return code if words == code else render(msg("{code} ({words})", code=code, words=words), language)


def large(label: object, quantity: Quantity, language: Language, *, below: tuple[str, ...] = ()) -> Figure:
    """Return a large number; one that has words has its other two readings below it (R1)."""
    read = readings(quantity.value, language)
    more = (f"{read.words}  =  {read.scientific}",) if quantity.value >= WORDS_FROM else ()
    unit = quantity.unit.words(language, one=quantity.value == 1)
    return Figure(render(label, language), read.digits, unit, (*more, *below), wide=bool(more))


def sites_words(fill: Fill) -> Message | str:
    """Return which sites a syringe serves: `1 – 8`."""
    if fill.sites is None:
        return ""
    first, last = fill.sites
    return str(first) if first == last else msg("{first} – {last}", first=first, last=last)


def day_and_minute(moment: dt.datetime) -> str:
    """Return a time as `2026-03-02 11:30 (UTC+08:00)`."""
    return f"{moment:%Y-%m-%d %H:%M} ({moment.tzname() if moment.utcoffset() is None else _offset(moment)})"


def _offset(moment: dt.datetime) -> str:
    text = moment.isoformat()[-6:]
    return f"UTC{text}" if text[0] in "+-" else "UTC"


def expiry_words(lot: Lot) -> str:
    """Return the last day of use, and until when on it where that is known."""
    return lot.expiry.isoformat() + (f" {lot.expiry_time}" if lot.expiry_time else "")


def syringe_words(syringe: Syringe, language: Language) -> str:
    """Return a syringe by what can be read on it."""
    said = msg("{nominal} syringe, graduated in {graduation}", nominal=syringe.nominal, graduation=syringe.graduation)
    return render(said, language)


def of_what(made: Preparation | Dispensing) -> object:
    """Return which preparation this is, where a participant gets several."""
    dose = made.dose
    if dose.area_label is None:
        return dose.product_label
    return msg("{product}, on the {area}", product=dose.product_label, area=dose.area_label)


def minutes_words(minutes: int) -> Message:
    """Return a length of time in hours and minutes."""
    hours, rest = divmod(minutes, 60)
    if not rest:
        return msg("{hours} h", hours=hours)
    return msg("{hours} h {minutes} min", hours=hours, minutes=rest) if hours else msg("{minutes} min", minutes=rest)


def percent_words(quantity: Quantity) -> str:
    """Return `15 %`, as in a table."""
    return f"{readings(quantity.value, 'en').digits} %"


def is_some(quantity: Quantity) -> bool:
    """Whether there is anything of it."""
    return quantity.value > Decimal(0)

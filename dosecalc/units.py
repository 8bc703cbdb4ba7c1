"""The closed table of units (R3): what is not in it is not a unit, and nothing in it converts into anything else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from dosecalc.errors import refuse
from dosecalc.notation import MAX_LENGTH, quoted
from dosecalc.text import Message, msg, render

if TYPE_CHECKING:
    from dosecalc.text import Language

# The base units, each a dimension of its own: its symbol, and its words for one and for many.
_BASE: dict[str, tuple[Message, Message]] = {
    "particles": (msg("particle"), msg("particles")),
    "cells": (msg("cell"), msg("cells")),
    "viable cells": (msg("viable cell"), msg("viable cells")),
    "sites": (msg("site"), msg("sites")),
    "vials": (msg("vial"), msg("vials")),
    "days": (msg("day"), msg("days")),
    "hours": (msg("h"), msg("h")),
    "cm²": (msg("cm²"), msg("cm²")),
    "mL": (msg("mL"), msg("mL")),
    "kg": (msg("kg"), msg("kg")),
    "g": (msg("g"), msg("g")),
    "mg": (msg("mg"), msg("mg")),
    "%": (msg("%"), msg("%")),
}
_PER = {"site": "sites", "vial": "vials", "day": "days", "h": "hours", "cm²": "cm²", "mL": "mL", "kg": "kg"}
_SPELLINGS = {
    "particle": "particles",
    "cell": "cells",
    "viable cell": "viable cells",
    "site": "sites",
    "vial": "vials",
    "day": "days",
    "hour": "hours",
    "h": "hours",
    "cm2": "cm²",
    "cm^2": "cm²",
}
# Not accepted, but understood well enough to say what to write (in lower case).
_OTHER_NAMES = {
    **dict.fromkeys(("cc", "cm3", "ccm", "millilitre", "millilitres", "milliliter", "milliliters"), "ml"),
    **dict.fromkeys(("kgs", "kilo", "kilogram", "kilograms"), "kg"),
    **dict.fromkeys(("sq cm", "sqcm", "qcm", "square centimetre", "square centimetres"), "cm2"),
    **dict.fromkeys(("percent", "per cent"), "%"),
    "gram": "g",
    "grams": "g",
    "milligram": "mg",
    "milligrams": "mg",
    "particle": "particles",
    "cell": "cells",
    "viable cell": "viable cells",
    "sites": "site",
    "vials": "vial",
    "days": "day",
    "d": "day",
    "hours": "hour",
    "hr": "hour",
    "hrs": "hour",
}

_Powers = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit of the closed table `UNITS`; get it with `unit("particles/site")`.

    `powers` are the base units that it is a product of: `(("particles", 1), ("sites", -1))`.
    """

    symbol: str
    powers: _Powers

    def __str__(self) -> str:
        return self.symbol

    def in_language(self, language: Language) -> str:
        """Return the unit's name as a message shows it."""
        return self.words(language, one=False)

    def words(self, language: Language, *, one: bool) -> str:
        """Return the unit's name after exactly one (`1 particle/site`) or after any other number."""
        top = [render(_BASE[base][0 if one else 1], language) for base, power in self.powers if power > 0]
        return "/".join(top + [render(_BASE[base][0], language) for base, power in self.powers if power < 0])


def _table() -> dict[str, Unit]:
    table = {base: Unit(base, ((base, 1),)) for base in _BASE}
    rates = [
        (top, per)
        for top in ("particles", "cells", "viable cells", "mL", "g", "mg")
        for per in _PER
        if per not in (top, "h")
    ]
    for top, per in [*rates, ("mL", "h"), ("sites", "cm²"), ("cm²", "site")]:
        symbol = f"{top}/{per}"
        table[symbol] = Unit(symbol, ((top, 1), (_PER[per], -1)))
    return table


UNITS: dict[str, Unit] = _table()
_BY_POWERS = {frozenset(known.powers): known for known in UNITS.values()}


def unit(text: str) -> Unit:
    """Return the unit that `text` names, in singular or plural, with `/` or `per`, `cm²` or `cm2`.

    >>> unit("particle per cm2").symbol
    'particles/cm²'

    Raises:
        Refusal: DC203, the table has no such unit; the mend names the nearest ones.
    """
    if known := UNITS.get(text):
        return known
    top, slash, per = text.replace(" per ", "/").partition("/")
    top, per = _SPELLINGS.get(top, top), _SPELLINGS.get(per, per)
    symbol = top + slash + next((singular for singular, base in _PER.items() if base == per), per)
    if known := UNITS.get(symbol):
        return known
    raise refuse("DC203", msg("the unit {text} is not known", text=quoted(text)), _nearest_units(text))


def _nearest_units(text: str) -> Message:
    import difflib  # only a mistake pays for these two
    import unicodedata

    parts = unicodedata.normalize("NFKC", text[:MAX_LENGTH]).casefold().replace(" per ", "/").split("/")
    wanted = "/".join(_OTHER_NAMES.get(part.strip(), part.strip()) for part in parts)
    known = {unicodedata.normalize("NFKC", symbol).casefold(): symbol for symbol in UNITS}
    if wanted in known:
        return msg("write {unit}, exactly so", unit=known[wanted])
    near = [known[match] for match in difflib.get_close_matches(wanted, known, n=3)]
    if near:
        return msg("the nearest known units are {units}", units=", ".join(near))
    return msg("write one of {units}; an amount can be per {per}", units=", ".join(_BASE), per=", ".join(_PER))


def combined(left: Unit, right: Unit, sign: Literal[1, -1]) -> Unit | None:
    """Return the unit of left × right (`sign` 1) or left ÷ right (−1), or None where the table has none.

    >>> combined(unit("cells/kg"), unit("kg"), 1).symbol
    'cells'
    """
    powers = dict(left.powers)
    for base, power in right.powers:
        powers[base] = powers.get(base, 0) + sign * power
    return _BY_POWERS.get(frozenset((base, power) for base, power in powers.items() if power))

"""The JSON of a check: a public interface, and the record that `--out` keeps."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dosecalc.quantity import Amount
from dosecalc.reading import plain
from dosecalc.text import NOTHING, Language, Message, msg, render

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dosecalc.checking.compare import Compared, Shown
    from dosecalc.checking.entries import Entries
    from dosecalc.checking.sheet import Sheet
    from dosecalc.errors import Finding
    from dosecalc.quantity import Quantity
    from dosecalc.text import Words

RECORD = "1"
"""The version of the check record, its key `check`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """A finished check: what was entered, by whom and when, and what was compared."""

    sheet: Sheet
    entries: Entries
    compared: tuple[Compared, ...]
    checker: str
    checked_at: dt.datetime
    version: str
    labels: Mapping[str, Words] = field(default_factory=dict)
    """What the protocol calls the products."""
    refused: tuple[Finding, ...] = ()
    """Why nothing can be prepared from the entries; empty where the second engine came to its end."""

    @property
    def agreed(self) -> bool:
        """Whether everything that was compared is the same on both sides."""
        return not self.refused and all(each.agree for each in self.compared)


def shown(value: Shown | None) -> object:
    """Return one side of a comparison as people read it (R1)."""
    if value is None:
        return msg("nothing")
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ", timespec="seconds" if value.second else "minutes")
    if not isinstance(value, tuple):
        return value
    words: Message = NOTHING
    for amount in value:
        words = msg("{more}; {one}", more=words, one=amount) if words.template else msg("{amount}", amount=amount)
    return words


def record(checked: Checked, language: Language) -> dict[str, Any]:
    """The JSON of `check`. Amounts are texts of plain digits. What the stock file states stands under `stock`."""
    head = checked.sheet.head
    return {
        "check": RECORD,
        "program": checked.version,
        "worksheet_digest": checked.sheet.digest,
        "protocol": head.must("protocol"),
        "participant": head.text("participant"),
        "visit": checked.sheet.visit,
        "release": head.must("release"),
        "preparer": head.text("preparer"),
        "checker": checked.checker,
        "checked_at": checked.checked_at.isoformat(),
        "result": "agreed" if checked.agreed else "differs",
        "entries": _entries(checked.entries),
        "compared": [_compared(each, language) for each in checked.compared],
    } | ({"refused": [_refused(finding, language) for finding in checked.refused]} if checked.refused else {})


def _refused(finding: Finding, language: Language) -> dict[str, str]:
    return {
        "code": finding.code,
        "what": render(finding.what, language),
        "mend": render(finding.mend, language),
    }


def _entries(entries: Entries) -> dict[str, Any]:
    shape: dict[str, Any] = {"arms": list(entries.arms)}
    if entries.areas:
        shape["area_cm2"] = [plain(area) for area in entries.areas]
    if entries.weight is not None:
        shape["weight_kg"] = plain(entries.weight)
    if entries.level is not None:
        shape["level"] = entries.level
    if entries.rounding is not None:
        shape["rounding"] = entries.rounding
    if entries.area_a is not None:
        shape["area_a"] = entries.area_a
    if entries.thawed_at is not None:
        shape["thawed_at"] = entries.thawed_at.isoformat()
    shape["lots"] = [
        {"product": taken.product, "lot": taken.lot.id}
        | ({} if taken.concentration is None else {"concentration": _amount(taken.concentration)})
        for taken in entries.taken
    ]
    return shape


def _compared(each: Compared, language: Language) -> dict[str, Any]:
    shape: dict[str, Any] = {"name": each.name, "kind": each.kind}
    if each.product is not None:
        shape["product"] = each.product
    return shape | {
        each.against: _side(each.first, language),
        "second": _side(each.second, language),
        "agree": each.agree,
        "tenfold": each.tenfold,
    }


def _side(value: Shown | None, language: Language) -> Any:
    if value is None:
        return None
    if isinstance(value, tuple):
        return [_amount(amount.quantity) for amount in value]
    if isinstance(value, Amount):
        return _amount(value.quantity)
    if isinstance(value, dt.datetime):
        return value.isoformat()
    return render(value, language)


def _amount(quantity: Quantity) -> dict[str, str]:
    return {"value": plain(quantity.value), "unit": str(quantity.unit)}

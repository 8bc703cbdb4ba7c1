"""The text of a lot, as it was received: cut out of a stock file, read back as stock; and worksheets, packed.

What is kept is what the pharmacist wrote, letter by letter, so that the record shows what they had before them.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dosecalc.errors import InvalidFile, Where, refuse
from dosecalc.protocol.reader import read_stock
from dosecalc.protocol.stock import Stock
from dosecalc.text import msg
from dosecalc.worksheet_json import read_worksheet

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dosecalc.protocol.stock import Lot
    from dosecalc.registry.lots import LotState


def cut_lot(text: str, stock: Stock, lot: Lot) -> str:
    """Return a stock file of this one lot: its lines of `text`, under the file's own head.

    Raises:
        Refusal: DC770, the lot does not stand on lines of its own.
    """
    lines = text.splitlines()
    first = lot.where.line - 1
    while first > 0 and not lines[first].strip().strip("\"'").startswith((lot.id, f"{lot.id}:")):
        first -= 1
    starts = [other.where.line - 1 for other in stock.lots.values() if other.where.line > lot.where.line]
    last = min(starts, default=len(lines))
    for end in range(last, first, -1):  # what follows the lot (a comment, the next lot's key, another part) is left out
        made = "\n".join([*_head(stock), *lines[first:end], ""])
        if _is(made, lot):
            return made
    raise refuse(
        "DC770",
        msg("lot '{lot}' cannot be taken out of the stock file by itself", lot=lot.id),
        msg("write each lot under its number on lines of its own, as in the example stock file"),
        lot.where,
    )


def _head(stock: Stock) -> list[str]:
    return [f'dosecalc_stock: "{stock.dosecalc_stock}"', f"example: {str(stock.example).lower()}", "lots:"]


def _is(text: str, lot: Lot) -> bool:
    """Whether the text is that lot and nothing else."""
    try:
        found = read_stock(text.encode(), "lot").lots
    except InvalidFile:
        return False
    return list(found.values()) == [lot]


def lot_of(text: str) -> Lot:
    """Return the lot that a text describes."""
    return next(iter(read_stock(text.encode(), "lot").lots.values()))


def same_lot(one: str, other: str) -> bool:
    """Whether two texts describe the same lot; how many vials came with each does not matter."""
    return replace(lot_of(one), vials=0) == replace(lot_of(other), vials=0)


def stock_of(lots: Iterable[LotState]) -> Stock:
    """Return the stock that these lots make, each with the vials that are left of it.

    It is an example, which releases nothing, as soon as one of its lots came from an example.
    """
    found: dict[str, Lot] = {}
    example = False
    digest = hashlib.sha256()
    for state in sorted(lots, key=lambda one: one.lot):
        read = read_stock(state.text.encode(), state.lot)
        example = example or read.example
        # The lines are those of the kept text, which nobody has in hand: findings name the lot.
        found[state.lot] = replace(read.lots[state.lot], vials=state.left, where=Where(state.lot))
        digest.update(json.dumps([state.lot, state.text, state.left], ensure_ascii=False).encode())
    return Stock(dosecalc_stock="1", example=example, lots=found, sha256=digest.hexdigest())


def pack(document: Mapping[str, Any]) -> str:
    """Return a worksheet as a short text of ASCII."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return base64.b85encode(zlib.compress(text.encode(), 9)).decode()


def unpack(packed: str, name: str) -> dict[str, Any]:
    """Return the worksheet that was packed; `name` is what findings call it.

    Raises:
        Refusal: DC660 to DC662, it is no worksheet, or was changed.
    """
    return read_worksheet(zlib.decompress(base64.b85decode(packed)), name)

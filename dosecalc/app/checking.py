"""The double check: a second person's own entries against a worksheet (R14)."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dosecalc.app.loading import load, load_stock
from dosecalc.app.settings import now, user
from dosecalc.checking import origin
from dosecalc.checking.record import Checked, record
from dosecalc.checking.sheet import open_sheet
from dosecalc.errors import Refusal, refuse
from dosecalc.files import read_file, write_whole
from dosecalc.text import msg
from dosecalc.worksheet_json import read_worksheet

if TYPE_CHECKING:
    from dosecalc.checking.entries import Entries
    from dosecalc.checking.sheet import Sheet
    from dosecalc.dosing.result import OnRecord
    from dosecalc.errors import Finding
    from dosecalc.protocol.settled import Settled
    from dosecalc.protocol.stock import Stock
    from dosecalc.text import Language


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenCheck:
    """A worksheet that may be checked, by this person, against these files."""

    sheet: Sheet
    settled: Settled
    stock: Stock
    checker: str
    on_record: tuple[OnRecord, ...] = ()
    """What a study knows of the participant's other visits, for caps over all doses (R7)."""


def open_check(
    worksheet: str, *, site: str, stock: str, protocol: str | None = None, checker: str | None = None
) -> OpenCheck:
    """Open a worksheet for its check. `protocol` is the path of a protocol file that is not shipped.

    Raises:
        Refusal: DC660 to DC662, DC677, it is no worksheet, or not as it was made; DC663, of another major version;
            DC664, one of the files is not the one it was made from; DC665, the checker is the preparer; DC003, DC010,
            DC601.
        InvalidFile: findings of the files.
    """
    from dosecalc import __version__

    sheet = open_sheet(read_worksheet(read_file(worksheet), worksheet), worksheet)
    origin.check_program(sheet, __version__)
    name = user(checker)
    origin.check_checker(sheet, name)
    settled = load(protocol or sheet.head.must("protocol"), site)
    lots = load_stock(stock, settled.protocol)
    origin.check_sources(sheet, settled, lots)
    return OpenCheck(sheet=sheet, settled=settled, stock=lots, checker=name)


def finish_check(opened: OpenCheck, entries: Entries) -> Checked:
    """Compute from the entries alone, with the second engine, then compare.

    Entries from which nothing can be prepared are compared as they are, and the result says why: the second person has
    entered everything, and whoever was wrong must see both sides.

    Raises:
        Refusal: DC661, the worksheet is not one; DC667, nothing is prepared for these arms.
    """
    from dosecalc import __version__
    from dosecalc.checking.compare import compare
    from dosecalc.checking.entries import what_to_ask
    from dosecalc.checking.second import entered_only, prepare_again
    from dosecalc.visits.moments import site_zone

    visit, on = opened.sheet.visit, opened.sheet.on
    asked = what_to_ask(opened.settled, entries.arms, visit)
    refused: tuple[Finding, ...] = ()
    try:
        again = prepare_again(opened.settled, asked, entries, on, opened.on_record)
    except Refusal as refusal:
        again, refused = entered_only(asked, entries), refusal.findings
    return Checked(
        sheet=opened.sheet,
        entries=entries,
        compared=compare(opened.settled, opened.sheet, entries, again),
        checker=opened.checker,
        checked_at=now().astimezone(site_zone(opened.settled.timezone)),
        version=__version__,
        labels={name: product.label for name, product in opened.settled.protocol.products.items()},
        refused=refused,
    )


def check_out(out: str, worksheet: str) -> None:
    """Refuse to write the record over the worksheet itself.

    Raises:
        Refusal: DC675.
    """
    if os.path.exists(out) and os.path.exists(worksheet) and os.path.samefile(out, worksheet):
        raise refuse(
            "DC675",
            msg("{path} is the worksheet itself, and the record of its check would replace it", path=out),
            msg("name another file with --out"),
        )


def write_record(path: str, checked: Checked, language: Language) -> None:
    """Write the record of a check, whole or not at all.

    Raises:
        Refusal: DC602 to DC604.
    """
    text = json.dumps(record(checked, language), ensure_ascii=False, indent=2)
    write_whole(path, f"{text}\n".encode())

"""Whether a worksheet was made by this program from these very files, and who may check it."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from dosecalc.errors import Finding, Refusal, Where, refuse
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dosecalc.checking.sheet import Sheet
    from dosecalc.protocol.settled import Settled
    from dosecalc.protocol.stock import Stock


def check_program(sheet: Sheet, version: str) -> None:
    """Refuse a worksheet of another major version of dosecalc: its rules may be others.

    Raises:
        Refusal: DC663.
    """
    made_with = sheet.head.must("program")
    if made_with.partition(".")[0] != version.partition(".")[0]:
        raise refuse(
            "DC663",
            msg("this worksheet was made with dosecalc {its}, and this is {ours}", its=made_with, ours=version),
            msg("check it with the version that made it, or make it again with this one"),
            Where(sheet.head.file),
        )


def check_sources(sheet: Sheet, settled: Settled, stock: Stock) -> None:
    """Refuse to check against other files than those that the worksheet was made from.

    Raises:
        Refusal: DC664, for each file that differs.
    """
    if findings := list(_other_files(sheet, settled, stock)):
        raise Refusal(findings)


def _other_files(sheet: Sheet, settled: Settled, stock: Stock) -> Iterator[Finding]:
    digests = {
        "protocol_sha256": settled.protocol.sha256,
        "site_sha256": settled.site.sha256 if settled.site else None,
        "stock_sha256": stock.sha256,
    }
    names = {
        "protocol_sha256": msg("protocol file"),
        "site_sha256": msg("site file"),
        "stock_sha256": msg("stock file"),
    }
    for key, digest in digests.items():
        if sheet.head.text(key) != digest:
            yield Finding(
                "DC664",
                msg("the {which} is not the one that the worksheet was made from", which=names[key]),
                msg("give that very file; or, if the file has been corrected since, make the worksheet again"),
                Where(sheet.head.file),
                key,
            )


def check_checker(sheet: Sheet, checker: str) -> None:
    """Refuse a check by whoever prepared the dose: the checker is another person (R14).

    Raises:
        Refusal: DC665.
    """
    preparer = sheet.head.text("preparer")
    if preparer is not None and _name(preparer) == _name(checker):
        raise refuse(
            "DC665",
            msg("'{name}' prepared this dose, and nobody checks their own work", name=checker),
            msg("have a second person check it, from their own account or with --as and their user name"),
            Where(sheet.head.file),
        )


def _name(user: str) -> str:
    """A user name without what two spellings of it differ in."""
    return unicodedata.normalize("NFKC", user).strip().casefold()

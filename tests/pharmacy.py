"""A pharmacy for tests: site and stock files that are changed in one place, and worksheets made on one morning."""

from __future__ import annotations

import hashlib
from pathlib import Path

from dosecalc.app import shipped
from running import Ran, dosecalc

SITE = shipped("sites", "example.yaml")
STOCK = shipped("sites", "example-stock.yaml")
STAMP = "2026-03-02T09:20+08:00"
PROTOCOLS = ("NCT07203599", "NCT06932393", "NCT07084012")

SITES = ("NCT07203599", "--arm", "phase1-A", "--visit", "W0", "--area", "23.4")
BOTTLES = ("NCT07203599", "--arm", "phase2-minoxidil", "--visit", "W0")
SPLIT = ("NCT06932393", "--visit", "INJ1", "--area", "20")
CELLS = ("NCT07084012", "--arm", "group-2", "--visit", "D7", "--weight", "68")


def prepare(*words: str, site: str = SITE, stock: str = STOCK, stamp: str = STAMP) -> Ran:
    """Prepare as Li Na on the morning of 2 March 2026 in Shenzhen."""
    given = ("--site", site, "--stock", stock, "--stamp", stamp)
    return dosecalc("prepare", *words, *given, *(() if "--as" in words else ("--as", "li.na")))


def changed(folder: Path, file: str, *changes: tuple[str, str]) -> str:
    """A copy of a file in which each first text, which stands there once, is the second."""
    text = Path(file).read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1, (text.count(old), old)
        text = text.replace(old, new)
    copy = folder / Path(file).name
    copy.write_text(text, encoding="utf-8")
    return str(copy)


def own_files(folder: Path) -> tuple[str, str]:
    """A site and a stock file that are no examples; the site has verified all three protocol files."""
    made = []
    for file in (SITE, STOCK):
        text = Path(file).read_text(encoding="utf-8").replace("example: true", "example: false")
        for mark in (" (example)", "（示例）", "EXAMPLE-", "Example "):
            text = text.replace(mark, "")
        for protocol in PROTOCOLS if file == SITE else ():
            digest = hashlib.sha256(Path(shipped(f"{protocol}.yaml")).read_bytes()).hexdigest()
            checked = f'sha256: {digest}, document: Protocol, version: "2.0", by: A. Pharmacist, date: 2026-02-20'
            text = text.replace(f"\n  {protocol}:\n", f"\n  {protocol}:\n    verified: {{{checked}}}\n")
        copy = folder / f"our-{Path(file).name}"
        copy.write_text(text, encoding="utf-8")
        made.append(str(copy))
    return made[0], made[1]

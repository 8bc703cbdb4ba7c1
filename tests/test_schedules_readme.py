"""The examples of schedules/README.md work as they stand there."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import pytest

from dosecalc.app import load, load_stock
from dosecalc.protocol.binding import keys
from dosecalc.protocol.schema import json_schema
from house.source import CHECKOUT
from running import dosecalc

if TYPE_CHECKING:
    from pathlib import Path

PAGE = (CHECKOUT / "schedules" / "README.md").read_text(encoding="utf-8")
FILES = {"our-trial.yaml", "our-site.yaml", "our-stock.yaml", "participants.csv"}
AREAS = {"patches.csv", "outline.csv", "patches.json"}
PIECE = re.compile(r"<!-- ([a-z-]+\.(?:yaml|csv|json)) -->\n```\w+\n(.*?)```", re.DOTALL)
COMMANDS = [
    line
    for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    for line in block.splitlines()
    if line.startswith("dosecalc")
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the pieces of the page make."""
    pieces: dict[str, str] = {}
    for name, text in PIECE.findall(PAGE):
        pieces[name] = pieces.get(name, "") + text
    assert set(pieces) == FILES | AREAS
    for name, text in pieces.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_pieces_make_a_protocol_a_site_and_a_stock_file_without_mistakes(folder: Path) -> None:
    settled = load("our-trial.yaml", "our-site.yaml")
    assert settled.here is not None
    assert set(settled.here.preparation) | {"solution"} == set(settled.protocol.products)
    products = [lot.product for lot in load_stock("our-stock.yaml", settled.protocol).lots.values()]
    assert sorted(products) == sorted(settled.protocol.products)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_of_the_page_work(folder: Path, command: str) -> None:
    words = shlex.split(command.partition(">")[0])[1:]
    ran = dosecalc(*words)
    assert ran.code == 0, ran.err


def test_the_examples_use_every_key_of_the_language(folder: Path) -> None:
    from dosecalc.protocol.model import Protocol
    from dosecalc.protocol.site import Site, Verified
    from dosecalc.protocol.stock import Stock

    files = ("our-trial.yaml", "our-site.yaml", "our-stock.yaml")
    text = "".join((folder / name).read_text(encoding="utf-8") for name in files)
    # A digest cannot stand on the page: it would change with every word of the example. Its trial is open.
    shown = {"unmasked", "verified", *(key.name for key in keys(Verified))}
    names = (_keys(Protocol) | _keys(Site) | _keys(Stock)) - shown
    assert [name for name in sorted(names) if not re.search(rf"\b{name}:", text)] == []


def _keys(root: type) -> set[str]:
    schema = json_schema(root)
    return {name for part in (schema, *schema["$defs"].values()) for name in part["properties"]}


def test_every_key_of_protocol_site_and_stock_files_is_explained() -> None:
    from dosecalc.protocol.model import Protocol
    from dosecalc.protocol.site import Site
    from dosecalc.protocol.stock import Stock

    said = set(re.findall(r"`([A-Za-z0-9_]+)[`:.]", PAGE)) | set(re.findall(r"`\{([a-z_]+):", PAGE))
    assert sorted((_keys(Protocol) | _keys(Site) | _keys(Stock)) - said) == []


def test_every_column_is_explained() -> None:
    from dosecalc.tables.columns import FOR_DOSES, PLAIN
    from dosecalc.tables.output import DOSES, VISITS

    columns = {*PLAIN, *FOR_DOSES, *DOSES, *VISITS}
    assert [name for name in sorted(columns) if f"`{name}`" not in PAGE] == []


def test_every_key_of_a_worksheet_is_explained() -> None:
    from pharmacy import BOTTLES, CELLS, SITES, SPLIT, prepare

    section = PAGE[PAGE.index("### The JSON of a worksheet") : PAGE.index("## Messages")]
    thawed = ("--thawed-at", "2026-03-02T09:10")
    made = [prepare(*words, "--json").json for words in (SITES, SPLIT, (*CELLS, *thawed), BOTTLES)]
    assert sorted({key for each in made for key in _own_keys(each)} - set(re.findall(r"`(\w+)`", section))) == []


def _own_keys(value: object) -> set[str]:
    """The keys of a worksheet, but for those that it has from `dose --json`."""
    if isinstance(value, list):
        return set().union(*map(_own_keys, value))
    if not isinstance(value, dict):
        return set()
    inside = {name: part for name, part in value.items() if name not in ("dose", "assumptions", "warnings")}
    return set(value).union(*map(_own_keys, inside.values()))

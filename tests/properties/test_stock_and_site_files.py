"""Whatever stands in a stock or site file: it is read, or its mistakes are told with their places; nothing breaks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from dosecalc.app import load_protocol, shipped, shipped_protocols
from dosecalc.errors import Finding, InvalidFile
from dosecalc.protocol.reader import read_site, read_stock
from dosecalc.protocol.site_checks import check_site_against
from dosecalc.protocol.stock_checks import check_stock_against

PROTOCOLS = [load_protocol(name) for name in shipped_protocols()]
AMOUNTS = "1 mL|0 mL|1e-99 mL|1e99 mL|0.3 mL|10e6 cells/mL|2e7 cells/mL|1e9 particles/mL|0 %|99 %|1e9 %|1mL|1e-99 %"
OTHERS = "PT3H|PT0H|-PT1H|P1D|P1M|2026-01-08|2199-01-01|24:00|0|8|whole|part|nominal|5mL|nowhere|saline|minoxidil| |x"
SCALARS = [*AMOUNTS.split("|"), *OTHERS.split("|")]
RECORDS: list[Any] = [[], {}, {"en": "a", "zh": "甲"}, {"document": "D", "date": "2026-01-08", "concentration": "1 mL"}]
VALUES = st.sampled_from([*SCALARS, *RECORDS, None])


def example(name: str) -> Any:
    return yaml.load(Path(shipped("sites", name)).read_text("utf-8"), Loader=yaml.BaseLoader)


def places(value: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The place of every entry within nested keys."""
    if not isinstance(value, dict):
        return []
    return [place for key, item in value.items() for place in ((*path, key), *places(item, (*path, key)))]


STOCK, SITE = example("example-stock.yaml"), example("example.yaml")
IN_LOTS = places(STOCK)
IN_SITE = [
    place for place in places(SITE) if {"syringes", "preparation", "look", "label", "area_age"}.intersection(place)
]


def changed(root: Any, changes: list[tuple[tuple[str, ...], Any]]) -> bytes:
    """The file with other values at some places; None takes the entry away."""
    root = json.loads(json.dumps(root))
    for path, value in changes:
        inner = root
        for key in path[:-1]:
            inner = inner.get(key) if isinstance(inner, dict) else None
        if isinstance(inner, dict):
            if value is None:
                inner.pop(path[-1], None)
            else:
                inner[path[-1]] = value
    return json.dumps(root, ensure_ascii=False).encode()


@given(st.lists(st.tuples(st.sampled_from(IN_LOTS), VALUES), max_size=4))
def test_a_stock_file_is_read_or_its_mistakes_are_told(changes: list[tuple[tuple[str, ...], Any]]) -> None:
    found: list[Finding] = []
    try:
        stock = read_stock(changed(STOCK, changes), "stock.yaml")
        for protocol in PROTOCOLS:
            found += check_stock_against(stock, protocol)
    except InvalidFile as invalid:
        found += invalid.findings
    assert all(finding.where and finding.where.line and str(finding.what) and str(finding.mend) for finding in found)


@given(st.lists(st.tuples(st.sampled_from(IN_SITE), VALUES), max_size=4))
def test_a_site_file_is_read_or_its_mistakes_are_told(changes: list[tuple[tuple[str, ...], Any]]) -> None:
    found: list[Finding] = []
    try:
        site = read_site(changed(SITE, changes), "site.yaml")
        for protocol in PROTOCOLS:
            found += check_site_against(site, protocol)
    except InvalidFile as invalid:
        found += invalid.findings
    assert all(finding.where and finding.where.line and str(finding.what) and str(finding.mend) for finding in found)

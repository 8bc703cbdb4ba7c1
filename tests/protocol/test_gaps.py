"""Gaps between doses that the protocol states, alone and beside those of the site. No shipped record states one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from dosecalc.app import shipped, shipped_protocols
from dosecalc.app.loading import load_protocol
from dosecalc.errors import InvalidFile
from dosecalc.protocol.model import Protocol
from dosecalc.protocol.reader import read_protocol, read_site
from dosecalc.protocol.schema import json_schema
from dosecalc.protocol.settled import GapLimit, Settled
from dosecalc.protocol.site_checks import check_site_against
from running import dosecalc

SOURCE = {"document": "record", "section": "arms"}
CONFIRMED = {"document": "Pharmacy manual", "section": "8.2", "by": "A. Pharmacist", "date": "2026-01-05"}
RECORD = "ClinicalTrials.gov record NCT07203599"


def content(**gaps: Any) -> dict[str, Any]:
    text = Path(shipped("NCT07203599.yaml")).read_text("utf-8")
    loaded = yaml.load(text, Loader=yaml.BaseLoader)
    source = {"document": next(iter(loaded["documents"])), "section": "arms"}
    return {**loaded, "gaps": {**gaps, "source": source}}


def protocol(**gaps: Any) -> Protocol:
    return read_protocol(json.dumps(content(**gaps), ensure_ascii=False).encode(), "trial.yaml")


def settled(site: dict[str, str] | None = None, **gaps: Any) -> Settled:
    text = Path(shipped("sites", "example.yaml")).read_text("utf-8")
    example = yaml.load(text, Loader=yaml.BaseLoader)
    here = {} if site is None else {"gaps": {**site, "confirmed": CONFIRMED}}
    written = {**example, "protocols": {"NCT07203599": here}}
    read = read_site(json.dumps(written, ensure_ascii=False).encode(), "site.yaml")
    loaded = protocol(**gaps) if gaps else load_protocol("NCT07203599")
    return Settled(protocol=loaded, site=read)


@pytest.mark.parametrize(
    ("gaps", "what"),
    [
        ({}, "neither the least nor the greatest gap stands here"),
        ({"least": "P1M"}, "'P1M' is no gap between doses"),
        ({"most": "-P5D"}, "'-P5D' is no gap between doses"),
        ({"least": "P2W", "most": "P13D"}, "the least gap, 14 days, is longer than the greatest, 13 days"),
    ],
)
def test_the_reader_takes_whole_days_the_smaller_one_first(gaps: dict[str, str], what: str) -> None:
    with pytest.raises(InvalidFile) as caught:
        protocol(**gaps)
    assert [(f.code, str(f.what)) for f in caught.value.findings] == [("DC767", what)]


def test_gaps_have_a_source_in_a_document_of_the_protocol() -> None:
    for source, code in (({"document": "nowhere", "section": "1"}, "DC117"), (None, "DC104")):
        written = content(least="P5D")
        if source is None:
            del written["gaps"]["source"]
        else:
            written["gaps"]["source"] = source
        with pytest.raises(InvalidFile) as caught:
            read_protocol(json.dumps(written, ensure_ascii=False).encode(), "trial.yaml")
        assert [f.code for f in caught.value.findings] == [code]
    written["gaps"] = "P5D"
    with pytest.raises(InvalidFile) as caught:
        read_protocol(json.dumps(written, ensure_ascii=False).encode(), "trial.yaml")
    assert [(f.code, f.path) for f in caught.value.findings] == [("DC105", "gaps")]


@pytest.mark.parametrize("name", shipped_protocols())
def test_no_shipped_record_states_a_gap(name: str) -> None:
    assert load_protocol(name).gaps is None


def test_the_stricter_of_both_holds_with_its_own_source() -> None:
    both = settled({"least": "P12D", "most": "P40D"}, least="P10D", most="P30D")
    least, most = both.gap("least"), both.gap("most")
    assert least == GapLimit(days=12, document="Pharmacy manual", section="8.2")  # 12 is more than 10
    assert most is not None
    assert (most.days, most.section) == (30, "arms")  # 30 is less than 40: the protocol's
    assert most.document == both.protocol.documents[next(iter(both.protocol.documents))].title
    alike = settled({"least": "P10D"}, least="P10D").gap("least")
    assert alike is not None
    assert alike.section == "arms"  # of two that are alike the protocol's is named
    alone = settled(None, least="P10D")
    assert alone.gap("most") is None
    assert settled({"most": "P30D"}).gap("most") == GapLimit(days=30, document="Pharmacy manual", section="8.2")
    assert settled().gap("least") is None


@pytest.mark.parametrize(
    ("site", "gaps", "said"),
    [
        ({"least": "P31D"}, {"most": "P30D"}, "at least 31 days, at most 30"),
        ({"most": "P9D"}, {"least": "P10D"}, "at least 10 days, at most 9"),
    ],
)
def test_gaps_that_leave_no_day_are_refused(site: dict[str, str], gaps: dict[str, str], said: str) -> None:
    both = settled(site, **gaps)
    assert both.site is not None
    found = [each for each in check_site_against(both.site, both.protocol) if each.code == "DC831"]
    assert [str(each.what) for each in found] == [
        f"with the protocol's gaps between doses no day is left: {said}",
    ]
    one_day = settled({"least": "P30D"}, most="P30D")
    assert one_day.site is not None
    assert not [each for each in check_site_against(one_day.site, one_day.protocol) if each.code == "DC831"]


def test_the_schema_and_protocol_show_know_the_gaps(tmp_path: Path) -> None:
    schema = json_schema(Protocol)
    assert schema["properties"]["gaps"] == {"$ref": "#/$defs/Gaps"}
    assert schema["$defs"]["Gaps"]["required"] == ["source"]
    file = tmp_path / "trial.yaml"
    file.write_text(json.dumps(content(least="P10D", most="P5W"), ensure_ascii=False), "utf-8")
    shown = dosecalc("protocol", "show", str(file))
    assert "From one dose to the next: at least 10 days (arms)" in shown.out
    assert "From one dose to the next: at most 35 days (arms)" in shown.out
    assert "From one dose to the next" not in dosecalc("protocol", "show", "NCT07203599").out
    assert dosecalc("protocol", "show", str(file), "--json").json["gaps"]["least"] == "P10D"

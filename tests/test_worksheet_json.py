"""A worksheet's JSON is read whole and as it was made, or not at all."""

from __future__ import annotations

import json

import pytest

from checking.sheets import exosomes, sealed
from dosecalc.errors import Refusal
from dosecalc.worksheet_json import check_digest, digest_of, read_worksheet


def refused(data: bytes) -> str:
    with pytest.raises(Refusal) as refusal:
        read_worksheet(data, "w.json")
    (finding,) = refusal.value.findings
    assert finding.where is not None
    assert finding.where.file == "w.json"
    return f"{finding.code} {finding.what}"


def test_the_digest_is_that_of_sorted_keys_without_spaces() -> None:
    # printf '{"a":"2.4","b":["药"]}' | sha256sum
    expected = "7104f515e856611bf8a733e364694813aa7bf71db359da3ece2efcc9e6d264de"
    assert digest_of({"b": ["药"], "a": "2.4", "digest": "left out"}) == expected


def test_a_worksheet_is_read_back_however_it_is_spaced() -> None:
    made = sealed(exosomes())
    assert read_worksheet(json.dumps(made, indent=4).encode(), "w.json") == made
    assert read_worksheet(json.dumps(made, ensure_ascii=False, sort_keys=True).encode(), "w.json") == made


@pytest.mark.parametrize("key", ["participant", "visit", "product_volume_ml", "vials", "preparer", "site_sha256"])
def test_a_value_changed_by_hand_is_found(key: str) -> None:
    made = sealed(exosomes())
    made[key] = 30 if isinstance(made[key], int) else f"{made[key]}0"
    assert refused(json.dumps(made).encode()).startswith("DC662 the worksheet was changed after it was made")


def test_a_value_changed_deep_inside_is_found() -> None:
    made = sealed(exosomes())
    made["stock"]["concentration"]["value"] = "10000000000"
    with pytest.raises(Refusal, match="DC662"):
        check_digest(made)


def test_a_count_written_as_a_decimal_is_found() -> None:
    text = json.dumps(sealed(exosomes())).replace('"vials": 3', '"vials": 3.0')
    assert refused(text.encode()).startswith("DC662")


def test_a_worksheet_without_its_digest_is_refused() -> None:
    assert refused(json.dumps(exosomes()).encode()).startswith("DC662")


@pytest.mark.parametrize("data", [b"%PDF-1.7\n%\xb5", b"<!doctype html>\n<html>", b"\xef\xbb\xbf <HTML>"])
def test_who_gives_the_printed_worksheet_is_told_which_file_is_meant(data: bytes) -> None:
    with pytest.raises(Refusal) as refusal:
        read_worksheet(data, "P-001-W0-worksheet.pdf")
    (finding,) = refusal.value.findings
    assert finding.code == "DC677"
    assert str(finding.what) == "this is the printed worksheet, made to be read by people"
    assert str(finding.mend) == "give the file of the same name that ends in .json; it was written beside this one"


def test_truncated_json_is_refused_with_its_place() -> None:
    text = json.dumps(sealed(exosomes()), indent=1)
    for length in range(0, len(text) - 1, 37):
        assert refused(text[:length].encode()) == "DC660 the file is not complete JSON"


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xfe{}",
        b'{"worksheet": NaN}',
        b'{"worksheet": "1", "worksheet": "1"}',
        b'{"worksheet": "1", "dose": {"total": "1", "total": "2"}}',
        b"[" * 100_000,
        b"9" * 10_000,
        b'{"a": "\\ud800"}',
    ],
)
def test_what_is_no_worksheets_json_is_refused(data: bytes) -> None:
    assert refused(data) == "DC660 the file is not the JSON that a worksheet is"


def test_ten_million_bytes_are_refused_before_they_are_read() -> None:
    assert refused(b" " * 10_000_000) == "DC660 the file has 10,000,000 bytes, more than any worksheet"


@pytest.mark.parametrize("text", ["[]", "1", '"worksheet"', "{}", '{"protocol": "x"}'])
def test_other_json_is_no_worksheet(text: str) -> None:
    assert refused(text.encode()) == "DC661 this file is not a worksheet of dosecalc"


def test_a_later_kind_of_worksheet_is_refused() -> None:
    made = sealed(exosomes() | {"worksheet": "2"})
    assert refused(json.dumps(made).encode()).startswith("DC661 this worksheet is of a version that this program")

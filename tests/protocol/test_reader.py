"""Protocol files: each mistake is found, with its code and line, and all of a file's mistakes at once."""

from __future__ import annotations

import json
import re
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from dosecalc.app import shipped, shipped_protocols
from dosecalc.errors import InvalidFile, Where
from dosecalc.protocol.reader import read_protocol

BROKEN = Path(__file__).parent.parent / "broken"
MADE_UP = Path(__file__).parent.parent / "cases" / "made-up.yaml"
ONE_MISTAKE = sorted(path for path in BROKEN.glob("*.yaml") if path.name != "many.yaml")


def findings(data: bytes) -> list[tuple[str, int]]:
    with pytest.raises(InvalidFile) as caught:
        read_protocol(data, "x.yaml")
    assert all(f.where is not None and f.where.file == "x.yaml" for f in caught.value.findings)
    return [(f.code, f.where.line if f.where else 0) for f in caught.value.findings]


@pytest.mark.parametrize("path", ONE_MISTAKE, ids=lambda path: path.stem)
def test_a_file_with_one_mistake_has_one_finding_on_its_line(path: Path) -> None:
    expected = re.match(r"# (DC\d{3}) line (\d+)", path.read_text("utf-8"))
    assert expected, "the first line names the code and the line"
    assert findings(path.read_bytes()) == [(expected[1], int(expected[2]))]


def test_every_mistake_of_a_file_is_reported_at_once() -> None:
    text = (BROKEN / "many.yaml").read_text("utf-8")
    expected = [
        (code, number)
        for number, line in enumerate(text.splitlines(), 1)
        for code in re.findall(r"DC\d{3}", line.partition("#")[2])
        if number > 1
    ]
    assert len(expected) >= 10
    assert sorted(findings(text.encode())) == sorted(expected)


ABOUT_OTHER_FILES = {
    "example_checks.py",
    "preparation_checks.py",
    "clinic_checks.py",
    "site_checks.py",
    "stock_checks.py",
}


def test_every_code_of_the_language_has_a_broken_example() -> None:
    shown = {code for path in BROKEN.glob("*.yaml") for code in re.findall(r"DC1\d\d", path.read_text("utf-8"))}
    package = Path(__file__).parent.parent.parent / "dosecalc" / "protocol"
    raised = {
        code
        for path in package.glob("*.py")
        if path.name not in {*ABOUT_OTHER_FILES, "reader.py"}
        for code in re.findall(r'"(DC1\d\d)"', path.read_text("utf-8"))
    }
    assert raised - shown == set()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("with-different-sites", "one and two differ in what masked people see: the injection sites at D0"),
        ("with-different-daily-amount", "what is taken home at D0"),
        ("with-a-further-dose", "the number of doses at D0"),
        ("on-different-areas", "the area at D0"),
        ("with-different-amount-in-mL", "the amount in mL at D0"),
        ("measured-at-different-visits", "when the area is measured at D0"),
        ("unlike-behind-a-placebo", "two and three differ in what masked people see: the injection sites at D0"),
        ("with-the-placebo-of-another-product", "one and three differ in what masked people see: the volume at D0"),
    ],
)
def test_masked_arms_that_look_different_are_told_apart_by_name(name: str, words: str) -> None:
    with pytest.raises(InvalidFile, match=words):
        read_protocol((BROKEN / f"masked-arms-{name}.yaml").read_bytes(), "x.yaml")


@pytest.mark.parametrize("name", shipped_protocols())
def test_a_shipped_protocol_has_no_findings(name: str) -> None:
    protocol = read_protocol(Path(shipped(f"{name}.yaml")).read_bytes(), name)
    assert protocol.id == name


def test_the_made_up_trial_needs_no_code_of_its_own() -> None:
    assert read_protocol(MADE_UP.read_bytes(), "made-up.yaml").arms


def test_the_digest_is_that_of_the_bytes_of_the_file() -> None:
    import hashlib

    data = MADE_UP.read_bytes()
    assert read_protocol(data, "x").sha256 == hashlib.sha256(data).hexdigest()


def test_places_take_no_part_in_equality() -> None:
    data = MADE_UP.read_bytes()
    assert read_protocol(data, "one.yaml") == read_protocol(b"# a comment moves every line\n" + data, "two.yaml")


def test_every_record_knows_its_line() -> None:
    def places(value: Any) -> list[Where]:
        found = []
        if is_dataclass(value):
            found += [value.where] if hasattr(value, "where") else []
            for field in fields(value):
                found += places(getattr(value, field.name))
        elif isinstance(value, dict):
            found += [place for item in value.values() for place in places(item)]
        elif isinstance(value, tuple):
            found += [place for item in value for place in places(item)]
        return found

    protocol = read_protocol(MADE_UP.read_bytes(), "made-up.yaml")
    assert all(place.line > 0 for place in places(protocol))


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (b"", "DC107", "there is nothing in the file"),
        (b"\xff\xfe", "DC107", "not UTF-8"),
        (b"a: \x07", "DC107", "a character that YAML does not allow"),
        (b"a: &x [*x, *x]", "DC108", "anchors and aliases"),
        (b"a: !!python/object:os.system x", "DC108", "tags"),
        (b"a: ! x", "DC108", "tags"),
        (b"a: ! [x]", "DC108", "tags"),
        (b"!x\na: 1", "DC108", "tags"),
        (b"a: 1\n---\nb: 2\n", "DC108", "a second document"),
        (b"? [1, 2]\n: x\n", "DC108", "a key must be plain text"),
        (b"[" * 5000, "DC107", "nested too deeply"),
        (b"x" * 1_000_001, "DC107", "at most 1000000 are read"),
        (b"just text", "DC105", "several keys belong here"),
        (b"- 1", "DC105", "several keys belong here"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_text_that_is_no_protocol_is_refused(data: bytes, code: str, words: str) -> None:
    with pytest.raises(InvalidFile) as caught:
        read_protocol(data, "x.yaml")
    assert next(f.code for f in caught.value.findings) == code
    assert words in str(caught.value)


def test_a_hundred_megabytes_are_refused_before_they_are_parsed() -> None:
    assert findings(b"a" * 100_000_000) == [("DC107", 0)]


def test_numbers_are_never_guessed_by_yaml() -> None:
    # YAML 1.1 reads 012 as 10 and 1_000 as 1000; here both reach the notation firewall as they stand.
    text = MADE_UP.read_text("utf-8")
    for bad in ("012 cells/kg", "1_000 cells/kg", "0x10 cells/kg"):
        changed = re.sub(r"(per_weight:\s*\{?\s*amount: )[^,}\n]+", rf"\g<1>{bad}", text, count=1)
        assert changed != text
        assert ("DC201", changed[: changed.index(bad)].count("\n") + 1) in findings(changed.encode())


SECTIONS = ("documents", "products", "anchors", "encounters", "areas", "levels", "arms", "assumptions", "checks")


@pytest.mark.parametrize("name", shipped_protocols())
def test_a_text_in_the_place_of_any_entry_is_told_and_breaks_nothing(name: str) -> None:
    protocol = yaml.load(Path(shipped(f"{name}.yaml")).read_text("utf-8"), Loader=yaml.BaseLoader)
    for section in SECTIONS:
        for entry in protocol.get(section, {}):
            broken = {**protocol, section: {**protocol[section], entry: "text"}}
            with pytest.raises(InvalidFile) as caught:
                read_protocol(json.dumps(broken, ensure_ascii=False).encode(), "trial.yaml")
            assert ("DC105", f"{section}.{entry}") in {(f.code, f.path) for f in caught.value.findings}

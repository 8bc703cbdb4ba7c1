"""The worked examples of tests/cases, made by hand from the registry records, through the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from dosecalc.app import load_protocol, shipped
from running import Ran, dosecalc

CASES = Path(__file__).parent / "cases"
CONFIRMED = {"document": "Pharmacy manual", "section": "1", "by": "A. Pharmacist", "date": "2026-01-05"}
VERIFIED = {"document": "Protocol", "version": "1", "by": "A. Pharmacist", "date": "2026-01-05"}
ONE = {"arm": "--arm", "round": "--round", "weight": "--weight", "level": "--level", "start": "--start"}
LISTS = {"areas": "--area", "visits": "--visit"}
NAMED = {"actual": "--actual", "anchors": "--anchor"}


def _cases() -> list[Any]:
    found = []
    for path in sorted(CASES.glob("*.yaml")):
        if path.name != "made-up.yaml":
            for case in yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader)["cases"]:
                found.append(pytest.param(case, id=f"{path.stem}: {case['name']}"))  # noqa: PERF401
    return found


def _protocol(given: dict[str, Any]) -> str:
    name: str = given["protocol"]
    return str(CASES / name) if name.endswith(".yaml") else name


def _site_file(given: dict[str, Any], tmp_path: Path) -> str:
    """A site file that says what the case says; JSON is YAML too."""
    said = given["site"]
    protocol = load_protocol(_protocol(given))
    here: dict[str, Any] = {
        "answers": {code: {"answer": a, "confirmed": CONFIRMED} for code, a in said.get("answers", {}).items()},
        "levels": {
            name: {"decided": [{"amount": a, "confirmed": CONFIRMED}]} for name, a in said.get("levels", {}).items()
        },
        "windows": {name: {"window": w, "confirmed": CONFIRMED} for name, w in said.get("windows", {}).items()},
    }
    if said.get("verified") == "true":
        here["verified"] = {**VERIFIED, "sha256": protocol.sha256}
    example = yaml.load(Path(shipped("sites", "example.yaml")).read_text("utf-8"), Loader=yaml.BaseLoader)
    path = tmp_path / "site.yaml"
    path.write_text(json.dumps({**example, "example": "false", "protocols": {protocol.id: here}}), "utf-8")
    return str(path)


def _run(given: dict[str, Any], tmp_path: Path) -> Ran:
    words = [given["command"], _protocol(given), "--json"]
    assert set(given) <= {"command", "protocol", "site", *ONE, *LISTS, *NAMED}, "a key that nothing reads"
    for key, option in ONE.items():
        words += [option, given[key]] if key in given else []
    for key, option in LISTS.items():
        words += [word for value in given.get(key, []) for word in (option, value)]
    for key, option in NAMED.items():
        words += [word for name, value in given.get(key, {}).items() for word in (option, f"{name}={value}")]
    if "site" in given:
        words += ["--site", _site_file(given, tmp_path)]
    return dosecalc(*words)


def _text(value: Any) -> Any:
    """A JSON value as a worked example writes it: every leaf is text."""
    if isinstance(value, dict):
        return {key: _text(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_text(item) for item in value]
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return str(value)


def _compare(got: dict[str, Any], expected: dict[str, Any]) -> None:
    expected = dict(expected)
    for key in expected.pop("without", []):
        assert key not in got
    for words in expected.pop("says", []):
        assert words in got["text"]
    assert {key: got.get(key, "(left out)") for key in expected} == expected


@pytest.mark.parametrize("case", _cases())
def test_worked_example(case: dict[str, Any], tmp_path: Path) -> None:
    assert case["arithmetic"].strip(), "an example without its arithmetic proves nothing"
    expected: dict[str, Any] = case["expect"]
    ran = _run(case["given"], tmp_path)
    if "refused" in expected:
        assert (ran.code, ran.codes) == (1, expected["refused"])
        assert all(words in ran.err for words in expected.get("says", []))
        return
    assert ran.err == ""
    assert ran.code == 0
    got = _text(ran.json)
    if "doses" in expected:
        wanted = [
            {"encounter": name, **{key: value for key, value in dose.items() if key != "encounters"}}
            for dose in expected["doses"]
            for name in dose.get("encounters", [dose.get("encounter")])
        ]
        order = {dose["encounter"]: n for n, dose in reversed(list(enumerate(got["doses"])))}
        assert len(got["doses"]) == len(wanted)
        wanted.sort(key=lambda dose: order.get(dose["encounter"], -1))
        for one, other in zip(got["doses"], wanted, strict=True):
            _compare(one, other)
    for key in ("visits", "checks"):
        if key in expected:
            assert len(got[key]) == len(expected[key])
            for one, other in zip(got[key], expected[key], strict=True):
                _compare(one, other)
    if "cumulative" in expected:
        if expected["cumulative"] == "null":
            assert "cumulative" not in got
        else:
            _compare(got["cumulative"], expected["cumulative"])
    if "warnings" in expected:
        assert [warning["code"] for warning in got["warnings"]] == expected["warnings"]
    if "release" in expected:
        assert got["release"] == expected["release"]
    assert set(expected) <= {"doses", "visits", "checks", "cumulative", "warnings", "release"}

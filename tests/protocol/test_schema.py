"""The JSON Schema that editors use says the same as the reader, as far as a schema can."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from dosecalc.app import shipped, shipped_protocols
from dosecalc.protocol.model import Protocol
from dosecalc.protocol.schema import json_schema
from dosecalc.protocol.site import Site
from dosecalc.protocol.stock import Stock
from running import dosecalc

TESTS = Path(__file__).parent.parent


class _Texts(yaml.SafeLoader):
    """Reads dates as texts, as the YAML 1.2 of an editor does."""


_Texts.yaml_implicit_resolvers = {
    key: [(tag, regexp) for tag, regexp in entries if tag != "tag:yaml.org,2002:timestamp"]
    for key, entries in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def load(path: Path) -> Any:
    return yaml.load(path.read_text("utf-8"), Loader=_Texts)


def validator(record: type) -> jsonschema.Draft202012Validator:
    schema = json_schema(record)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize(
    "path",
    [*(Path(shipped(f"{n}.yaml")) for n in shipped_protocols()), TESTS / "cases/made-up.yaml"],
    ids=lambda p: p.stem,
)
def test_a_good_protocol_fits_the_schema(path: Path) -> None:
    assert [error.message for error in validator(Protocol).iter_errors(load(path))] == []


@pytest.mark.parametrize(("record", "name"), [(Site, "example.yaml"), (Stock, "example-stock.yaml")])
def test_the_example_files_fit_their_schemas(record: type, name: str) -> None:
    assert [error.message for error in validator(record).iter_errors(load(Path(shipped("sites", name))))] == []


def test_a_mistake_in_a_stock_file_is_marked() -> None:
    stock = load(Path(shipped("sites", "example-stock.yaml")))
    stock["lots"]["EXAMPLE-EV-A"]["concentraton"] = "1e9 particles/mL"
    assert not validator(Stock).is_valid(stock)


@pytest.mark.parametrize(("kind", "title"), [("protocol", "Protocol"), ("site", "Site"), ("stock", "Stock")])
def test_the_schema_of_each_kind_of_file_is_printed(kind: str, title: str) -> None:
    assert dosecalc("protocol", "schema", "--for", kind).json["title"] == f"dosecalc {title} file"


@pytest.mark.parametrize(
    "name", ["misspelt-key", "missing-source", "not-among-the-choices", "bad-id", "no-list", "missing-key"]
)
def test_a_mistake_that_a_schema_can_see_is_marked(name: str) -> None:
    assert not validator(Protocol).is_valid(load(TESTS / "broken" / f"{name}.yaml"))

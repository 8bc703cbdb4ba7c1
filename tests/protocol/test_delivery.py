"""The part of the site file that lets calendars leave the house: closed unless somebody decided otherwise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dosecalc.app import load
from dosecalc.errors import InvalidFile
from protocol.test_site import site

CONFIRMED = {"document": "Data protection plan", "section": "3.1", "by": "Zhao Lei", "date": "2026-02-16"}


def write(folder: Path, **delivery: Any) -> str:
    path = folder / "site.yaml"
    path.write_text(json.dumps({**site("NCT07203599"), "delivery": delivery}), "utf-8")
    return str(path)


def test_a_way_that_the_site_file_does_not_name_is_closed(tmp_path: Path) -> None:
    settled = load("NCT07203599", write(tmp_path, caldav={"confirmed": CONFIRMED}))
    assert settled.site is not None
    assert settled.site.delivery is not None
    assert settled.site.delivery.caldav is not None
    assert settled.site.delivery.caldav.confirmed.by == "Zhao Lei"
    assert settled.site.delivery.feeds is None
    assert settled.site.delivery.mail is None


@pytest.mark.parametrize(
    ("delivery", "code", "what"),
    [
        ({"caldav": {}}, "DC103", "the key 'confirmed' is missing"),
        ({"caldav": "true"}, "DC105", "several keys belong here"),
        ({"webdav": {"confirmed": CONFIRMED}}, "DC101", "the key 'webdav' is not known here"),
    ],
)
def test_a_way_is_opened_by_a_decision_and_by_nothing_else(
    tmp_path: Path, delivery: dict[str, Any], code: str, what: str
) -> None:
    with pytest.raises(InvalidFile) as caught:
        load("NCT07203599", write(tmp_path, **delivery))
    assert [(f.code, str(f.what)) for f in caught.value.findings] == [(code, what)]

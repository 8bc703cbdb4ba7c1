"""What differs between two versions of a protocol, in words."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dosecalc.errors import DosecalcError
from dosecalc.protocol.reader import read_protocol, read_site
from dosecalc.protocol.settled import Settled
from dosecalc.registry.amendment import Change, compare
from house.source import CHECKOUT

SCHEDULES = CHECKOUT / "schedules"
SITE = read_site((SCHEDULES / "sites" / "example.yaml").read_bytes(), "site.yaml")


def text_of(name: str) -> str:
    return (SCHEDULES / f"{name}.yaml").read_text(encoding="utf-8")


def settled(text: str) -> Settled:
    return Settled(protocol=read_protocol(text.encode(), "p.yaml"), site=SITE)


def changed(old: str, new: str, name: str = "NCT07203599", count: int = -1) -> tuple[Change, ...]:
    text = text_of(name)
    assert old in text
    return compare(settled(text), settled(text.replace(old, new, count))).changes


def said(changes: tuple[Change, ...]) -> list[str]:
    return [str(change.text) for change in changes]


@pytest.mark.parametrize("name", [path.stem for path in sorted(SCHEDULES.glob("*.yaml"))])
def test_a_version_differs_from_itself_in_nothing(name: str) -> None:
    one = settled(text_of(name))
    assert compare(one, one).changes == ()


def test_a_moved_visit_is_said_in_days_from_what_it_counts_from() -> None:
    assert said(changed("offset: P4W", "offset: P5W")) == [
        "W4 is planned 35 days after: first treatment (week 0); it was planned 28 days after: first treatment (week 0)"
    ]


def test_a_window_is_said_with_both_its_sides() -> None:
    found = changed("after: P2D", "after: P4D", "NCT07084012", count=1)
    assert said(found) == [
        "window of D7: 2 days before to 4 days after the target; it was: 2 days before to 2 days after the target"
    ]
    assert [change.kind for change in found] == ["window"]


def test_a_dose_that_differs_in_its_amount_is_said_with_three_readings() -> None:
    found = changed("amount: 1.0e9 particles/site\n", "amount: 5.0e8 particles/site\n")
    (only,) = said(found)
    assert only == (
        "phase1-B, W0, W2, W4, W6: 500,000,000 particles/site (500 million; 5 × 10⁸); "
        "it was 1,000,000,000 particles/site (1 billion; 1 × 10⁹)"
    )
    assert [change.kind for change in found] == ["dose"]


def test_a_dose_that_is_no_longer_given_is_said_with_its_visit() -> None:
    (only,) = said(changed("at: [W0, W2, W4, W6]", "at: [W0, W2, W4]", count=1))
    assert only.startswith("phase1-A, W6: no dose any more; it was: 100,000,000 particles/site")


def test_a_decision_that_the_protocol_now_makes_itself_is_said_with_the_dose() -> None:
    found = said(changed("rounding: {answer: ROUNDING}", "rounding: up", count=1))
    assert len(found) == 1
    assert "rounding: up" in found[0]
    assert "rounding: as ROUNDING is answered" in found[0]


def test_a_level_that_is_allowed_is_a_change_of_doses() -> None:
    old = "one_of: [1.0e8 particles/site, 1.0e9 particles/site, 1.0e10 particles/site]"
    (only,) = changed(old, "one_of: [1.0e8 particles/site, 1.0e9 particles/site]")
    assert only.kind == "dose"
    assert str(only.text).startswith("levels.phase2-per-site.one_of[2] is gone; it was: 10,000,000,000 particles/site")


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("en: Week 4,", "en: Week four,", "encounters.W4.label"),
        ("strength: 5 %", "strength: 2 %", "products.minoxidil.strength"),
        ("assumed: once", "assumed: each_visit", "assumptions.AREA_MEASURED.assumed"),
        ("en: Umbilical cord", "en: Cord", "title"),
        ('en: "Phase I, group A"', 'en: "Phase 1, group A"', "arms.phase1-A.label"),
    ],
)
def test_what_has_no_words_of_its_own_is_named_by_its_place(old: str, new: str, place: str) -> None:
    assert [change.place for change in changed(old, new, count=1)] == [place]


def test_where_a_number_is_cited_from_is_no_change() -> None:
    assert changed('section: "Study Groups, Group A"', 'section: "5.1"') == ()


@given(st.data())
def test_no_difference_is_left_out(data: st.DataObject) -> None:
    """Whatever number, duration or answer of the file is another one, the difference says something."""
    text = text_of(data.draw(st.sampled_from(("NCT07203599", "NCT07084012", "NCT06932393"))))
    edits = [("offset: P", "offset: P1"), ("e8 ", "e7 "), ("kind: choice", "kind: text"), (": days", ": DAYS")]
    edits = [(old, new) for old, new in edits if old in text]
    old, new = data.draw(st.sampled_from(edits))
    places = [at for at in range(len(text)) if text.startswith(old, at)]
    at = data.draw(st.sampled_from(places))
    try:
        after = settled(text[:at] + new + text[at + len(old) :])
    except DosecalcError:  # an edit that makes no protocol says nothing here
        return
    before = settled(text)
    if before.protocol != after.protocol:
        assert compare(before, after).changes


def test_a_site_file_differs_by_answer() -> None:
    raw = Path(SCHEDULES / "sites" / "example.yaml").read_text(encoding="utf-8")
    old = 'MINOXIDIL_TIMES:\n        answer: "1"'
    assert old in raw
    site = read_site(raw.replace(old, old.replace('"1"', '"2"')).encode(), "site.yaml")
    before = settled(text_of("NCT07203599"))
    found = compare(before, Settled(protocol=before.protocol, site=site)).changes
    assert said(found) == ["protocols.NCT07203599.answers.MINOXIDIL_TIMES.answer is 2; it was 1"]

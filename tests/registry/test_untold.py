"""What people write into the record of a masked trial names no arm and no product (R15)."""

from __future__ import annotations

from typing import Any

import pytest

from dosecalc.app.loading import load_protocol
from dosecalc.errors import Refusal
from dosecalc.registry.event import Draft, Kind
from dosecalc.registry.untold import check_untold
from masked_study import NOW

CELLS, AREAS, OPEN = (load_protocol(name) for name in ("NCT07084012", "NCT06932393", "NCT07203599"))


def said(reason: str | None = None, kind: Kind = "miss", **public: Any) -> Draft:
    return Draft(kind=kind, at=NOW, participant="P001", visit="D7", reason=reason, public=public)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("got the placebo", "placebo"),
        ("PLACEBO?", "placebo"),
        ("placebos are out", "placebo"),
        ("is in group-1", "group-1"),
        ("is in Group 1, I think", "group-1"),
        ("group1", "group-1"),
        ("Ｇｒｏｕｐ　１", "group-1"),
        ("one vial of cell medium", "cell-medium"),
        ("hUC-MSCs clotted", "hUC-MSC"),
        ("属于第1组", "第 1 组"),
        ("他在安慰剂组", "安慰剂"),
        ("安慰剂对照组", "安慰剂对照组"),
    ],
)
def test_a_text_that_names_an_arm_or_a_product_is_refused_however_it_is_written(text: str, name: str) -> None:
    with pytest.raises(Refusal) as refused:
        check_untold(said(text), CELLS)
    [finding] = refused.value.findings
    assert finding.code == "DC826"
    assert str(finding.what) == f"'{text}' names an arm or a product of this trial: {name}"
    assert str(finding.mend) == (f"masked people read this: write it without {name}, for example 'the study treatment'")


@pytest.mark.parametrize(
    "text",
    ["rash after the infusion", "did not come", "group 12 of the bus tour", "subgroup-1", "输注后皮疹", "x", "", None],
)
def test_other_texts_are_taken(text: str | None) -> None:
    check_untold(said(text), CELLS)


def test_in_an_open_trial_everything_may_be_named() -> None:
    check_untold(said("minoxidil, phase1-A"), OPEN)


def test_the_area_of_a_trial_with_two_areas_may_be_named_and_what_it_gets_may_not() -> None:
    check_untold(said("redness in the study area"), AREAS)
    with pytest.raises(Refusal, match="saline"):
        check_untold(said("redness where the saline went"), AREAS)


@pytest.mark.parametrize(
    "draft",
    [
        said("x", "unblind", told="Dr Chen: placebo"),
        said(None, "dispense", to="placebo nurse", when="2026-06-01"),
        said(None, "consent", form="placebo", date="2026-06-01"),
        said("x", "correct", public={"reason": "placebo"}),
        said("x", "measure", values=["1", "placebo"]),
    ],
)
def test_every_open_text_of_an_event_is_looked_at(draft: Draft) -> None:
    with pytest.raises(Refusal, match="placebo"):
        check_untold(draft, CELLS)


def test_what_is_sealed_and_the_files_of_the_study_may_name_arms() -> None:
    check_untold(Draft(kind="destroy", at=NOW, sealed={"lot": "L", "vials": 1, "reason": "placebo, broken"}), CELLS)
    check_untold(said("x", "amend", protocol_text="placebo", site_text="placebo"), CELLS)

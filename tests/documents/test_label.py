"""Labels: what the law wants, and nothing that tells a masked person the arm (R15)."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from documents.paper import layout, pages, words
from documents.samples import dispensing, infusion, injections, split
from dosecalc.documents.label import why_by_hand
from dosecalc.documents.label_print import label_html, label_pdf
from dosecalc.documents.worksheet import Input
from dosecalc.dosing.prepared import Preparation
from dosecalc.errors import Refusal
from dosecalc.quantity import Quantity
from dosecalc.text import Words, msg
from dosecalc.units import unit

if TYPE_CHECKING:
    from dosecalc.documents.worksheet import Worksheet
    from dosecalc.text import Language

HOUR = dt.timedelta(hours=1)
NOON = dt.datetime(2026, 3, 2, 12, 0, tzinfo=dt.timezone(8 * HOUR))


def lettered(sheet: Worksheet, area_a: str) -> Worksheet:
    """The worksheet where somebody said which area is A."""
    return replace(sheet, inputs=(*sheet.inputs, Input(name="area_a", label=msg("area A"), values=(area_a,))))


def refused(sheet: Worksheet, *, masked: bool, height: int = 60) -> str:
    with pytest.raises(Refusal) as caught:
        label_pdf(sheet, "en", masked=masked, height_mm=height)
    return str(caught.value)


def without_label(sheet: Worksheet, *, name: bool = False) -> Worksheet:
    """The worksheet at a site that says nothing for labels, or only (`name`) no masked name."""
    site, protocol = sheet.settled.site, sheet.settled.protocol.id
    assert site is not None
    here = site.protocols[protocol]
    assert here.label is not None
    less = replace(here, label=replace(here.label, masked_name=None) if name else None)
    return replace(sheet, settled=replace(sheet.settled, site=replace(site, protocols={protocol: less})))


def test_there_is_one_label_for_each_syringe_with_its_sites() -> None:
    labels = pages(label_pdf(injections(), "en", masked=False))
    assert len(labels) == 3
    assert "Syringe 1 of 3" in labels[0]
    assert "0.8 mL, sites 1 – 8" in labels[0]
    assert "0.8 mL, sites 17 – 24" in labels[2]
    # 2.4 × 10⁹ ÷ 24 × 8
    assert "(2.4 billion; 2.4 × 10⁹) 800,000,000 particles (800 million; 8 × 10⁸) 0.8 mL" in labels[0]


def test_what_a_syringe_holds_is_its_share_of_a_dose_that_a_cap_lowered() -> None:
    sheet = injections()
    (made,) = sheet.preparations
    assert isinstance(made, Preparation)
    assert made.dose.total is not None
    capped = replace(made, dose=replace(made.dose, total=Quantity(Decimal("1.2e9"), made.dose.total.unit)))
    label = pages(label_pdf(replace(sheet, preparations=(capped,)), "en", masked=False))[0]
    # 1.2 × 10⁹ ÷ 24 × 8
    assert "(1.2 billion; 1.2 × 10⁹) 400,000,000 particles (400 million; 4 × 10⁸) 0.8 mL" in label


def test_a_chinese_label_has_the_particulars_of_the_annex() -> None:
    label = pages(label_pdf(injections(), "zh", "cn", masked=False))[0]
    for expected in (
        "仅用于临床试验",
        "EXAMPLE-AGA-01",
        "申办者有限公司（示例）",
        "研究者甲（示例）",
        "人脐带间充质干细胞外泌体",
        "TT-001",
        "W0",
        "EV-2026-014",
        "2026-12-31",
        "2,400,000,000",
        "注射液",
        "头皮注射",
        "由研究者按标记的注射点作头皮注射",
        "+86 755 0000 0000",
    ):
        assert expected in label.replace(" ", "") or expected in label, expected


def test_a_european_label_has_the_particulars_of_annex_vi() -> None:
    """Regulation (EU) 536/2014, Annex VI, A.1, points (a) to (l)."""
    label = pages(label_pdf(injections(), "en", "eu", masked=False))[0]
    for expected in (
        "Sponsor Ltd (example)",  # a: main contact, with address and telephone
        "Clinical Research Centre, Shenzhen (example)",
        "tel. +86 755 0000 0000",
        "umbilical cord mesenchymal stem cell exosomes (hUCMSC-sEV)",  # b: name and strength
        "800,000,000 particles (800 million; 8 × 10⁸)",
        "injection into the scalp",  # c: form, route, units
        "Syringe 1 of 3",
        "EV-2026-014",  # d: lot, and what identifies the packaging
        "NCT07203599/TT-001/W0/1",
        "EXAMPLE-AGA-01 (NCT07203599)",  # e: trial
        "TT-001",  # f: participant and visit
        "W0 (Week 0)",
        "Dr A. Investigator (example)",  # g: investigator
        "For injection into the scalp by the investigator, at the marked sites",  # h: directions
        "For clinical trial use only",  # i
        "Storage",  # j
        "expiry 2026-12-31",  # k: period of use
        "Keep out of reach of children",  # l
    ):
        assert expected in label, expected


def test_a_form_that_the_route_names_is_not_said_twice() -> None:
    assert b"<dt>Form, route</dt><dd>injection into the scalp</dd>" in label_html(injections(), "en", masked=False)
    assert "注射液，头皮注射" in label_html(injections(), "zh", masked=False).decode()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_wording_of_the_law_is_there_in_its_own_language(language: Language) -> None:
    assert "仅用于临床试验" in words(label_pdf(injections(), language, "cn", masked=False))
    assert "For clinical trial use only" in words(label_pdf(injections(), language, "eu", masked=False))


def test_a_bottle_has_the_directions_of_its_own_use_and_not_those_of_an_injection() -> None:
    label = words(label_pdf(dispensing(), "en", masked=False))
    assert "Daily use at home, as shown at the clinic" in label
    assert "injection" not in label
    assert "Bottle 1 of 2" in label
    assert "below 25 °C" in label
    assert "Keep out of reach of children" in label


@pytest.mark.parametrize("kind", ["cn", "eu"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_masked_label_is_the_same_in_every_byte_whichever_the_arm(language: Language, kind: str) -> None:
    made = [label_pdf(infusion(arm), language, kind, masked=True) for arm in ("group-1", "group-2", "placebo")]  # type: ignore[arg-type]
    assert made[0] == made[1] == made[2]
    shown = [label_html(infusion(arm), language, kind, masked=True) for arm in ("group-1", "group-2", "placebo")]  # type: ignore[arg-type]
    assert shown[0] == shown[1] == shown[2]


def test_a_masked_label_holds_neither_product_nor_amount_nor_lot_nor_expiry() -> None:
    label = words(label_pdf(infusion(), "en", masked=True))
    assert "hUC-MSCs or cell medium" in label
    for telling in ("100,000,000", "MSC-26-003", "2026-09-30", "11:15", "human umbilical cord", "group", "viable"):
        assert telling not in label


def test_the_two_areas_are_a_and_b_and_swapping_them_changes_no_byte() -> None:
    there = label_pdf(lettered(split(), "study"), "en", masked=True)
    back = label_pdf(lettered(split(), "control"), "en", masked=True)
    assert there == back
    text = pages(there)
    assert [("NCT06932393/TT-001/INJ1/A1" in text[0]), ("NCT06932393/TT-001/INJ1/B1" in text[1])] == [True, True]
    for telling in ("study", "control", "EXO-26-02", "NS-0441", "10,000,000,000"):
        assert telling not in " ".join(text)


def test_an_unmasked_label_of_two_areas_names_product_and_area() -> None:
    text = pages(label_pdf(split(), "en", masked=False))
    assert "exosomes, on the study area" in text[0]
    assert "saline, on the control area" in text[1]


def timed(sheet: Worksheet, *times: dt.datetime | None) -> Worksheet:
    """The worksheet with these times to finish by, one for each preparation."""
    made = [each for each in sheet.preparations if isinstance(each, Preparation)]
    return replace(sheet, preparations=tuple(replace(each, stop_by=at) for each, at in zip(made, times, strict=True)))


def test_masked_labels_state_the_time_to_finish_by_where_all_areas_share_it() -> None:
    sheet = timed(split(), NOON, NOON)
    text = pages(label_pdf(sheet, "en", masked=True))
    assert ["2026-03-02 12:00 (UTC+08:00)" in page for page in text] == [True, True]
    assert why_by_hand(sheet) is None


ONE_ARM = "this worksheet knows the limit of its own lot only, and the time must not tell the arm"
ONE_AREA = "this worksheet has only one of the areas, and the time must not tell which"


@pytest.mark.parametrize(
    ("sheet", "why"),
    [
        (timed(split(), NOON, NOON - HOUR), "it is not the same for all areas, and must not tell which is which"),
        (timed(split(), NOON, None), "it is not the same for all areas, and must not tell which is which"),
        (split(), "no time of thawing was given, or the lots have no limit"),
        (replace(timed(split(), NOON, NOON), preparations=timed(split(), NOON, NOON).preparations[:1]), ONE_AREA),
        (infusion(), ONE_ARM),
        (infusion("placebo"), ONE_ARM),
    ],
)
def test_a_time_that_might_tell_the_arm_is_written_by_hand_and_the_pharmacist_is_told_why(
    sheet: Worksheet, why: str
) -> None:
    label = words(label_pdf(sheet, "en", masked=True))
    for telling in ("12:00", "11:00", "11:15"):
        assert telling not in label
    assert "To be finished by" in label
    assert str(why_by_hand(sheet)) == (
        f"write the time to finish by on the masked labels by hand, alike on all of them: {why}"
    )


def test_two_participants_have_labels_with_different_codes() -> None:
    one, other = (words(label_pdf(infusion(participant=code), "en", masked=True)) for code in ("B-01", "B-02"))
    assert "NCT07084012/B-01/D0/1" in one
    assert "NCT07084012/B-02/D0/1" in other
    assert "NCT07084012/________/D0/1" in words(label_pdf(infusion(participant=None), "en", masked=True))


@pytest.mark.parametrize("telephone", ["+86 755 0000 0000", "0755-2000-0000-0001", "+86 (755) 0000-0000"])
@pytest.mark.parametrize("length", range(30, 60, 3))
def test_a_telephone_number_stays_on_one_line(telephone: str, length: int) -> None:
    sheet = injections()
    site, protocol = sheet.settled.site, sheet.settled.protocol.id
    assert site is not None
    here = site.protocols[protocol]
    assert here.label is not None
    address = "a" * 8 + " b" * (length // 2)
    label = replace(here.label, telephone=telephone, address=Words(address, address))
    site = replace(site, protocols={protocol: replace(here, label=label)})
    printed = label_pdf(replace(sheet, settled=replace(sheet.settled, site=site)), "en", masked=False)
    assert any(telephone in line for line in layout(printed))


@pytest.mark.parametrize(("language", "field"), [("en", "Area ____"), ("zh", "区域 ____")])
def test_where_nobody_said_which_area_is_a_masked_labels_have_a_line_for_the_letter(
    language: Language, field: str
) -> None:
    labels = pages(label_pdf(split(), language, masked=True))
    assert [(field in page, "NCT06932393/TT-001/INJ1/__1" in page) for page in labels] == [(True, True)] * 2
    assert label_html(split(), language, masked=True).decode().count(f'<div class="area">{field}</div>') == 2
    assert "____" not in words(label_pdf(split(), language, masked=False))
    assert "____" not in words(label_pdf(lettered(split(), "study"), language, masked=True))


def test_masked_labels_without_letters_are_the_same_bytes_whichever_area_comes_first_or_alone() -> None:
    study, control = (made for made in split().preparations if isinstance(made, Preparation))
    more = replace(study, fills=tuple(replace(fill, expelled=Quantity(Decimal(2), unit("mL"))) for fill in study.fills))
    for one in (study, more):
        there, back = (replace(split(), preparations=made) for made in ((one, control), (control, one)))
        assert label_pdf(there, "en", masked=True) == label_pdf(back, "en", masked=True)
        assert label_html(there, "en", masked=True) == label_html(back, "en", masked=True)
    alone = [label_pdf(replace(split(), preparations=(one,)), "en", masked=True) for one in (study, control)]
    assert alone[0] == alone[1]


def test_a_masked_label_of_an_open_trial_is_refused() -> None:
    assert refused(injections(), masked=True) == (
        "DC644 NCT07203599 is an open trial: its labels name the product; print the labels without masking"
    )


def test_without_its_texts_in_the_site_file_there_is_no_label() -> None:
    assert refused(without_label(injections()), masked=False).startswith(
        "DC643 the site file says nothing for the labels of NCT07203599; write sponsor"
    )
    assert refused(without_label(infusion(), name=True), masked=True).startswith(
        "DC644 the site file has no name for the product on a masked label; write 'masked_name'"
    )


def test_a_dosage_form_that_tells_the_products_apart_is_refused() -> None:
    sheet = infusion()
    (made,) = sheet.preparations
    assert isinstance(made, Preparation)
    other = replace(made, how=replace(made.how, dosage_form=Words("cells", "细胞")))
    assert "DC644 the dosage forms of hUC-MSC, cell-medium differ, so a masked label would tell them apart" in refused(
        replace(sheet, preparations=(other,)), masked=True
    )


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_draft_says_so_on_every_label(language: Language) -> None:
    mark = {"en": "DRAFT – NOT FOR ADMINISTRATION", "zh": "草稿，不得用于给药"}[language]
    for page in pages(label_pdf(injections(), language, masked=False)):
        assert mark in page
    assert "DRAFT" not in words(label_pdf(injections(draft=False), "en", masked=False))


def test_a_masked_label_is_a_draft_where_that_of_any_arm_would_be() -> None:
    """The placebo's own reasons may all be settled; a missing mark would then tell who gets it."""
    released = replace(infusion("placebo"), draft=())
    assert label_pdf(released, "en", masked=True) == label_pdf(infusion("group-1"), "en", masked=True)


def test_a_long_chinese_name_is_set_smaller_and_never_cut() -> None:
    sheet = injections(draft=False)
    (made,) = sheet.preparations
    name = "人脐带间充质干细胞来源的小细胞外囊泡头皮皮内注射用冻干制剂及其配套溶媒联合微针给药装置（第三代改良工艺批）"
    long = replace(made, dose=replace(made.dose, product_label=Words(name, name)))
    labels = pages(label_pdf(replace(sheet, preparations=(long,), participant="Q" * 40), "zh", masked=False))
    assert len(labels) == 3
    for label in labels:
        joined = label.replace(" ", "").replace("\N{ZERO WIDTH SPACE}", "")
        assert name in joined
        # the name, and the label's code: in several lines, which need not follow one another in the text
        assert joined.count("Q") == 80


def test_a_label_that_is_too_small_is_refused_and_not_cut() -> None:
    assert refused(injections(), masked=False, height=20) == (
        "DC646 the label is too small for what stands on it; take a larger label, or shorten the texts under 'label' "
        "in the site file"
    )


def test_labels_are_the_same_bytes_every_time() -> None:
    assert label_pdf(injections(), "zh", masked=False) == label_pdf(injections(), "zh", masked=False)


def test_a_typed_text_on_a_label_is_a_text_and_nothing_else() -> None:
    sheet = injections(participant="<script>#x$]")
    assert "<script>#x$]" in words(label_pdf(sheet, "en", masked=False))
    assert b"<script" not in label_html(sheet, "en", masked=False)

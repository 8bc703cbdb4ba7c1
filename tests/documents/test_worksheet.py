"""The dose worksheet: nothing is missing on the paper, and nobody can mistake a draft for a released one."""

from __future__ import annotations

import builtins
import datetime as dt
import re
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from documents.paper import numbers, pages, qr_codes, words
from documents.samples import DIGEST, MADE, dispensing, infusion, injections, ml, split
from dosecalc.documents.printing import worksheet_html, worksheet_pdf
from dosecalc.documents.sheet_words import answer_words
from dosecalc.documents.typst_pdf import breakable
from dosecalc.documents.worksheet import Input
from dosecalc.dosing.prepared import Preparation
from dosecalc.errors import Refusal
from dosecalc.text import Words, msg

if TYPE_CHECKING:
    from dosecalc.documents.worksheet import Worksheet
    from dosecalc.text import Language

GOLDEN = Path(__file__).parent.parent / "golden"
DRAFT = {"en": "DRAFT – NOT FOR ADMINISTRATION", "zh": "草稿，不得用于给药"}
SAMPLES = {
    "injections": injections(),
    "released": injections(draft=False),
    "infusion": infusion(),
    "placebo": infusion("placebo", participant=None),
    "split": split(),
    "dispensing": dispensing(),
}


def first(sheet: Worksheet) -> Preparation:
    made = sheet.preparations[0]
    assert isinstance(made, Preparation)
    return made


def refused(sheet: Worksheet) -> str:
    with pytest.raises(Refusal) as caught:
        worksheet_pdf([sheet], "en")
    return str(caught.value)


def test_the_paper_says_what_a_pharmacist_draws_up() -> None:
    text = words(worksheet_pdf([SAMPLES["injections"]], "en"))
    for expected in (
        "2,400,000,000 particles",
        "2.4 billion = 2.4 × 10⁹",
        "2.7 mL",
        "0.1 mL",
        "24 sites",
        "EV-2026-014",
        "2026-12-31",
        "frozen, -80 °C or below",
        "15 %",
        "3 of 60 in stock, counted by the nominal content of a vial",
        "17 – 24",
        "1 mL syringe, graduated in 0.01 mL",
        "±17 %",
        "1,680,000,000 particles (1.68 billion; 1.68 × 10⁹) to 3,120,000,000 particles (3.12 billion; 3.12 × 10⁹)",
        "+2.56 %",
        "0.6 cm²",
        "2026-03-02 11:40 (UTC+08:00)",
        "sites: 23.4 cm² × 1 site/cm² = 23.4, rounded up (Pharmacy manual (example), 4.2): 24 (+2.56 %)",
        "24 sites × 100,000,000 particles/site = 2,400,000,000 particles",
        "Zhang Wei",
        "Warnings 0.1 mL from a 1 mL syringe",
        "NOT CONFIRMED (example): Pharmacy manual (example), 4.2; Example pharmacist, 2026-02-16",
        "The checker is not the preparer",
        "dosecalc 0.3.0",
        "ab" * 32,
        DIGEST,
    ):
        assert expected in text, expected


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", SAMPLES)
def test_every_number_of_the_page_can_be_found_in_the_pdf(name: str, language: Language) -> None:
    text = words(worksheet_pdf([SAMPLES[name]], language))
    assert sorted(each for each in numbers(worksheet_html(SAMPLES[name], language)) if each not in text) == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_draft_says_so_on_every_page(language: Language) -> None:
    for page in pages(worksheet_pdf([injections("399.7")], language)):
        assert DRAFT[language] in page


def test_a_released_worksheet_says_who_verified_the_protocol_file_and_is_no_draft() -> None:
    text = words(worksheet_pdf([SAMPLES["released"]], "en"))
    assert "DRAFT" not in text
    assert (
        "RELEASED The protocol file was verified against Clinical trial protocol LL-2025-07, version 2.0, by Li Hua"
        in text
    )


def test_the_qr_code_says_protocol_visit_and_digest(tmp_path: Path) -> None:
    pdf = worksheet_pdf([SAMPLES["released"], SAMPLES["infusion"]], "zh")
    assert qr_codes(pdf, tmp_path) == [f"dosecalc:NCT07203599:W0:{DIGEST}", f"dosecalc:NCT07084012:D0:{DIGEST}"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_same_worksheets_give_the_same_bytes(language: Language) -> None:
    sheets = list(SAMPLES.values())
    assert worksheet_pdf(sheets, language) == worksheet_pdf(sheets, language)
    assert worksheet_pdf(sheets, language).startswith(b"%PDF-")


def test_the_pdf_is_dated_by_the_newest_worksheet_and_no_clock() -> None:
    later = replace(SAMPLES["injections"], made_at=MADE + dt.timedelta(days=1))
    pdf = worksheet_pdf([SAMPLES["injections"], later], "en")
    assert re.findall(rb"CreationDate\s*\(D:(\d{14})", pdf) == [b"20260303001500"]  # 08:15 in Shanghai is 00:15 UTC


def test_each_worksheet_counts_its_own_pages() -> None:
    found = [
        re.findall(r"page (\d+) of (\d+)", page) for page in pages(worksheet_pdf([injections(), dispensing()], "en"))
    ]
    assert found == [[("1", "3")], [("2", "3")], [("3", "3")], [("1", "2")], [("2", "2")]]


def test_four_hundred_sites_go_over_pages_with_the_headings_on_each() -> None:
    sheet = injections("399.7")
    printed = pages(worksheet_pdf([sheet], "en"))
    assert [page for page in printed if "Site numbers" in page] == printed[1:3]
    assert "393 – 400" in printed[2]
    assert "40,000,000,000 particles" in printed[0]


def test_half_a_millilitre_is_printed_with_its_zero_and_no_other() -> None:
    made = replace(first(SAMPLES["infusion"]), product_volume=ml("0.50"), administered=ml("0.5"))
    text = words(worksheet_pdf([replace(SAMPLES["infusion"], preparations=(made,))], "en"))
    assert "0.5 mL" in text
    assert "0.50 mL" not in text


def test_a_concentration_is_never_a_row_of_zeros() -> None:
    given = Input(name="concentration", label=msg("concentration"), values=("10000000000 particles/mL",))
    text = words(worksheet_pdf([replace(SAMPLES["injections"], inputs=(given,))], "en"))
    assert "10,000,000,000 particles/mL (10 billion; 1 × 10¹⁰)" in text
    assert "10000000000" not in text


def test_the_dmso_says_of_what_and_the_most_there_may_be() -> None:
    """1 mL of 10 % v/v holds 0.11 g: 10 mL for 70 kg are 1.1 / 70 = 0.01571… g/kg, rounded up."""
    assert "0.0158 g/kg of body weight, at most 1 g/kg" in words(worksheet_pdf([SAMPLES["infusion"]], "en"))


def test_until_when_stands_among_the_large_numbers_of_the_first_page() -> None:
    html = worksheet_html(SAMPLES["injections"], "en").decode()
    below = "<i>2026-03-02 (UTC+08:00)</i><i>3 h after thawing</i>"
    assert f"<small>Stop by</small><b>11:40</b> {below}" in html
    text = pages(worksheet_pdf([SAMPLES["injections"]], "en"))[0]
    assert text.index("11:40") < text.index("Inputs")


def test_without_the_time_of_thawing_there_is_room_to_write_until_when() -> None:
    unknown = replace(first(SAMPLES["injections"]), thawed_at=None, stop_by=None)
    html = worksheet_html(replace(SAMPLES["injections"], preparations=(unknown,)), "en").decode()
    assert "<small>Stop by</small><b>___ : ___</b> <i>3 h after thawing</i>" in html
    assert "Stop by</small>" not in worksheet_html(SAMPLES["placebo"], "en").decode()  # its lot has no limit


@pytest.mark.parametrize(("area_a", "study", "control"), [("study", "A", "B"), ("control", "B", "A")])
def test_which_area_is_a_stands_where_it_is_read(area_a: str, study: str, control: str) -> None:
    given = Input(name="area_a", label=msg("area A"), values=(area_a,))
    sheet = replace(SAMPLES["split"], inputs=(*SAMPLES["split"].inputs, given))
    html = worksheet_html(sheet, "en").decode()
    assert f"<dt>Area {study}</dt><dd>study area</dd>" in html
    assert f"<dt>Area {control}</dt><dd>control area</dd>" in html
    text = pages(worksheet_pdf([sheet], "en"))[0]
    assert f"{study}: exosomes, on the study area" in text
    assert f"{control}: saline, on the control area" in text
    assert f"area A {area_a} ({area_a} area)" in text


def test_where_nobody_said_which_area_is_a_there_are_lines_for_the_letters() -> None:
    html = worksheet_html(SAMPLES["split"], "en").decode()
    for letter in ("A", "B"):
        assert f'<dt>Area {letter}</dt><dd><span class="line"></span></dd>' in html
    for other in ("injections", "infusion", "dispensing"):
        assert "Area A" not in words(worksheet_pdf([SAMPLES[other]], "en"))


def test_an_answer_is_shown_with_what_it_means() -> None:
    text = words(worksheet_pdf([SAMPLES["injections"]], "en"))
    assert "up (rounded up)" in text
    assert "once (measured once)" in text
    assert "viable (viable cells)" in words(worksheet_pdf([SAMPLES["infusion"]], "en"))
    given = Input(name="rounding", label=msg("rounding"), values=("half_up",))
    sheet = replace(SAMPLES["injections"], inputs=(given,))
    assert "half_up (rounded, halves up)" in words(worksheet_pdf([sheet], "en"))


SAID_ALREADY = {"comparator", "placebo", "yes", "no", "consent", "randomisation"}
"""Codes that are English words for what they mean."""


def test_every_answer_to_choose_from_has_words() -> None:
    for sheet in SAMPLES.values():
        for assumption in sheet.settled.protocol.assumptions.values():
            for code in assumption.choices:
                assert code.isdecimal() or code in SAID_ALREADY or answer_words(code, "en") != code


def test_an_amount_without_an_end_is_rounded_and_says_so() -> None:
    """5.2 × 10¹⁰ ÷ 11 = 4,727,272,727.27, and no end."""
    endless = replace(first(SAMPLES["injections"]), delivered=Fraction(52_000_000_000, 11), deviation_percent="-0.48")
    html = worksheet_html(replace(SAMPLES["injections"], preparations=(endless,)), "en").decode()
    assert "<dt>In the rounded volumes</dt><dd>about 4,727,272,727 particles" in html
    assert "727.27" not in html
    assert "<dt>Deviation from the dose</dt><dd>−0.48 %</dd>" in html


@pytest.mark.parametrize("count", range(24, 44))
def test_the_last_three_steps_stand_on_one_page(count: int) -> None:
    made = first(SAMPLES["injections"])
    steps = tuple(msg("calculation {number} of the preparation", number=f"n{at}") for at in range(count))
    sheet = replace(SAMPLES["injections"], preparations=(replace(made, derivation=steps),))
    last = [page for page in pages(worksheet_pdf([sheet], "en")) if f"calculation n{count - 1} of" in page]
    assert f"calculation n{count - 2} of" in last[0]
    assert f"calculation n{count - 3} of" in last[0]


def test_a_masked_trial_says_who_may_read_it_and_how_the_look_is_made_the_same() -> None:
    for name in ("infusion", "placebo", "split"):
        text = words(worksheet_pdf([SAMPLES[name]], "en"))
        assert "For unblinded people only" in text
        assert "So that all preparations look the same" in text
    assert "unblinded people" not in words(worksheet_pdf([SAMPLES["injections"]], "en"))


def test_a_placebo_has_the_same_room_to_write() -> None:
    record = [
        words(worksheet_pdf([SAMPLES[name]], "en")).partition("Record of the") for name in ("infusion", "placebo")
    ]
    lines = [re.sub(r"NCT07084012, .*?page \d of \d", "", after) for _, _, after in record]
    assert lines[0].split("Printed name")[0] == lines[1].split("Printed name")[0]


def test_without_a_participant_code_there_is_a_line_to_write_it_on() -> None:
    html = worksheet_html(SAMPLES["placebo"], "en").decode()
    assert '<dt>Participant</dt><dd><span class="line"></span></dd>' in html


def test_two_preparations_stand_one_below_the_other() -> None:
    text = pages(worksheet_pdf([SAMPLES["split"]], "en"))[0]
    assert text.index("exosomes, on the study area") < text.index("saline, on the control area")
    assert "10,000,000,000 particles" in text


def test_what_is_taken_home_says_how_many_bottles_until_when() -> None:
    text = words(worksheet_pdf([SAMPLES["dispensing"]], "en"))
    for expected in (
        "Bottles to hand out now",
        "lot MX-25-0077",
        "until W8",
        "at most 63",
        "63 mL",
        "Left over then",
        "64 mL",
    ):
        assert expected in text


def test_overrides_stand_in_a_frame_on_the_first_page() -> None:
    sheet = replace(
        SAMPLES["injections"], overrides=(msg("the rounding was given by hand (--round {mode})", mode="up"),)
    )
    assert "Decided by hand the rounding was given by hand (--round up)" in pages(worksheet_pdf([sheet], "en"))[0]


NASTY = [
    '#import "x": y',
    "$x$ ] #panic()",
    "<script>alert(1)</script>",
    "*a* _b_ `c` @d \\e",
    "\"quoted\" & 'so'",
    "</svg>",
]


@pytest.mark.parametrize("text", NASTY)
def test_a_typed_text_is_a_text_and_nothing_else(text: str) -> None:
    given = Input(name="lot", label=msg("Lot"), values=(text,), by=text)
    lot = replace(first(SAMPLES["injections"]).lot, storage=Words(text, text))
    made = replace(first(SAMPLES["injections"]), lot=lot)
    sheet = replace(SAMPLES["injections"], inputs=(given,), preparations=(made,), participant=text)
    assert words(worksheet_pdf([sheet], "en")).count(text) >= 4
    html = worksheet_html(sheet, "en").decode()
    assert "<script" not in html
    assert html.count("</svg>") == 1


def test_a_character_that_no_font_has_is_refused_by_name() -> None:
    given = Input(name="lot", label=msg("Lot"), values=("\N{BALLOT BOX} \U00020bb7\N{GRINNING FACE} 甲",))
    said = refused(replace(SAMPLES["injections"], inputs=(given,)))
    assert said == (
        "DC641 no font has the characters \N{BALLOT BOX} (U+2610), \N{GRINNING FACE} (U+1F600), \U00020bb7 (U+20BB7); "
        "they would be printed as empty boxes; write them in another way, or name a font that has them: --font FILE"
    )


def test_a_file_that_is_no_font_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "font.ttf"
    file.write_text("no font")
    with pytest.raises(Refusal, match=r"DC642 .*font\.ttf' is not a font that can be read"):
        worksheet_pdf([SAMPLES["injections"]], "en", str(file))
    with pytest.raises(Refusal, match="DC642"):
        worksheet_pdf([SAMPLES["injections"]], "en", str(tmp_path / "nowhere.ttf"))


def test_a_font_that_is_named_is_asked_first() -> None:
    from pylopdf_fonts_zh_cn import serif_path

    pdf = worksheet_pdf([SAMPLES["injections"]], "zh", str(serif_path()))
    assert b"NotoSerifSC" in pdf
    assert b"NotoSansSC" not in pdf
    assert "2.4 × 10⁹" in words(pdf)


@pytest.mark.parametrize("package", ["typst", "pylopdf_fonts_zh_cn", "segno"])
def test_a_missing_package_is_named_with_what_to_type(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name == package:
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    said = refused(SAMPLES["injections"])
    assert said == (
        f"DC640 printing needs the package {package.replace('_', '-')}, which is not installed; "
        "install it with: pip install 'dosecalc[pdf]'"
    )


def test_sixty_letters_without_a_space_stay_in_their_column() -> None:
    sheet = injections(participant="P" * 60)
    lot = replace(first(sheet).lot, id="L" * 60)
    text = words(worksheet_pdf([replace(sheet, preparations=(replace(first(sheet), lot=lot),))], "en"))
    joined = text.replace("\N{ZERO WIDTH SPACE}", "").replace(" ", "")
    assert "P" * 60 in joined
    assert "L" * 60 in joined


def test_nothing_to_print_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="one document or more"):
        worksheet_pdf([], "en")
    with pytest.raises(ValueError, match="with its digest"):
        worksheet_pdf([replace(SAMPLES["injections"], digest="")], "en")


@pytest.mark.parametrize("name", SAMPLES)
def test_a_page_loads_nothing(name: str) -> None:
    html = worksheet_html(SAMPLES[name], "en").decode()
    assert not re.search(r"(?:src|href|url|@import|http)[=(: ]", html.replace("http-equiv", ""))


@pytest.mark.parametrize("name", ["injections", "split", "dispensing"])
def test_a_page_is_written_as_before(name: str, request: pytest.FixtureRequest) -> None:
    sheet = SAMPLES[name]
    steady = replace(sheet.settled.protocol, sha256="cd" * 32)
    site = sheet.settled.site
    assert site is not None
    data = worksheet_html(
        replace(sheet, settled=replace(sheet.settled, protocol=steady, site=replace(site, sha256="ef" * 32))), "en"
    )
    path = GOLDEN / f"worksheet-{name}-en.html"
    if request.config.getoption("--renew-golden"):
        path.write_bytes(data)
    assert data == path.read_bytes(), f"{path.name} has changed; look at the difference"


def test_the_area_of_the_samples_is_worked_out_by_hand() -> None:
    """23.4 cm² rounded up is 24 sites of 1e8 particles; each has 0.1 mL, and three syringes keep 0.1 mL each."""
    made = first(SAMPLES["injections"])
    assert made.dose.total is not None
    assert made.dose.total.value == Decimal("2.4e9")
    assert made.final_volume == ml("2.7")


@pytest.mark.parametrize(
    "text", ["LOT-0123456789-0123456789-0123456789", "-" * 40, "a_b" * 20, "https://x.y/" * 5, "甲" * 60]
)
def test_places_to_break_change_nothing_that_is_read(text: str) -> None:
    assert breakable(text).replace("\N{ZERO WIDTH SPACE}", "") == text


def test_a_number_has_no_place_to_break() -> None:
    assert breakable("2,400,000,000,000,000 particles") == "2,400,000,000,000,000 particles"
    assert "\N{ZERO WIDTH SPACE}" in breakable("LOT-0123456789-0123456789")

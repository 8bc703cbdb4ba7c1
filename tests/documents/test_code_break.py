"""Code-break cards: one a page, the arm on the inside alone, and alike but for what they reveal."""

import datetime as dt

from documents.paper import pages
from dosecalc.app.loading import load
from dosecalc.documents.code_break import CodeCard, code_cards_html, code_cards_pdf
from dosecalc.text import Words
from house.source import CHECKOUT

HERE = load("NCT07084012", str(CHECKOUT / "schedules" / "sites" / "example.yaml"))
MADE = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))
FOLD = "Fold the foot of the page up to this line, over what stands below, and seal it"
ARMS = HERE.protocol.arms
CARDS = [
    CodeCard(participant="P001", arm="group-1", label=ARMS["group-1"].label, kit="K-17"),
    CodeCard(participant="P002", arm="placebo", label=ARMS["placebo"].label, kit="K-18"),
]


def test_each_card_has_a_page_of_its_own() -> None:
    first, second = pages(code_cards_pdf(CARDS, HERE, MADE, "en"))
    assert ("P001" in first, "P002" in first, "group-1" in first, "placebo" in first) == (True, False, True, False)
    assert ("P002" in second, "P001" in second, "placebo" in second, "group-1" in second) == (True, False, True, False)


def test_the_arm_stands_below_the_fold_alone() -> None:
    for page, card in zip(pages(code_cards_pdf(CARDS, HERE, MADE, "en")), CARDS, strict=True):
        outside, inside = page.split(FOLD)
        assert card.arm is not None
        assert card.kit is not None
        assert card.arm not in outside
        assert card.kit not in outside
        assert card.arm in inside
        assert card.kit in inside
        for said in ("Open only in an emergency", "Opened by", "Date and time", "Reason", "Told to", "Signature"):
            assert said in outside


def test_the_outsides_are_alike_but_for_the_code() -> None:
    first, second = (page.split(FOLD)[0] for page in pages(code_cards_pdf(CARDS, HERE, MADE, "en")))
    assert first.replace("P001", "P002") == second


def test_the_same_cards_are_the_same_bytes() -> None:
    assert code_cards_pdf(CARDS, HERE, MADE, "en") == code_cards_pdf(CARDS, HERE, MADE, "en")


def test_the_cards_can_be_had_in_chinese_and_as_html() -> None:
    html = code_cards_html(CARDS, HERE, MADE, "en").decode()
    assert html.index("P001") < html.index("group-1") < html.index("P002") < html.index("placebo")
    assert "group-1" in pages(code_cards_pdf(CARDS[:1], HERE, MADE, "zh"))[0]


def test_what_a_person_typed_is_no_markup() -> None:
    card = CodeCard(participant="<b>", arm="placebo", label=Words("#x", "#x"), kit="*k*")
    assert "&lt;b&gt;" in code_cards_html([card], HERE, MADE, "en").decode()
    assert "*k*" in pages(code_cards_pdf([card], HERE, MADE, "en"))[0]


def test_printed_from_html_each_card_begins_a_page() -> None:
    html = code_cards_html(CARDS, HERE, MADE, "en").decode()
    assert "<h2>P001</h2>" in html  # the first stands below the title
    assert '<h2 style="break-before:page">P002</h2>' in html


AREAS = load("NCT06932393", str(CHECKOUT / "schedules" / "sites" / "example.yaml"))


def test_where_everybody_gets_every_arm_the_card_says_which_area_is_a_and_what_each_gets() -> None:
    sides = [CodeCard(participant=f"S00{n}", side=side) for n, side in enumerate(("study", "control", "left"), 1)]
    found = pages(code_cards_pdf(sides, AREAS, MADE, "en"))
    insides = [page.split(FOLD)[1] for page in found]
    for inside, says in zip(
        insides, ("Area A is study area", "Area A is control area", "Study area left"), strict=True
    ):
        assert says in inside
        assert ("exosomes (study area)" in inside, "saline (control area)" in inside) == (True, True)
    outsides = [page.split(FOLD)[0].replace(f"S00{n}", "S") for n, page in enumerate(found, 1)]
    assert len(set(outsides)) == 1
    assert "Area A" not in outsides[0]

"""The pick list of a day."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from documents.paper import pages, words
from documents.samples import ON, dispensing, infusion, injections, split
from dosecalc.documents.pick_list import PickEntry, pick_list_html, pick_list_pdf
from dosecalc.errors import Refusal
from dosecalc.preparation_shapes import pick_entries_of, worksheet

DAY = [
    entry
    for sheet in (
        injections(participant="TT-002"),
        split(participant="B-17"),
        injections(),
        infusion(participant=None),
        dispensing(),
    )
    for entry in pick_entries_of(worksheet(sheet, "en"))
]


def many(count: int) -> list[PickEntry]:
    """So many preparations, each of another participant."""
    return [replace(DAY[0], participant=f"TT-{at:03}") for at in range(count)]


def refused(entries: list[PickEntry], on: dt.date = ON) -> str:
    with pytest.raises(Refusal) as caught:
        pick_list_pdf(entries, on, "en")
    return str(caught.value)


def test_each_preparation_has_a_row_in_the_order_of_protocol_and_participant() -> None:
    html = pick_list_html(DAY, ON, "en").decode()
    rows = [html.index(text) for text in ("<td>B-17</td>", "<td>D0</td>", "<td>TT-001</td>", "<td>TT-002</td>")]
    assert rows == sorted(rows)
    text = words(pick_list_pdf(DAY, ON, "en"))
    for expected in ("TT-001", "EV-2026-014 3 2.7 3 11:40", "MX-25-0077", "B-17 INJ1 NCT06932393 exosomes"):
        assert expected in text


def test_vials_are_summed_for_each_lot() -> None:
    """Two participants with 3 vials each of EV-2026-014, of 60 in stock."""
    assert "NCT07203599 EV-2026-014 frozen, -80 °C or below 2026-12-31 6 60 –" in words(pick_list_pdf(DAY, ON, "en"))


def test_a_lot_with_too_few_vials_is_named_with_the_number() -> None:
    short = [replace(entry, in_stock=4) if entry.lot == "EV-2026-014" else entry for entry in DAY]
    text = words(pick_list_pdf(short, ON, "en"))
    assert "There are not enough vials lot EV-2026-014 of NCT07203599: 2 too few" in text
    assert "NCT07203599 EV-2026-014 frozen, -80 °C or below 2026-12-31 6 4 2" in text


def test_one_draft_makes_the_list_a_draft_on_every_page() -> None:
    for page in pages(pick_list_pdf(many(18), ON, "en")):
        assert "DRAFT – NOT FOR ADMINISTRATION" in page
    assert "6 of 6 preparations are drafts." in words(pick_list_pdf(DAY, ON, "en"))
    released = [replace(entry, draft=False) for entry in DAY]
    assert "DRAFT" not in words(pick_list_pdf(released, ON, "en"))


def test_worksheets_from_different_stock_files_are_refused() -> None:
    other = replace(DAY[0], participant="TT-009")
    assert refused([DAY[0], replace(other, in_stock=9)]) == (
        "DC647 lot EV-2026-014 has 60 vials by one worksheet and 9 by another; "
        "make all worksheets of the day from the same stock file"
    )
    assert refused([DAY[0], replace(other, expiry="2026-12-30")]) == (
        "DC696 lot EV-2026-014 expires on 2026-12-31 by one worksheet and on 2026-12-30 by another; "
        "make all worksheets of the day from the same stock file"
    )


def test_one_dose_on_two_worksheets_is_refused() -> None:
    again = replace(DAY[0], vials=4)  # made again, elsewhere, for a larger area
    assert refused([*DAY, again]) == (
        "DC695 two worksheets are for TT-002 at W0 with umbilical cord mesenchymal stem cell exosomes (hUCMSC-sEV); "
        "give only the one that counts, and destroy the other"
    )


def test_two_areas_of_one_visit_and_worksheets_without_a_code_are_several_doses() -> None:
    nobody = [entry for entry in DAY if entry.participant is None]
    html = pick_list_html([*DAY, *nobody], ON, "en").decode()
    assert html.count("<td>B-17</td><td>INJ1</td>") == 2
    assert "MSC-26-003 in liquid nitrogen vapour 2026-09-30 2 60" in words(pick_list_pdf([*DAY, *nobody], ON, "en"))


@pytest.mark.parametrize("count", [1, 6, 7, 8, 13, 14, 15, 16, 40])
def test_nobody_signs_a_page_without_a_row(count: int) -> None:
    printed = pages(pick_list_pdf(many(count), ON, "en"))
    signed = [page for page in printed if "Printed name" in page]
    assert signed == printed[-1:]
    assert "Signature" in signed[0]
    assert "Checked by" in signed[0]
    assert all(f"TT-{at:03}" in signed[0] for at in range(max(count - 2, 0), count))


def test_what_is_not_known_of_a_lot_leaves_room_to_write_it() -> None:
    html = pick_list_html([replace(DAY[0], storage=None, expiry="2026-12-31T12:00")], ON, "en").decode()
    assert '<td>EV-2026-014</td><td><span class="line"></span></td><td>2026-12-31 12:00</td>' in html


def test_a_preparation_of_another_day_is_refused() -> None:
    assert refused(DAY[:1], dt.date(2026, 3, 3)) == (
        "DC648 the preparation for TT-002 is of 2026-03-02, not of 2026-03-03; print it on the pick list of its own day"
    )


def test_the_same_entries_in_any_order_give_the_same_bytes() -> None:
    assert pick_list_pdf(DAY, ON, "zh") == pick_list_pdf(DAY[::-1], ON, "zh")


def test_an_empty_day_says_so() -> None:
    assert "Nothing is to be prepared on this day." in words(pick_list_pdf([], ON, "en"))

"""Where vials are, by the events alone: worked examples, and any order of events."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dosecalc.errors import Refusal
from dosecalc.protocol.reader import read_stock
from dosecalc.registry import decide_lots
from dosecalc.registry.decide_lots import Moved
from dosecalc.registry.event import Draft, Event, Kind
from dosecalc.registry.fold import Fact
from dosecalc.registry.lot_text import cut_lot, lot_of, pack, same_lot, stock_of, unpack
from dosecalc.registry.lots import Supplies, supplies
from dosecalc.worksheet_json import digest_of
from pharmacy import STOCK

AT = dt.datetime(2026, 3, 2, 9, 30, tzinfo=dt.UTC)
TEXT = Path(STOCK).read_text(encoding="utf-8")
FILE = read_stock(TEXT.encode(), "stock")
LOT = cut_lot(TEXT, FILE, FILE.lots["EXAMPLE-EV-A"])


def fact(number: int, draft: Draft, *, user: str = "wang", key: bool = True) -> Fact:
    """A draft as it reads once it is recorded; without the key nothing is told of what is sealed."""
    event = Event(
        number=number, kind=draft.kind, participant=draft.participant, visit=draft.visit, at=AT.isoformat(),
        at_local=AT.isoformat(), entered_at=AT.isoformat(), user=user, role="pharmacist", reason=draft.reason,
        corrects=None, program="test", protocol_sha256="", public=json.dumps(dict(draft.public)), sealed=None,
        public_hash="", hash="",
    )  # fmt: skip
    return Fact(event=event, public=draft.public, sealed=draft.sealed if key else None, reason=draft.reason)


def of_dose(kind: Kind, public: dict[str, Any], sealed: dict[str, Any]) -> Draft:
    return Draft(kind=kind, at=AT, participant="P001", visit="W0", public=public, sealed=sealed)


RECEIVE = Draft(kind="receive", at=AT, sealed={"lot": "EXAMPLE-EV-A", "vials": 10, "text": LOT})
STEPS = [
    RECEIVE,
    of_dose("prepare", {"date": "2026-03-02"}, {"worksheet": "", "digest": "d", "lots": {"EXAMPLE-EV-A": 3}}),
    of_dose("check", {"agreed": True}, {"digest": "d"}),
    of_dose("dispense", {"when": "w", "to": "liu"}, {"digest": "d", "lots": {"EXAMPLE-EV-A": 3}}),
    of_dose("administer", {"when": "w", "by": "liu", "part": "0.25"}, {"digest": "d"}),
]


def told(steps: int, *, key: bool = True) -> Supplies:
    return supplies(fact(number, draft, key=key) for number, draft in enumerate(STEPS[:steps], 1))


@pytest.mark.parametrize(
    ("steps", "place", "left"), [(2, "prepared", 7), (3, "prepared", 7), (4, "dispensed", 7), (5, "administered", 7)]
)
def test_three_of_ten_vials_move_from_place_to_place(steps: int, place: str, left: int) -> None:
    lot = told(steps).lots["EXAMPLE-EV-A"]
    assert (lot.received, getattr(lot, place), lot.left) == (10, 3, left)


def test_who_has_no_key_sees_how_far_a_dose_has_come_and_nothing_of_its_lots() -> None:
    found = told(5, key=False)
    assert found.lots == {}
    dose = found.doses["P001", "W0"]
    assert (dose.lots, dose.digest, dose.worksheet) == (None, None, None)
    assert (dose.prepared, dose.checked, dose.agreed, dose.dispensed, dose.administered) == (2, 3, True, 4, 5)
    assert dose.part == Decimal("0.25")


def test_a_lot_is_kept_as_it_was_written_and_reads_as_it_did() -> None:
    for lot in FILE.lots.values():
        text = cut_lot(TEXT, FILE, lot)
        assert lot_of(text) == lot
        assert all(line in TEXT for line in text.splitlines()[3:])


def test_a_lot_in_the_middle_of_a_line_is_refused() -> None:
    one = "{protocol: P, product: x, nominal_volume: 1 mL, extractable_volume: 1 mL, vials: 2, expiry: 2027-01-01,"
    text = f'dosecalc_stock: "1"\nexample: false\nlots: {{A: {one} storage: {{en: a, zh: b}}}}}}\n'
    stock = read_stock(text.encode(), "stock")
    with pytest.raises(Refusal, match="DC770 lot 'A' cannot be taken out of the stock file by itself"):
        cut_lot(text, stock, stock.lots["A"])


def test_a_delivery_with_other_numbers_of_vials_is_the_same_lot_and_another_strength_is_not() -> None:
    assert same_lot(LOT, LOT.replace("vials: 60", "vials: 5"))
    assert not same_lot(LOT, LOT.replace("cv: 15 %", "cv: 16 %"))


def test_stock_has_the_vials_that_are_left_and_stays_an_example() -> None:
    stock = stock_of(told(3).lots.values())
    assert (stock.lots["EXAMPLE-EV-A"].vials, stock.example) == (7, True)
    assert stock.sha256 != stock_of(told(1).lots.values()).sha256


def test_a_worksheet_that_was_packed_is_read_back_and_a_changed_one_is_refused() -> None:
    sheet = {"worksheet": "1", "visit": "W0", "text": "剂量 " * 400}
    sheet["digest"] = digest_of(sheet)
    assert unpack(pack(sheet), "P001 W0") == sheet
    with pytest.raises(Refusal, match="DC662"):
        unpack(pack(sheet | {"visit": "W2"}), "P001 W0")


@given(st.lists(st.tuples(st.sampled_from(["back", "sent", "burn", "break"]), st.integers(-1, 12)), max_size=12))
def test_whatever_is_asked_no_place_has_fewer_than_no_vials_and_all_of_them_are_somewhere(
    wishes: list[tuple[str, int]],
) -> None:
    found = [fact(number, draft) for number, draft in enumerate(STEPS[:4], 1)]
    for wish, vials in wishes:
        known = supplies(found)
        lot = Moved(lot="EXAMPLE-EV-A", vials=vials, reason="x")
        dose = Moved(lot="EXAMPLE-EV-A", vials=vials, participant="P001", visit="W0")
        try:
            drafts = (
                decide_lots.give_back(known, dose if wish == "back" else lot, AT)
                if wish in ("back", "sent")
                else decide_lots.destroy(known, lot, AT, returned=wish == "burn")
            )
        except Refusal:
            continue
        found += [fact(len(found) + 1, draft) for draft in drafts]
    one = supplies(found).lots["EXAMPLE-EV-A"]
    places = (one.left, one.prepared, one.dispensed, one.administered, one.returned, one.sent_back, one.destroyed)
    assert min(places) >= 0
    assert sum(places) == one.received == 10

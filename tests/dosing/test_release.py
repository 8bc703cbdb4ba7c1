"""Whether a lot may be used, and until when (R10, R11)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from dosecalc.dosing.release import check_release
from dosecalc.errors import Refusal
from dosecalc.protocol.offsets import parse_offset
from dosing.building import q
from dosing.preparing import NOW, TODAY, lot, now

ZONE = "Asia/Shanghai"
LIMIT: Any = parse_offset("PT3H")


def refused(given: Any = None, zone: str = ZONE, **changes: Any) -> str:
    with pytest.raises(Refusal) as refusal:
        check_release(lot(**changes), given or now(), zone)
    return str(refusal.value)


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def test_a_viability_at_its_threshold_is_released_and_one_below_is_not() -> None:
    assert check_release(lot(viability="70 %", viability_at_least="70 %"), now(), ZONE).stop_by is None
    assert refused(viability="69.9 %", viability_at_least="70 %") == (
        "DC357 the viability of lot 'L1' is 69.9 %, below its threshold of 70 % (R10); "
        "do not use this lot; tell the sponsor"
    )


@pytest.mark.parametrize(
    ("changes", "missing"),
    [({"viability": "92 %"}, "viability threshold"), ({"viability_at_least": "70 %"}, "viability")],
)
def test_a_viability_that_nobody_can_compare_is_not_released(changes: dict[str, str], missing: str) -> None:
    assert refused(**changes) == (
        f"DC357 the {missing} of lot 'L1' is not stated, so nobody can say that it may be released (R10); "
        "write both 'viability' and 'viability_at_least' in the stock file; the sponsor can supply them"
    )


def test_a_strength_outside_its_limits_is_not_released() -> None:
    limits = {"concentration_at_least": "8e8 particles/mL", "concentration_at_most": "1e9 particles/mL"}
    check_release(lot(**limits), now(), ZONE)
    check_release(lot(concentration="8e8 particles/mL", **limits), now(), ZONE)
    assert refused(concentration="799999999 particles/mL", **limits).startswith(
        "DC357 lot 'L1' holds 799,999,999 particles/mL (799.999999 million; 7.99999999 × 10⁸), outside its release "
        "limits: at least 800,000,000 particles/mL (800 million; 8 × 10⁸), at most 1,000,000,000 particles/mL"
    )
    assert "limits: at most 1,000" in refused(
        concentration="2e9 particles/mL", concentration_at_most="1e9 particles/mL"
    )
    assert "limits: at least 1,000" in refused(
        concentration="2e8 particles/mL", concentration_at_least="1e9 particles/mL"
    )


def test_a_lot_is_used_before_its_last_day_and_not_after_it() -> None:
    check_release(lot(expiry=TODAY + dt.timedelta(days=1)), now(), ZONE)
    assert refused(expiry=TODAY - dt.timedelta(days=1)) == (
        "DC358 lot 'L1' may be used until 2026-03-08, and would be used until 2026-03-09; "
        "take a lot that has not expired; quarantine this one"
    )


def test_on_the_last_day_itself_somebody_must_have_said_until_when() -> None:
    assert refused(expiry=TODAY) == (
        "DC358 lot 'L1' expires on 2026-03-09 itself, and nothing says until when it may be used then; "
        "take another lot, or write 'expiry_time' in the stock file; the sponsor can supply it"
    )
    # it is 10:00
    check_release(lot(expiry=TODAY, expiry_time="10:00"), now(), ZONE)
    assert refused(expiry=TODAY, expiry_time="09:59").startswith(
        "DC358 lot 'L1' may be used until 2026-03-09 09:59+08:00, and would be used until 2026-03-09 10:00+08:00"
    )


def test_the_time_after_thawing_ends_before_the_lot_expires() -> None:
    # thawed 09:30 + 3 h = 12:30
    given = now(thawed_at=at("2026-03-09T09:30+08:00"))
    check_release(lot(expiry=TODAY, expiry_time="12:30", thaw_limit=LIMIT), given, ZONE)
    assert refused(given, expiry=TODAY, expiry_time="12:29", thaw_limit=LIMIT).startswith(
        "DC358 lot 'L1' may be used until 2026-03-09 12:29+08:00, and would be used until 2026-03-09 12:30+08:00"
    )


def test_a_clock_that_runs_over_midnight_counts_the_next_day() -> None:
    late = now(at=at("2026-03-09T23:00+08:00"), thawed_at=at("2026-03-09T22:30+08:00"))
    assert refused(late, expiry=TODAY, expiry_time="23:59", thaw_limit=LIMIT).startswith(
        "DC358 lot 'L1' may be used until 2026-03-09, and would be used until 2026-03-10"
    )


def test_the_clock_counts_the_hours_that_pass() -> None:
    # Berlin puts its clocks forward at 02:00 on 29 March 2026: 01:30 (UTC+1) + 3 h is 05:30 (UTC+2)
    given = now(on=dt.date(2026, 3, 29), at=at("2026-03-29T01:45+01:00"), thawed_at=at("2026-03-29T01:30+01:00"))
    stop = check_release(lot(thaw_limit=LIMIT), given, "Europe/Berlin").stop_by
    assert stop is not None
    assert stop.isoformat() == "2026-03-29T05:30:00+02:00"


def test_thawing_has_a_limit() -> None:
    assert refused(now(thawed_at=NOW)) == (
        "DC359 nothing says how long lot 'L1' may be used after thawing (R11); "
        "write its 'thaw_limit' in the stock file; the sponsor can supply it"
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            now(thawed_at=at("2026-03-09T10:01+08:00")),
            "DC359 the time of thawing, 2026-03-09 10:01+08:00, lies in the future",
        ),
        (
            now(on=dt.date(2026, 3, 8), thawed_at=at("2026-03-09T09:00+08:00")),
            "DC359 the product was thawed at 2026-03-09 09:00+08:00, after the day of use, 2026-03-08",
        ),
        (
            now(thawed_at=at("2026-03-09T06:59+08:00")),
            "DC359 lot 'L1' was thawed at 2026-03-09 06:59+08:00 and could be used until 2026-03-09 09:59+08:00 (R11)",
        ),
        (
            now(on=dt.date(2026, 3, 10), thawed_at=at("2026-03-09T09:00+08:00")),
            "DC359 lot 'L1' was thawed at 2026-03-09 09:00+08:00 and could be used until 2026-03-09 12:00+08:00 (R11)",
        ),
        (
            now(thawed_at=dt.datetime(2026, 3, 9, 9, 0)),  # noqa: DTZ001 - that is the mistake
            "DC359 the time of thawing has no offset from UTC, so nobody can say when it was",
        ),
    ],
)
def test_a_time_of_thawing_that_cannot_be_is_refused(given: Any, message: str) -> None:
    assert refused(given, thaw_limit=LIMIT).startswith(message)


def test_a_product_that_is_not_thawed_yet_has_no_stop_by_time() -> None:
    released = check_release(lot(thaw_limit=parse_offset("PT90M"), viability=None), now(), ZONE)
    assert released.stop_by is None
    assert str(released.lines[1]) == "stop by: 1 h 30 min after thawing; write down the time of thawing"


def test_a_time_with_seconds_is_shown_with_them() -> None:
    given = now(thawed_at=at("2026-03-09T09:30:30+08:00"))
    released = check_release(lot(thaw_limit=LIMIT), given, ZONE)
    assert str(released.lines[1]) == (
        "stop by: thawed at 2026-03-09 09:30:30+08:00 + 3 h 0 min = 2026-03-09 12:30:30+08:00"
    )


def test_the_lines_name_what_was_checked() -> None:
    released = check_release(
        lot(viability="92 %", viability_at_least="70 %", expiry=TODAY, expiry_time="18:00"), now(), ZONE
    )
    assert [str(line) for line in released.lines] == [
        "lot: L1, to be used by 2026-03-09 18:00; viability 92 %, at least 70 % needed",
        "stop by: lot 'L1' has no time limit after thawing",
    ]


def test_the_moment_of_preparing_has_an_offset() -> None:
    with pytest.raises(ValueError, match="has an offset"):
        check_release(lot(), now(at=dt.datetime(2026, 3, 9, 9, 0)), ZONE)  # noqa: DTZ001 - that is the mistake


def test_a_quantity_of_the_stock_keeps_its_unit() -> None:
    assert lot(dmso="10 %").dmso == q("10 %")

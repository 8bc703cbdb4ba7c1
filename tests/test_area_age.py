"""How old an area is on the day of its dose, and what the site file allows (R9). Days are counted by hand."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from dosecalc.area_age import AreaAge, area_ages, check_area_age
from dosecalc.dosing.area import Measured
from dosecalc.dosing.dose import calculate
from dosecalc.dosing.result import DoseInput, Remeasured
from dosecalc.errors import Refusal
from dosecalc.plan import Participant, WantedBooking, plan_visits
from dosecalc.protocol.offsets import CalendarOffset
from dosecalc.protocol.site import SiteAreaAge
from dosecalc.visits.timeline import prepare
from dosing.building import CONFIRMED, areas, per_site, protocol, rule, settled

if TYPE_CHECKING:
    from dosecalc.dosing.result import Dose, Doses
    from dosecalc.protocol.settled import Settled

# V1 on 2 March 2026; V2, V3, V4 two, three and four weeks later: 16, 23 and 30 March.
START = dt.date(2026, 3, 2)
TRIAL = protocol({"A": [rule("V1 V2 V3 V4", per_site=per_site())]})


def site(measured: str = "each_visit", limit: CalendarOffset | None = None) -> Settled:
    of = settled(TRIAL, ROUNDING="up", MEASURED=measured)
    if limit is None or of.site is None:
        return of
    here = replace(of.site.protocols["T1"], area_age=SiteAreaAge(at_most=limit, confirmed=CONFIRMED))
    return replace(of, site=replace(of.site, protocols={"T1": here}))


def weeks(number: int) -> CalendarOffset:
    return CalendarOffset(0, 7 * number)


def doses(of: Settled, day: str | None, **again: str) -> Doses:
    """The doses from an area of 20 cm² measured on `day`, and areas measured again on the days in `again`."""

    def on(text: str | None) -> Measured:
        return Measured(date=dt.date.fromisoformat(text) if text else None)

    more = tuple(Remeasured(visit=v, areas=areas("15"), measured=on(text)) for v, text in again.items())
    return calculate(of, ("A",), DoseInput(areas=areas("20"), measured=on(day), remeasured=more))


def ages(of: Settled, given: Doses, **dates: Any) -> dict[str, AreaAge]:
    who = Participant(code="P-1", start=START, arm="A", **dates)
    plan = plan_visits(prepare(of, TRIAL.arms["A"].encounters), who)
    return area_ages(of, given, plan.timeline.visits, plan.bookings)


def refused(of: Settled, given: Doses, **dates: Any) -> list[str]:
    with pytest.raises(Refusal) as refusal:
        ages(of, given, **dates)
    return [f"{f.path}: {f.code} {f.what}; {f.mend}" for f in refusal.value.findings]


def at(given: Doses, visit: str) -> Dose:
    return next(dose for dose in given.doses if dose.encounter == visit)


def test_the_age_counts_from_the_measurement_to_the_visit() -> None:
    # From 27 February: 3 days to 2 March, 17 to the 16th, 24 to the 23rd; V4 has its own, of the day before.
    of = site()
    found = ages(of, doses(of, "2026-02-27", V4="2026-03-29"))
    assert {visit: age.days for visit, age in found.items()} == {"V1": 3, "V2": 17, "V3": 24, "V4": 1}


def test_the_actual_day_counts_before_the_booked_one_and_that_before_the_target() -> None:
    # V2: actual 18 March, 19 days; V3: booked 25 March, 26 days; V4: target 30 March, 31 days.
    of = site()
    booked = {
        "V2": WantedBooking(when=dt.datetime(2026, 3, 17, 9, tzinfo=dt.UTC)),
        "V3": WantedBooking(when=dt.datetime(2026, 3, 25, 1, tzinfo=dt.UTC)),
    }
    found = ages(of, doses(of, "2026-02-27"), actual={"V2": dt.date(2026, 3, 18)}, bookings=booked)
    assert [found[visit].days for visit in ("V2", "V3", "V4")] == [19, 26, 31]


def test_without_dates_and_without_a_limit_nothing_is_said() -> None:
    of = site()
    assert ages(of, doses(of, None)) == {}


def test_an_area_may_be_as_old_as_the_limit_and_no_day_older() -> None:
    # 28 days before 2 March is 2 February.
    of = site("once", weeks(4))
    assert ages(of, doses(of, "2026-02-02"))["V1"] == AreaAge(28)
    assert refused(of, doses(of, "2026-02-01")) == [
        (
            ": DC345 the area was measured on 2026-02-01 and is 29 days old at V1 on 2026-03-02; allowed are at most "
            "28 days (Pharmacy manual, 3.1); measure the area again, and give the new one with its date; check that "
            "the dates are right"
        )
    ]


def test_a_limit_in_months_counts_months() -> None:
    # A month after 31 January is 28 February; V1 is on 2 March. A month after 2 February is 2 March.
    of = site("once", CalendarOffset(1, 0))
    assert ages(of, doses(of, "2026-02-02"))["V1"].days == 28
    assert refused(of, doses(of, "2026-01-31"))[0].startswith(": DC345 ")


def test_an_area_that_is_measured_once_must_be_young_at_the_first_dose_only() -> None:
    of = site("once", weeks(2))
    found = ages(of, doses(of, "2026-02-27"))
    assert found["V4"] == AreaAge(31)


def test_a_later_visit_without_its_own_area_is_told_to_measure() -> None:
    # 3 weeks: V2 has 17 days, V3 24.
    of = site("each_visit", weeks(3))
    found = ages(of, doses(of, "2026-02-27"))
    assert found["V2"] == AreaAge(17)
    assert found["V3"].days == 24
    assert str(found["V3"].note) == (
        "measure the area again before this visit: it is 24 days old by then, and allowed are at most 21 days "
        "(Pharmacy manual, 3.1)"
    )
    assert ages(of, doses(of, "2026-02-27", V3="2026-03-20"))["V4"] == AreaAge(10)


def test_a_visit_that_took_place_had_its_own_area_or_is_refused() -> None:
    of = site("each_visit", weeks(3))
    (said,) = refused(of, doses(of, "2026-02-27"), actual={"V3": dt.date(2026, 3, 24)})
    assert said.startswith(
        ": DC345 the area was measured on 2026-02-27 and is 25 days old at V3 on 2026-03-24; allowed are at most 21 "
    )


def test_a_visit_s_own_area_that_is_too_old_is_refused_also_ahead() -> None:
    of = site("each_visit", weeks(3))
    (said,) = refused(of, doses(of, "2026-02-27", V4="2026-03-01"))
    assert said.startswith("V4: DC345 the area was measured on 2026-03-01 and is 29 days old at V4 on 2026-03-30; ")


def test_an_area_without_a_date_is_refused_where_the_age_is_limited() -> None:
    of = site("each_visit", weeks(3))
    assert refused(of, doses(of, None, V3="")) == [
        f"{visit}: DC346 the area has no date, and the site file says how old an area may be: at most 21 days "
        "(Pharmacy manual, 3.1); give the day on which it was measured (--area-date, or the column area_date); "
        "who measured it knows it"
        for visit in ("", "V3")
    ]


def test_an_area_of_after_its_dose_is_refused_with_a_limit_or_without() -> None:
    for of in (site(), site("each_visit", weeks(3))):
        assert refused(of, doses(of, "2026-03-03", V3="2026-03-24")) == [
            (
                ": DC347 the area was measured on 2026-03-03, after the dose at V1 on 2026-03-02 that follows from "
                "it; check both dates; where the visit took place on another day, give its actual date"
            ),
            (
                "V3: DC347 the area was measured on 2026-03-24, after the dose at V3 on 2026-03-23 that follows from "
                "it; check both dates; where the visit took place on another day, give its actual date"
            ),
        ]


def test_a_dose_that_is_prepared_says_how_old_its_area_is() -> None:
    of = site("each_visit", weeks(3))
    given = doses(of, "2026-02-27")
    (line,) = check_area_age(of, at(given, "V2"), dt.date(2026, 3, 16), ("A",))
    assert str(line) == (
        "age of the area: measured on 2026-02-27, 17 days old on 2026-03-16; at most 21 days (Pharmacy manual, 3.1)"
    )
    without = site()
    (line,) = check_area_age(without, at(given, "V1"), dt.date(2026, 2, 28))
    assert str(line) == "age of the area: measured on 2026-02-27, 1 day old on 2026-02-28"
    assert check_area_age(without, at(doses(without, None), "V1"), START) == ()


def test_a_dose_that_is_prepared_from_an_area_too_old_is_refused() -> None:
    of = site("each_visit", weeks(3))
    for day, on, code in (("2026-02-27", 24, "DC345"), (None, 2, "DC346"), ("2026-03-25", 24, "DC347")):
        with pytest.raises(Refusal) as refusal:
            check_area_age(of, at(doses(of, day), "V3"), dt.date(2026, 3, on))
        assert [finding.code for finding in refusal.value.findings] == [code]


def test_after_the_first_dose_an_area_that_is_measured_once_may_be_old() -> None:
    of = site("once", weeks(2))
    given = doses(of, "2026-02-27")
    (line,) = check_area_age(of, at(given, "V3"), dt.date(2026, 3, 23))
    assert str(line) == (
        "age of the area: measured on 2026-02-27, 24 days old on 2026-03-23; it is measured once, and the limit of "
        "14 days (Pharmacy manual, 3.1) counts at the first dose"
    )
    with pytest.raises(Refusal, match="DC345"):
        check_area_age(of, at(given, "V1"), dt.date(2026, 3, 23))

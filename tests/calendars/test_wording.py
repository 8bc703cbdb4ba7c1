"""The words of each item, for each reader, in both languages."""

from __future__ import annotations

import datetime as dt
import inspect
from dataclasses import replace

import pytest

from calendars.building import CLINIC, ROUTINE, STAMP, THREE, at, day, dose, doses, plan, visit
from dosecalc.calendars import export, layout
from dosecalc.calendars.event import Event
from dosecalc.calendars.wording import clinic_events, participant_events, pharmacy_events
from dosecalc.dosing.result import Warned
from dosecalc.errors import Refusal
from dosecalc.protocol.clinic import Clinic
from dosecalc.text import Language, Words, msg
from dosecalc.visits.visit import Booking


def for_participant(*visits: object, clinic: Clinic | None = CLINIC, language: Language = "en") -> tuple[Event, ...]:
    return participant_events(plan(*visits), clinic, language, STAMP)  # type: ignore[arg-type]


def for_clinic(*visits: object, clinic: Clinic | None = CLINIC, language: Language = "en") -> tuple[Event, ...]:
    return clinic_events(plan(*visits), clinic, language, STAMP)  # type: ignore[arg-type]


# ---- participant


def test_a_booked_visit_says_where_what_to_bring_and_whom_to_call() -> None:
    (event,) = for_participant(visit(booked="2026-03-09T09:30"))
    assert event.summary == "Clinic visit: Day 7"
    assert event.location == "Outpatient building, floor 3; room 312"
    assert event.description.splitlines() == [
        "Please bring: Identity card, participant card and your diary",
        "Clinic: Clinical Research Centre",
        "Contact: +86 755 0000 0000",
        "Participant code: P-001",
    ]
    assert (event.start, event.end) == (at("2026-03-09T09:30"), at("2026-03-09T11:00"))
    assert (event.status, event.transparent) == ("CONFIRMED", False)


def test_a_booked_visit_in_chinese() -> None:
    (event,) = for_participant(visit(booked="2026-03-09T09:30"), language="zh")
    assert event.summary == "到院访视：第 7 天"
    assert event.location == "门诊楼 3 层，312 室"
    assert event.description.splitlines() == [
        "请携带：身份证、受试者卡和日记卡",
        "研究中心：临床研究中心",
        "联系电话：+86 755 0000 0000",
        "受试者编号：P-001",
    ]
    assert [alarm.words for alarm in event.alarms] == ["明天有到院访视：第 7 天", "两小时后有到院访视：第 7 天"]


def test_reminders_ring_one_day_before_first_and_two_hours_before() -> None:
    (event,) = for_participant(visit(booked="2026-03-09T09:30"))
    assert [(alarm.before, alarm.words) for alarm in event.alarms] == [
        (dt.timedelta(days=1), "Tomorrow: Clinic visit: Day 7"),
        (dt.timedelta(hours=2), "In two hours: Clinic visit: Day 7"),
    ]


def test_without_a_site_file_a_booked_visit_takes_an_hour() -> None:
    (event,) = for_participant(visit(booked="2026-03-09T09:30"), clinic=None)
    assert event.end == at("2026-03-09T10:30")
    assert (event.location, event.description) == ("", "Participant code: P-001")


def test_a_visit_that_is_not_booked_is_tentative_and_rings_no_alarm() -> None:
    (event,) = for_participant(visit())
    assert event.summary == "Clinic visit: Day 7 (date to be confirmed by the clinic)"
    assert event.description.startswith(
        "Date to be confirmed by the clinic. Please come only when the clinic has told you the day and time.\n"
    )
    assert (event.start, event.end) == (day("2026-03-09"), day("2026-03-10"))
    assert (event.status, event.transparent, event.alarms, event.location) == ("TENTATIVE", True, (), "")


def test_a_visit_that_is_not_booked_in_chinese() -> None:
    (event,) = for_participant(visit(), language="zh")
    assert event.summary == "到院访视：第 7 天（日期待研究中心确认）"
    assert event.description.startswith("日期待研究中心确认。请在研究中心通知您具体日期和时间之后再来。\n")


def test_the_site_can_leave_visits_out_that_are_not_booked() -> None:
    found = for_participant(*THREE, clinic=replace(CLINIC, unbooked_visits="leave_out"))
    assert [event.summary for event in found] == ["Clinic visit: Day 0", "Clinic visit: Day 7"]


def test_a_visit_whose_date_cannot_be_known_yet_has_no_item() -> None:
    pending = visit(target=None)
    assert for_participant(pending) == ()
    assert for_clinic(pending) == ()


def test_a_visit_that_took_place_says_so_and_rings_no_alarm() -> None:
    attended = visit(actual=day("2026-03-10"), status="done", days_from_target=1)
    (event,) = for_participant(attended)
    assert event.summary == "Clinic visit: Day 7"
    assert event.description.startswith("This visit took place on 2026-03-10.\n")
    assert (event.start, event.status, event.alarms) == (day("2026-03-10"), "CONFIRMED", ())
    assert "bring" not in event.description


def test_a_visit_that_took_place_as_booked_keeps_its_time() -> None:
    (event,) = for_participant(visit(booked="2026-03-10T09:30", actual=day("2026-03-10"), status="done"))
    assert (event.start, event.alarms) == (at("2026-03-10T09:30"), ())
    (event,) = for_participant(visit(booked="2026-03-10T09:30", actual=day("2026-03-11"), status="done"))
    assert event.start == day("2026-03-11")


def test_the_time_of_a_visit_that_took_place_is_shown_where_it_is_known() -> None:
    (event,) = for_participant(visit(actual=at("2026-03-10T08:15"), status="done"))
    assert (event.start, event.end) == (at("2026-03-10T08:15"), at("2026-03-10T09:45"))


def test_a_time_without_an_offset_is_the_sites_local_time() -> None:
    naive = replace(visit(), booking=Booking(when=at("2026-03-09T09:30").replace(tzinfo=None)))
    assert for_participant(naive)[0].start == at("2026-03-09T09:30")


def test_a_time_of_another_zone_is_shown_in_the_sites() -> None:
    utc = replace(visit(), booking=Booking(when=dt.datetime(2026, 3, 9, 1, 30, tzinfo=dt.UTC)))
    (event,) = for_clinic(utc)
    assert str(event.start) == "2026-03-09 09:30:00+08:00"
    assert event.description.startswith("Booked: 2026-03-09 09:30\n")


# ---- the daily item


def test_what_is_done_at_home_comes_every_day_for_84_days() -> None:
    (event,) = participant_events(replace(plan(visit(target=None)), routine=ROUTINE), CLINIC, "en", STAMP)
    assert (event.summary, event.daily) == ("Daily use at home", 84)
    assert (event.start, event.end, event.transparent) == (day("2026-03-02"), day("2026-03-03"), True)
    # 2 March is day 1, so day 84 is 83 days later: 31 - 2 = 29 days to 31 March, 59 to 30 April, 83 to 24 May
    assert event.description.splitlines()[0] == "Every day from 2026-03-02 to 2026-05-24: 84 days in a row."


def test_the_daily_item_stands_at_the_time_that_the_site_gives() -> None:
    clinic = replace(CLINIC, daily_time="21:00")
    (event,) = participant_events(replace(plan(visit(target=None)), routine=ROUTINE), clinic, "zh", STAMP)
    assert (event.start, event.end) == (at("2026-03-02T21:00"), at("2026-03-02T21:15"))
    assert event.summary == "居家每日使用"
    assert event.description.splitlines()[0] == "2026-03-02 至 2026-05-24 每天进行，连续 84 天。"


# ---- clinic


def test_until_it_is_booked_a_visit_is_its_window() -> None:
    (event,) = for_clinic(visit())
    assert event.summary == "P-001 · Day 7 (window, not booked)"
    assert (event.start, event.end) == (day("2026-03-07"), day("2026-03-12"))  # the 11th belongs to the window
    assert (event.transparent, event.alarms) == (True, ())
    assert event.description.splitlines() == [
        "Participant: P-001",
        "Visit: Day 7 (D7)",
        "Protocol: NCT07084012, version registry-2025",
        "Target day: 2026-03-09",
        "Window: 2026-03-07 to 2026-03-11, as stated in the protocol",
        "Windows: both ends included, in the site's local calendar days (Asia/Shanghai).",
    ]


def test_a_window_in_chinese() -> None:
    (event,) = for_clinic(visit(), language="zh")
    assert event.summary == "P-001 · 第 7 天（访视窗，未预约）"
    assert "访视窗：2026-03-07 至 2026-03-11（方案规定）" in event.description
    assert "访视窗含首尾两日，按研究中心当地日历日计算（Asia/Shanghai）。" in event.description


def test_where_no_window_is_stated_the_target_day_stands_there_and_says_so() -> None:
    (event,) = for_clinic(visit(before=None, after=None))
    assert event.summary == "P-001 · Day 7 (target day, not booked)"
    assert (event.start, event.end) == (day("2026-03-09"), day("2026-03-10"))
    assert "Window: none is stated in the protocol; the target day is shown." in event.description


def test_a_window_of_the_sites_own_is_said_to_be_the_sites() -> None:
    (event,) = for_clinic(visit(window="site"))
    assert "Window: 2026-03-07 to 2026-03-11, set by the site (the protocol states none)" in event.description


def test_the_anchors_own_visit_says_that_others_count_from_it() -> None:
    (event,) = for_clinic(visit("D0", day("2026-03-02"), 0, 0, window="anchor"))
    assert event.summary == "P-001 · Day 0 (not booked)"
    assert "Other visits are counted from the day of this visit." in event.description


def test_a_booked_visit_has_its_window_in_the_description() -> None:
    (event,) = for_clinic(visit(booked="2026-03-09T09:30"))
    assert event.summary == "P-001 · Day 7"
    assert event.start == at("2026-03-09T09:30")
    assert event.location == "Outpatient building, floor 3; room 312"
    assert event.description.splitlines()[0] == "Booked: 2026-03-09 09:30"
    assert "Window: 2026-03-07 to 2026-03-11, as stated in the protocol" in event.description


def test_a_booking_outside_the_window_says_why() -> None:
    (event,) = for_clinic(visit(booked="2026-03-20T09:30", outside="in hospital until the 18th"))
    assert event.summary == "P-001 · Day 7 (outside the window)"
    assert "Booked outside the window. Reason: in hospital until the 18th" in event.description


@pytest.mark.parametrize(
    ("status", "days", "said"),
    [
        ("early", -3, ["Days from the target day: −3", "This is before the window."]),
        ("done", 1, ["Days from the target day: +1", "This is within the window."]),
        ("late", 5, ["Days from the target day: +5", "This is after the window."]),
    ],
)
def test_a_visit_that_took_place_is_held_against_its_window(status: str, days: int, said: list[str]) -> None:
    actual = day("2026-03-09") + dt.timedelta(days=days)
    (event,) = for_clinic(visit(actual=actual, status=status, days_from_target=days))
    assert event.summary == "P-001 · Day 7 (attended)"
    assert event.description.splitlines()[:3] == [f"Attended: {actual}", *said]


def test_without_a_window_nothing_is_early_or_late() -> None:
    (event,) = for_clinic(visit(before=None, after=None, actual=day("2026-04-09"), status="done", days_from_target=31))
    assert "the window." not in event.description
    assert "Days from the target day: +31" in event.description


def test_an_unscheduled_visit_has_no_window() -> None:
    (event,) = for_clinic(visit("U1", None, actual=day("2026-03-12"), status="done", anchor=None))
    assert event.description.splitlines()[-2] == "This visit is not scheduled and has no window."
    assert (event.start, event.end) == (day("2026-03-12"), day("2026-03-13"))


def test_the_notes_of_a_visit_are_shown() -> None:
    (event,) = for_clinic(visit(notes=(msg("counted from the actual date of {visit}", visit="D0"),)))
    assert event.description.splitlines()[-1] == "counted from the actual date of D0"


def test_windows_in_hours_show_their_times() -> None:
    target = at("2026-03-09T14:00")
    hourly = visit(
        "H4", target, None, None, window="stated",
        earliest=at("2026-03-09T13:30"), latest=at("2026-03-09T14:30"),
    )  # fmt: skip
    (event,) = for_clinic(hourly)
    assert (event.start, event.end) == (day("2026-03-09"), day("2026-03-10"))
    assert "Window: 2026-03-09 13:30 to 2026-03-09 14:30, as stated in the protocol" in event.description


# ---- pharmacy


def test_the_pharmacy_sees_the_dose_in_its_three_readings() -> None:
    (event,) = pharmacy_events(plan(visit()), doses(draft=False), CLINIC, "en", STAMP)
    assert event.summary == "P-001 · Day 7 (window, not booked)"
    assert event.description.splitlines()[-4:] == [
        "Product: umbilical cord cells; role: active",
        "Dose: 200,000,000 cells (200 million; 2 × 10⁸)",
        "Route: intravenous infusion",
        "Derivation: 200000000 cells, the same for everyone",
    ]


def test_only_what_is_not_confirmed_is_named_to_the_pharmacy() -> None:
    given = replace(doses(), assumptions=("COUNT", "INTERVAL"), unconfirmed=("COUNT",))
    (event,) = pharmacy_events(plan(visit()), given, CLINIC, "en", STAMP)
    assert "Not confirmed: COUNT" in event.description.splitlines()


def test_a_draft_says_so_before_anything_else() -> None:
    (event,) = pharmacy_events(plan(visit()), doses(), CLINIC, "en", STAMP)
    assert event.summary == "DRAFT – NOT FOR ADMINISTRATION · P-001 · Day 7 (window, not booked)"
    assert event.description.splitlines()[0] == "DRAFT – NOT FOR ADMINISTRATION"
    assert event.description.splitlines()[-1] == (
        "Draft because: nobody has compared the protocol file with the approved protocol"
    )


def test_a_draft_in_chinese() -> None:
    (event,) = pharmacy_events(plan(visit()), doses(), CLINIC, "zh", STAMP)
    assert event.summary.startswith("草稿，不得用于给药 · P-001 · 第 7 天")
    assert event.description.startswith("草稿，不得用于给药\n")
    assert "试验用药品：脐带间充质干细胞；类别：试验药物" in event.description


def test_a_visit_without_a_dose_says_so() -> None:
    (event,) = pharmacy_events(plan(visit()), doses(dose("D0")), CLINIC, "en", STAMP)
    assert "No dose is planned for this visit." in event.description
    assert "Product" not in event.description


def test_each_product_of_a_visit_is_shown() -> None:
    both = doses(
        dose(area="study", area_label=Words("study area", "试验区")),
        dose(
            area="control",
            area_label=Words("control area", "对照区"),
            role="placebo",
            product_label=Words("saline", "生理盐水"),
            total=None,
            same_volume_as="cells",
        ),
        draft=False,
    )
    (event,) = pharmacy_events(plan(visit()), both, CLINIC, "en", STAMP)
    assert "Product: umbilical cord cells; role: active\nGiven on: study area\nDose: 200,000,000" in event.description
    assert "Product: saline; role: placebo\nGiven on: control area\nVolume: the same as cells\n" in event.description


def test_the_doses_of_a_repeat_hold_for_each_of_its_visits() -> None:
    second = visit("C2", base="C")
    (event,) = pharmacy_events(plan(second), doses(dose("C")), CLINIC, "en", STAMP)
    assert "Dose: 200,000,000 cells" in event.description
    (event,) = pharmacy_events(plan(second), doses(dose("C", "1e8"), dose("C2", "3e8")), CLINIC, "en", STAMP)
    assert "Dose: 300,000,000 cells" in event.description
    assert "100,000,000" not in event.description


def test_warnings_stand_beside_the_doses() -> None:
    warned = replace(doses(), warnings=(Warned(code="DC310", text=msg("the area is unusually small")),))
    (event,) = pharmacy_events(plan(visit()), warned, CLINIC, "en", STAMP)
    assert "Warning: the area is unusually small" in event.description


# ---- what may not happen


@pytest.mark.parametrize(
    "function",
    [
        export.participant_calendar,
        export.clinic_calendar,
        participant_events,
        clinic_events,
        layout.CalendarWriter,
        layout.CalendarWriter.items,
        layout.CalendarWriter.file,
    ],
)
def test_what_makes_masked_calendars_takes_nothing_that_could_hold_an_arm(function: object) -> None:
    taken = set(inspect.signature(function).parameters) - {"self"}  # type: ignore[arg-type]
    assert taken <= {"plan", "audience", "clinic", "language", "stamp", "version", "previous", "cancel", "items"}


@pytest.mark.parametrize("text", ["Room 3\r\nATTENDEE:x", "Room\n3"])
def test_a_line_break_in_the_sites_words_is_refused(text: str) -> None:
    with pytest.raises(Refusal, match=r"DC501 the text .* holds a line break"):
        for_participant(visit(booked="2026-03-09T09:30"), clinic=replace(CLINIC, place=Words(text, text)))


def test_a_line_break_in_a_reason_or_a_label_is_refused() -> None:
    with pytest.raises(Refusal, match="DC501"):
        for_clinic(visit(booked="2026-03-20T09:30", outside="ill\r\nagain"))
    with pytest.raises(Refusal, match="DC501"):
        for_clinic(visit(label=Words("Day\n7", "x")))


def test_an_unknown_time_zone_is_refused() -> None:
    with pytest.raises(Refusal, match=r"DC405 there is no time zone"):
        clinic_events(plan(visit(booked="2026-03-09T09:30"), timezone="Asia/Shenzhen"), None, "en", STAMP)

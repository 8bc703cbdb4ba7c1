"""What is done about each item follows from what the study says and what the server holds, and from nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dosecalc.calendars.revisions import cancelled
from dosecalc.publishing.dav import Resource
from dosecalc.publishing.sync import plan
from publishing.samples import HEAD, NOON, URL, moved, there, visit

if TYPE_CHECKING:
    from dosecalc.calendars.event import Event

FIRST, SECOND = visit(10), visit(20)
PLACEHOLDER = "BEGIN:VALARM\nACTION:NONE\nTRIGGER;VALUE=DATE-TIME:19760401T005545Z\nEND:VALARM\n"
OVERRIDE = (
    "BEGIN:VEVENT\nUID:00000010-0000-5000-8000-000000000000@dosecalc.invalid\nRECURRENCE-ID:20260310T013000Z\n"
    "DTSTART:20260311T013000Z\nEND:VEVENT\n"
)


def changes(
    items: list[Event], resources: list[Resource], *before: Event, replace_edited: bool = False
) -> list[tuple[str, str]]:
    ever = [*before, *items]
    steps = plan(
        HEAD, items, resources, lambda uid: [each for each in ever if each.uid == uid], replace_edited=replace_edited
    )
    return [(step.change, step.item.summary) for step in steps]


def test_what_the_server_does_not_have_is_new() -> None:
    assert changes([FIRST, SECOND], []) == [("new", "Visit of day 10"), ("new", "Visit of day 20")]


def test_what_a_server_wrote_down_in_its_own_way_is_the_same() -> None:
    other = there(
        FIRST,
        ("DTSTAMP:20260301T040000Z\n", "CREATED:20260301T040001Z\nX-PHONE:seen\nPRIORITY:0\n"),
        ("TRANSP:OPAQUE\n", ""),
        ("LAST-MODIFIED:20260301T040000Z\n", "LAST-MODIFIED:20260305T040000Z\nDTSTAMP:20260305T040000Z\n"),
        ("DTSTART;TZID=Asia/Shanghai:20260310T093000", "DTSTART:20260310T013000Z"),
        ("DTEND;TZID=Asia/Shanghai:20260310T103000", "DURATION:PT1H"),
        ("SEQUENCE:0", "SEQUENCE:4"),
        ("END:VALARM\n", f"ACKNOWLEDGED:20260309T013000Z\nX-MOZ-LASTACK:20260309T013000Z\nEND:VALARM\n{PLACEHOLDER}"),
    )  # fmt: skip
    assert changes([FIRST], [other]) == [("same", "Visit of day 10")]


def test_what_equals_an_earlier_version_is_changed() -> None:
    assert changes([moved(FIRST)], [there(FIRST)], FIRST) == [("changed", "Visit of day 10")]


def test_a_visit_that_moved_and_moved_back_counts_on() -> None:
    back = moved(moved(FIRST), -2, 2)
    assert changes([back], [there(FIRST)], FIRST, moved(FIRST)) == [("changed", "Visit of day 10")]
    assert changes([back], [there(back)], FIRST, moved(FIRST)) == [("same", "Visit of day 10")]


@pytest.mark.parametrize(
    "edit",
    [
        ("T093000", "T113000"),
        ("SUMMARY:Visit of day 10", "SUMMARY:Visit of day 10?"),
        ("LOCATION:Room 312", "LOCATION:Room 313"),
        ("STATUS:CONFIRMED", "STATUS:TENTATIVE"),
        ("CLASS:PRIVATE\n", ""),
        ("TRIGGER:-P1D", "TRIGGER:-PT1H"),
        ("BEGIN:VALARM", "RRULE:FREQ=DAILY;COUNT=2\nBEGIN:VALARM"),
        ("BEGIN:VALARM", "ATTENDEE:mailto:somebody@else.example\nBEGIN:VALARM"),
        ("TRANSP:OPAQUE", "TRANSP:OPAQUE\nCOMMENT:came late"),
        ("BEGIN:VEVENT", f"{OVERRIDE}BEGIN:VEVENT"),
        ("DTSTART;TZID=Asia/Shanghai:20260310T093000", "DTSTART:whenever"),
    ],
)  # fmt: skip
def test_what_somebody_edited_is_left_unless_it_is_to_be_replaced(edit: tuple[str, str]) -> None:
    edited = there(FIRST, edit)
    for item in (FIRST, moved(FIRST)):
        assert changes([item, SECOND], [edited], FIRST)[:2] in (
            [("edited", "Visit of day 10"), ("new", "Visit of day 20")],
            [("new", "Visit of day 20"), ("edited", "Visit of day 10")],  # in the order of their last changes
        )
        assert ("replaced", "Visit of day 10") in changes([item], [edited], FIRST, replace_edited=True)


def test_what_stands_under_our_name_and_is_something_else_is_left() -> None:
    other = there(SECOND, name=f"{FIRST.uid}.ics")
    assert changes([FIRST], [other]) == [("edited", "Visit of day 10")]
    for data in ("", "nonsense", "BEGIN:VCALENDAR", "BEGIN:VCALENDAR\nEND:VCALENDAR\n"):
        nothing = Resource(url=f"{URL}{FIRST.uid}.ics", etag='"1"', data=data)
        assert changes([FIRST], [nothing]) == [("edited", "Visit of day 10")]


def test_an_item_is_found_by_what_it_is_and_not_by_its_name() -> None:
    steps = plan(HEAD, [moved(FIRST)], [there(FIRST, name="x%40y.ics")], lambda _: [FIRST], replace_edited=False)
    assert [(step.change, step.there and step.there.url.endswith("x%40y.ics")) for step in steps] == [("changed", True)]


def test_what_is_missing_though_later_items_are_there_was_deleted() -> None:
    later = moved(SECOND)
    assert changes([FIRST, later], [there(later)]) == [("back", "Visit of day 10"), ("same", "Visit of day 20")]
    assert changes([FIRST, later], [there(FIRST)]) == [("same", "Visit of day 10"), ("new", "Visit of day 20")]


def test_nobody_hears_of_a_cancelled_visit_that_they_never_heard_of() -> None:
    gone = cancelled(FIRST, NOON, "en")
    assert changes([gone], []) == []
    assert changes([gone], [there(FIRST)], FIRST) == [("changed", "Cancelled: Visit of day 10")]
    assert changes([gone], [there(gone)], FIRST) == [("same", "Cancelled: Visit of day 10")]


def test_files_of_others_are_nobodys_business() -> None:
    theirs = there(visit(5), ("UID:00000005-0000-5000-8000-000000000000@dosecalc.invalid", "UID:lunch@phone"))
    assert changes([FIRST], [theirs]) == [("new", "Visit of day 10")]

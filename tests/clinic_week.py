"""A clinic with sixty participants, all invented: a masked trial in spring, booked one after the other as they fit."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from pathlib import Path
from typing import Any

from dosecalc.app import shipped
from dosecalc.registry.event import Draft
from masked_study import call, record
from running import dosecalc

NOW = "2026-04-03T12:00:00+00:00"
"""Friday evening in Shenzhen, before the week of the picture."""
CLOSED = {dt.date(2026, 4, day) for day in (4, 5, 6)}
PLACES = 6
TIMES = ("08:30", "08:30", "09:30", "10:30", "13:30", "14:30")
CLINIC = """  places_per_day: 6
  weekdays: [Mon, Tue, Wed, Thu, Fri]
  hours: ["08:30-12:00", "13:30-17:00"]
  holidays: {country: CN, official_through: 2026}
  resources:
    bed: {label: {en: infusion bed, zh: 输液床}, per_day: 6}
    thawing: {label: {en: thawing bath, zh: 融化水浴箱}, per_day: 6}
"""
BOOKING = """    booking:
      D0: {resources: [thawing]}
      D7: {resources: [bed, thawing]}
      D14: {resources: [bed, thawing]}
"""
_DAY = dt.timedelta(days=1)


def site_file(folder: Path, clinic: str = CLINIC, booking: str = BOOKING) -> Path:
    """The shipped example, with a clinic that has days, hours, places and resources."""
    text = Path(shipped("sites", "example.yaml")).read_text(encoding="utf-8")
    head, mark, tail = text.partition('  daily_time: "21:00"\n')
    text = head + mark + clinic + tail
    text = text.replace("2026-05-18", "2026-02-18")  # nothing in it is confirmed later than the study begins
    head, mark, tail = text.partition("\n  NCT07084012:\n")
    path = folder / "site.yaml"
    path.write_text(head + mark + booking + tail, encoding="utf-8")
    return path


def begin(folder: Path, **parts: str) -> None:
    """Make study.db in `folder`."""
    (folder / "pharmacy").mkdir(exist_ok=True)
    ran = dosecalc(
        "study", "init", "--protocol", "NCT07084012", "--site", str(site_file(folder, **parts)),
        "--study", str(folder / "study.db"), "--key-out", str(folder / "pharmacy" / "study.key"), "--as", "zhao",
    )  # fmt: skip
    assert ran.code == 0, ran.err


def draft(kind: Any, code: str, visit: str | None = None, *, sealed: Any = None, **public: Any) -> Draft:
    at = dt.datetime(2026, 2, 25, 2, 0, tzinfo=dt.UTC)
    return Draft(kind=kind, at=at, participant=code, visit=visit, reason=None, public=public, sealed=sealed)


def enrolled(code: str, start: str, arm: str = "group-1") -> list[Draft]:
    """A participant whose first dose is on the day `start`."""
    return [
        draft("consent", code, form="1.0", date="2026-02-25"),
        draft("enrol", code, date="2026-02-25"),
        draft("assign", code, sealed={"arm": arm}),
        draft("anchor", code, name="start", when=start),
    ]


def booked(code: str, visit: str, when: str) -> Draft:
    return draft("book", code, visit, when=f"{when}:00+08:00")


def spring(arms: tuple[str, ...] = ("group-1", "group-2", "placebo")) -> list[Draft]:
    """Sixty participants: two on each weekday from Monday 2 March on, one on Fridays; some visits are not booked."""
    taken: Counter[dt.date] = Counter()
    drafts, wanted = [], []
    day, begun = dt.date(2026, 3, 2), 0
    while begun < 60:
        if day.weekday() < 5 and day not in CLOSED:
            for _ in range(1 if day.weekday() == 4 else 2):
                begun += 1
                code = f"P{begun:03}"
                drafts += enrolled(code, day.isoformat(), arms[begun % len(arms)])
                wanted += [(day, 0, code, "D0"), (day + 7 * _DAY, 2, code, "D7"), (day + 14 * _DAY, 2, code, "D14")]
        day += _DAY
    for number, (target, room, code, visit) in enumerate(sorted(wanted)):
        near = sorted((target + place * _DAY for place in range(-room, room + 1)), key=lambda on: abs(on - target))
        free = [on for on in near if on.weekday() < 5 and on not in CLOSED and taken[on] < PLACES]
        if not free or (visit != "D0" and number % 9 == 0):
            continue
        on = free[0]
        when = f"{on}T{TIMES[taken[on]]}"
        taken[on] += 1
        drafts.append(booked(code, visit, when))
        if on < dt.date(2026, 4, 3):
            drafts.append(draft("attend", code, visit, when=f"{when}:00+08:00"))
    return drafts


def clinic(folder: Path) -> None:
    """The whole study in `folder`."""
    begin(folder)
    record(folder, "liu", spring())


def made(folder: Path, *words: str) -> Any:
    """Call a command on the study, which must succeed."""
    ran = call(folder, "liu", *words)
    assert ran.code == 0, ran.err
    return ran

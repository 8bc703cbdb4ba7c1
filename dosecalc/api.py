"""What notebooks and programs call; `import dosecalc` offers it without importing anything before it is used.

Numbers, dates and amounts are given as a person writes them (`"23.4"`, `"2026-03-02"`), so that they pass the same
checks as on the command line.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dosecalc import app, shapes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from dosecalc.blinding import BlindedPlan
    from dosecalc.dosing.result import Doses
    from dosecalc.protocol.settled import Settled
    from dosecalc.quantity import Rounding
    from dosecalc.text import Language


def load(protocol: str, site: str | None = None) -> Settled:
    """Load a shipped protocol by its id or a protocol file by its path, and the site file that goes with it.

    Raises:
        Refusal: there is no such protocol or file.
        InvalidFile: with every finding of the file.
    """
    return app.load(protocol, site)


@dataclass(frozen=True, kw_only=True, slots=True)
class ParticipantPlan:
    """One participant's visits, and the doses where they were planned."""

    trial: Settled
    schedule: BlindedPlan
    doses: Doses | None

    def visits_table(self, language: Language = "en") -> pd.DataFrame:
        """The visits, a row each; columns as the keys of `dosecalc schedule --json`."""
        import pandas as pd

        return pd.DataFrame([shapes.visit(booked.visit, language) for booked in self.schedule.visits])

    def doses_table(self, language: Language = "en") -> pd.DataFrame:
        """The doses, a row each; columns as the keys of `dosecalc dose --json`; amounts are texts."""
        import pandas as pd

        return pd.DataFrame([shapes.dose(dose, language) for dose in self.doses.doses] if self.doses else [])


def plan_participant(
    trial: Settled,
    code: str,
    *,
    start: str,
    arm: str | None = None,
    areas: Sequence[str] = (),
    areas_at: Mapping[str, Sequence[str]] | None = None,
    area_method: str | Sequence[str] = (),
    area_measured_by: str | Sequence[str] = (),
    area_date: str | Sequence[str] = (),
    weight: str | None = None,
    level: str | None = None,
    rounding: Rounding | None = None,
    actual: Mapping[str, str] | None = None,
    anchors: Mapping[str, str] | None = None,
    bookings: Mapping[str, str] | None = None,
    outside_window: str | None = None,
    doses: bool = True,
) -> ParticipantPlan:
    """Plan one participant's visits and doses.

    In a masked trial without `arm` there are no doses to know; with `doses=False` none are planned. `areas` are
    patches in cm², `weight` is in kg, `level` in the protocol's unit. `areas_at` has the patches of areas that were
    measured again, by visit; each holds from that visit on. How an area was measured is said as on the command line:
    `area_date="2026-02-27"`, or `["2026-02-27", "W4=2026-03-25"]` where W4 has an area of its own.

    Raises:
        Refusal: as the commands `schedule` and `dose`.
        Usage: a booking without a time.
    """
    from dosecalc.participant_code import check_code

    asked = app.Asked(
        areas=areas,
        areas_at=_areas_at(areas_at or {}),
        area_method=_texts(area_method),
        area_by=_texts(area_measured_by),
        area_date=_texts(area_date),
        weight=weight,
        level=level,
        rounding=rounding,
    )
    dates = app.Dates(
        start=start,
        actual=_pairs(actual),
        anchors=_pairs(anchors),
        bookings=_pairs(bookings),
        outside_window=outside_window,
    )
    who = app.participant(trial, code=check_code(code), arm=arm, dates=dates, given=app.dose_input(trial, arm, asked))
    masking = trial.protocol.masking
    unknown = masking.masked and arm is None and masking.allocation == "one_arm"
    if unknown or not doses:
        return ParticipantPlan(trial=trial, schedule=app.schedule(trial, who), doses=None)
    schedule, given = app.pharmacy(trial, who)
    return ParticipantPlan(trial=trial, schedule=schedule, doses=given)


def _pairs(given: Mapping[str, str] | None) -> list[str]:
    return [f"{name}={text}" for name, text in (given or {}).items()]


def _texts(given: str | Sequence[str]) -> Sequence[str]:
    return [given] if isinstance(given, str) else given


def _areas_at(given: Mapping[str, Sequence[str]]) -> list[str]:
    if any(isinstance(patches, str) for patches in given.values()):  # "24" would become 2 cm² and 4 cm²
        raise TypeError("areas_at has lists of texts, one for each patch: {'W4': ['24']}")
    return [f"{visit}={';'.join(patches)}" for visit, patches in given.items()]


def plan_cohort(trial: Settled, participants: pd.DataFrame, rounding: Rounding | None = None) -> pd.DataFrame:
    """Plan the visit dates and doses of a whole table at once, a row each, with its index.

    `participants` has the columns `participant` and `start`, and those that the doses need (`arm`, `area_cm2`,
    `weight_kg`, `level`; `area_cm2_VISIT` for areas that were measured again). In a masked trial without the column
    `arm` only the dates are planned. Other columns are left alone, but one that is surely a misspelt one of these is
    refused: a `Level` must not be passed over. Participants are not compared with each other, and neither their codes
    nor the age of their areas are checked, as the command `plan` does.

    Raises:
        Refusal: everything that is wrong, with the numbers of the rows; DC617, a misspelt column.
    """
    import pandas as pd

    from dosecalc.dosing.cohort import cohort_doses
    from dosecalc.errors import Refusal
    from dosecalc.tables.columns import misspelt
    from dosecalc.visits.cohort import cohort_dates

    if wrong := list(misspelt([str(name) for name in participants], trial.protocol)):
        raise Refusal(wrong)
    dates = cohort_dates(trial, participants)
    masking = trial.protocol.masking
    if (
        masking.masked
        and "arm" not in participants
        and (masking.allocation == "one_arm" or not any(str(name).startswith("area_cm2") for name in participants))
    ):
        return dates
    doses = cohort_doses(trial, participants, rounding)
    return pd.concat([dates, doses.drop(columns=[name for name in doses if name in dates])], axis=1)


def make_calendar(
    plan: ParticipantPlan,
    *,
    stamp: dt.datetime,
    audience: app.CalendarAudience = "participant",
    language: Language = "en",
    previous: bytes | None = None,
    cancel: bool = False,
) -> bytes:
    """Return one participant's calendar file; `stamp` is the time of this export (aware).

    Raises:
        Refusal: the pharmacy's calendar of a plan without doses (DC372); what `calendars.export` refuses.
        ValueError: the stamp has no time zone.
    """
    if stamp.tzinfo is None:
        raise ValueError("the stamp has no time zone; write dt.datetime(…, tzinfo=dt.UTC)")
    return app.calendar_bytes(
        plan.trial,
        plan.schedule,
        plan.doses,
        audience=audience,
        language=language,
        stamp=stamp.astimezone(dt.UTC),
        previous=previous,
        cancel=cancel,
    )

"""One participant's calendar file, for each audience: what `dosecalc calendar` writes.

Those for masked people take no doses, so no call can hand them any (R15).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dosecalc.calendars.ics import write_calendar
from dosecalc.calendars.revisions import read_previous, revise, whole_seconds
from dosecalc.calendars.wording import calendar_head, clinic_events, participant_events, pharmacy_events

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from dosecalc.blinding import BlindedPlan
    from dosecalc.calendars.event import Audience, Event
    from dosecalc.dosing.result import Doses
    from dosecalc.protocol.clinic import Clinic
    from dosecalc.text import Language


def participant_calendar(
    plan: BlindedPlan,
    *,
    clinic: Clinic | None,
    language: Language,
    stamp: dt.datetime,
    version: str,
    previous: bytes | None = None,
    cancel: bool = False,
) -> bytes:
    """Return the calendar file of a participant (R17).

    `stamp` is the time of this export, `version` that of dosecalc. `previous` is the file that was handed out before;
    `cancel` cancels every item of it, or of the plan, where there is none.

    Raises:
        Refusal: DC501, a text holds characters that may not stand in a calendar; DC502, `previous` is not a calendar
            of dosecalc; DC503, it is somebody else's; DC504, `stamp` is not later than it; DC405, the time zone is not
            known.
    """
    events = participant_events(plan, clinic, language, whole_seconds(stamp))
    return _export("participant", plan, events, language, stamp, version, previous, cancel=cancel)


def clinic_calendar(
    plan: BlindedPlan,
    *,
    clinic: Clinic | None,
    language: Language,
    stamp: dt.datetime,
    version: str,
    previous: bytes | None = None,
    cancel: bool = False,
) -> bytes:
    """Return the calendar file of one participant for the clinic. Parameters and refusals as `participant_calendar`."""
    events = clinic_events(plan, clinic, language, whole_seconds(stamp))
    return _export("clinic", plan, events, language, stamp, version, previous, cancel=cancel)


def pharmacy_calendar(
    plan: BlindedPlan,
    doses: Doses,
    *,
    clinic: Clinic | None,
    language: Language,
    stamp: dt.datetime,
    version: str,
    previous: bytes | None = None,
    cancel: bool = False,
) -> bytes:
    """Return the calendar file of one participant for the pharmacy, with the doses.

    Parameters and refusals as `participant_calendar`.
    """
    events = pharmacy_events(plan, doses, clinic, language, whole_seconds(stamp))
    return _export("pharmacy", plan, events, language, stamp, version, previous, cancel=cancel)


def _export(
    audience: Audience,
    plan: BlindedPlan,
    events: Sequence[Event],
    language: Language,
    stamp: dt.datetime,
    version: str,
    previous: bytes | None,
    *,
    cancel: bool,
) -> bytes:
    head = calendar_head(audience, language, participant=plan.participant, protocol=plan.protocol, version=version)
    earlier = None if previous is None else read_previous(previous, head.uid)
    return write_calendar(head, revise(events, earlier, whole_seconds(stamp), language, cancel=cancel))

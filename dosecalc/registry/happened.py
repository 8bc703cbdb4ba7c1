"""What happened cannot lie after the moment at which it is entered: the one place where that is checked.

What holds for the study as a whole cannot lie before the study began, either. What is known of a participant can: they
may have consented before.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from dosecalc.errors import refuse
from dosecalc.registry.fold import moment, public_of
from dosecalc.registry.kinds import KIND_RULES
from dosecalc.text import msg
from dosecalc.visits.moments import readable
from dosecalc.visits.shift import elapsed

if TYPE_CHECKING:
    from dosecalc.errors import Refusal
    from dosecalc.registry.event import Draft, Event
    from dosecalc.visits.visit import Moment


def check_happened(draft: Draft, corrected: Event | None, present: dt.datetime) -> None:
    """Refuse a fact whose date is still to come. `corrected` is the event that the draft is a correction of, if any.

    `present` is the moment of entering, in the site's zone; a fact with a date alone may be of that day.

    Raises:
        Refusal: DC815.
    """
    kind, public, before = draft.kind, draft.public, draft.public
    if corrected is not None:
        kind, public, before = corrected.kind, draft.public.get("public", {}), public_of(corrected)
    key = KIND_RULES[kind].happened
    if key is None or key not in public:
        return
    if kind == "anchor" and before["name"] == "start":
        # The start is the planned day of the first dose until its visit has taken place: visits are booked from it
        # before. All other dates that visits count from are those of events (symptom onset): they have happened.
        return
    when = moment(public[key])
    if lies_ahead(when, present):
        raise still_to_come(when, present)


def check_begun(draft: Draft, began: dt.datetime, entered: dt.datetime) -> None:
    """Refuse what is said to have changed the study as a whole before it `began`; to the minute, as people write times.

    Nobody said so where the time is that of the entry: then the clock went back, and what happens is recorded.

    Raises:
        Refusal: DC932.
    """
    began = began.replace(second=0, microsecond=0)
    if KIND_RULES[draft.kind].about != "study" or draft.at >= began or draft.at == entered:
        return
    raise refuse(
        "DC932",
        msg("{when} lies before this study began, on {began}", when=readable(draft.at), began=readable(began)),
        msg("check the time after --at; what was decided earlier is recorded without --at, its date in --reason"),
    )


def lies_ahead(when: Moment, present: dt.datetime) -> bool:
    """Whether `when` lies after `present`, both at the site; a date alone does not lie after its own day."""
    # As moments: Python compares the clock readings of one zone, and in autumn an hour of them comes twice.
    return elapsed(present, when) > dt.timedelta(0) if isinstance(when, dt.datetime) else when > present.date()


def still_to_come(when: Moment, present: dt.datetime) -> Refusal:
    """Return the refusal of a date or time of something that happened, and lies in the future."""
    return refuse(
        "DC815",
        msg("{when} is still to come: it is {now} at the site", when=readable(when), now=readable(present)),
        msg("check what you typed, and the clock of this computer; only a booking or the planned start may lie ahead"),
    )

"""The card that a participant takes home."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dosecalc.app.study_wall import write_as
from dosecalc.errors import refuse
from dosecalc.registry.calendar_history import masked_plan
from dosecalc.text import msg

if TYPE_CHECKING:
    import datetime as dt

    from dosecalc.app.papers import WrittenPaper
    from dosecalc.app.study import Session
    from dosecalc.blinding import BlindedPlan
    from dosecalc.documents.visit_card import CardDate
    from dosecalc.protocol.clinic import Clinic
    from dosecalc.text import Language


@dataclass(frozen=True, kw_only=True, slots=True)
class VisitCard:
    """What a card is made from, and what stands on it.

    `passed` are visits that were booked for a moment that has passed, and of which nobody has said what became of them.
    """

    plan: BlindedPlan
    clinic: Clinic
    present: dt.datetime
    language: Language
    dates: tuple[CardDate, ...]
    passed: tuple[str, ...]


def visit_card(session: Session, code: str, *, language: Language | None = None) -> VisitCard:
    """Return the card of a participant, in `language`, else in their own, else in the site's.

    Raises:
        Refusal: DC737, nothing was recorded of them; DC904, they have no date to come; DC905, the site file is missing.
    """
    from dosecalc.documents.visit_card import card_dates, passed

    with session.read() as reading:
        state = session.participant(reading, code)
        study = session.study_at(reading)
    settled = session.settled_for(state, study, session.present.date())
    if settled.site is None:
        raise refuse(
            "DC905",
            msg("without a site file it is not known where the visits take place, and whom to call"),
            msg("bring a site file into the study with `study amend`"),
        )
    plan = masked_plan(settled, state, due=True)
    dates = () if plan is None else card_dates(plan, settled.site.clinic, session.present)
    if plan is None or not dates:
        raise refuse(
            "DC904",
            msg("{participant} has no visit to come that has a date", participant=code),
            msg("see what is missing with `participant show {participant}`; book the next visit", participant=code),
        )
    return VisitCard(
        plan=plan,
        clinic=settled.site.clinic,
        present=session.present,
        language=language or state.language or settled.site.language,
        dates=dates,
        passed=passed(plan, session.present),
    )


def write_card(card: VisitCard, path: str, *, font: str | None = None, force: bool = False) -> WrittenPaper:
    """Write the card as the file that the name says.

    Raises:
        Refusal: DC651, the name ends otherwise; DC640 to DC642; DC906, there is a file; DC602 to DC604.
    """
    from dosecalc.documents.visit_card import card_html, card_pdf

    what = card.plan, card.clinic, card.present, card.language
    return write_as(path, {".pdf": lambda: card_pdf(*what, font), ".html": lambda: card_html(*what)}, force=force)

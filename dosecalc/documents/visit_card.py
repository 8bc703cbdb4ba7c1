"""The card that a participant takes home: their dates in large type, what to bring, and whom to call.

It is made from a `BlindedPlan` and the clinic's neutral words, and names no diagnosis, product, arm, dose, sponsor or
registry number (R15, R17). On A4 it is folded once, to A5.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dosecalc.documents.days import between, in_full
from dosecalc.documents.lettering import escaped
from dosecalc.documents.typst_pdf import breakable, compiled
from dosecalc.text import msg, render
from dosecalc.visits.moments import local_day, weekday

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dosecalc.blinding import BlindedPlan, BookedVisit
    from dosecalc.protocol.clinic import Clinic
    from dosecalc.text import Language, Message, Words


@dataclass(frozen=True, kw_only=True, slots=True)
class CardDate:
    """One line of the card: when, in large type, and below it which visit, and what else is to be known."""

    visit: str
    when: Message
    label: Words | Message
    note: Message | None = None


def card_dates(plan: BlindedPlan, clinic: Clinic, present: dt.datetime) -> tuple[CardDate, ...]:
    """Return what is still to come of a plan at the moment `present`, in the order of the days.

    A visit whose time has passed is left out: what became of it is for the clinic to say.
    """
    shown = (each for each in plan.visits if each.booking or clinic.unbooked_visits == "show")
    found = [(_first(each), _line(each)) for each in shown if _to_come(each) and not _over(each, present)]
    return tuple(line for _, line in sorted(found, key=lambda one: one[0]))


def passed(plan: BlindedPlan, present: dt.datetime) -> tuple[str, ...]:
    """The visits whose booked time, or whose window, has passed, and of which nobody has said what became of them."""
    return tuple(each.visit.encounter for each in plan.visits if _to_come(each) and _over(each, present))


def _to_come(each: BookedVisit) -> bool:
    return each.visit.actual is None and (each.booking is not None or each.visit.target is not None)


def _over(each: BookedVisit, present: dt.datetime) -> bool:
    return each.booking.when <= present if each.booking else _window(each)[1] < present.date()


def _first(each: BookedVisit) -> dt.date:
    return each.booking.when.date() if each.booking else _window(each)[0]


def _window(each: BookedVisit) -> tuple[dt.date, dt.date]:
    """The first and the last day of a window; the target day where none is stated."""
    visit = each.visit
    assert visit.target is not None, "what is to come has a date"
    target = local_day(visit.target)
    if visit.earliest is None or visit.latest is None:
        return target, target
    return local_day(visit.earliest), local_day(visit.latest)


def _line(each: BookedVisit) -> CardDate:
    visit = each.visit
    if each.booking is None:
        note = msg("We will tell you the day and the time.")
        return CardDate(visit=visit.encounter, when=between(*_window(each)), label=visit.label, note=note)
    at = each.booking.when
    day = at.date()
    when = msg("{weekday} {day}, {time}", weekday=weekday(day), day=in_full(day), time=f"{at:%H:%M}")
    return CardDate(visit=visit.encounter, when=when, label=visit.label)


def card_pdf(
    plan: BlindedPlan, clinic: Clinic, present: dt.datetime, language: Language, font: str | None = None
) -> bytes:
    """Return the card as PDF/A-2b.

    Raises:
        Refusal: DC640, a package is missing; DC641, a character is in no font; DC642, `font` is no font.
    """
    return compiled("card.typ", _data(plan, clinic, present, language), language, present, font)


def _data(plan: BlindedPlan, clinic: Clinic, present: dt.datetime, language: Language) -> dict[str, Any]:
    def say(text: object) -> str:
        return breakable(render(text, language))

    return {
        "title": say(msg("Your visits")),
        "code": plan.participant,
        "dates": [
            {"when": say(each.when), "label": say(each.label), "note": "" if each.note is None else say(each.note)}
            for each in card_dates(plan, clinic, present)
        ],
        "routine": [say(line) for line in _routine(plan)],
        "facts": [{"label": render(label, language), "text": say(text)} for label, text in _facts(clinic)],
        "call": say(_call(clinic)),
        "fold": render(msg("fold here"), language),
        "known": render(_known(present), language),
    }


def _facts(clinic: Clinic) -> tuple[tuple[Message, Message | Words | str], ...]:
    return (
        (msg("Where"), clinic.name),
        (msg("Place"), clinic.place),
        (msg("Telephone"), clinic.contact),
        (msg("Please bring"), clinic.bring),
    )


def _call(clinic: Clinic) -> Message:
    return msg(
        "If you cannot come, or if a date does not suit you, please telephone as early as you can: {number}. We will "
        "look for another day with you. The days on this card cannot always be moved.",
        number=clinic.contact,
    )


def _known(present: dt.datetime) -> Message:
    return msg("Printed on {day}. A newer card replaces this one.", day=in_full(present.date()))


def _routine(plan: BlindedPlan) -> Iterator[Message | Words]:
    if plan.routine is not None:
        last = plan.routine.first + dt.timedelta(days=plan.routine.days - 1)
        yield plan.routine.words
        yield msg("Every day from {first} to {last}", first=in_full(plan.routine.first), last=in_full(last))


_STYLE = """
*{box-sizing:border-box}
body{font:16px/1.4 "Noto Sans SC","Noto Sans CJK SC","PingFang SC","Microsoft YaHei","Segoe UI",Arial,sans-serif;
color:#141414;max-width:190mm;margin:1em auto;padding:0 1em}
header{display:flex;justify-content:space-between;align-items:baseline;border-bottom:2px solid}
h1{font-size:24px;margin:0}
li{list-style:none;padding:.5em 0;border-bottom:1px solid #bbb;break-inside:avoid}
ul{padding:0;margin:0}
b{display:block;font-size:24px;line-height:1.25}
dl{display:grid;grid-template-columns:8em 1fr;gap:.4em 1em;font-size:18px}
dt,small,footer{color:#5f5f5f}
dd{margin:0;overflow-wrap:anywhere}
.call{border:2px solid;padding:.6em 1em;font-size:18px}
@page{size:A4;margin:12mm}
@media print{body{margin:0;padding:0;max-width:none}}
""".strip()


def card_html(plan: BlindedPlan, clinic: Clinic, present: dt.datetime, language: Language) -> bytes:
    """Return the card as one HTML page that loads nothing."""
    return "\n".join([*_html(plan, clinic, present, language), ""]).encode()


def _html(plan: BlindedPlan, clinic: Clinic, present: dt.datetime, language: Language) -> Iterator[str]:
    def say(text: object) -> str:
        return escaped(render(text, language))

    heading = say(msg("Your visits"))
    yield "<!doctype html>"
    yield f'<html lang="{"zh-Hans" if language == "zh" else "en"}">'
    yield '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    yield f"<title>{heading}</title>"
    yield f"<style>\n{_STYLE}\n</style></head>"
    yield f"<body><header><h1>{heading}</h1><span>{escaped(plan.participant)}</span></header>"
    yield "<ul>"
    for each in card_dates(plan, clinic, present):
        note = "" if each.note is None else f" · {say(each.note)}"
        yield f"<li><b>{say(each.when)}</b>{say(each.label)}{note}</li>"
    yield "</ul>"
    yield from (f"<p>{say(line)}</p>" for line in _routine(plan))
    yield "<dl>"
    yield from (f"<dt>{say(label)}</dt><dd>{say(text)}</dd>" for label, text in _facts(clinic))
    yield "</dl>"
    yield f'<p class="call">{say(_call(clinic))}</p>'
    yield f"<footer>{say(_known(present))}</footer>"
    yield "</body></html>"

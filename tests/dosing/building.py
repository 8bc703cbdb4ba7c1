"""Made-up protocols for the tests of doses, built from the records themselves."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from dosecalc.protocol.clinic import Clinic
from dosecalc.protocol.confirmed import Confirmed
from dosecalc.protocol.dose_rule import (
    Answer,
    Cap,
    DoseRule,
    Fixed,
    LevelRef,
    PerArea,
    PerSite,
    PerWeight,
    Source,
    TopicalDaily,
    VolumeMatched,
)
from dosecalc.protocol.model import (
    NOT_STATED,
    Anchor,
    Area,
    Arm,
    Assumption,
    Document,
    Encounter,
    Level,
    Masking,
    Product,
    Protocol,
    Repeat,
    Timing,
    Window,
)
from dosecalc.protocol.offsets import parse_offset
from dosecalc.protocol.settled import Settled
from dosecalc.protocol.site import Site, SiteAnswer, SiteLevel, SiteLevels, SiteProtocol, Verified
from dosecalc.protocol.walk import walk
from dosecalc.quantity import Quantity, parse_quantity
from dosecalc.text import Words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SOURCE = Source(document="record", section="Arms")
SHA = "0" * 64


def words(text: str) -> Words:
    return Words(en=text, zh=text)


def q(text: str) -> Quantity:
    return parse_quantity(text)


def rule(at: str, product: str = "sEV", role: Any = "active", **kind: Any) -> DoseRule:
    return DoseRule(
        at=tuple(at.split()), product=product, role=role, route=Words("scalp", "头皮"), source=SOURCE, **kind
    )


def per_site(amount: str = "1e8 particles/site", **changes: Any) -> PerSite:
    given: dict[str, Any] = {
        "amount": LevelRef(level=amount) if " " not in amount else q(amount),
        "sites": q("1 sites/cm²"),
        "rounding": Answer(answer="ROUNDING"),
        "below_one_site": Answer(answer="BELOW"),
        "patches": Answer(answer="PATCHES"),
        "area_measured": Answer(answer="MEASURED"),
    }
    return PerSite(**(given | changes))


def per_area(amount: str = "1e9 particles/cm²", **changes: Any) -> PerArea:
    given: dict[str, Any] = {
        "amount": LevelRef(level=amount) if " " not in amount else q(amount),
        "covers": "each_dose",
        "rounding": Answer(answer="ROUNDING"),
        "area_measured": "once",
    }
    return PerArea(**(given | changes))


def fixed(amount: str, **changes: Any) -> Fixed:
    return Fixed(amount=LevelRef(level=amount) if " " not in amount else q(amount), **changes)


def per_weight(amount: str = "1e6 cells/kg", **changes: Any) -> PerWeight:
    given: dict[str, Any] = {
        "amount": LevelRef(level=amount) if " " not in amount else q(amount),
        "rounding": Answer(answer="ROUNDING"),
        "counts": "total",
    }
    return PerWeight(**(given | changes))


def daily(amount: str = "1 mL/day", days: str = "84 days", **changes: Any) -> TopicalDaily:
    return TopicalDaily(
        amount=q(amount), days=q(days), times_a_day=changes.get("times_a_day", 2), instruction=words("apply")
    )


def placebo_of(product: str) -> VolumeMatched:
    return VolumeMatched(product=product)


def cap(holds: Any, at_most: str, above: Any = "refuse") -> Cap:
    return Cap(holds=holds, at_most=q(at_most), above=above, source=Source(document="record", section="Limits"))


def level(name: str, *one_of: str, at_least: str | None = None, at_most: str | None = None) -> Level:
    return Level(
        id=name,
        label=words(f"Level {name}"),
        one_of=tuple(map(q, one_of)),
        at_least=q(at_least) if at_least else None,
        at_most=q(at_most) if at_most else None,
        source=SOURCE,
    )


def question(code: str, **changes: Any) -> Assumption:
    given: dict[str, Any] = {
        "id": code,
        "question": words(f"What about {code}?"),
        "reason": words("The record does not say."),
        "kind": "choice",
        "bears_on": ("dose",),
        "confirm_by": "trial pharmacist",
    }
    return Assumption(**(given | changes))


def _asked(arms: Mapping[str, Sequence[DoseRule]], known: set[str]) -> list[Assumption]:
    """An open question for every answer that the arms' rules refer to and that the test does not give itself."""
    codes = dict.fromkeys(
        record.answer
        for _, record in walk({arm: tuple(rules) for arm, rules in arms.items()})
        if isinstance(record, Answer)
    )
    return [question(code) for code in codes if code not in known]


def encounter(name: str, offset: str | None = None, window: str | None = None, **changes: Any) -> Encounter:
    timing = None
    if offset is not None:
        timing = Timing(
            anchor="first_dose",
            offset=parse_offset(offset),
            window=Window(before=parse_offset(window), after=parse_offset(window)) if window else NOT_STATED,
            source=SOURCE,
        )
    given: dict[str, Any] = {
        "id": name,
        "label": words(name),
        "epoch": "treatment",
        "timing": timing,
        "defines": "first_dose" if timing is None and not changes.get("unscheduled") else None,
    }
    return Encounter(**(given | changes))


def repeated(count: int, every: str = "P21D", until: str | None = None) -> Repeat:
    return Repeat(every=parse_offset(every), count=count, until=until, source=SOURCE)


def protocol(
    arms: Mapping[str, Sequence[DoseRule]],
    encounters: Sequence[Encounter] | None = None,
    levels: Sequence[Level] = (),
    questions: Sequence[Assumption] = (),
    allocation: Any = "one_arm",
    masked: bool = False,
    visits: Mapping[str, str] | None = None,
) -> Protocol:
    """A protocol with these arms' dose rules; visits V1 to V4, one and the same for all arms unless `visits` says."""
    met = {e.id: e for e in encounters or (encounter("V1"), *(encounter(f"V{n}", f"P{n}W") for n in (2, 3, 4)))}
    products = {r.product for rules in arms.values() for r in rules} | {"sEV"}
    return Protocol(
        dosecalc="1",
        id="T1",
        version="1",
        title=words("Trial"),
        documents={"record": Document(id="record", title="Record", version="1", date=dt.date(2025, 1, 1))},
        masking=Masking(masked=masked, roles="not_stated", allocation=allocation, source=SOURCE),
        products={p: Product(id=p, label=words(p), source=SOURCE) for p in sorted(products)},
        anchors={"first_dose": Anchor(id="first_dose", label=words("First dose"), given="start")},
        encounters=met,
        areas={name: Area(id=name, label=words(name)) for name in ("study", "control", "left", "right")},
        levels={one.id: one for one in levels},
        arms={
            name: Arm(
                id=name,
                label=words(name),
                encounters=tuple(visits[name].split()) if visits else tuple(met),
                doses=tuple(rules),
                source=SOURCE,
            )
            for name, rules in arms.items()
        },
        assumptions={one.id: one for one in (*_asked(arms, {one.id for one in questions}), *questions)},
        sha256=SHA,
    )


CONFIRMED = Confirmed(document="Pharmacy manual", section="3.1", by="Li", date=dt.date(2025, 6, 1))


def settled(of: Protocol, levels: Any = None, example: Any = False, verified: Any = True, **answers: Any) -> Settled:
    """The protocol with a site file that answers and decides what is given, and confirms it unless it is an example."""
    here = SiteProtocol(
        id=of.id,
        verified=Verified(sha256=SHA, document="Protocol", version="1", by="Li", date=dt.date(2025, 6, 1))
        if verified
        else None,
        answers={code: SiteAnswer(answer=answer, confirmed=CONFIRMED) for code, answer in answers.items()},
        levels={
            name: SiteLevels(decided=tuple(SiteLevel(amount=q(a), confirmed=CONFIRMED) for a in amounts.split(", ")))
            for name, amounts in (levels or {}).items()
        },
    )
    visit_length = parse_offset("PT1H")
    site = Site(
        dosecalc_site="1",
        example=example,
        timezone="Asia/Shanghai",
        language="en",
        clinic=Clinic(
            name=words("Clinic"),
            place=words("Room 1"),
            contact="1",
            bring=words("nothing"),
            visit_length=visit_length,  # type: ignore[arg-type]
            unbooked_visits="show",
        ),
        rectangle_areas="refuse",
        protocols={of.id: here},
    )
    return Settled(protocol=of, site=site)


def areas(*values: str) -> tuple[Decimal, ...]:
    return tuple(map(Decimal, values))

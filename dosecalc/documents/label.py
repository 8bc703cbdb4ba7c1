"""Labels: one for each syringe, infusion or bottle of a worksheet.

`cn` has the particulars that China's GCP (2020) and the GMP annex on investigational products (2022) ask for, `eu`
those of Regulation (EU) 536/2014, Annex VI, A.1. A masked label holds nothing that depends on the arm (R15): no
product, amount, lot or expiry, no digest, and no time to finish by but one that all areas of the worksheet share; where
the law wants such a particular, there is a line that the unblinded pharmacist fills in alike for all arms. It names an
area by its letter alone, and has a line for it where nobody said which area is A.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from dosecalc.documents.blocks import Room
from dosecalc.documents.sheet_words import DRAFT, amount, day_and_minute, exact_amount, expiry_words, sites_words
from dosecalc.documents.worksheet import area_letters
from dosecalc.dosing.prepared import Dispensing, Preparation
from dosecalc.errors import refuse
from dosecalc.text import msg, render

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from dosecalc.documents.blocks import Cell
    from dosecalc.documents.worksheet import Worksheet
    from dosecalc.dosing.prepared import Fill
    from dosecalc.protocol.settled import Settled
    from dosecalc.protocol.site import SiteLabel
    from dosecalc.text import Language, Message, Words

LabelKind = Literal["cn", "eu"]
_ONLY = ("仅用于临床试验", "For clinical trial use only")
"""The wording that the law gives, in the law's language: never translated."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Label:
    """What one label says. `only` is that it is for a trial; `letter` tells two areas apart, `part` is n of m.

    Where the letter is written by hand, `area` is the field for it.
    """

    mark: str | None
    only: str
    name: str
    letter: str | None
    area: str | None
    participant: Cell
    participant_label: str
    visit: str
    part: str
    rows: tuple[tuple[str, Cell], ...]
    contact: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Job:
    sheet: Worksheet
    language: Language
    kind: LabelKind
    masked: bool
    site: SiteLabel
    made: Preparation | Dispensing
    letter: str | None
    stop_by: dt.datetime | None

    def say(self, text: object) -> str:
        return render(text, self.language)

    @property
    def by_hand(self) -> bool:
        """Whether the letter of the area is written by hand."""
        return self.masked and self.letter is None and self.made.dose.area is not None


def labels_of(sheet: Worksheet, language: Language, kind: LabelKind = "cn", *, masked: bool) -> tuple[Label, ...]:
    """Return the labels of a worksheet, those of several areas in the order of their letters.

    Raises:
        Refusal: DC643, the site file has nothing for labels; DC644, a masked label cannot be made, or would tell the
            arms apart.
    """
    settled = sheet.settled
    here = settled.here
    if here is None or here.label is None:
        raise refuse(
            "DC643",
            msg("the site file says nothing for the labels of {protocol}", protocol=settled.protocol.id),
            msg("write sponsor, investigator and directions under 'label' in the site file"),
        )
    if masked:
        _check_masked(settled, here.label)
    alike, letters = stop_by_of_all(sheet), area_letters(sheet)
    jobs = [
        _Job(
            sheet=sheet,
            language=language,
            kind=kind,
            masked=masked,
            site=here.label,
            made=made,
            letter=letters.get(made.dose.area or ""),
            stop_by=alike if masked or isinstance(made, Dispensing) else made.stop_by,
        )
        for made in sheet.preparations
    ]
    return tuple(label for _, labels in sorted(map(_in_order, jobs), key=lambda entry: entry[0]) for label in labels)


def _in_order(job: _Job) -> tuple[tuple[str, str], tuple[Label, ...]]:
    """The labels of a preparation and what they are sorted by: their letter, or else all that they say.

    The order of the worksheet would tell which area is which (R15).
    """
    labels = tuple(_labels(job))
    return (job.letter or "", str(labels) if job.by_hand else ""), labels


def stop_by_of_all(sheet: Worksheet) -> dt.datetime | None:
    """Return the time to finish by that a masked label may state, or None where there is a line to write it on.

    It tells nothing (R15) where the worksheet itself shows that it is the same for all that a masked person compares:
    every participant gets every arm, and all areas of the protocol stand on this worksheet with one time. Elsewhere
    the worksheet knows the limit of its own lot only, and cannot know when another arm's lot would be thawed.
    """
    protocol = sheet.settled.protocol
    areas = {made.dose.area for made in sheet.preparations}
    times = {made.stop_by if isinstance(made, Preparation) else None for made in sheet.preparations}
    if protocol.masking.allocation != "every_arm" or areas != set(protocol.areas) or len(times) != 1:
        return None
    return times.pop()


def why_by_hand(sheet: Worksheet) -> Message | None:
    """Return why the masked labels leave the time to finish by to be written by hand; None where they state it."""
    made = [each for each in sheet.preparations if isinstance(each, Preparation)]
    if not made or stop_by_of_all(sheet) is not None:
        return None
    if sheet.settled.protocol.masking.allocation != "every_arm":
        why = msg("this worksheet knows the limit of its own lot only, and the time must not tell the arm")
    elif {each.dose.area for each in made} != set(sheet.settled.protocol.areas):
        why = msg("this worksheet has only one of the areas, and the time must not tell which")
    elif all(each.stop_by is None for each in made):
        why = msg("no time of thawing was given, or the lots have no limit")
    else:
        why = msg("it is not the same for all areas, and must not tell which is which")
    return msg("write the time to finish by on the masked labels by hand, alike on all of them: {why}", why=why)


def _check_masked(settled: Settled, label: SiteLabel) -> None:
    protocol = settled.protocol
    if not protocol.masking.masked:
        raise refuse(
            "DC644",
            msg("{protocol} is an open trial: its labels name the product", protocol=protocol.id),
            msg("print the labels without masking"),
        )
    if label.masked_name is None:
        raise refuse(
            "DC644",
            msg("the site file has no name for the product on a masked label"),
            msg("write 'masked_name' under 'label': one name for all arms"),
        )


def _labels(job: _Job) -> Iterator[Label]:
    made = job.made
    if isinstance(made, Dispensing):
        count = sum(each.bottles for each in made.visits if each.visit == job.sheet.visit)
        for number in range(1, count + 1):
            part = msg("Bottle {number} of {count}", number=number, count=count)
            yield _label(job, job.say(part), number, tuple(_bottle_rows(job, made)))
    elif made.fills:
        for fill in made.fills:
            part = msg("Syringe {number} of {count}", number=fill.number, count=len(made.fills))
            yield _label(job, job.say(part), fill.number, tuple(_syringe_rows(job, made, fill)))
    else:
        yield _label(job, job.say(msg("Infusion")), 1, tuple(_infusion_rows(job, made)))


def _label(job: _Job, part: str, number: int, rows: tuple[tuple[str, Cell], ...]) -> Label:
    sheet, site = job.sheet, job.site
    protocol = sheet.settled.protocol
    name: object = site.masked_name if job.masked else job.made.dose.product_label
    if not job.masked and job.made.dose.area_label is not None:
        name = msg("{product}, on the {area}", product=name, area=job.made.dose.area_label)
    trial = msg("{code} ({protocol})", code=site.trial_code, protocol=protocol.id)
    last = [(job.say(msg("Directions")), job.say(_directions(job)))]
    if job.kind == "eu" or isinstance(job.made, Dispensing):
        last.append(("", job.say(msg("Keep out of reach of children"))))
    telephone = site.telephone.replace(" ", "\N{NO-BREAK SPACE}")
    letter = "__" if job.by_hand else job.letter or ""
    code = f"{protocol.id}/{sheet.participant or '________'}/{sheet.visit}/{letter}{number}"
    return Label(
        mark=job.say(DRAFT) if _is_draft(job) else None,
        only=_only(job),
        name=job.say(name),
        letter=job.letter,
        area=job.say(msg("Area {letter}", letter="____")) if job.by_hand else None,
        participant=sheet.participant or Room.LINE,
        participant_label=job.say(msg("Participant")),
        visit=job.say(msg("{visit} ({label})", visit=sheet.visit, label=sheet.visit_label)),
        part=part,
        rows=((job.say(msg("Trial")), job.say(trial)), *rows, (job.say(msg("Label code")), code), *last),
        contact=(
            job.say(msg("Sponsor: {name}", name=site.sponsor)),
            job.say(msg("Investigator: {name}", name=site.investigator)),
            job.say(msg("{address}, tel. {telephone}", address=site.address, telephone=telephone)),
        ),
    )


def _directions(job: _Job) -> Words:
    """The site's directions are for what is given in the clinic; what is used at home has the protocol's own."""
    if isinstance(job.made, Dispensing):
        for arm in job.sheet.settled.protocol.arms.values():
            for rule in arm.doses:
                if rule.product == job.made.dose.product and rule.topical_daily is not None:
                    return rule.topical_daily.instruction
    return job.site.directions


def _only(job: _Job) -> str:
    first, second = _ONLY if job.kind == "cn" else reversed(_ONLY)
    native = _ONLY[0] if job.language == "zh" else _ONLY[1]
    return first if first == native else f"{first}  {second}"


def _is_draft(job: _Job) -> bool:
    """Whether the label is a draft. A masked one is where any arm's would be: its mark must not tell the arm (R15)."""
    settled = job.sheet.settled
    if job.sheet.draft or not job.masked:
        return bool(job.sheet.draft)
    if not settled.verified:
        return True
    bears = {
        code
        for code, assumption in settled.protocol.assumptions.items()
        if assumption.bears_on_dose or "volume" in assumption.bears_on
    }
    return any(not ((found := settled.find(code)) and found.confirmed) for code in bears)


def _syringe_rows(job: _Job, made: Preparation, fill: Fill) -> Iterator[tuple[str, Cell]]:
    volume = amount(fill.expelled, job.language)
    if fill.sites is not None:
        volume = job.say(msg("{volume}, sites {sites}", volume=fill.expelled, sites=sites_words(fill)))
    if not job.masked:
        yield from _amount_rows(job, made, fill)
    yield job.say(msg("To be injected")), volume
    yield from _prepared_rows(job, made)


def _infusion_rows(job: _Job, made: Preparation) -> Iterator[tuple[str, Cell]]:
    if not job.masked:
        yield from _amount_rows(job, made, None)
    yield job.say(msg("Volume")), amount(made.final_volume, job.language)
    if made.rate is not None and not job.masked:
        yield job.say(msg("Infusion rate")), amount(made.rate, job.language)
    yield from _prepared_rows(job, made)


def _amount_rows(job: _Job, made: Preparation, fill: Fill | None) -> Iterator[tuple[str, Cell]]:
    dose = made.dose
    if dose.strength is not None:
        yield job.say(msg("Strength")), dose.strength
    if dose.total is not None:
        yield job.say(msg("Dose")), amount(dose.total, job.language)
    if fill is not None and fill.sites is not None and dose.total is not None and dose.sites and len(made.fills) > 1:
        first, last = fill.sites  # a share of the dose, for a cap may have lowered what its sites add up to
        here = Fraction(dose.total.value) * (last - first + 1) / dose.sites
        yield job.say(msg("In this syringe")), exact_amount(here, dose.total, job.language)
    if dose.same_volume_as is not None:
        yield job.say(msg("Dose")), job.say(msg("same volume as {product}", product=dose.same_volume_as))


def _prepared_rows(job: _Job, made: Preparation) -> Iterator[tuple[str, Cell]]:
    form, route = job.say(_form(job, made)), job.say(made.dose.route)
    both = route if form.casefold() in route.casefold() else job.say(msg("{form}, {route}", form=form, route=route))
    yield job.say(msg("Form, route")), both
    if not job.masked:
        lot = msg("{lot}, expiry {expiry}", lot=made.lot.id, expiry=expiry_words(made.lot))
        yield job.say(msg("Lot")), job.say(lot)
    yield job.say(msg("Prepared on")), made.on.isoformat()
    yield job.say(msg("To be finished by")), day_and_minute(job.stop_by) if job.stop_by else Room.LINE
    # The lot's storage is that of a frozen vial, not that of a syringe which was drawn from it.
    yield job.say(msg("Storage")), job.say(job.site.storage) if job.site.storage is not None else Room.LINE


def _form(job: _Job, made: Preparation) -> Words:
    """The dosage form; on a masked label one that all products of the trial share."""
    if not job.masked or job.sheet.settled.here is None:
        return made.how.dosage_form
    forms = {how.id: how.dosage_form for how in job.sheet.settled.here.preparation.values()}
    if len({*forms.values(), made.how.dosage_form}) > 1:
        raise refuse(
            "DC644",
            msg(
                "the dosage forms of {products} differ, so a masked label would tell them apart",
                products=", ".join(forms),
            ),
            msg("write the same 'dosage_form' for all products of the trial in the site file"),
        )
    return made.how.dosage_form


def _bottle_rows(job: _Job, made: Dispensing) -> Iterator[tuple[str, Cell]]:
    dose, lot = made.dose, made.lot
    if not job.masked:
        if dose.strength is not None:
            yield job.say(msg("Strength")), dose.strength
        yield job.say(msg("Content")), amount(lot.nominal_volume, job.language)
        if dose.level is not None:
            yield job.say(msg("Each day")), amount(dose.level, job.language)
    yield job.say(msg("Route")), job.say(dose.route)
    if job.masked:
        yield job.say(msg("Storage")), job.say(job.site.storage) if job.site.storage is not None else Room.LINE
        yield job.say(msg("Use before")), Room.LINE
    else:
        yield job.say(msg("Lot")), job.say(msg("{lot}, expiry {expiry}", lot=lot.id, expiry=expiry_words(lot)))
        yield job.say(msg("Storage")), job.say(lot.storage)
    yield job.say(msg("Handed out on")), made.on.isoformat()

"""Hair-loss areas: what can be one, how it was measured, and how patches add up (R9)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, get_args

from dosecalc.dosing.derivation import Factor, joined
from dosecalc.dosing.result import Warned
from dosecalc.errors import Finding, Refusal, refuse
from dosecalc.quantity import Quantity, parse_number, plain, unit
from dosecalc.text import NOTHING, Message, msg

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from dosecalc.protocol.site import Site

AreaMethod = Literal["ellipse", "tracing", "planimetry", "polygon", "rectangle"]
AREA_METHODS: tuple[AreaMethod, ...] = get_args(AreaMethod)

METHOD_WORDS: dict[AreaMethod, Message] = {
    "ellipse": msg("ellipse"),
    "tracing": msg("tracing"),
    "planimetry": msg("planimetry"),
    "polygon": msg("polygon"),
    "rectangle": msg("rectangle"),
}

# About a whole scalp; and the limits of what is plausible for a patch of hair loss (R9), in cm².
MOST_CM2 = Decimal(500)
LARGE_CM2 = Decimal(250)
SMALL_CM2 = Decimal(2)


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """How an area was measured, by whom and when (R9)."""

    method: AreaMethod | None = None
    by: str | None = None
    date: dt.date | None = None

    @property
    def words(self) -> Message:
        """What is known of the measuring, as it stands behind an area; nothing where nothing is."""
        known = [METHOD_WORDS[self.method]] if self.method is not None else []
        known += [msg("by {name}", name=self.by)] if self.by is not None else []
        known += [msg("on {day}", day=self.date.isoformat())] if self.date is not None else []
        words = NOTHING
        for one in known:
            words = msg("{more}, {one}", more=words, one=one) if words.template else one
        return words


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckedArea:
    """The patches of one participant, each above zero, and their exact sum in cm²."""

    patches: tuple[Quantity, ...]
    total: Quantity
    derivation: Message
    warnings: tuple[Warned, ...] = ()


def check_areas(areas: Sequence[Decimal]) -> CheckedArea:
    """Return the patches (cm²) with their sum.

    Raises:
        Refusal: DC310, there is no patch; DC311, a patch is not a number above zero; DC312, the sum is above 500 cm².
    """
    if not areas:
        raise missing_area()
    wrong = [area for area in areas if not (area.is_finite() and area > 0)]
    if wrong:
        raise Refusal(
            Finding(
                "DC311",
                msg("an area of {area} cm² is not an area", area=plain(area) if area.is_finite() else str(area)),
                msg("give each patch in cm², above zero; leave out what was not measured"),
            )
            for area in wrong
        )
    square = unit("cm²")
    patches = tuple(Quantity(area, square) for area in areas)
    total = patches[0]
    for patch in patches[1:]:
        total += patch
    if total.value > MOST_CM2:
        raise refuse(
            "DC312",
            msg("an area of {area} is more than a whole scalp has", area=Factor(total)),
            msg(
                "check the number and its decimal point: areas are in cm², and at most {most} cm²", most=plain(MOST_CM2)
            ),
        )
    if len(patches) == 1:
        line = msg("area: {area}", area=Factor(total))
    else:
        line = msg("area: {sum} = {area}", sum=joined(areas), area=Factor(total))
    return CheckedArea(patches=patches, total=total, derivation=line, warnings=_unusual(total))


def area_line(area: CheckedArea, visit: str | None, measured: Measured | None) -> Message:
    """Return the line of the derivation that says which area it is: where, how, by whom and when measured (R9, R16)."""
    record = measured.words if measured is not None else NOTHING
    if visit is None:
        return msg("{area} ({record})", area=area.derivation, record=record) if record.template else area.derivation
    if record.template:
        return msg("{area} (measured at {visit}: {record})", area=area.derivation, visit=visit, record=record)
    return msg("{area} (measured at {visit})", area=area.derivation, visit=visit)


def _unusual(total: Quantity) -> tuple[Warned, ...]:
    if total.value < SMALL_CM2:
        text = msg(
            "the area of {area} is unusually small (below {limit} cm²): check it", area=Factor(total), limit=SMALL_CM2
        )
        return (Warned(code="area-small", text=text),)
    if total.value > LARGE_CM2:
        text = msg(
            "the area of {area} is unusually large (above {limit} cm²): check it", area=Factor(total), limit=LARGE_CM2
        )
        return (Warned(code="area-large", text=text),)
    return ()


def missing_area() -> Refusal:
    """The refusal to calculate without an area."""
    return refuse(
        "DC310",
        msg("the area is missing: this dose depends on it"),
        msg("give each patch in cm² (--area, or the column area_cm2); whoever measured the participant can supply it"),
    )


def read_areas(texts: Iterable[str]) -> tuple[Decimal, ...]:
    """Return the areas that the texts state, in cm², each read by the notation firewall (R2).

    Raises:
        Refusal: DC201 with every text that is not a number.
    """
    areas: list[Decimal] = []
    findings: list[Finding] = []
    for text in texts:
        try:
            areas.append(parse_number(text))
        except Refusal as refusal:
            findings.extend(refusal.findings)
    if findings:
        raise Refusal(findings)
    return tuple(areas)


def split_patches(text: str) -> tuple[Decimal, ...]:
    """Return the patches of one field, separated by `;`, in cm².

    >>> split_patches("20.1; 3.3")
    (Decimal('20.1'), Decimal('3.3'))

    Raises:
        Refusal: DC201 with every part that is not a number.
    """
    return read_areas(part.strip(" ") for part in text.split(";"))


def check_method(text: str, site: Site | None) -> AreaMethod:
    """Return the method of measuring that `text` names (R9).

    Length × width overstates an area by 41 % (Rogers 2010), so a rectangle needs the site's permission.

    Raises:
        Refusal: DC314, no such method; DC315, a rectangle where the site file does not allow it.
    """
    refused = "rectangle" if site is None or site.rectangle_areas == "refuse" else None
    for method in AREA_METHODS:
        if method == text:
            break
    else:
        allowed = [each for each in AREA_METHODS if each != refused]
        raise refuse(
            "DC314",
            msg("'{text}' is not a method of measuring an area", text=text),
            msg("write one of: {methods}", methods=", ".join(allowed)),
        )
    if method == refused:
        raise refuse(
            "DC315",
            msg("length × width overstates an area by about 41 %"),
            msg(
                "measure by ellipse, tracing, planimetry or polygon; "
                "the trial pharmacist can allow rectangles in the site file"
            ),
        )
    return method

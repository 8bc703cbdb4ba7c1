"""What a pharmacy's calendar says of the doses of a visit. Nobody who is masked reads it (R15)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dosecalc.calendars.event import check_text
from dosecalc.quantity import plain, show
from dosecalc.text import msg, render

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dosecalc.dosing.result import Dose, Doses
    from dosecalc.text import Language, Message

DRAFT = msg("DRAFT – NOT FOR ADMINISTRATION")
_ROLES = {"active": msg("active"), "placebo": msg("placebo"), "comparator": msg("comparator")}


def dose_text(doses: Doses, encounter: str, base: str, language: Language) -> str:
    """Return the lines on the doses of one visit: product, amount in its three readings (R1), and how it came (R16).

    `encounter` is the occurrence; where the doses do not tell occurrences apart, those of `base` hold for each.
    """
    here = [dose for dose in doses.doses if dose.encounter == encounter]
    here = here or [dose for dose in doses.doses if dose.encounter == base]
    lines = [line for dose in here for line in _lines(dose)] or [msg("No dose is planned for this visit.")]
    if here:
        lines += [msg("Warning: {text}", text=warned.text) for warned in doses.warnings]
        if doses.unconfirmed:
            lines.append(msg("Not confirmed: {codes}", codes=", ".join(doses.unconfirmed)))
    lines += [msg("Draft because: {reason}", reason=reason) for reason in doses.draft]
    return "\n".join(check_text(render(line, language)) for line in lines)


def _lines(dose: Dose) -> Iterator[Message]:
    yield msg("Product: {product}; role: {role}", product=dose.product_label, role=_ROLES[dose.role])
    if dose.area is not None:
        yield msg("Given on: {area}", area=dose.area_label)
    if dose.total is not None:
        yield msg("Dose: {amount}", amount=show(dose.total))
    if dose.same_volume_as is not None:
        yield msg("Volume: the same as {product}", product=dose.same_volume_as)
    if dose.level is not None:
        yield msg("Level: {amount}", amount=show(dose.level))
    if dose.sites is not None:
        yield msg("Injection sites: {sites}", sites=dose.sites)
    if dose.area_cm2 is not None:
        yield msg("Area: {area} cm²", area=plain(dose.area_cm2))
    if dose.days is not None:
        yield msg("Days: {days}", days=dose.days)
    yield msg("Route: {route}", route=dose.route)
    for step in dose.derivation:
        yield msg("Derivation: {step}", step=step)

"""How much is administered, in which syringes, and how much is prepared for it (R13)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from dosecalc.dosing.derivation import Factor, exact_digits, signed_percent
from dosecalc.dosing.questions import Questions
from dosecalc.dosing.result import Warned
from dosecalc.dosing.syringes import (
    MOST_TOLERANCE,
    Graduated,
    fill_for_sites,
    fill_volume,
    ml,
    on_graduation,
    tolerance,
)
from dosecalc.errors import refuse
from dosecalc.protocol.dose_rule import Answer
from dosecalc.quantity import Quantity, parse_quantity, round_whole, unit
from dosecalc.reading import decimal_of
from dosecalc.text import NOTHING, Message, msg

if TYPE_CHECKING:
    from dosecalc.dosing.prepared import Fill
    from dosecalc.errors import Refusal
    from dosecalc.protocol.confirmed import Confirmed
    from dosecalc.protocol.dose_rule import DoseRule
    from dosecalc.protocol.settled import Settled
    from dosecalc.protocol.site import SitePreparation, Syringe


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """How the site prepares one product, with the syringes that it names."""

    how: SitePreparation
    measured_with: Syringe
    given_with: Syringe | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Volumes:
    """What is administered and what is prepared, in mL; `undiluted` where the product alone makes the volume."""

    per_site: Quantity | None
    administered: Fraction
    fills: tuple[Fill, ...]
    dead_space: Fraction
    overage: Fraction
    rate: Quantity | None
    undiluted: bool
    lines: tuple[Message, ...]
    warnings: tuple[Warned, ...]

    @property
    def final(self) -> Fraction:
        """Prepared = administered + overage (R13)."""
        return self.administered + self.overage


def way_of(settled: Settled, product: str) -> Way:
    """Return how the site prepares a product.

    Raises:
        Refusal: DC356, the site file does not say it, or not all of it.
    """
    here = settled.here
    how = here.preparation.get(product) if here is not None else None
    if how is None:
        raise refuse(
            "DC356",
            msg("the site file says nothing about the preparation of {product}", product=product),
            msg("write it under protocols.{protocol}.preparation.{product}; the trial pharmacist can supply it",
                protocol=settled.protocol.id, product=product),
        )  # fmt: skip
    if how.given_with is None and how.infused_in is None:
        raise incomplete(how, "given_with")
    given_with = None if how.given_with is None else _syringe(settled, how, how.given_with)
    return Way(how=how, measured_with=_syringe(settled, how, how.measured_with), given_with=given_with)


def _syringe(settled: Settled, how: SitePreparation, name: str) -> Syringe:
    known = settled.site.syringes if settled.site is not None else {}
    if name in known:
        return known[name]
    raise refuse(
        "DC356",
        msg("the site file has no syringe '{syringe}'", syringe=name),
        msg("write it under 'syringes', or name one of: {known}", known=", ".join(known) or "-"),
        how.where,
    )


def incomplete(how: SitePreparation, field: str) -> Refusal:
    """The refusal to prepare where the site file leaves out what is needed."""
    return refuse(
        "DC356",
        msg("the site file does not state '{field}' for {product}", field=field, product=how.id),
        msg("add it to the preparation of {product}; the trial pharmacist can supply it", product=how.id),
        how.where,
    )


def sourced(words: Message, confirmed: Confirmed) -> Message:
    """Return the words with where the site file's decision is written down (R16)."""
    return msg("{words} ({document}, {section})", words=words, document=confirmed.document, section=confirmed.section)


def stated_volume(settled: Settled, rule: DoseRule, *, by_site: bool) -> Quantity | None:
    """Return the volume that the protocol or the site file states: per site for a dose at sites, else in all.

    Raises:
        Refusal: DC301, nobody has answered it; DC360, it is not in the unit that the dose needs, or zero.
    """
    if rule.volume is None:
        return None
    volume = rule.volume
    if isinstance(volume, Answer):
        volume = parse_quantity(settled.require(volume).answer)
    wanted = unit("mL/site") if by_site else unit("mL")
    if volume.unit != wanted or not volume.value:
        raise refuse(
            "DC360",
            msg(
                "a volume of {volume} is stated, and this dose needs one in {unit}", volume=Factor(volume), unit=wanted
            ),
            msg("correct the volume in the site file or the protocol file"),
        )
    return volume


def lay_out(settled: Settled, rule: DoseRule, way: Way, sites: int | None, undiluted: Fraction | None) -> Volumes:
    """Return the volumes of one preparation.

    Administered = sites × volume per site, or the volume in all; overage = syringes × dead space + the site's overage;
    final = administered + overage. `undiluted` (mL) is the dose ÷ the lot's concentration: it is the volume where
    neither protocol nor site state one.

    Raises:
        Refusal: DC301, DC360, no usable volume; DC361, DC362, the syringe cannot measure or hold it; DC368, a placebo
            whose volume nobody states.
    """
    stated = stated_volume(settled, rule, by_site=sites is not None)
    if stated is None and undiluted is None:
        raise refuse(
            "DC368",
            msg("the volume of the placebo is not stated, and it must be that of its product (R15)"),
            msg("state the volume in the protocol file, alike for both; the trial pharmacist can supply it"),
        )
    lines: list[Message] = []
    warnings: list[Warned] = []
    exact = Fraction(stated.value) if stated is not None else (undiluted or Fraction(0)) / (sites or 1)
    graduated = _graduated(exact, way, stated, sites)
    if abs(graduated.volume - exact) * 10 > exact:
        text = msg(
            "the volume of {exact} mL is rounded to {volume}, the syringe's graduation: {deviation}, more than 10 %",
            exact=exact_digits(exact),
            volume=Factor(ml(graduated.volume)),
            deviation=signed_percent(graduated.deviation_percent),
        )
        warnings.append(Warned(code="volume-rounding", text=text))
    lines.append(_volume_line(settled, rule, exact, stated, sites, graduated))
    per_site = None if sites is None else Quantity(ml(graduated.volume).value, unit("mL/site"))
    administered = graduated.volume * (sites or 1)
    if sites is None or per_site is None:
        lines.append(msg("administered: {volume}", volume=Factor(ml(administered))))
    else:
        count = Quantity(Decimal(sites), unit("sites"))
        lines.append(
            msg("administered: {sites} × {per_site} = {volume}",
                sites=Factor(count), per_site=Factor(per_site), volume=Factor(ml(administered)))
        )  # fmt: skip
    fills: tuple[Fill, ...] = ()
    if way.given_with is None:
        lines.append(msg("syringes: none, it is infused"))
    else:
        filled = (
            fill_volume(way.given_with, administered)
            if sites is None
            else fill_for_sites(way.given_with, sites, graduated.volume, way.how.sites_per_syringe)
        )
        fills = filled.fills
        lines.append(filled.line)
    dead_space = Fraction(way.given_with.dead_space.value) * len(fills) if way.given_with is not None else Fraction(0)
    extra, extra_words = _extra(way.how, administered)
    overage = dead_space + extra
    final = administered + overage
    lines.append(_dead_space_line(way.given_with, len(fills), dead_space))
    lines.append(
        msg("overage: {dead} + {extra} = {overage}",
            dead=Factor(ml(dead_space)), extra=sourced(extra_words, way.how.confirmed), overage=Factor(ml(overage)))
    )  # fmt: skip
    lines.append(
        msg("final volume: {administered} + {overage} = {final}",
            administered=Factor(ml(administered)), overage=Factor(ml(overage)), final=Factor(ml(final)))
    )  # fmt: skip
    rate, line = _rate(way.how, final)
    if line.template:
        lines.append(line)
    if final % Fraction(way.measured_with.graduation.value):
        text = msg("the final volume of {final} lies between two lines of the syringe '{syringe}'",
                   final=Factor(ml(final)), syringe=way.measured_with.id)  # fmt: skip
        warnings.append(Warned(code="between-graduations", text=text))
    return Volumes(
        per_site=per_site,
        administered=administered,
        fills=fills,
        dead_space=dead_space,
        overage=overage,
        rate=rate,
        undiluted=stated is None,
        lines=tuple(lines),
        warnings=tuple(warnings),
    )


def _graduated(exact: Fraction, way: Way, stated: Quantity | None, sites: int | None) -> Graduated:
    """The volume per site, or in all, as it can be measured; a stated volume that is infused is no syringe's."""
    if way.given_with is not None:
        what = msg("the volume per site") if sites is not None else msg("the volume")
        return on_graduation(exact, way.given_with, what)
    if stated is not None:
        return Graduated(volume=exact)
    return on_graduation(exact, way.measured_with, msg("the volume"))


def _volume_line(
    settled: Settled, rule: DoseRule, exact: Fraction, stated: Quantity | None, sites: int | None, graduated: Graduated
) -> Message:
    if stated is None:
        how = msg("that of the product alone, {exact} mL", exact=exact_digits(exact))
    else:
        volume = rule.volume if isinstance(rule.volume, Answer) else None
        how = Questions(settled).sourced(msg("{volume}", volume=Factor(stated)), volume)
    if sites is not None:
        return msg("volume per site: {how}{rounded}", how=how, rounded=graduated.words)
    return msg("volume: {how}{rounded}", how=how, rounded=graduated.words)


def _dead_space_line(syringe: Syringe | None, number: int, dead_space: Fraction) -> Message:
    if syringe is None:
        return msg("dead space: none of a syringe")
    return msg(
        "dead space: {number} × {each} = {all}",
        number=number, each=Factor(syringe.dead_space), all=Factor(ml(dead_space)),
    )  # fmt: skip


def _extra(how: SitePreparation, administered: Fraction) -> tuple[Fraction, Message]:
    """What the site prepares beyond the dead space: mL, or % of the administered volume."""
    amount = Fraction(how.overage.value)
    if how.overage.unit.symbol != "%":
        return amount, msg("{volume}", volume=Factor(how.overage))
    volume = administered * amount / 100
    words = msg(
        "{percent} of {administered} = {volume}",
        percent=Factor(how.overage),
        administered=Factor(ml(administered)),
        volume=Factor(ml(volume)),
    )
    return volume, words


def _rate(how: SitePreparation, final: Fraction) -> tuple[Quantity | None, Message]:
    """Final volume ÷ time in mL/h, halves up to 0.1 mL/h: pumps take no more, and the time stands beside it."""
    if how.infused_in is None:
        return None, NOTHING
    minutes = how.infused_in.minutes
    exact = final * 60 / minutes
    rate = Quantity(decimal_of(round_whole(exact * 10, "half_up"), 1), unit("mL/h"))
    line = msg(
        "rate: {final} × 60 ÷ {minutes} min = {exact} mL/h; set {rate}",
        final=Factor(ml(final)), minutes=minutes, exact=exact_digits(exact), rate=Factor(rate),
    )  # fmt: skip
    return rate, line


def small_diluent(diluent: Fraction, syringe: Syringe) -> tuple[Warned, ...]:
    """Return a warning where the syringe cannot measure the diluent (mL); the interval holds what that changes (R13).

    The limit is that of `on_graduation`. What the product is made up to still shows on the syringe, so it is no error.
    """
    if not diluent or (
        diluent >= Fraction(syringe.graduation.value) and tolerance(syringe, diluent) <= diluent * MOST_TOLERANCE
    ):
        return ()
    text = msg(
        "{diluent} mL of diluent are less than the syringe '{syringe}' measures well: make the product up to the final "
        "volume",
        diluent=exact_digits(diluent), syringe=syringe.id,
    )  # fmt: skip
    return (Warned(code="diluent-small", text=text),)

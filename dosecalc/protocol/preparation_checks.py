"""What no type can hold of the site file's syringes, preparations, looks and labels (R13, R15)."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from dosecalc.errors import Finding
from dosecalc.protocol.binding import readable
from dosecalc.protocol.unit_checks import fits
from dosecalc.text import Message, msg
from dosecalc.units import unit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dosecalc.errors import Where
    from dosecalc.protocol.dose_rule import DoseRule
    from dosecalc.protocol.model import Arm, Product, Protocol
    from dosecalc.protocol.site import Site, SiteAreaAge, SiteLabel, SitePreparation, SiteProtocol, Syringe
    from dosecalc.quantity import Quantity

_FEWEST_DIGITS = 5
"""A telephone number has more; a note such as "ask" has none."""


def check_preparations(site: Site) -> Iterator[Finding]:
    """Every finding of the syringes, and of what the site says about preparing, that needs no protocol."""
    for syringe in (site.syringes or {}).values():
        yield from _syringe(syringe, f"syringes.{syringe.id}")
    for here in (site.protocols or {}).values():
        path = f"protocols.{here.id}"
        for how in (here.preparation or {}).values():
            yield from _preparation(site, how, f"{path}.preparation.{how.id}")
        if (age := readable(here.area_age)) is not None:
            yield from _area_age(age, f"{path}.area_age")
        if (label := readable(here.label)) is not None:
            yield from _label(label, f"{path}.label")


def check_preparation(protocol: Protocol, how: SitePreparation, product: Product, path: str) -> Iterator[Finding]:
    """Every finding of how one product is prepared, against the doses of it that the protocol has."""
    doses = [dose for arm in protocol.arms.values() for dose in arm.doses if dose.product == product.id]
    if doses and all(dose.topical_daily for dose in doses):
        what = msg("'{id}' is used at home and handed out in its bottles: nothing of it is prepared", id=product.id)
        yield Finding("DC166", what, msg("remove this entry"), how.where, path)
        return
    matched = [dose.volume_matched.product for dose in doses if dose.volume_matched]
    if matched and how.placebo is None:
        what = msg("'{id}' is a placebo, and nothing says what it is made of", id=product.id)
        mend = msg("add 'placebo: whole' where all of the volume is placebo, else 'placebo: part'")
        yield Finding("DC165", what, mend, how.where, path)
    if doses and not matched and how.placebo is not None:
        what = msg("'{id}' is no placebo: its volume follows from its dose", id=product.id)
        yield Finding("DC165", what, msg("remove 'placebo'"), how.where, f"{path}.placebo")
    counted = {product.id, *matched}
    if any(dose.per_site for arm in protocol.arms.values() for dose in arm.doses if dose.product in counted):
        if how.given_with is None:
            what = msg("'{id}' is injected at sites, and no syringe is named for that", id=product.id)
            yield Finding("DC164", what, msg("write 'given_with' in place of 'infused_in'"), how.where, path)
    elif how.sites_per_syringe is not None:
        what = msg("the dose of '{id}' has no injection sites", id=product.id)
        yield Finding("DC164", what, msg("remove 'sites_per_syringe'"), how.where, f"{path}.sites_per_syringe")


def check_look(here: SiteProtocol, protocol: Protocol, path: str) -> Iterator[Finding]:
    """What a masked trial needs, so that its products look alike (R15); and an area's age where there is no area."""
    measured = [dose for arm in protocol.arms.values() for dose in arm.doses if dose.per_site or dose.per_area]
    if here.area_age is not None and not measured:
        what = msg("no dose of {protocol} follows from an area", protocol=protocol.id)
        yield Finding("DC166", what, msg("remove this entry"), here.area_age.where, f"{path}.area_age")
    if not protocol.masking.masked:
        return
    if here.label is not None and here.label.masked_name is None:
        what = msg("a label of a masked trial needs a name that is the same for all arms")
        mend = msg("add 'masked_name' to the label, such as: cells or placebo")
        yield Finding("DC168", what, mend, here.label.where, f"{path}.label")
    if here.preparation and here.look is None:
        what = msg("nothing says how the preparations of this masked trial are made to look alike (R15)")
        mend = msg("add 'look': the instruction, and who does it")
        yield Finding("DC169", what, mend, here.where, path)
    yield from _alike(here, protocol, f"{path}.preparation")


def _syringe(syringe: Syringe, path: str) -> Iterator[Finding]:
    wrong = False
    for name in ("nominal", "graduation", "dead_space"):
        if (volume := readable(getattr(syringe, name))) is None:
            wrong = True
            continue
        for finding in _volume(volume, syringe.where, f"{path}.{name}", may_be_zero=name == "dead_space"):
            wrong = True
            yield finding
    if wrong:
        return
    nominal, graduation, dead_space = syringe.nominal, syringe.graduation, syringe.dead_space
    if (Fraction(nominal.value) / Fraction(graduation.value)).denominator != 1:
        what = msg("graduations of {graduation} do not divide {nominal}", graduation=graduation, nominal=nominal)
        mend = msg("read both off the syringe: nominal volume, and the volume from one line to the next")
        yield Finding("DC160", what, mend, syringe.where, f"{path}.graduation")
    if dead_space >= nominal:
        what = msg("a dead space of {dead_space} leaves nothing of {nominal}", dead_space=dead_space, nominal=nominal)
        mend = msg("write what stays in the empty syringe and its needle; mind the decimal point")
        yield Finding("DC160", what, mend, syringe.where, f"{path}.dead_space")


def _volume(volume: Quantity, where: Where, path: str, *, may_be_zero: bool = False) -> Iterator[Finding]:
    return fits(volume, [unit("mL")], where, path, may_be_zero=may_be_zero)


def _preparation(site: Site, how: SitePreparation, path: str) -> Iterator[Finding]:
    yield from _devices(site, how, path)
    yield from _given(how, path)
    yield from _placebo(how, path)
    if (overage := readable(how.overage)) is None:
        return
    yield from fits(overage, [unit("mL"), unit("%")], how.where, f"{path}.overage", may_be_zero=True)
    if overage.unit == unit("%") and overage.value >= 100:
        what = msg("an overage of {overage} prepares twice the volume, or more", overage=overage)
        mend = msg("write less than 100 %; mind the decimal point")
        yield Finding("DC162", what, mend, how.where, f"{path}.overage")


def _devices(site: Site, how: SitePreparation, path: str) -> Iterator[Finding]:
    if readable(site.syringes) is None:
        return
    for name in ("measured_with", "given_with"):
        syringe = readable(getattr(how, name))
        if syringe is not None and syringe not in site.syringes:
            yield Finding(
                "DC161",
                msg("the site has no syringe '{name}'", name=syringe),
                msg(
                    "correct it, or add it under 'syringes'; there are: {names}", names=", ".join(site.syringes) or "-"
                ),
                how.where,
                f"{path}.{name}",
            )


def _given(how: SitePreparation, path: str) -> Iterator[Finding]:
    """DC164 where it is unclear whether a syringe or an infusion gives the product; DC163 for a time that is none."""
    if how.given_with is not None and how.infused_in is not None:
        what = msg("both a syringe and an infusion give this product")
        yield Finding("DC164", what, msg("keep 'given_with' or 'infused_in'"), how.where, f"{path}.infused_in")
    elif how.given_with is None and how.infused_in is None:
        what = msg("nothing says how this product is given")
        mend = msg("add 'given_with' with a syringe, or 'infused_in' with the length of the infusion")
        yield Finding("DC164", what, mend, how.where, path)
    if (length := readable(how.infused_in)) is not None and length.minutes <= 0:
        what = msg("an infusion takes some time")
        mend = msg("write its length as PT1H or PT30M, without a sign")
        yield Finding("DC163", what, mend, how.where, f"{path}.infused_in")
    if (sites := readable(how.sites_per_syringe)) is None:
        return
    if how.given_with is None:
        what = msg("sites are counted, and no syringe is named that serves them")
        yield Finding("DC164", what, msg("add 'given_with'"), how.where, f"{path}.sites_per_syringe")
    if sites == 0:
        what = msg("a syringe serves one site at least")
        mend = msg("write how many, or leave 'sites_per_syringe' out")
        yield Finding("DC164", what, mend, how.where, f"{path}.sites_per_syringe")


def _placebo(how: SitePreparation, path: str) -> Iterator[Finding]:
    if (volume := readable(how.placebo_volume)) is not None:
        yield from _volume(volume, how.where, f"{path}.placebo_volume")
    if how.placebo == "part":
        if how.placebo_volume is None:
            what = msg("a part of the volume is placebo, and nothing says how much")
            yield Finding("DC165", what, msg("add 'placebo_volume' in mL"), how.where, path)
        if how.diluent is None:
            what = msg("a part of the volume is placebo, and nothing says what the rest is")
            yield Finding("DC165", what, msg("add 'diluent'"), how.where, path)
    elif volume is not None and how.placebo == "whole":
        what = msg("all of the volume is placebo")
        mend = msg("remove 'placebo_volume', or write 'placebo: part'")
        yield Finding("DC165", what, mend, how.where, f"{path}.placebo_volume")
    elif volume is not None and how.placebo is None:
        what = msg("a volume of placebo in a product that is not said to be one")
        mend = msg("remove 'placebo_volume', or add 'placebo: part'")
        yield Finding("DC165", what, mend, how.where, f"{path}.placebo_volume")


def _area_age(age: SiteAreaAge, path: str) -> Iterator[Finding]:
    if (at_most := readable(age.at_most)) is None:
        return
    # The reader takes every duration for a calendar's; hours have no `months`.
    if getattr(at_most, "months", 0):
        what = msg("a month is not always as long, and an area's age must not hang on that")
        yield Finding("DC167", what, msg("write days or weeks: P30D, P6W"), age.where, f"{path}.at_most")
    elif getattr(at_most, "days", 0) <= 0:
        what = msg("'{text}' is no age of an area", text=str(at_most))
        yield Finding("DC167", what, msg("write days or weeks without a sign: P30D, P6W"), age.where, f"{path}.at_most")


def _label(label: SiteLabel, path: str) -> Iterator[Finding]:
    text = readable(label.telephone)
    if text is not None and sum(character in "0123456789" for character in text) < _FEWEST_DIGITS:
        what = msg("'{text}' is not a telephone number", text=text)
        mend = msg("write the number that a participant can call, such as +86 755 0000 0000")
        yield Finding("DC168", what, mend, label.where, f"{path}.telephone")


def _alike(here: SiteProtocol, protocol: Protocol, path: str) -> Iterator[Finding]:
    """DC170 for each product that can be told from one that another arm gets in its place."""
    found: set[tuple[str, str]] = set()
    arms = list(protocol.arms.values())
    for number, arm in enumerate(arms):
        for other in arms[:number]:
            found.update(_in_place_of(protocol, other, arm))
    for one, two in sorted(found):
        if one not in here.preparation or two not in here.preparation:
            continue
        first, second = here.preparation[one], here.preparation[two]
        for name, what in _SHOWS.items():
            if getattr(first, name) != getattr(second, name):
                yield Finding(
                    "DC170",
                    msg("'{one}' and '{two}' differ in what masked people see: {what}", one=one, two=two, what=what),
                    msg("write the same for both (R15)"),
                    second.where,
                    f"{path}.{two}",
                )


_SHOWS: dict[str, Message] = {
    "dosage_form": msg("the dosage form"),
    "given_with": msg("the syringe that it is given with"),
    "sites_per_syringe": msg("the sites that one syringe serves"),
    "infused_in": msg("the length of the infusion"),
    "overage": msg("the overage, and so the volume in the syringe"),
}
"""What shows of a preparation. How product and diluent are measured stays in the pharmacy."""


def _in_place_of(protocol: Protocol, one: Arm, two: Arm) -> Iterator[tuple[str, str]]:
    """The products of one encounter and area; where everybody gets every arm, of one encounter."""
    own_areas = protocol.masking.allocation == "every_arm"

    def comparable(left: DoseRule, right: DoseRule) -> bool:
        return bool(set(left.at) & set(right.at)) and (own_areas or left.area == right.area)

    for left in one.doses:
        for right in two.doses:
            if left.product != right.product and comparable(left, right):
                yield min(left.product, right.product), max(left.product, right.product)

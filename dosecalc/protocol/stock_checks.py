"""What no type can hold of a stock file: by itself, and against the protocol that its lots belong to.

Whether a lot may be used (expired, viability below its threshold, strength outside its limits) is not looked at here:
one such lot must not keep the others from being read. `dosing` refuses to prepare from it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dosecalc.errors import Finding
from dosecalc.protocol.binding import readable
from dosecalc.protocol.example_checks import left_of_the_example
from dosecalc.protocol.stock import Certificate, Lot
from dosecalc.protocol.unit_checks import fits, values_of
from dosecalc.quantity import far_apart
from dosecalc.text import msg
from dosecalc.units import Unit, unit

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from dosecalc.protocol.dose_rule import DoseRule
    from dosecalc.protocol.model import Protocol
    from dosecalc.protocol.stock import Stock
    from dosecalc.quantity import Quantity

_TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d", re.ASCII)
_PER_ML = tuple(unit(f"{amount}/mL") for amount in ("particles", "cells", "viable cells", "mg"))
_CELLS = frozenset({"cells", "viable cells"})
_COUNTED = frozenset({"particles", "cells", "viable cells", "mg"})
"""What is prepared by amount, so that it takes a concentration; a dose in mL does not."""
_MADE_UP: dict[type, tuple[str, ...]] = {Lot: ("id", "storage"), Certificate: ("document",)}


def check_stock(stock: Stock) -> Iterator[Finding]:
    """Every finding of a stock file that needs no protocol."""
    if stock.example is False:
        yield from left_of_the_example(stock, _MADE_UP)
    for lot in (stock.lots or {}).values():
        path = f"lots.{lot.id}"
        yield from _vials(lot, path)
        yield from _concentration(lot, path)
        yield from _viability(lot, path)
        yield from _clock(lot, path)


def check_stock_against(stock: Stock, protocol: Protocol) -> Iterator[Finding]:
    """Every finding of what the stock file says about the products of `protocol`; other lots are left alone."""
    for lot in stock.lots.values():
        if lot.protocol != protocol.id:
            continue
        path = f"lots.{lot.id}"
        unknown = [arm for arm in lot.arms or () if arm not in protocol.arms]
        for arm in unknown:
            yield Finding(
                "DC144",
                msg("{protocol} has no arm '{name}'", protocol=protocol.id, name=arm),
                msg("it has: {names}", names=", ".join(protocol.arms)),
                lot.where,
                f"{path}.arms",
            )
        if lot.product in protocol.products:
            yield from _strength(lot, protocol, path)
        else:
            yield Finding(
                "DC144",
                msg("{protocol} has no product '{name}'", protocol=protocol.id, name=lot.product),
                msg("it has: {names}", names=", ".join(protocol.products)),
                lot.where,
                f"{path}.product",
            )


def check_certificate_dates(stock: Stock, latest: dt.date) -> Iterator[Finding]:
    """Every certificate that claims a date after `latest`."""
    for lot in stock.lots.values():
        if lot.certificate is not None and lot.certificate.date > latest:
            yield Finding(
                "DC154",
                msg("{date} lies in the future", date=lot.certificate.date.isoformat()),
                msg("write the date that stands on the certificate"),
                lot.certificate.where,
                f"lots.{lot.id}.certificate.date",
            )


def _vials(lot: Lot, path: str) -> Iterator[Finding]:
    volumes = []
    for name in ("nominal_volume", "extractable_volume"):
        if (volume := readable(getattr(lot, name))) is not None:
            found = list(fits(volume, [unit("mL")], lot.where, f"{path}.{name}"))
            yield from found
            volumes += [] if found else [volume]
    if len(volumes) == 2 and far_apart(*(volume.value for volume in volumes)):
        nominal, extractable = volumes
        yield Finding(
            "DC172",
            msg("a vial of {nominal} does not give {extractable}", nominal=nominal, extractable=extractable),
            msg("read both off the label and the certificate; mind the decimal point (R6)"),
            lot.where,
            f"{path}.extractable_volume",
        )


def _concentration(lot: Lot, path: str) -> Iterator[Finding]:
    for name in ("cv", "viability", "viability_at_least", "dmso"):
        if (value := readable(getattr(lot, name))) is not None:
            yield from _percent(lot, value, name, path)
    concentration = readable(lot.concentration)
    if concentration is not None:
        yield from fits(concentration, _PER_ML, lot.where, f"{path}.concentration")
    if lot.concentration is None:
        for name in ("cv", "concentration_at_least", "concentration_at_most", "certificate"):
            if getattr(lot, name) is not None:
                what = msg("the lot has no concentration that '{key}' could belong to", key=name)
                mend = msg("add 'concentration', or remove '{key}'", key=name)
                yield Finding("DC179", what, mend, lot.where, f"{path}.{name}")
    if concentration is None or concentration.unit not in _PER_ML:
        return
    if other := _unit_of_the_others(lot, concentration):
        what = msg(
            "the concentration is in {unit}, and what else is said of the lot's strength in {other} (R3)",
            unit=concentration.unit,
            other=other,
        )
        mend = msg("copy the concentration with its unit from the certificate")
        yield Finding("DC110", what, mend, lot.where, f"{path}.concentration")
        return
    yield from _limits(lot, concentration, path)
    if (certificate := readable(lot.certificate)) is not None:
        yield from _certificate(lot, certificate, concentration, f"{path}.certificate")


def _unit_of_the_others(lot: Lot, concentration: Quantity) -> Unit | None:
    """The one unit of limits and certificate where it is not the concentration's: of so many that one is wrong."""
    certificate = readable(lot.certificate)
    stated = [lot.concentration_at_least, lot.concentration_at_most]
    stated += [certificate.concentration] if certificate is not None else []
    units = [value.unit for value in map(readable, stated) if value is not None]
    if len(units) < 2 or len(set(units)) > 1 or units[0] == concentration.unit or units[0] not in _PER_ML:
        return None
    return units[0]


def _percent(lot: Lot, value: Quantity, name: str, path: str) -> Iterator[Finding]:
    yield from fits(value, [unit("%")], lot.where, f"{path}.{name}", may_be_zero=name == "dmso")
    if value.unit == unit("%") and (value.value > 100 or (name == "cv" and value.value == 100)):
        what = (
            msg("a coefficient of variation of {value} says that nothing is known of the concentration", value=value)
            if name == "cv"
            else msg("{value} is more than all of it", value=value)
        )
        yield Finding("DC171", what, msg("mind the decimal point"), lot.where, f"{path}.{name}")


def _limits(lot: Lot, concentration: Quantity, path: str) -> Iterator[Finding]:
    limits = []
    for name in ("concentration_at_least", "concentration_at_most"):
        if (limit := readable(getattr(lot, name))) is not None:
            found = list(fits(limit, [concentration.unit], lot.where, f"{path}.{name}"))
            yield from found
            limits += [] if found else [limit]
    if len(limits) == 2 and limits[0] > limits[1]:
        what = msg(
            "the lot's limits stand the wrong way round: {low} is more than {high}", low=limits[0], high=limits[1]
        )
        mend = msg("write the smaller one under 'concentration_at_least'; mind the powers of ten")
        yield Finding("DC173", what, mend, lot.where, f"{path}.concentration_at_least")


def _certificate(lot: Lot, certificate: Certificate, concentration: Quantity, path: str) -> Iterator[Finding]:
    """The two places that state a lot's strength must agree; where they are ten-fold apart, one is mistyped (R6)."""
    if (certified := readable(certificate.concentration)) is None:
        return
    place = f"{path}.concentration"
    if found := list(fits(certified, [concentration.unit], certificate.where, place)):
        yield from found
    elif far_apart(concentration.value, certified.value):
        yield Finding(
            "DC175",
            msg(
                "about ten-fold apart (R6): the lot is entered with {entered}, and its certificate with {certified}",
                entered=concentration,
                certified=certified,
            ),
            msg("copy both from the certificate again, and compare the powers of ten"),
            certificate.where,
            place,
        )
    elif concentration != certified and not _within_limits(lot, concentration):
        yield Finding(
            "DC176",
            msg(
                "the lot is entered with {entered}, and its certificate with {certified}",
                entered=concentration,
                certified=certified,
            ),
            msg(
                "copy the certificate's value; where the site has measured the lot again, add the release limits"
                " ('concentration_at_least', 'concentration_at_most') that the new value lies within"
            ),
            certificate.where,
            place,
        )


def _within_limits(lot: Lot, concentration: Quantity) -> bool:
    low, high = readable(lot.concentration_at_least), readable(lot.concentration_at_most)
    if low is None or high is None or {low.unit, high.unit} != {concentration.unit}:
        return False
    return low <= concentration <= high


def _viability(lot: Lot, path: str) -> Iterator[Finding]:
    """DC174: a viability is that of cells, and comes with the threshold that it is judged by (R10)."""
    if (lot.viability is None) != (lot.viability_at_least is None):
        there, missing = "viability", "viability_at_least"
        if lot.viability is None:
            there, missing = missing, there
        what = msg("'{there}' stands here without '{missing}' (R10)", there=there, missing=missing)
        yield Finding("DC174", what, msg("add '{missing}'", missing=missing), lot.where, f"{path}.{there}")
    if lot.viability is None or (lot.concentration is not None and readable(lot.concentration) is None):
        return
    if lot.concentration is None or _base(lot.concentration.unit) not in _CELLS:
        what = msg("a viability is that of cells, and this lot has no concentration of cells")
        mend = msg("write the concentration in cells/mL or viable cells/mL, or remove the viability")
        yield Finding("DC174", what, mend, lot.where, f"{path}.viability")


def _clock(lot: Lot, path: str) -> Iterator[Finding]:
    if (limit := readable(lot.thaw_limit)) is not None and limit.minutes <= 0:
        what = msg("there must be some time after thawing")
        yield Finding("DC163", what, msg("write it as PT3H or PT90M, without a sign"), lot.where, f"{path}.thaw_limit")
    if (text := readable(lot.expiry_time)) is not None and not _TIME.fullmatch(text):
        yield Finding(
            "DC141",
            msg("'{text}' is not a time of day", text=text),
            msg("write it as 20:00"),
            lot.where,
            f"{path}.expiry_time",
        )


def _strength(lot: Lot, protocol: Protocol, path: str) -> Iterator[Finding]:
    """What a lot must say of its strength, by the doses of its product."""
    doses = [dose for arm in protocol.arms.values() for dose in arm.doses if dose.product == lot.product]
    counted = {found for dose in doses for found in _counts(protocol, dose)} & _COUNTED
    concentration = lot.concentration
    if concentration is None:
        if counted:
            what = msg(
                "a dose of '{id}' is counted in {units}, and the lot has no concentration",
                id=lot.product,
                units=_names(counted),
            )
            mend = msg("add 'concentration' from the lot's certificate")
            yield Finding("DC177", what, mend, lot.where, path)
        return
    place = f"{path}.concentration"
    if doses and all(dose.volume_matched for dose in doses):
        what = msg("'{id}' is a placebo and has no concentration", id=lot.product)
        mend = msg("remove 'concentration', or correct the lot's product")
        yield Finding("DC178", what, mend, lot.where, place)
    elif counted and (base := _base(concentration.unit)) not in counted:
        if base in _CELLS and counted & _CELLS:
            if lot.viability is None:
                what = msg(
                    "the dose counts {units}, the lot {unit}, and nothing leads from one to the other (R10)",
                    units=_names(counted),
                    unit=base,
                )
                mend = msg("add 'viability' and 'viability_at_least' from the lot's certificate")
                yield Finding("DC178", what, mend, lot.where, place)
        else:
            what = msg(
                "a dose of '{id}' is counted in {units}, and its lot in {unit}",
                id=lot.product,
                units=_names(counted),
                unit=base,
            )
            mend = msg("check the lot's product, and the unit of its concentration")
            yield Finding("DC178", what, mend, lot.where, place)


def _counts(protocol: Protocol, dose: DoseRule) -> Iterator[str]:
    """The units that a dose's total can have, before the site has said whether its cells are viable ones."""
    for rule in dose.rules.values():
        counts = getattr(rule, "counts", None)
        for quantity in values_of(protocol, getattr(rule, "amount", None)):
            base = _base(quantity.unit)
            if base == "cells" and counts is not None and counts != "total":
                yield "viable cells"
            if base != "cells" or counts != "viable":
                yield base


def _base(of: Unit) -> str:
    return of.symbol.partition("/")[0]


def _names(units: set[str]) -> str:
    return ", ".join(sorted(units))

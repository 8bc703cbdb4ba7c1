"""Which lot, and how many of its vials."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from dosecalc.dosing.derivation import Factor, exact_digits
from dosecalc.dosing.result import Warned
from dosecalc.errors import refuse
from dosecalc.quantity import round_whole
from dosecalc.text import Message, msg

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

    from dosecalc.protocol.model import Protocol
    from dosecalc.protocol.stock import Lot, Stock


def choose_lot(stock: Stock, protocol: Protocol, product: str, lot_id: str | None, arms: Sequence[str] = ()) -> Lot:
    """Return the lot of that id, or, where none is named, the only lot of the product that serves one of `arms`.

    Raises:
        Refusal: DC355, there is none, there are several, or the named one is of another product.
    """
    fitting = [
        lot
        for lot in stock.lots.values()
        if (lot.protocol, lot.product) == (protocol.id, product)
        and (not arms or lot.arms is None or not set(lot.arms).isdisjoint(arms))
    ]
    names = ", ".join(lot.id for lot in fitting) or "-"
    if lot_id is not None:
        for lot in fitting:
            if lot.id == lot_id:
                return lot
        other = stock.lots.get(lot_id)
        if other is not None and (other.protocol, other.product) == (protocol.id, product):
            raise refuse(
                "DC355",
                msg("lot '{lot}' is for other arms: {arms}", lot=lot_id, arms=", ".join(other.arms or ())),
                msg("its lots for {wanted} are: {lots}", wanted=", ".join(arms), lots=names),
                other.where,
            )
        raise refuse(
            "DC355",
            msg("'{lot}' is no lot of {product} for {protocol}", lot=lot_id, product=product, protocol=protocol.id),
            msg("its lots in the stock file are: {lots}", lots=names),
            stock.where,
        )
    others = [lot for lot in stock.lots.values() if (lot.protocol, lot.product) == (protocol.id, product)]
    if not fitting and others:
        raise refuse(
            "DC355",
            msg("the stock file has no lot of {product} for {arms}", product=product, arms=", ".join(arms)),
            msg("write the lot into the stock file; {others} are for other arms",
                others=", ".join(lot.id for lot in others)),
            stock.where,
        )  # fmt: skip
    if not fitting:
        raise refuse(
            "DC355",
            msg("the stock file has no lot of {product} for {protocol}", product=product, protocol=protocol.id),
            msg("write the lot into the stock file, from its certificate and its label"),
            stock.where,
        )
    if len(fitting) > 1:
        raise refuse(
            "DC355",
            msg("there are several lots of {product} for {protocol}", product=product, protocol=protocol.id),
            msg("name one of them with --lot: {lots}", lots=names),
            stock.where,
        )
    return fitting[0]


def check_lot(lot: Lot, protocol: Protocol, product: str) -> None:
    """Refuse a lot of something else.

    Raises:
        Refusal: DC355.
    """
    if (lot.protocol, lot.product) != (protocol.id, product):
        raise refuse(
            "DC355",
            msg("lot '{lot}' is {its} for {protocol}, and the dose is {product}",
                lot=lot.id, its=lot.product, protocol=lot.protocol, product=product),
            msg("name a lot of the product that is dosed"),
            lot.where,
        )  # fmt: skip


def count_vials(lot: Lot, product: Fraction, by: Literal["nominal", "extractable"]) -> tuple[int, Message]:
    """Return the fewest vials that hold a volume of product (mL), and the line that says by which of their volumes.

    Raises:
        Refusal: DC364, the lot has not so many.
    """
    volume = lot.nominal_volume if by == "nominal" else lot.extractable_volume
    exact = product / Fraction(volume.value)
    number = round_whole(exact, "up")
    if number > lot.vials:
        raise too_few(lot, number)
    rule = msg("nominal content of a vial") if by == "nominal" else msg("extractable volume of a vial")
    line = msg(
        "vials: {product} mL ÷ {volume} ({rule}) = {exact}, rounded up: {number}",
        product=exact_digits(product), volume=Factor(volume), rule=rule, exact=exact_digits(exact), number=number,
    )  # fmt: skip
    return number, line


def vials_hold(lot: Lot, product: Fraction, number: int) -> tuple[Warned, ...]:
    """Return a warning where so many vials, counted by their nominal content, do not give the product (mL)."""
    held = number * Fraction(lot.extractable_volume.value)
    if held >= product:
        return ()
    text = msg(
        "{product} mL of lot '{lot}' are needed, and only {held} mL can be drawn from {number} vials; it takes {more}",
        product=exact_digits(product), lot=lot.id, held=exact_digits(held), number=number,
        more=round_whole(product / Fraction(lot.extractable_volume.value), "up"),
    )  # fmt: skip
    return (Warned(code="vials-short", text=text),)


def too_few(lot: Lot, number: int) -> Exception:
    """The refusal to take more than there is."""
    return refuse(
        "DC364",
        msg(
            "lot '{lot}' has {there} vials or bottles, and {number} are needed",
            lot=lot.id,
            there=lot.vials,
            number=number,
        ),
        msg("take a lot that has enough; one dose is never prepared from two lots"),
        lot.where,
    )  # fmt: skip

"""Which dose level: the site file's decision, or one given by hand, within what the protocol allows (R8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dosecalc.dosing.derivation import Factor
from dosecalc.dosing.result import Warned
from dosecalc.errors import Refusal, refuse
from dosecalc.protocol.dose_rule import LevelRef, VolumeMatched
from dosecalc.quantity import Quantity, parse_number, parse_quantity, show
from dosecalc.text import NOTHING, Message, msg

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dosecalc.protocol.dose_rule import DoseRule
    from dosecalc.protocol.model import Level, Protocol
    from dosecalc.protocol.settled import Settled
    from dosecalc.protocol.site import SiteLevel
    from dosecalc.quantity import Unit


@dataclass(frozen=True, kw_only=True, slots=True)
class ChosenLevel:
    """The level that a dose follows from; `by_hand` where nobody but the user has decided it."""

    amount: Quantity
    by_hand: bool = False
    derivation: tuple[Message, ...] = ()
    warnings: tuple[Warned, ...] = ()


def choose_level(settled: Settled, amount: Quantity | LevelRef, by_hand: Quantity | None) -> ChosenLevel:
    """Return the amount per site, cm², kg or dose.

    A level that the site file decided counts. Where it decided several, as an escalation does, the participant's is
    given by hand. One given by hand that is none of the decided ones is refused: either the site file or the hand is
    wrong, and the program cannot know which.

    Raises:
        Refusal: DC330, no level is known; DC331, the protocol does not allow it; DC333, the one given by hand differs
            from the site file's; DC334, its unit is not the level's; DC335, the site file decided several.
    """
    if not isinstance(amount, LevelRef):
        return ChosenLevel(amount=amount)
    level = settled.protocol.levels[amount.level]
    if by_hand is not None:
        _check_unit(level, by_hand)
    decided = settled.decided_levels(level.id)
    if not decided:
        return _by_hand(settled.protocol, level, by_hand)
    site_level = _among(decided, by_hand)
    chosen = site_level.amount
    _check_unit(level, chosen)
    warnings: tuple[Warned, ...] = ()
    if not _is_named(level, chosen):
        _check_range(level, chosen)
        if not _has_range(level):
            text = msg(
                "the level {level} was decided for the trial and is none of the protocol's: {allowed}",
                level=show(chosen), allowed=allowed(level),
            )  # fmt: skip
            warnings = (Warned(code="level-not-in-protocol", text=text),)
    line = msg(
        "level: {level}, as decided in {document}, {section}",
        level=show(chosen), document=site_level.confirmed.document, section=site_level.confirmed.section,
    )  # fmt: skip
    return ChosenLevel(amount=chosen, derivation=(line,), warnings=warnings)


def _by_hand(protocol: Protocol, level: Level, by_hand: Quantity | None) -> ChosenLevel:
    """A level that nobody but the user has decided: within what the protocol names, and a draft."""
    if by_hand is None:
        raise _missing(protocol, level)
    if not _is_named(level, by_hand):
        _check_range(level, by_hand)
        if not _has_range(level):
            raise refuse(
                "DC331",
                msg("the protocol does not name the level {level}", level=show(by_hand)),
                msg("give {allowed}; any other needs a decision in the site file", allowed=allowed(level)),
            )
    line = msg("level: {level}, given by hand (--level)", level=show(by_hand))
    return ChosenLevel(amount=by_hand, by_hand=True, derivation=(line,))


def _among(decided: tuple[SiteLevel, ...], by_hand: Quantity | None) -> SiteLevel:
    """The decided level that is meant."""
    values = listed([show(one.amount) for one in decided])
    if by_hand is None and len({one.amount for one in decided}) > 1:
        raise refuse(
            "DC335",
            msg("the site file has several decided levels: {levels}", levels=values),
            msg("give the participant's own with --level, or in the column level"),
        )
    for one in decided:
        if by_hand in (None, one.amount):
            return one
    raise refuse(
        "DC333",
        msg(
            "the level given, {level}, is not one decided in the site file: {decided}",
            level=NOTHING if by_hand is None else show(by_hand), decided=values,
        ),
        msg("leave the level out, or have the decision in the site file changed"),
    )  # fmt: skip


def listed(texts: list[Message]) -> Message:
    """Return the texts one after the other, with commas."""
    words = NOTHING
    for text in texts:
        words = msg("{more}, {one}", more=words, one=text) if words.template else text
    return words


def _is_named(level: Level, amount: Quantity) -> bool:
    return amount in level.one_of


def _has_range(level: Level) -> bool:
    return level.at_least is not None or level.at_most is not None


def _check_range(level: Level, amount: Quantity) -> None:
    low, high = level.at_least, level.at_most
    if (low is not None and amount < low) or (high is not None and amount > high) or amount.value == 0:
        raise refuse(
            "DC331",
            msg("the level {level} is outside what the protocol allows", level=show(amount)),
            msg("the protocol allows {allowed}: check the number and its power of ten", allowed=allowed(level)),
        )


def allowed(level: Level) -> Message:
    """Return the values or the range of a level in words."""
    low, high = level.at_least, level.at_most
    if low is not None and high is not None:
        return msg("{low} to {high}", low=show(low), high=show(high))
    if high is not None:
        return msg("at most {high}", high=show(high))
    if low is not None:
        return msg("at least {low}", low=show(low))
    return listed([show(value) for value in level.one_of])


def _check_unit(level: Level, amount: Quantity) -> None:
    wanted = unit_of(level)
    if wanted is not None and amount.unit != wanted:
        raise refuse(
            "DC334",
            msg("the level {level} is not in {unit}", level=Factor(amount), unit=wanted),
            msg("give the level in {unit}", unit=wanted.symbol),
        )


def unit_of(level: Level) -> Unit | None:
    """Return the unit that the protocol gives a level; None where it names no amount at all."""
    for amount in (*level.one_of, level.at_least, level.at_most):
        if amount is not None:
            return amount.unit
    return None


def _missing(protocol: Protocol, level: Level) -> Refusal:
    return refuse(
        "DC330",
        msg("the dose level is not known: {label}", label=level.label),
        msg(
            "the sponsor or the principal investigator decides it; the protocol allows {allowed}: write the decision "
            "and its source under protocols.{protocol}.levels.{level} in the site file, or give --level for a draft",
            allowed=allowed(level), protocol=protocol.id, level=level.id,
        ),
    )  # fmt: skip


def rules_behind(protocol: Protocol, rule: DoseRule) -> Iterator[DoseRule]:
    """Yield the rules whose amounts decide `rule`'s: itself, or, for a placebo of equal volume, those it imitates."""
    if not isinstance(rule.rule, VolumeMatched):
        yield rule
        return
    for arm in protocol.arms.values():
        for other in arm.doses:
            if other.product == rule.rule.product and not isinstance(other.rule, VolumeMatched):
                yield other


def levels_of(protocol: Protocol, arms: tuple[str, ...]) -> tuple[Level, ...]:
    """Return the levels that the doses of these arms hang on."""
    found: dict[str, Level] = {}
    for arm in arms:
        for dose in protocol.arms[arm].doses:
            for behind in rules_behind(protocol, dose):
                amount = getattr(behind.rule, "amount", None)
                if isinstance(amount, LevelRef):
                    found[amount.level] = protocol.levels[amount.level]
    return tuple(found.values())


def read_level(protocol: Protocol, arms: tuple[str, ...], text: str) -> Quantity:
    """Return the level that `text` states; a number alone is in the level's own unit.

    Raises:
        Refusal: DC201, DC203, the text is no amount; DC332, these arms have no level to choose.
    """
    levels = levels_of(protocol, arms)
    if not levels:
        raise unneeded_level()
    known = unit_of(levels[0])
    names_unit = any(character.isalpha() and character not in "eExX" for character in text)
    if known is None or names_unit:
        return parse_quantity(text)
    return Quantity(parse_number(text), known)


def unneeded_level() -> Refusal:
    """The refusal of a level where there is none to choose."""
    return refuse(
        "DC332",
        msg("a level was given, but the doses of this arm are not chosen by a level"),
        msg("leave the level out, or check the arm"),
    )

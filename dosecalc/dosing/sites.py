"""From cm² to injection sites, with rounding as a decision that somebody made (R4, R5)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from dosecalc.dosing.derivation import Factor, deviation_of, exact_digits, rounded_words, signed_percent
from dosecalc.dosing.questions import BELOW_ONE_SITE, PATCHES, ROUNDINGS
from dosecalc.dosing.result import Rounded, Warned
from dosecalc.errors import Finding, Refusal, refuse
from dosecalc.quantity import plain, round_whole
from dosecalc.text import NOTHING, Message, msg

if TYPE_CHECKING:
    from dosecalc.dosing.area import CheckedArea
    from dosecalc.dosing.questions import Questions
    from dosecalc.protocol.dose_rule import Answer, Patches, PerSite
    from dosecalc.quantity import Quantity, Rounding

_TENTH = Fraction(1, 10)


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteCount:
    """The number of injection sites, at least one, and how it came about.

    `by_hand` says that a rounding given by hand decided something.
    """

    sites: int
    rounding: Rounded | None
    by_hand: bool
    derivation: tuple[Message, ...]
    warnings: tuple[Warned, ...] = ()


def count_sites(questions: Questions, rule: PerSite, area: CheckedArea, by_hand: Rounding | None) -> SiteCount:
    """Return the injection sites of an area: sites = area (cm²) × sites per cm², rounded as decided (R5).

    Where every patch is a whole number of sites nothing is rounded and nobody is asked. A rounding given by hand sums
    the patches first. Less than one site is what the protocol or the site says it is, and never zero.

    Raises:
        Refusal: DC301, a question is open; DC316, the area is below one site, which is an error here.
    """
    exact = [patch * rule.sites for patch in area.patches]
    whole = area.total * rule.sites
    if all(_is_whole(part) for part in exact):
        line = _line(area.total, rule, whole, NOTHING)
        return SiteCount(sites=int(whole.value), rounding=None, by_hand=False, derivation=(line,))
    lines: list[Message] = []
    each = False
    if len(exact) > 1:
        each = by_hand is None and _ask_patches(questions, rule, whole) == "each"
        words = _how_patches(each, by_hand)
        lines.append(words if by_hand is not None else questions.sourced(words, rule.patches))
    parts = list(zip(area.patches, exact, strict=True)) if each else [(area.total, whole)]
    mode: Rounding | None = None
    if any(not _is_whole(part) and part.value >= 1 for _, part in parts):
        mode = by_hand or ask_rounding(questions, rule.rounding)
    counts: list[int] = []
    for number, (patch, part) in enumerate(parts, 1):
        count, words = _count(questions, rule, part, mode, by_hand)
        counts.append(count)
        if each:
            line = _line(patch, rule, part, words)
            lines.append(msg("patch {number}: {line}", number=number, line=line))
    sites = sum(counts)
    value = Fraction(whole.value)
    rounding = None
    if each or not _is_whole(whole):
        rounding = Rounded(mode=mode or "one_site", exact=value, deviation_percent=deviation_of(sites, value))
    lines.append(_last_line(area, rule, whole, each, counts, rounding, words))
    return SiteCount(
        sites=sites,
        rounding=rounding,
        by_hand=by_hand is not None and (mode is not None or len(exact) > 1),
        derivation=tuple(lines),
        warnings=far_off(sites, value),
    )


def _is_whole(exact: Quantity) -> bool:
    return exact.value == exact.value.to_integral_value()


def _line(area: Quantity, rule: PerSite, exact: Quantity, words: Message) -> Message:
    return msg(
        "sites: {area} × {per} = {exact}{rounded}",
        area=Factor(area), per=Factor(rule.sites), exact=plain(exact.value), rounded=words,
    )  # fmt: skip


def _how_patches(each: bool, by_hand: Rounding | None) -> Message:
    if each:
        return msg("patches: each is rounded by itself")
    if by_hand is not None:
        return msg("patches: summed before rounding, because the rounding was given by hand (--round)")
    return msg("patches: summed before rounding")


def _last_line(
    area: CheckedArea,
    rule: PerSite,
    whole: Quantity,
    each: bool,
    counts: list[int],
    rounding: Rounded | None,
    words: Message,
) -> Message:
    if rounding is None:
        return _line(area.total, rule, whole, NOTHING)
    off = signed_percent(rounding.deviation_percent)
    if each:
        return msg(
            "sites: {sum} = {sites}, exactly {exact} ({deviation})",
            sum=" + ".join(map(str, counts)), sites=sum(counts), exact=plain(whole.value), deviation=off,
        )  # fmt: skip
    return _line(area.total, rule, whole, msg("{rounded} ({deviation})", rounded=words, deviation=off))


def _count(
    questions: Questions, rule: PerSite, exact: Quantity, mode: Rounding | None, by_hand: Rounding | None
) -> tuple[int, Message]:
    """Whole sites of one part, and how they came about; `mode` is None where no part of them is above one site."""
    if _is_whole(exact):
        return int(exact.value), NOTHING
    if exact.value < 1:
        if questions.answer(rule.below_one_site, BELOW_ONE_SITE) == "error":
            raise refuse(
                "DC316",
                msg("the area gives {exact} of one injection site, less than one", exact=plain(exact.value)),
                msg("check the area; the trial pharmacist knows what is done with so small an area"),
            )
        how = questions.sourced(msg("below one site, counted as one"), rule.below_one_site)
        return 1, msg(", {how}: {count}", how=how, count=1)
    assert mode is not None  # settled before any part is rounded
    how = rounded_words(mode)
    if by_hand is None:
        how = questions.sourced(how, rule.rounding)
    count = round_whole(exact.value, mode)
    return count, msg(", {how}: {count}", how=how, count=count)


def _ask_patches(questions: Questions, rule: PerSite, whole: Quantity) -> Patches:
    if findings := questions.open_among(rule.patches):
        # Who must ask one question today should not come back tomorrow for the next.
        small = whole.value < 1
        rounding = () if small else questions.open_among(rule.rounding)
        below = questions.open_among(rule.below_one_site) if small else ()
        raise Refusal([*map(_or_by_hand, findings + rounding), *below])
    return questions.answer(rule.patches, PATCHES)


def ask_rounding(questions: Questions, decision: Rounding | Answer) -> Rounding:
    """Return the rounding that the protocol or the site decided.

    Raises:
        Refusal: DC301, nobody has decided it; the mend names `--round`, too.
    """
    if findings := questions.open_among(decision):
        raise Refusal(map(_or_by_hand, findings))
    return questions.answer(decision, ROUNDINGS)


def _or_by_hand(finding: Finding) -> Finding:
    mend = msg(
        "{mend}; for a draft give --round {modes} (it sums the patches first)",
        mend=finding.mend,
        modes="|".join(ROUNDINGS),
    )
    return Finding(finding.code, finding.what, mend, finding.where, finding.path)


def far_off(rounded: int, exact: Fraction) -> tuple[Warned, ...]:
    """Warn where rounding changes the amount by more than a tenth (R5)."""
    if abs(rounded - exact) <= exact * _TENTH:
        return ()
    text = msg(
        "rounding {exact} to {rounded} changes the dose by {deviation}, more than 10 %",
        exact=exact_digits(exact),
        rounded=f"{rounded:,}",
        deviation=signed_percent(deviation_of(rounded, exact)),
    )
    return (Warned(code="rounding-deviation", text=text),)


def distance_to_step(exact: Fraction, mode: Rounding) -> Fraction:
    """Return how far an exact number of sites is from where its rounded number changes (sites, at most one half).

    An area whose measuring error is larger than this may have one site more or fewer.

    >>> distance_to_step(Fraction(234, 10), "up"), distance_to_step(Fraction(234, 10), "half_up")
    (Fraction(2, 5), Fraction(1, 10))
    """
    shifted = exact + Fraction(1, 2) if mode == "half_up" else exact
    over = shifted % 1
    return min(over, 1 - over)

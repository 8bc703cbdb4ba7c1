"""What no type can hold of the gaps between doses, in a protocol, in a site file, and between the two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dosecalc.errors import Finding
from dosecalc.protocol.binding import readable
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dosecalc.protocol.model import Gaps, Protocol
    from dosecalc.protocol.site import SiteGaps, SiteProtocol


def check_gaps(entry: Gaps | SiteGaps | None, path: str) -> Iterator[Finding]:
    """Every finding of one entry by itself."""
    if entry is None or readable(entry) is None:
        return
    sides = {"least": entry.least, "most": entry.most}
    if all(side is None for side in sides.values()):
        what, mend = msg("neither the least nor the greatest gap stands here"), msg("write 'least', 'most' or both")
        yield Finding("DC767", what, mend, entry.where, path)
    days: dict[str, int] = {}
    for name, written in sides.items():
        # The reader takes every duration for a calendar's; hours have no `months`, and months are not equally long.
        side: Any = readable(written)
        if written is None or side is None:
            continue
        if getattr(side, "months", 0) or getattr(side, "days", 0) <= 0:
            what = msg("'{text}' is no gap between doses", text=str(side))
            mend = msg("write days or weeks without a sign: P5D, P2W")
            yield Finding("DC767", what, mend, entry.where, f"{path}.{name}")
        else:
            days[name] = side.days
    if len(days) == len(sides) and days["least"] > days["most"]:
        what = msg("the least gap, {least} days, is longer than the greatest, {most} days", **days)
        yield Finding("DC767", what, msg("write the smaller one under 'least'"), entry.where, path)


def check_gaps_against(here: SiteProtocol, protocol: Protocol, path: str) -> Iterator[Finding]:
    """The stricter of both holds; together they must leave a day for the next dose."""
    if here.gaps is None or protocol.gaps is None:
        return
    for least, most in ((here.gaps.least, protocol.gaps.most), (protocol.gaps.least, here.gaps.most)):
        if least is not None and most is not None and least.days > most.days:
            yield Finding(
                "DC831",
                msg(
                    "with the protocol's gaps between doses no day is left: at least {least} days, at most {most}",
                    least=least.days,
                    most=most.days,
                ),
                msg("compare both with the approved protocol, and correct the one that is wrong"),
                here.gaps.where,
                path,
            )

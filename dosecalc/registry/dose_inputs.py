"""What a dose was worked out from, as the study said it then and says it now.

A worksheet is made from the study and from nothing that is typed again. So what it rests on is what the study said when
it was made. Without the key only what everybody may know is compared, so that a refusal tells nobody an arm (R15).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dosecalc.dosing.planned import needs, visits_of
from dosecalc.dosing.remeasured import latest_measured
from dosecalc.errors import Finding
from dosecalc.text import Message, msg

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dosecalc.protocol.model import Protocol
    from dosecalc.protocol.settled import Settled
    from dosecalc.registry.state import ParticipantState

_LABELS: dict[str, Message] = {
    "arm": msg("arm"),
    "side": msg("area A"),
    "level": msg("dose level"),
    "area": msg("hair-loss area, cm²"),
    "weight": msg("body weight, kg"),
}


def arms_meant(protocol: Protocol, state: ParticipantState) -> tuple[str, ...]:
    """The arms whose doses somebody may get: in a masked trial all of them, whoever asks (R15)."""
    return tuple(protocol.arms) if protocol.masking.masked else own_arms(protocol, state)


def own_arms(protocol: Protocol, state: ParticipantState) -> tuple[str, ...]:
    """The arms whose doses somebody gets, as far as whoever asks may know; none while no arm is known."""
    if protocol.masking.allocation == "every_arm":
        return tuple(protocol.arms)
    return () if state.arm is None or state.arm not in protocol.arms else (state.arm,)


def inputs_of(settled: Settled, state: ParticipantState, visit: str, *, weighed: bool) -> dict[str, str]:
    """Return what the dose of a visit follows from, by name; `weighed` says that its lot needs a weight, too (R12)."""
    arms = arms_meant(settled.protocol, state)
    may = needs(settled.protocol, arms).may
    found = {"arm": state.arm, "side": state.side, "level": state.level}
    if "area" in may:
        order = [name for name, _ in visits_of(settled.protocol, arms)]
        found["area"] = _said(
            state.areas.get(latest_measured(order, {name for name in state.areas if name}).get(visit))
        )
    if weighed or "weight" in may:
        found["weight"] = _said(state.weight)
    return {name: text for name, text in found.items() if text is not None}


def _said(record: Mapping[str, Any] | None) -> str | None:
    if record is None:
        return None
    values = [record["values"]] if isinstance(record["values"], str) else list(record["values"])
    how = [str(record[name]) for name in ("method", "by", "date") if record.get(name)]
    return f"{' + '.join(values)} ({', '.join(how)})" if how else " + ".join(values)


def changed(code: str, visit: str, then: Mapping[str, str], now: Mapping[str, str]) -> Iterator[Finding]:
    """What a dose was worked out from, and is otherwise by now."""
    for name, label in _LABELS.items():
        was, has = then.get(name), now.get(name)
        if was != has:
            yield Finding(
                "DC782",
                msg("the study changed since the dose for {visit} of {code} was prepared: {what} was {was}, and is "
                    "{now}", visit=visit, code=code, what=label, was=was or "–", now=has or "–"),
                msg("do not give it; the pharmacy prepares it anew: `ip prepare {code} {visit} --again --reason …`",
                    code=code, visit=visit),
            )  # fmt: skip

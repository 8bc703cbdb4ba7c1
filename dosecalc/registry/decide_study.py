"""Changes of the study as a whole: holds, the open dose level, staff.

Each function looks at what stands in the study and returns the event to be recorded, or refuses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from dosecalc.errors import Finding, Refusal, refuse
from dosecalc.registry.drafts import need_reason
from dosecalc.registry.event import ROLES, Draft
from dosecalc.registry.levels import held_level, open_step, step_of, steps
from dosecalc.registry.rights import need_key
from dosecalc.text import Message, msg
from dosecalc.visits.moments import readable

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterable, Mapping

    from dosecalc.protocol.settled import Settled
    from dosecalc.registry.state import Hold, StudyState

Scope = Literal["study", "level", "participant", "lot"]


# --- holds ----------------------------------------------------------------------------------------------------------


def hold(
    study: StudyState,
    settled: Settled,
    participants: Collection[str],
    scope: Scope,
    target: str | None,
    *,
    at: dt.datetime,
    reason: str | None,
    lots: Collection[str] | None = None,
) -> list[Draft]:
    """Stop the doses of the study, a level, a participant or a lot, from now until the hold is lifted.

    `lots` are those of the study; None for whoever has no key. A level is held as an arm, or as an amount, which stops
    every arm that has it.

    Raises:
        Refusal: DC796, no target, or one that nothing here has; DC709, the reason is missing; DC798, it is on hold
            already; DC799, in a masked trial the target would show who has which arm; DC726, a lot without the key;
            DC802, there is no such level.
    """
    why = need_reason(reason, msg("write why doses are stopped: --reason TEXT"))
    target = _target(settled, participants, lots, scope, target)
    standing = _standing(study, scope, target)
    if standing is not None:
        raise refuse(
            "DC798",
            msg("{what} is on hold already, since event {number}: {reason}",
                what=_named(scope, target), number=standing.number, reason=standing.reason),
            msg("nothing has to be done; `study lift` ends a hold"),
        )  # fmt: skip
    return [Draft(kind="hold", at=at, reason=why, public=_public(scope, target))]


def lift(
    study: StudyState, settled: Settled, scope: Scope, target: str | None, *, at: dt.datetime, reason: str | None
) -> list[Draft]:
    """End a hold.

    Raises:
        Refusal: DC709, the reason is missing; DC800, there is no such hold; DC802, there is no such level; DC931, it
            began later.
    """
    why = need_reason(reason, msg("write why doses may be given again: --reason TEXT"))
    if scope == "level" and target is not None and _standing(study, scope, target) is None:
        target = held_level(settled, target)
    standing = _standing(study, scope, target)
    if standing is None:
        held = [_named(each.scope, each.target) for each in study.holds]
        raise refuse(
            "DC800",
            msg("{what} is not on hold", what=_named(scope, target)),
            msg("on hold are: {held}", held=_listed(held)) if held else msg("nothing is on hold"),
        )
    since = None if standing.since is None else standing.since.astimezone(at.tzinfo).replace(second=0, microsecond=0)
    if since is not None and at < since:
        raise refuse(
            "DC931",
            msg("{what} is on hold since {since}, and {when} lies before that",
                what=_named(scope, target), since=readable(since), when=readable(at)),
            msg("check the time after --at; leave it out if the hold ends now"),
        )  # fmt: skip
    return [Draft(kind="lift", at=at, reason=why, public=_public(scope, target))]


def held_back(found: Hold) -> Finding:
    """Return why no dose is given under a hold."""
    return Finding(
        "DC801",
        msg(
            "doses are on hold for {what}, since event {number}: {reason}",
            what=_named(found.scope, found.target), number=found.number, reason=found.reason,
        ),
        msg("give nothing; the investigator lifts the hold with `study lift` once it is safe"),
    )  # fmt: skip


def _standing(study: StudyState, scope: Scope, target: str | None) -> Hold | None:
    return next((each for each in study.holds if (each.scope, each.target) == (scope, target)), None)


def _target(
    settled: Settled, participants: Collection[str], lots: Collection[str] | None, scope: Scope, target: str | None
) -> str | None:
    protocol = settled.protocol
    if scope == "study":
        if target is not None:
            raise refuse(
                "DC796",
                msg("a hold of the whole study has no target, and '{target}' is given", target=target),
                msg("leave --target out, or write --scope level, participant or lot"),
            )
        return None
    if target is None or not target.strip():
        raise refuse(
            "DC796",
            msg("it is not said which {what} is meant", what=_BARE[scope]),
            msg("name it: --target NAME"),
        )
    if scope == "participant" and target not in participants:
        raise refuse(
            "DC796",
            msg("there is no participant {code} in this study", code=target),
            msg("check the code: `participant list` names them all"),
        )
    if protocol.masking.masked and (scope == "lot" or (scope == "level" and target in protocol.arms)):
        raise refuse(
            "DC799",
            msg("this trial is masked: a hold of one {what} would show who has which arm", what=_BARE[scope]),
            msg("hold a lot with `ip quarantine`, which is sealed; or hold the participant, or the whole study"),
        )
    if scope == "lot":
        if lots is None:
            raise need_key()
        if target not in lots:
            raise refuse(
                "DC796",
                msg("there is no lot '{lot}' in this study", lot=target),
                msg("its lots are: {lots}", lots=", ".join(sorted(lots)))
                if lots
                else msg("take lots in with `ip receive --stock FILE`"),
            )
    return held_level(settled, target) if scope == "level" else target


_BARE: dict[str, Message] = {
    "study": msg("study"),
    "level": msg("level"),
    "participant": msg("participant"),
    "lot": msg("lot"),
}


def _public(scope: Scope, target: str | None) -> dict[str, Any]:
    return {"scope": scope} if target is None else {"scope": scope, "target": target}


def named_hold(hold: Hold) -> Message:
    """Return what is on hold, in words."""
    return _named(hold.scope, hold.target)


def _named(scope: str, target: str | None) -> Message:
    if target is None:
        return msg("the whole study")
    return msg("{scope} {target}", scope=_BARE[scope], target=target)


# --- the open dose level --------------------------------------------------------------------------------------------


def open_level(study: StudyState, settled: Settled, name: str, *, at: dt.datetime, reason: str | None) -> list[Draft]:
    """Move the open dose level: one step up at most, or down to any.

    Raises:
        Refusal: DC709, the reason is missing; DC802, the protocol has no such level; DC803, it is open already, or a
            level between would be left out; DC801, a hold stands against it.
    """
    why = need_reason(reason, msg("write who decided it on what results: --reason TEXT"))
    chosen = step_of(settled.protocol, name, settled)
    ladder = steps(settled.protocol, settled)
    now = open_step(study, settled)
    before = ladder.index(now) if now in ladder else None
    place = ladder.index(chosen)
    if before == place:
        raise refuse(
            "DC803",
            msg("{level} is the open level already", level=chosen.name),
            msg("nothing has to be done"),
        )
    if place > (0 if before is None else before + 1):
        raise refuse(
            "DC803",
            msg(
                "{level} cannot be opened yet: {next} comes before it, and {now} is open",
                level=chosen.name,
                next=ladder[0 if before is None else before + 1].name,
                now=now.name if now is not None else msg("no level"),
            ),
            msg("open the levels one after the other; each step up is a decision of its own"),
        )
    if held := study.held(levels=(chosen.name, chosen.level)):
        raise Refusal([held_back(each) for each in held])
    public = {"level": chosen.level} if chosen.arm is None else {"level": chosen.level, "arm": chosen.arm}
    return [Draft(kind="open_level", at=at, reason=why, public=public)]


# --- staff ----------------------------------------------------------------------------------------------------------


def staff(known: Mapping[str, str], user: str, role: str | None, *, at: dt.datetime) -> list[Draft]:
    """Say in which role somebody works; `role` is None where they have left.

    `known` is the staff list until now, empty where there is none.

    Raises:
        Refusal: DC804, the user has no name, the role is none of ours or theirs already, or nobody would be left who
            can change the list; DC838, who has left does not work here.
    """
    user = user.strip()
    if not user:
        raise refuse("DC804", msg("the user has no name"), msg("give the name that they use with --as"))
    if role is None and user not in known:
        raise refuse(
            "DC838",
            msg("'{user}' is not in this study's staff list, so nobody has left", user=user),
            msg("check the name: `study staff` lists who works here"),
        )
    if role is not None and role not in ROLES:
        raise refuse(
            "DC804",
            msg("'{role}' is not a role", role=role),
            msg("the roles are: {roles}", roles=", ".join(ROLES)),
        )
    if role is not None and known.get(user) == role:
        raise refuse(
            "DC804", msg("{user} works here as {role} already", user=user, role=role), msg("nothing has to be done")
        )
    others = [each for name, each in known.items() if name != user]
    if "administrator" not in (*others, role):
        raise refuse(
            "DC804",
            msg("then nobody would be the administrator, and nobody could change the staff list any more"),
            msg("name an administrator first: study staff USER administrator"),
        )
    return [Draft(kind="staff", at=at, public={"user": user} if role is None else {"user": user, "role": role})]


def _listed(parts: Iterable[Message]) -> Message:
    first, *rest = parts
    for each in rest:
        first = msg("{first}, {next}", first=first, next=each)
    return first

"""Who may record what, and who may see what unblinds. No other module knows; a web page would ask here, too.

A role is a name on a record and no lock. The lock is the key: without it nobody sees what is sealed, whatever the role;
with it a masked role still sees nothing, so that nobody is unmasked by accident (R15).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dosecalc.errors import refuse
from dosecalc.registry.event import ROLES
from dosecalc.registry.kind_words import KIND_WORDS, ROLE_WORDS
from dosecalc.registry.kinds import KIND_RULES
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dosecalc.errors import Refusal
    from dosecalc.protocol.model import MaskedRole
    from dosecalc.protocol.settled import Settled
    from dosecalc.registry.event import Kind, Role
    from dosecalc.registry.sealing import Key
    from dosecalc.text import Message

_MASKED_BY: dict[MaskedRole, tuple[Role, ...]] = {
    "participant": (),  # has no role in the registry
    "care provider": ("nurse",),
    "investigator": ("investigator",),
    "outcomes assessor": ("nurse", "investigator"),  # whoever measures may be either
}
"""Whom a protocol means when it says who is masked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """What one person may see. `key` is None for whoever is masked, even where they hold it.

    Read a state with `view.key` and never with the key at hand: then it holds no arm, and nothing that follows from
    one.
    """

    role: Role
    masked: bool
    staffed: bool
    """Whether the study has a staff list."""
    zone: str
    """The site's time zone, for the times that are shown."""
    key: Key | None = field(default=None, repr=False)


def may(role: Role, kind: Kind, staffed: bool) -> bool:
    """Whether `role` may record an event of `kind`; without a staff list everyone may."""
    return not staffed or role in KIND_RULES[kind].roles


def check_may(role: Role, kind: Kind, staffed: bool) -> None:
    """Refuse an event that `role` may not record.

    Raises:
        Refusal: DC723.
    """
    if not may(role, kind, staffed):
        raise refuse(
            "DC723",
            msg("your role, {role}, does not record this: {what}", role=ROLE_WORDS[role], what=KIND_WORDS[kind]),
            msg("ask one of these to record it: {roles}", roles=_list(KIND_RULES[kind].roles)),
        )


def may_override(role: Role, staffed: bool) -> bool:
    """Whether `role` may let a visit take place outside its window or its gap; without a staff list everyone may."""
    return not staffed or role == "investigator"


def role_of(user: str, staff: Mapping[str, Role]) -> Role:
    """Return the role in which `user` works; without a staff list everyone is "administrator".

    Raises:
        Refusal: DC724, there is a staff list and it does not have them.
    """
    if not staff:
        return "administrator"
    if user not in staff:
        raise refuse(
            "DC724",
            msg("'{user}' is not in this study's staff list", user=user),
            msg("give your user name with --as, or ask the administrator to add you with `study staff`"),
        )
    return staff[user]


def may_be_unmasked(role: Role, settled: Settled) -> bool:
    """Whether `role` may see arms once it has the key.

    In a masked protocol that is the pharmacist and whom the site names under `unmasked`, never one whom the protocol
    itself masks. An example site file confirms nothing, so it unmasks nobody.
    """
    masking = settled.protocol.masking
    if not masking.masked or role == "pharmacist":
        return True
    if role in masked_by_protocol(settled):
        return False
    here = settled.here
    return bool(settled.confirms and here and here.unmasked and role in here.unmasked.roles)


def masked_by_protocol(settled: Settled) -> frozenset[Role]:
    """The roles that the protocol says are masked; none where it names nobody or is open."""
    masking = settled.protocol.masking
    if not masking.masked or masking.roles == "not_stated":
        return frozenset()
    return frozenset(role for named in masking.roles for role in _MASKED_BY[named])


def view_for(role: Role, settled: Settled, key: Key | None, staffed: bool | None = None) -> View:
    """Return what `role` may see, with the key that is at hand.

    In an open protocol nobody is masked; what is sealed opens with the key all the same. `staffed` says whether there
    is a staff list, where the site file alone does not know. Without a staff list a role says nothing, and the key
    decides.
    """
    if staffed is None:
        staffed = settled.site is not None and bool(settled.site.staff)
    masked = settled.protocol.masking.masked and (
        key is None or (staffed and not may_be_unmasked(role, settled))
    )  # fmt: skip
    return View(role=role, masked=masked, staffed=staffed, zone=settled.timezone, key=None if masked else key)


def check_unmasked(view: View, settled: Settled) -> None:
    """Refuse what shows an arm, a dose or a product to whoever is masked.

    Raises:
        Refusal: DC725, the role is masked; DC726, it is not, and the key is missing.
    """
    if not view.masked:
        return
    if view.staffed and not may_be_unmasked(view.role, settled):
        raise refuse(
            "DC725",
            msg("your role, {role}, is masked in this study; this would show an arm", role=ROLE_WORDS[view.role]),
            msg(
                "ask one of these: {roles}; in an emergency `participant unblind` reveals one participant's arm",
                roles=_list(role for role in ROLES if may_be_unmasked(role, settled)),
            ),
        )
    raise need_key()


def need_key() -> Refusal:
    """Return the refusal of what needs the key where there is none."""
    return refuse(
        "DC726",
        msg("this needs the study's key"),
        msg("give the key file with --key, or name it in DOSECALC_KEY"),
    )


def _list(roles: Iterable[Role]) -> Message:
    """The roles in words, with commas between them."""
    first, *rest = (ROLE_WORDS[role] for role in roles)
    for each in rest:
        first = msg("{roles}, {another}", roles=first, another=each)
    return first

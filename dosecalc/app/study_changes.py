"""Changes of a study as a whole: holds, the open level, staff, amendments, and who moves to a new version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dosecalc.app.loading import load_protocol, load_site
from dosecalc.app.settings import shipped, shipped_protocols
from dosecalc.app.study_lots import outside, supplies_at
from dosecalc.errors import InvalidFile, refuse
from dosecalc.files import read_file
from dosecalc.protocol.reader import read_site
from dosecalc.protocol.settled import Settled
from dosecalc.registry import decide_amendment, decide_study
from dosecalc.registry.amendment import Difference, compare
from dosecalc.registry.decide_amendment import Amendment
from dosecalc.registry.fold import facts, fold_participant, fold_study
from dosecalc.registry.moved import MovedVisit, moved_visits
from dosecalc.registry.plan_of import plan_of
from dosecalc.registry.state import Hold
from dosecalc.registry.versions import settled_of, staff_of, version_for
from dosecalc.text import msg
from dosecalc.visits.moments import parse_day

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dosecalc.app.study import Session
    from dosecalc.protocol.model import Protocol
    from dosecalc.protocol.site import Site
    from dosecalc.registry.decide_study import Scope
    from dosecalc.registry.event import Draft, Event, Role
    from dosecalc.registry.lots import DoseState
    from dosecalc.registry.state import ParticipantState, StudyState
    from dosecalc.registry.store import Reading


NOT_VERIFIED = "DC143"
"""The finding that a site file verifies another file than this one."""


def hold(
    session: Session, scope: Scope, target: str | None, reason: str | None
) -> tuple[list[Event], tuple[DoseState, ...]]:
    """Stop doses; those that it stops and that are outside the pharmacy come with it.

    Raises:
        Refusal: what `decide_study.hold` refuses.
    """
    found: tuple[DoseState, ...] = ()

    def decide(reading: Reading) -> Sequence[Draft]:
        nonlocal found
        lots = supplies_at(session, reading).lots if scope == "lot" and session.view.key is not None else None
        drafts = decide_study.hold(
            _study(reading), session.settled, reading.participants(), scope, target,
            at=session.at, reason=reason, lots=lots,
        )  # fmt: skip
        for draft in drafts:
            named = Hold(scope=scope, target=draft.public.get("target"), reason="", number=0)
            found = outside(session, reading, named)
        return drafts

    return session.change(decide), found


def lift(session: Session, scope: Scope, target: str | None, reason: str | None) -> list[Event]:
    """Let doses be given again.

    Raises:
        Refusal: what `decide_study.lift` refuses.
    """
    return session.change(
        lambda reading: decide_study.lift(_study(reading), session.settled, scope, target, at=session.at, reason=reason)
    )


def open_level(session: Session, name: str, reason: str | None) -> list[Event]:
    """Move the open dose level.

    Raises:
        Refusal: what `decide_study.open_level` refuses.
    """
    return session.change(
        lambda reading: decide_study.open_level(_study(reading), session.settled, name, at=session.at, reason=reason)
    )


def staff(session: Session, user: str, role: str | None) -> list[Event]:
    """Say in which role somebody works; None where they have left.

    Raises:
        Refusal: what `decide_study.staff` refuses.
    """
    return session.change(
        lambda reading: decide_study.staff(staff_of(_study(reading), session.present.date()), user, role, at=session.at)
    )


def staff_list(session: Session, as_of: str | None = None) -> dict[str, Role]:
    """Return who works here, and as what.

    Raises:
        Refusal: DC401 to DC405, `as_of` is no moment; DC737, the study had not begun then.
    """
    with session.read() as reading:
        study = session.study_at(reading, session.until(as_of))
    return staff_of(study, session.present.date() if as_of is None else session.day_of(as_of))


# --- amendments -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Moved:
    """What an amendment would change for one participant."""

    participant: str
    version: str
    """The version that holds for them now."""
    visits: tuple[MovedVisit, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposal:
    """An amendment before it is recorded: what differs, and for each participant which dates would move."""

    protocol: str
    amendment: Amendment
    before: Settled
    after: Settled
    difference: Difference
    moved: tuple[Moved, ...]

    @property
    def only_site(self) -> bool:
        """Whether the protocol stays as it is, and only the site's answers change."""
        return self.before.protocol.sha256 == self.after.protocol.sha256


def propose(
    session: Session, protocol: str, site: str | None, *, effective: str, reconsent: bool, urgent: bool
) -> Proposal:
    """Read a new version and say what it changes; nothing is recorded.

    Raises:
        InvalidFile: findings of either file, or of the two together.
        Refusal: DC003, DC601, the files; DC401 to DC404, the effective date; what `decide_amendment.amend` refuses.
    """
    loaded, text = load_protocol(protocol), _text_of(protocol)
    day = parse_day(effective)
    with session.read() as reading:
        study = _study(reading)
        last = study.versions[-1]
        site_text = _decoded(site) if site is not None else None
        after = Settled(protocol=loaded, site=_site(site, last.site_text, loaded))
        before = settled_of(last)
        amendment = Amendment(
            protocol_text=text, site_text=site_text, effective=day, reconsent=reconsent, urgent=urgent
        )
        decide_amendment.amend(study, before, after, amendment, at=session.at, reason="to be given")
        moved = [
            found
            for code in reading.participants()
            if (found := _moved(session, study, _state(session, reading, code), after)) is not None
        ]
    return Proposal(
        protocol=loaded.version, amendment=amendment, before=before, after=after,
        difference=compare(before, after), moved=tuple(moved),
    )  # fmt: skip


def amend(session: Session, proposal: Proposal, reason: str | None) -> list[Event]:
    """Record an amendment as it was proposed.

    Raises:
        Refusal: what `decide_amendment.amend` refuses; DC806, the study has got another version in the meantime.
    """

    def decide(reading: Reading) -> Sequence[Draft]:
        study = _study(reading)
        last = settled_of(study.versions[-1])
        if last != proposal.before:
            raise refuse(
                "DC806",
                msg("another amendment was recorded in the meantime"),
                msg("call the command again, and read what would change now"),
            )
        return decide_amendment.amend(study, last, proposal.after, proposal.amendment, at=session.at, reason=reason)

    return session.change(decide)


def migrate(session: Session, code: str, *, version: str | None, form: str | None) -> list[Event]:
    """Move a participant to a new version.

    Raises:
        Refusal: DC737, nothing is recorded of them; what `decide_amendment.migrate` refuses.
    """
    return session.change(lambda reading: _migration(session, reading, code, version, form))


def would_move(session: Session, code: str, *, version: str | None, form: str | None) -> tuple[MovedVisit, ...]:
    """Return which dates of a participant move when they move to a version (None: the one in effect).

    Raises:
        Refusal: as `migrate`.
    """
    with session.read() as reading:
        (draft,) = _migration(session, reading, code, version, form)
        study = _study(reading)
        state = session.participant(reading, code)
    chosen = study.version(draft.public["protocol_sha256"])
    found = _moved(session, study, state, settled_of(chosen)) if chosen is not None else None
    return found.visits if found is not None else ()


def _migration(session: Session, reading: Reading, code: str, version: str | None, form: str | None) -> Sequence[Draft]:
    state = session.participant(reading, code)
    moves = facts(reading.events(participant=code), None)
    used = decide_amendment.forms_used(state, [fact.public for fact in moves if fact.event.kind == "migrate"])
    return decide_amendment.migrate(_study(reading), state, version=version, form=form, forms_used=used, at=session.at)


def _moved(session: Session, study: StudyState, state: ParticipantState | None, after: Settled) -> Moved | None:
    if state is None or state.standing in ("screen_failure", "withdrawn"):
        return None
    version = version_for(study, state, session.today)
    visits = moved_visits(plan_of(settled_of(version), state), plan_of(after, state))
    return Moved(participant=state.code, version=version.protocol_version, visits=visits)


def _state(session: Session, reading: Reading, code: str) -> ParticipantState | None:
    return fold_participant(reading.events(participant=code), session.view.key)


def _study(reading: Reading) -> StudyState:
    return fold_study(reading.of_study(), None)


def _text_of(protocol: str) -> str:
    return _decoded(shipped(f"{protocol}.yaml") if protocol in shipped_protocols() else protocol)


def _decoded(path: str) -> str:
    """A file as it stands in the study: as text, which has the same bytes. It was read as UTF-8 before."""
    return read_file(path).decode("utf-8")


def _site(path: str | None, standing: str, protocol: Protocol) -> Site | None:
    from dosecalc.protocol.site_checks import check_site_against

    if path is not None:
        return load_site(path, protocol)
    if not standing:
        return None
    site = read_site(standing.encode("utf-8"), "site file")
    # who verified the version before has not verified this one: its doses are drafts until a site file says so (R8)
    if findings := [each for each in check_site_against(site, protocol) if each.code != NOT_VERIFIED]:
        raise InvalidFile(findings)
    return site

"""A person at work in a study: who, when, with which key, and what the study says at that moment."""

from __future__ import annotations

import datetime as dt
import os
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from dosecalc.app.settings import now
from dosecalc.app.settings import user as who
from dosecalc.errors import Finding, Usage, refuse
from dosecalc.files import read_file
from dosecalc.registry.event import By
from dosecalc.registry.fold import STUDY_KINDS, fold_participant, fold_study
from dosecalc.registry.plan_of import plan_of, rows_of
from dosecalc.registry.rights import check_may, role_of, view_for
from dosecalc.registry.sealing import Sealer, check_key, read_key
from dosecalc.registry.store import open_store
from dosecalc.registry.versions import settled_of, version_for
from dosecalc.text import msg
from dosecalc.visits.moments import parse_day, parse_moment, site_zone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from zoneinfo import ZoneInfo

    from dosecalc.protocol.settled import Settled
    from dosecalc.registry.event import Draft, Event, Kind, Role
    from dosecalc.registry.rights import View
    from dosecalc.registry.sealing import Key, Random
    from dosecalc.registry.state import ParticipantState, StudyState
    from dosecalc.registry.store import Reading, Store, VisitRow, Writing


_INIT: tuple[Kind, ...] = ("init",)


@dataclass(kw_only=True)
class Session:
    """One person's call. `study` and `settled` are as the study stands when the session opens.

    `view` says what this person may see; whatever is shown is folded with `view.key`. `key` is the one at hand: it
    seals, and decides nothing that is shown. `at` is when the thing happened, in the site's zone.
    """

    store: Store
    by: By
    at: dt.datetime
    zone: ZoneInfo
    key: Key | None = field(repr=False)
    view: View
    study: StudyState
    settled: Settled
    chance: Random = field(default=os.urandom, repr=False)
    """Where what is sealed gets its unpredictable bytes from."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.store.close()

    @property
    def today(self) -> dt.date:
        """The site's day of `at`."""
        return self.at.date()

    @property
    def staffed(self) -> bool:
        """Whether the study has a staff list."""
        return bool(_staff(self.study, self.settled))

    @contextmanager
    def read(self) -> Iterator[Reading]:
        """Yield the study at one moment, to be read."""
        with self.store.reading() as reading:
            yield reading

    def until(self, as_of: str | None) -> dt.datetime | None:
        """The last moment of the site's day `as_of`, for `Reading.events`; None where no day is asked for.

        Raises:
            Refusal: DC401 to DC404, the text is no day.
        """
        if as_of is None:
            return None
        day = parse_day(as_of)
        return dt.datetime.combine(day, dt.time(23, 59, 59, 999999), self.zone)

    def study_at(self, reading: Reading, until: dt.datetime | None = None) -> StudyState:
        """The study as this person may see it, as `reading` has it.

        Raises:
            Refusal: DC737, the study had not begun at `until`.
        """
        first = next(reading.events(kinds=_INIT, until=until), None)
        if first is None:
            raise refuse(
                "DC737",
                msg("the study had not begun on that day"),
                msg("give a later day with --as-of; the first event is from {day}", day=_first_day(reading, self.zone)),
            )
        return fold_study(reading.events(kinds=STUDY_KINDS, until=until), self.view.key)

    def participant(self, reading: Reading, code: str, until: dt.datetime | None = None) -> ParticipantState:
        """One participant as this person may see them.

        Raises:
            Refusal: DC737, nothing was recorded of them.
        """
        state = fold_participant(reading.events(participant=code, until=until), self.view.key)
        if state is None:
            raise unknown_participant(code)
        return state

    def settled_for(self, state: ParticipantState, study: StudyState | None = None) -> Settled:
        """The protocol that a participant is on: the one consented to, unless an urgent amendment holds for all."""
        return settled_of(version_for(study or self.study, state, self.today))

    def change(
        self,
        decide: Callable[[Reading], Sequence[Draft]],
        afterwards: Callable[[Reading, Sequence[Event]], None] | None = None,
    ) -> list[Event]:
        """Record what `decide` makes of the study, in one transaction; what follows from it is derived again.

        `afterwards` may look at the study as it would be, and refuse; then nothing is recorded.

        Raises:
            Refusal: what `decide` refuses; DC723, the role may not record it; what the store refuses.
        """
        sealer = Sealer(self.key, self.chance) if self.key is not None else None
        with self.store.writing(self.by, sealer) as writing:
            drafts = decide(writing)
            study = fold_study(writing.events(kinds=STUDY_KINDS), None)
            events = []
            for draft in drafts:
                check_may(self.by.role, draft.kind, self.staffed)
                events.append(writing.append(draft, protocol_sha256=self._digest(writing, study, draft)))
            self._project(writing, events)
            if afterwards is not None:
                afterwards(writing, events)
        return events

    def _digest(self, writing: Writing, study: StudyState, draft: Draft) -> str | None:
        """The protocol that an event falls under; None leaves it to the store, for a version that it brings itself."""
        if draft.kind == "amend":
            return None
        state = (
            fold_participant(writing.events(participant=draft.participant), None)
            if draft.participant is not None
            else None
        )
        if state is None:
            return study.in_effect(self.today).protocol_sha256
        return version_for(study, state, self.today).protocol_sha256

    def _project(self, writing: Writing, events: Sequence[Event]) -> None:
        all_of_them = any(event.kind == "amend" for event in events)
        touched = {event.participant for event in events if event.participant is not None}
        codes = writing.participants() if all_of_them else sorted(touched)
        if codes:
            study = fold_study(writing.events(kinds=STUDY_KINDS), None)
            for code in codes:
                writing.project(code, project(writing, study, code, self.today))


def project(reading: Reading, study: StudyState, code: str, day: dt.date) -> list[VisitRow]:
    """The derived rows of one participant. They hold nothing that is sealed, so no key is asked for (R15)."""
    state = fold_participant(reading.events(participant=code), None)
    if state is None:
        return []
    return list(rows_of(plan_of(settled_of(version_for(study, state, day)), state)))


def _first_day(reading: Reading, zone: ZoneInfo) -> str:
    first = next(reading.events(kinds=_INIT))
    return dt.datetime.fromisoformat(first.entered_at).astimezone(zone).date().isoformat()


def unknown_participant(code: str) -> Exception:
    """The refusal of a code of which nothing was recorded."""
    return refuse(
        "DC737",
        msg("this study has no participant {code}", code=code),
        msg("check the code; `participant list` shows all; a new participant begins with `participant consent`"),
    )


def open_study(
    study: str | None, *, user: str | None, key: str | None, at: str | None, chance: Random = os.urandom
) -> Session:
    """Open a study for one person, from options or the environment.

    Raises:
        Refusal: DC735, no study is named; DC720, the key file holds no key; DC727, it is another study's key; what
            `open_store` refuses; DC724, the person is not on the staff list.
        Usage: DC736, `at` has no time of day.
    """
    store = open_store(place_of(study))
    with ExitStack() as on_refusal:
        on_refusal.callback(store.close)
        session = _session(store, user=who(user), key=key_at_hand(key), at=at)
        session.chance = chance
        on_refusal.pop_all()
    return session


def place_of(study: str | None) -> str:
    """Where the study is: as given, else DOSECALC_STUDY.

    Raises:
        Refusal: DC735.
    """
    place = study or os.environ.get("DOSECALC_STUDY")
    if not place:
        raise refuse(
            "DC735",
            msg("it is not known which study is meant"),
            msg("give its file with --study, or name it in DOSECALC_STUDY"),
        )
    return place


def key_at_hand(given: str | None) -> Key | None:
    """The key in the file that is given, else in that of DOSECALC_KEY; None where there is neither.

    Raises:
        Refusal: DC601, the file cannot be read; DC720, it holds no key.
    """
    path = given or os.environ.get("DOSECALC_KEY")
    return read_key(read_file(path).decode("utf-8", errors="replace")) if path else None


def _session(store: Store, *, user: str, key: Key | None, at: str | None) -> Session:
    from dosecalc import __version__

    with store.reading() as reading:
        state = fold_study(reading.events(kinds=STUDY_KINDS), None)
    if key is not None:
        check_key(key, state.key_id)
    entered = now()
    first = settled_of(state.versions[0])
    zone = site_zone(first.timezone)
    moment = when(at, first.timezone, entered)
    settled = settled_of(state.in_effect(moment.date()))
    staff = _staff(state, settled)
    role = role_of(user, staff)
    return Session(
        store=store,
        by=By(user=user, role=role, entered_at=entered, zone=settled.timezone, program=__version__),
        at=moment,
        zone=zone,
        key=key,
        view=view_for(role, settled, key, bool(staff)),
        study=state,
        settled=settled,
    )


def _staff(study: StudyState, settled: Settled) -> dict[str, Role]:
    """The staff list: the site file's, then what was recorded since."""
    staff: dict[str, Role] = dict(settled.site.staff) if settled.site else {}
    staff.update(study.staff)
    return staff


def when(text: str | None, zone: str, entered: dt.datetime) -> dt.datetime:
    """When a thing happened, in the site's zone: as given, else now.

    Raises:
        Refusal: DC401 to DC405, the text is no time.
        Usage: DC736, it has no time of day.
    """
    if text is None:
        return entered.astimezone(site_zone(zone))
    moment = parse_moment(text, zone)
    if not isinstance(moment, dt.datetime):
        what = msg("--at {day} has no time", day=moment)
        raise Usage([Finding("DC736", what, msg("write --at {day}T09:30", day=moment))])
    return moment

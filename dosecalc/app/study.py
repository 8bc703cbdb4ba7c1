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
from dosecalc.registry.fold import fold_participant, fold_study
from dosecalc.registry.happened import check_begun, check_happened, lies_ahead, still_to_come
from dosecalc.registry.rights import check_may, role_of, view_for
from dosecalc.registry.sealing import Sealer, check_key, read_key
from dosecalc.registry.store import open_store
from dosecalc.registry.untold import check_untold
from dosecalc.registry.versions import settled_of, staff_of, version_for
from dosecalc.registry.visits_now import derive
from dosecalc.text import msg
from dosecalc.visits.moments import local_day, parse_moment, readable, site_zone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from zoneinfo import ZoneInfo

    from dosecalc.errors import Refusal
    from dosecalc.protocol.settled import Settled
    from dosecalc.registry.at_clinic import AtClinic
    from dosecalc.registry.event import Draft, Event
    from dosecalc.registry.rights import View
    from dosecalc.registry.sealing import Key, Random
    from dosecalc.registry.state import ParticipantState, StudyState
    from dosecalc.registry.store import Reading, Store, Writing


@dataclass(kw_only=True)
class Session:
    """One person's call. `study` and `settled` are as the study stands when the session opens.

    Who somebody is and what they may see (`by`, `view`, `staffed`) is asked of the study at the moment of entering; the
    protocol answers for the day on which the thing happened (`settled`). So no earlier --at gives a right back.

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
    """The protocol and the site's answers in effect when the thing happened."""
    staffed: bool
    """Whether the study has a staff list."""
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
    def present(self) -> dt.datetime:
        """The moment of entering, in the site's zone: nothing that happened lies after it."""
        return self.by.entered_at.astimezone(self.zone)

    @contextmanager
    def read(self) -> Iterator[Reading]:
        """Yield the study at one moment, to be read."""
        with self.store.reading() as reading:
            yield reading

    def until(self, as_of: str | None) -> dt.datetime | None:
        """The moment `as_of`, or the last one of that day at the site; None where none is asked for.

        Raises:
            Refusal: DC401 to DC405, the text is no day and no time; DC855, it is still to come.
        """
        if as_of is None:
            return None
        moment = parse_moment(as_of, self.zone.key)
        if local_day(moment) > self.present.date():
            raise refuse(
                "DC855",
                msg("{day} is still to come, and nobody knows what will be known then", day=readable(moment)),
                msg("give today or an earlier day with --as-of"),
            )
        if isinstance(moment, dt.datetime):
            return moment
        return dt.datetime.combine(moment, dt.time(23, 59, 59, 999999), self.zone)

    def day_of(self, as_of: str | None) -> dt.date:
        """The site's day of the moment `as_of`; without one, today.

        Raises:
            Refusal: as `until`.
        """
        until = self.until(as_of)
        return self.today if until is None else until.astimezone(self.zone).date()

    def study_at(self, reading: Reading, until: dt.datetime | None = None) -> StudyState:
        """The study as this person may see it, as `reading` has it.

        Raises:
            Refusal: DC737, the study had not begun at `until`.
        """
        events = list(reading.of_study(until))
        if not events:
            raise refuse(
                "DC737",
                msg("the study had not begun on that day"),
                msg("give a later day with --as-of; the first event is from {day}", day=_first_day(reading, self.zone)),
            )
        return fold_study(events, self.view.key)

    def participant(self, reading: Reading, code: str, until: dt.datetime | None = None) -> ParticipantState:
        """One participant as this person may see them.

        Raises:
            Refusal: DC737, nothing was recorded of them.
        """
        state = fold_participant(reading.events(participant=code, until=until), self.view.key)
        if state is None:
            raise _unknown_participant(code, reading.participants())
        return state

    def everyone(self, reading: Reading) -> Iterator[ParticipantState]:
        """All participants as this person may see them, each read only where somebody asks."""
        for code in reading.participants():
            state = fold_participant(reading.events(participant=code), self.view.key)
            if state is not None:
                yield state

    def settled_for(
        self, state: ParticipantState, study: StudyState | None = None, day: dt.date | None = None
    ) -> Settled:
        """The protocol that a participant is on: the one consented to, unless an urgent amendment holds for all."""
        return settled_of(version_for(study or self.study, state, day or self.today))

    def clinic_on(self, reading: Reading, day: dt.date) -> AtClinic:
        """The clinic as the site file has it that is in effect on `day`, with the bookings.

        Raises:
            Refusal: DC847, nothing is known of the public holidays of its country.
        """
        from dosecalc.registry.at_clinic import at_clinic, booked_in

        settled = settled_of(self.study_at(reading).in_effect(day))
        return at_clinic(settled, lambda asked: booked_in(reading, asked))

    def change(
        self,
        decide: Callable[[Reading], Sequence[Draft]],
        afterwards: Callable[[Reading, Sequence[Event]], None] | None = None,
    ) -> list[Event]:
        """Record what `decide` makes of the study, in one transaction; what follows from it is derived again.

        `afterwards` may look at the study as it would be, and refuse; then nothing is recorded.

        Raises:
            Refusal: what `decide` refuses; DC723, the role may not record it; DC826, a text that masked people read
                names an arm; DC815, it is still to come; DC932, it lies before the study; what the store refuses.
        """
        sealer = Sealer(self.key, self.chance) if self.key is not None else None
        with self.store.writing(self.by, sealer) as writing:
            drafts = decide(writing)
            study = fold_study(writing.of_study(), None)
            events: list[Event] = []
            digests: dict[str | None, str | None] = {}
            for draft in drafts:
                check_may(self.by.role, draft.kind, self.staffed)
                check_untold(draft, self.settled.protocol)
                check_begun(draft, self._began(writing), self.by.entered_at)
                check_happened(draft, writing.event(draft.corrects) if draft.corrects else None, self.present)
                if draft.participant not in digests:
                    digests[draft.participant] = self._digest(writing, study, draft)
                events.append(writing.append(draft, protocol_sha256=digests[draft.participant]))
                if draft.kind not in (
                    "book",
                    "move",
                ):  # of which there may be thousands, and no version changes by them
                    digests.clear()
            self._derive(writing, events)
            if afterwards is not None:
                afterwards(writing, events)
        return events

    def _began(self, reading: Reading) -> dt.datetime:
        """When the study began, in the site's zone."""
        return dt.datetime.fromisoformat(next(reading.of_study()).at).astimezone(self.zone)

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

    def _derive(self, writing: Writing, events: Sequence[Event]) -> None:
        touched = {event.participant for event in events if event.participant is not None}
        study = fold_study(writing.of_study(), None)
        derive(writing, study, sorted(touched), self.by.entered_at.astimezone(self.zone).date())


def _first_day(reading: Reading, zone: ZoneInfo) -> str:
    first = next(reading.of_study())
    return dt.datetime.fromisoformat(first.entered_at).astimezone(zone).date().isoformat()


def _unknown_participant(code: str, known: Iterable[str]) -> Refusal:
    meant = next((each for each in known if each.casefold() == code.casefold()), None)
    return refuse(
        "DC737",
        msg("this study has no participant {code}", code=code),
        msg("write {other}, if that participant is meant", other=meant)
        if meant is not None and meant != code
        else msg("check the code; `participant list` shows all; a new participant begins with `participant consent`"),
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
        state = fold_study(reading.of_study(), None)
    if key is not None:
        check_key(key, state.key_id)
    entered = now()
    zone = site_zone(settled_of(state.versions[0]).timezone)  # one for ever: an amendment cannot change it
    today = entered.astimezone(zone).date()
    staff = staff_of(state, today)
    role = role_of(user, staff)
    moment = when(at, zone.key, entered)
    return Session(
        store=store,
        by=By(user=user, role=role, entered_at=entered, zone=zone.key, program=__version__),
        at=moment,
        zone=zone,
        key=key,
        view=view_for(role, settled_of(state.in_effect(today)), key, bool(staff)),
        study=state,
        settled=settled_of(state.in_effect(moment.date())),
        staffed=bool(staff),
    )


def when(text: str | None, zone: str, entered: dt.datetime) -> dt.datetime:
    """When a thing happened, in the site's zone: as given, else now.

    Raises:
        Refusal: DC401 to DC405, the text is no time; DC815, it is still to come.
        Usage: DC736, it has no time of day.
    """
    if text is None:
        return entered.astimezone(site_zone(zone))
    moment = parse_moment(text, zone)
    if not isinstance(moment, dt.datetime):
        what = msg("--at {day} has no time", day=moment)
        raise Usage([Finding("DC736", what, msg("write --at {day}T09:30", day=moment))])
    present = entered.astimezone(site_zone(zone))
    if lies_ahead(moment, present):
        raise still_to_come(moment, present)
    return moment

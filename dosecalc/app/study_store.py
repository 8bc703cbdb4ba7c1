"""The study as a file or a database: made, verified, exported, imported, copied."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from dosecalc import __version__
from dosecalc.app.loading import load_protocol, load_site
from dosecalc.app.settings import keys_folder, now, shipped, shipped_protocols, user
from dosecalc.app.study import key_at_hand, open_study, place_of, when
from dosecalc.errors import DosecalcError, refuse
from dosecalc.files import cannot_write, read_file, write_whole
from dosecalc.protocol.settled import Settled
from dosecalc.registry import transfer
from dosecalc.registry.engine import copy_taken, is_url
from dosecalc.registry.event import By, Draft
from dosecalc.registry.fold import fold_study
from dosecalc.registry.rights import check_may, role_of
from dosecalc.registry.sealing import new_key, read_key
from dosecalc.registry.store import KEY_BEGUN, create_store, open_store
from dosecalc.registry.verification import read_head, verify
from dosecalc.registry.visits_now import derive, derived_on, project
from dosecalc.text import msg
from dosecalc.visits.workdays import check_holidays

if TYPE_CHECKING:
    import datetime as dt

    from dosecalc.registry.chain import Head
    from dosecalc.registry.event import Event
    from dosecalc.registry.sealing import Key
    from dosecalc.registry.state import StudyState
    from dosecalc.registry.store import Reading, Store
    from dosecalc.registry.verification import Verified


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """A new study: its first event, where it is and where its key is."""

    event: Event
    head: Head
    study: str
    key_file: str
    staffed: bool


def init_study(
    study: str | None, *, protocol: str, site: str, key_out: str | None, who: str | None, at: str | None
) -> Made:
    """Make a study and its key. The study holds the texts of its protocol and site file, and stands alone from then on.

    The key is written apart from the study: where nothing else is said, into this account's own folder for keys.

    Raises:
        Refusal: DC601; DC701, there is a study already; DC735, it is not known where it should be; DC602 to DC604, the
            key file cannot be written; DC723, DC724, the person may not make it; DC825, the key of a masked study would
            lie beside it.
        InvalidFile: findings of the protocol or the site file.
    """
    place = place_of(study)
    settled, texts = _settled(protocol, site)
    if settled.site is not None:
        check_holidays(settled.site.clinic)
    staff = dict(settled.site.staff) if settled.site else {}
    name = user(who)
    role = role_of(name, staff)
    check_may(role, "init", staffed=bool(staff))
    entered = now()
    moment = when(at, settled.timezone, entered)
    if key_out and settled.protocol.masking.masked:
        _check_apart(place, key_out)
    if key_out and not (is_url(place) or os.path.lexists(place)):
        _check_new_key(key_out)
    by = By(user=name, role=role, entered_at=entered, zone=settled.timezone, program=__version__)
    with create_store(place) as store:
        if not key_out:
            _make_private(keys_folder())
        key, key_file = _key_of(store, by, key_out)
        if settled.protocol.masking.masked:
            _check_apart(place, key_file)
        draft = _init(settled, texts, key, moment)
        with ExitStack() as undo:
            undo.callback(os.remove, key_file)  # where there is no study it seals nothing
            with store.writing(by, None) as writing:
                event = writing.append(draft)
                head = writing.head()
            undo.pop_all()
        return Made(event=event, head=head, study=store.name, key_file=key_file, staffed=bool(staff))


def _init(settled: Settled, texts: tuple[str, str], key: Key, moment: dt.datetime) -> Draft:
    return Draft(
        kind="init",
        at=moment,
        public={
            "protocol": settled.protocol.id,
            "protocol_version": settled.protocol.version,
            "protocol_text": texts[0],
            "site_text": texts[1],
            "site_sha256": sha256(texts[1].encode("utf-8")).hexdigest(),
            "key_id": key.id,
        },
    )


def _key_of(store: Store, by: By, key_out: str | None) -> tuple[Key, str]:
    """The key of a study that begins, and its file.

    The study keeps the number of the key before there is a file, so that an `init` that was killed can be called again:
    the key that it left seals nothing yet and is taken, and no other key is ever written over or used twice.
    """
    with store.reading() as reading:
        left = reading.kept(KEY_BEGUN)
    for path in [key_out or os.path.join(keys_folder(), f"{left}.key")] if left else []:
        if os.path.isfile(path) and not os.path.getsize(path):
            os.remove(path)  # killed before a byte of the key was in it
        elif os.path.isfile(path) and (key := read_key(read_file(path).decode("utf-8", errors="replace"))).id == left:
            return key, path
    key = new_key(os.urandom)
    path = key_out or os.path.join(keys_folder(), f"{key.id}.key")
    _check_new_key(path)
    with store.writing(by, None) as writing:
        writing.keep(KEY_BEGUN, key.id)
    _write_key(path, key.text)
    return key, path


def _settled(protocol: str, site: str) -> tuple[Settled, tuple[str, str]]:
    loaded = load_protocol(protocol)
    path = shipped(f"{protocol}.yaml") if protocol in shipped_protocols() else protocol
    texts = read_file(path).decode("utf-8"), read_file(site).decode("utf-8")  # both were read, so they are UTF-8
    return Settled(protocol=loaded, site=load_site(site, loaded)), texts


def _check_apart(place: str, key_file: str) -> None:
    """Refuse a key that would lie in the folder of its masked study: whoever copies the folder would have both (R15).

    Raises:
        Refusal: DC825.
    """
    if not is_url(place) and _folder(place) == _folder(key_file):
        raise refuse(
            "DC825",
            msg("the key would lie beside the study, and whoever copies that folder would see every arm"),
            msg(
                "write it into the pharmacist's own folder, --key-out FOLDER/FILE; or leave --key-out out, and it goes "
                "into your account's own folder for keys"
            ),
        )


def _folder(path: str) -> str:
    return os.path.dirname(os.path.realpath(path))


def _make_private(folder: str) -> None:
    """Make a folder that its owner alone can open."""
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        os.chmod(folder, 0o700)
    except OSError as error:
        raise cannot_write(folder, error) from error


def _check_new_key(path: str) -> None:
    if os.path.lexists(path):
        raise refuse(
            "DC701",
            msg("there is a file {file} already, and a key is never written over", file=path),
            msg("name another file with --key-out"),
        )


def _write_key(path: str, text: str) -> None:
    """Write the key for its owner alone, from the first moment on."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(descriptor, text.encode("ascii"))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise cannot_write(path, error) from error


def verify_study(study: str | None, *, kept: str | None, key: str | None) -> Verified:
    """Verify a study, whatever state it is in.

    Raises:
        Refusal: DC712, `kept` is no head; DC735, no study is named; DC700 to DC707, it cannot be read; DC720, the key
            file holds no key.
    """
    if kept is not None:
        read_head(kept)
    opener = key_at_hand(key)
    with open_store(place_of(study), whatever=True) as store, store.reading() as reading:
        return verify(reading, kept=kept, key=opener, follows=_Follows())


class _Follows:
    """Whether the visits of a participant are what the events say, under the versions that they were derived under."""

    def __init__(self) -> None:
        self._study: StudyState | None = None

    def __call__(self, reading: Reading, code: str) -> bool:
        try:
            if self._study is None:
                self._study = fold_study(reading.of_study(), None)
            derived = project(reading, self._study, code, derived_on(reading, self._study))
            return set(derived) == set(reading.rows(participant=code))
        except (DosecalcError, KeyError, TypeError, ValueError):  # the chain is true, and what it says is no study
            return False


@dataclass(frozen=True, kw_only=True, slots=True)
class HeadSeen:
    """The head of a study as one person sees it: `masked` people see only the public one (R15).

    `differs` says whether there are people who see another one.
    """

    head: Head
    masked: bool
    differs: bool


def head_of(study: str | None, *, who: str | None, key: str | None, as_of: str | None) -> HeadSeen:
    """Return the head of a study.

    Raises:
        Refusal: as `open_study`; DC401 to DC405, `as_of` is no moment; DC737, the study had not begun then.
    """
    session = open_study(study, user=who, key=key, at=None)
    try:
        until = session.until(as_of)
        with session.read() as reading:
            session.study_at(reading, until)
            return HeadSeen(
                head=reading.head(until),
                masked=session.view.masked,
                differs=session.settled.protocol.masking.masked,
            )
    finally:
        session.store.close()


def export_study(study: str | None, out: str, *, who: str | None, key: str | None, public: bool) -> tuple[Head, bool]:
    """Write the study as lines of JSON: to masked people only what they may see.

    Raises:
        Refusal: as `open_study`; DC602 to DC604, the file cannot be written.
    """
    session = open_study(study, user=who, key=key, at=None)
    try:
        shown = public or session.view.masked
        with session.read() as reading:
            write_whole(out, transfer.lines(reading.events(), public=shown))
            return reading.head(), shown
    finally:
        session.store.close()


def import_study(study: str | None, source: str, *, who: str | None) -> Head:
    """Make a study of an export, after it was verified as a whole.

    Raises:
        Refusal: DC601; DC715, the file is not as it was written, or holds only what is public; DC701, there is a study
            already.
    """
    place = place_of(study)
    events, head, public = transfer.read_lines(read_file(source), source)
    if public or not events:
        raise refuse(
            "DC715",
            msg("{file} holds only what everybody may see, and no study can be made of it", file=source),
            msg("ask the unblinded pharmacist for an export of the whole study"),
        )
    by = By(user=user(who), role=events[0].role, entered_at=now(), zone="UTC", program=__version__)
    with create_store(place) as store:
        with store.writing(by, None) as writing:
            writing.insert(events)
            state = fold_study(writing.of_study(), None)
            derive(writing, state, writing.participants(), now().date())
        return head


def backup_study(study: str | None, out: str) -> Head:
    """Copy a study while it is in use, and verify the copy: a file as a file, what is in PostgreSQL as an export.

    Raises:
        Refusal: DC701, there is a file already; DC706, the copy does not verify; DC700 to DC707, the study cannot be
            read, or the copy not written.
    """
    place = place_of(study)
    with open_store(place) as store:
        if is_url(place):
            if os.path.lexists(out):
                raise copy_taken(out)
            with store.reading() as reading:
                write_whole(out, transfer.lines(reading.events(), public=False))
            return transfer.read_lines(read_file(out), out)[1]
        store.copy_to(out)
    with open_store(out) as copy, copy.reading() as reading:
        if verify(reading).head is None:
            raise refuse(
                "DC706",
                msg("the copy {file} does not verify", file=out),
                msg("run `study verify` on the study itself"),
            )
        return reading.head()

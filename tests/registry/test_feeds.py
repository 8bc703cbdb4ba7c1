"""Names of feeds: given once, by chance, kept for ever; what names a file is read from the study with care."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from dosecalc.errors import Refusal
from dosecalc.registry.event import Draft, Kind
from dosecalc.registry.feeds import FEED_KINDS, Feed, feeds, give_names, open_again, revoke
from dosecalc.registry.sealing import Sealer
from dosecalc.registry.store import create_store
from registry.studies import INIT, KEY, START, by, chance

AT = dt.datetime(2026, 3, 2, 9, 30, tzinfo=dt.timezone(dt.timedelta(hours=8)))
NAME, OTHER = "a" * 32, "b" * 32


def draft(kind: Kind, name: str, of: str | None = None) -> Draft:
    reason = "telephone lost" if kind == "revoke_feed" else None
    return Draft(kind=kind, at=AT, reason=reason, public={"name": name, **({"of": of} if of else {})})


def kept(folder: Path, *drafts: Draft) -> tuple[Feed, ...]:
    """The feeds as a real database has them."""
    with create_store(str(folder / "study.db")) as store:
        for minute, each in enumerate((Draft(kind="init", at=START, public=INIT), *drafts)):
            with store.writing(by(minute=minute), Sealer(KEY, chance())) as writing:
                writing.append(each)
        with store.reading() as reading:
            return feeds(reading.events(kinds=FEED_KINDS))


def test_a_study_remembers_every_name_that_it_gave(tmp_path: Path) -> None:
    found = kept(tmp_path, draft("feed", NAME, "P001"), draft("feed", OTHER), draft("revoke_feed", NAME, "P001"))
    assert [(feed.participant, feed.file, feed.open, feed.revoked) for feed in found] == [
        ("P001", f"{NAME}.ics", False, "telephone lost"),
        (None, f"{OTHER}.ics", True, None),
    ]
    assert (found[0].opened, found[0].ended, found[0].number) == (AT, AT, 2)


@pytest.mark.parametrize("name", ["../../etc/cron.d/x", "", "A" * 32, "a" * 31, "a" * 33, f"{NAME}\n", "ä" * 32])
def test_a_name_that_dosecalc_never_gives_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Refusal) as refused:
        kept(tmp_path, draft("feed", name, "P001"))
    assert refused.value.findings[0].code == "DC823"


@pytest.mark.parametrize("drafts", [[draft("revoke_feed", NAME)], [draft("feed", NAME), draft("feed", NAME, "P001")]])
def test_a_name_is_given_once_and_before_it_is_revoked(tmp_path: Path, drafts: list[Draft]) -> None:
    with pytest.raises(Refusal) as refused:
        kept(tmp_path, *drafts)
    assert refused.value.findings[0].code == "DC823"


def test_who_had_a_name_gets_none_by_the_way() -> None:
    old = Feed(participant="P001", name=NAME, opened=AT, number=2, revoked="telephone lost", ended=AT)
    made = give_names([old], ["P001", "P002", None], bytes, at=AT)
    assert [each.public for each in made] == [{"name": NAME, "of": "P002"}, {"name": NAME}]  # 20 octets of 0
    (again,) = open_again([old], "P001", lambda count: b"\xff" * count, at=AT)
    assert again.public == {"name": "7" * 32, "of": "P001"}


def test_only_what_stands_is_revoked() -> None:
    standing = Feed(participant="P001", name=OTHER, opened=AT, number=4)
    old = Feed(participant="P001", name=NAME, opened=AT, number=2, revoked="telephone lost", ended=AT)
    (made,) = revoke([old, standing], "P001", at=AT, reason=" moved away ")
    assert (made.kind, made.reason, made.public) == ("revoke_feed", "moved away", {"name": OTHER, "of": "P001"})

"""`study init`, `verify`, `head`, `export`, `import`, `backup`, as they are called."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import stat
from pathlib import Path

import pytest

import postgres
from dosecalc.app import study_store
from dosecalc.app.settings import shipped
from dosecalc.registry.store import Writing
from running import Ran, dosecalc

SITE = shipped("sites", "example.yaml")


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DOSECALC_USER", "admin-1")
    for name in ("DOSECALC_STUDY", "DOSECALC_KEY"):
        monkeypatch.delenv(name, raising=False)


def made(study: str = "s.db", protocol: str = "NCT07203599", site: str = SITE) -> Ran:
    done = dosecalc(
        "study", "init", "--protocol", protocol, "--site", site, "--study", study, "--key-out", "k.key", "--json"
    )
    assert done.code == 0, done.out + done.err
    return done


def tamper(statement: str, guard: str = "events_never_changed") -> None:
    with sqlite3.connect("s.db") as raw:
        text = raw.execute("SELECT sql FROM sqlite_master WHERE name = ?", (guard,)).fetchone()[0]
        raw.execute(f"DROP TRIGGER {guard}")
        raw.execute(statement)
        raw.execute(text)


def test_init_makes_a_study_and_a_key_that_only_its_owner_can_read() -> None:
    found = made().json
    assert (found["event"]["number"], found["event"]["kind"], found["study"]) == (1, "init", "s.db")
    assert found["key_file"] == "k.key"
    assert stat.S_IMODE(os.stat("k.key").st_mode) == 0o600
    assert "sealed" not in found["event"]
    secret = Path("k.key").read_text(encoding="ascii").strip().rpartition(":")[2]
    assert bytes.fromhex(secret) not in Path("s.db").read_bytes()
    assert secret.encode() not in Path("s.db").read_bytes()


def test_init_keeps_the_texts_of_the_protocol_and_the_site_file() -> None:
    public = json.loads(made().json["event"]["public"])
    assert public["protocol_text"] == Path(shipped("NCT07203599.yaml")).read_text(encoding="utf-8")
    assert public["site_text"] == Path(SITE).read_text(encoding="utf-8")


def test_init_says_where_the_key_is_and_what_it_is_for() -> None:
    done = dosecalc(
        "study", "init", "--protocol", "NCT07203599", "--site", SITE, "--study", "s.db", "--key-out", "k.key"
    )
    assert done.code == 0
    assert done.out.startswith(
        "Event 1: the study s.db was made.\n"
        "The key is in k.key. Give it to the unblinded pharmacist and keep it nowhere else.\n"
    )


@pytest.mark.parametrize("protocol", ["NCT07203599", "NCT07084012", "NCT06932393"])
def test_a_key_that_nobody_places_goes_into_the_accounts_own_folder_and_never_beside_the_study(
    protocol: str, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("XDG_DATA_HOME", str(home))
    done = dosecalc("study", "init", "--protocol", protocol, "--site", SITE, "--study", "s.db", "--json")
    assert done.code == 0, done.out
    keys = home / "dosecalc" / "keys"
    (key,) = keys.iterdir()
    assert done.json["key_file"] == str(key)
    assert key.name == f"{json.loads(done.json['event']['public'])['key_id']}.key"
    assert (stat.S_IMODE(keys.stat().st_mode), stat.S_IMODE(key.stat().st_mode)) == (0o700, 0o600)
    assert not [name for name in os.listdir() if "key" in name]
    opened = dosecalc("study", "verify", "--study", "s.db", "--key", str(key))
    assert opened.code == 0, opened.err


def test_without_xdg_data_home_the_key_goes_into_the_home_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("home")
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setenv("HOME", str(home))
    done = dosecalc("study", "init", "--protocol", "NCT07084012", "--site", SITE, "--study", "s.db")
    assert done.code == 0, done.err
    assert [path.parent for path in home.rglob("*.key")] == [home / ".local" / "share" / "dosecalc" / "keys"]


def test_where_the_own_folder_cannot_be_made_there_is_no_study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "taken").write_text("")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "taken"))
    done = dosecalc("study", "init", "--protocol", "NCT07084012", "--site", SITE, "--study", "s.db")
    assert (done.code, "DC602" in done.err or "DC604" in done.err) == (1, True)
    assert dosecalc("study", "head", "--study", "s.db").code == 1


@pytest.mark.parametrize("beside", ["k.key", "./k.key", "sub/../k.key", "linked/k.key"])
def test_the_key_of_a_masked_study_is_not_written_beside_it(beside: str, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "linked").symlink_to(tmp_path)
    words = ("study", "init", "--protocol", "NCT07084012", "--site", SITE, "--study", "s.db", "--key-out")
    done = dosecalc(*words, beside)
    assert done.code == 1
    assert "DC825 the key would lie beside the study, and whoever copies that folder would see every arm; " in done.err
    assert "write it into the pharmacist's own folder, --key-out FOLDER/FILE; or leave --key-out out" in done.err
    assert sorted(os.listdir()) == ["linked", "sub"]
    assert dosecalc(*words, "sub/k.key").code == 0


def test_init_never_takes_the_place_of_a_study_or_a_key() -> None:
    made()
    before = Path("s.db").read_bytes(), Path("k.key").read_bytes()
    for words, said in (
        (("--study", "s.db", "--key-out", "other.key"), "DC701 s.db is there already"),
        (("--study", "t.db", "--key-out", "k.key"), "DC701 there is a file k.key already, and a key is never written"),
    ):
        done = dosecalc("study", "init", "--protocol", "NCT07203599", "--site", SITE, *words)
        assert done.code == 1
        assert said in done.err
    assert (Path("s.db").read_bytes(), Path("k.key").read_bytes()) == before
    assert not Path("other.key").exists()
    assert not Path("t.db").exists()


@pytest.mark.parametrize("moment", ["before the key", "in the key", "before the first event", "while recording it"])
@pytest.mark.parametrize("own_folder", [False, True])
def test_an_init_that_was_killed_is_called_again_and_works(
    moment: str, own_folder: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    words: tuple[str, ...] = ("study", "init", "--protocol", "NCT07203599", "--site", SITE, "--study", "s.db", "--json")
    words = words if own_folder else (*words, "--key-out", "k.key")
    child = os.fork()
    if not child:
        place, name = {
            "before the key": (study_store, "_write_key"),
            "in the key": (os, "write"),
            "before the first event": (Writing, "append"),
            "while recording it": (Writing, "insert"),
        }[moment]
        monkeypatch.setattr(place, name, lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL))
        dosecalc(*words)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    done = dosecalc(*words)
    assert done.code == 0, done.err
    key = done.json["key_file"]
    assert stat.S_IMODE(os.stat(key).st_mode) == 0o600
    assert dosecalc("study", "verify", "--study", "s.db", "--key", key).code == 0
    assert len(list(tmp_path.rglob("*.key"))) == 1  # no key is left that opens nothing
    assert "DC701" in dosecalc(*words).err


def test_init_makes_nothing_of_a_broken_protocol() -> None:
    Path("p.yaml").write_text("id: X\n", encoding="utf-8")
    done = dosecalc("study", "init", "--protocol", "p.yaml", "--site", SITE, "--study", "s.db")
    assert done.code == 1
    assert sorted(os.listdir()) == ["p.yaml"]


def test_init_asks_for_the_place() -> None:
    done = dosecalc("study", "init", "--protocol", "NCT07203599", "--site", SITE)
    assert (done.code, os.listdir()) == (1, [])
    assert "DC735" in done.err


def test_verify_ends_with_0_where_everything_is_as_it_was() -> None:
    made()
    done = dosecalc("study", "verify", "--study", "s.db")
    assert done.code == 0
    assert done.out.startswith("Verified up to event 1: everything is as it was recorded.\n")
    head = dosecalc("study", "head", "--study", "s.db").out.strip()
    assert (
        "The head that you kept is in this study." in dosecalc("study", "verify", "--study", "s.db", "--head", head).out
    )
    assert dosecalc("study", "verify", "--study", "s.db", "--key", "k.key", "--json").json == {
        "verified": True,
        "events": 1,
        "head_compared": False,
    }


def test_verify_names_the_first_bad_event_and_ends_with_3() -> None:
    made()
    tamper("UPDATE events SET entered_by = 'other'")
    done = dosecalc("study", "verify", "--study", "s.db", "--json")
    assert done.code == 3
    assert done.codes == ["DC713"]
    assert "DC713 event 1 is not as it was recorded" in done.err


def test_verify_finds_a_study_that_is_not_the_one_of_the_head_and_ends_with_3() -> None:
    made()
    done = dosecalc("study", "verify", "--study", "s.db", "--head", "1:" + "a" * 64, "--json")
    assert (done.code, done.codes) == (3, ["DC714"])
    assert dosecalc("study", "verify", "--study", "s.db", "--head", "abc", "--json").codes == ["DC712"]


def test_verify_finds_that_all_events_are_gone_and_ends_with_3() -> None:
    made()
    tamper("DELETE FROM events", "events_never_deleted")
    done = dosecalc("study", "verify", "--study", "s.db", "--json")
    assert (done.code, done.codes) == (3, ["DC713"])


def test_verify_finds_a_booking_that_was_moved_in_the_derived_table() -> None:
    made()
    for words in (
        ("consent", "P001", "--form", "1.0", "--date", "2026-03-01"),
        ("enrol", "P001", "--cohort", "phase1-A"),
    ):
        done = dosecalc("participant", *words, "--study", "s.db", "--key", "k.key", "--at", "2026-03-01T10:00")
        assert done.code == 0, done.err
    assert dosecalc("study", "verify", "--study", "s.db").code == 0
    with sqlite3.connect("s.db") as raw:
        raw.execute("INSERT OR REPLACE INTO visits_now (participant, visit, standing) VALUES ('P001', 'W99', 'done')")
    done = dosecalc("study", "verify", "--study", "s.db", "--json")
    assert (done.code, done.codes) == (3, ["DC718"])


def test_masked_people_get_the_public_head_and_export_and_others_the_whole() -> None:
    Path("data").mkdir()
    made("data/s.db", protocol="NCT07084012")
    masked, whole = (
        dosecalc("study", "head", "--study", "data/s.db", "--json", *key).json["head"] for key in ((), KEY)
    )
    assert set(masked) == {"number", "public_hash"}
    assert set(whole) == {"number", "public_hash", "hash"}
    assert dosecalc("study", "head", "--study", "data/s.db").out.splitlines()[0] == f"1:{masked['public_hash']}"
    assert dosecalc("study", "head", "--study", "data/s.db", *KEY).out.splitlines()[0] == f"1:{whole['hash']}"
    assert dosecalc("study", "export", "--study", "data/s.db", "--out", "m.jsonl", "--json").json["public"] is True
    assert whole["hash"] not in Path("m.jsonl").read_text(encoding="utf-8")
    done = dosecalc("study", "import", "m.jsonl", "--study", "t.db", "--json")
    assert done.codes == ["DC715"]
    assert not Path("t.db").exists()


KEY = ("--key", "k.key")


@pytest.mark.parametrize("engine", ["SQLite", "PostgreSQL"])
def test_an_export_makes_the_same_study_elsewhere(engine: str) -> None:
    made()
    there = "t.db" if engine == "SQLite" else postgres.new_database()
    assert dosecalc("study", "export", "--study", "s.db", "--out", "e.jsonl").code == 0
    assert (
        dosecalc("study", "import", "e.jsonl", "--study", there).out
        == "The study up to event 1 was imported, and verified.\n"
    )
    head = dosecalc("study", "head", "--study", "s.db").out.strip()
    assert dosecalc("study", "verify", "--study", there, "--head", head, "--key", "k.key").code == 0
    assert dosecalc("study", "export", "--study", there, "--out", "f.jsonl").code == 0
    assert Path("e.jsonl").read_bytes() == Path("f.jsonl").read_bytes()
    assert dosecalc("study", "import", "e.jsonl", "--study", there, "--json").codes == ["DC701"]


def test_a_backup_opens_like_the_study() -> None:
    made()
    assert dosecalc("study", "backup", "--study", "s.db", "--out", "b.db").code == 0
    head = dosecalc("study", "head", "--study", "s.db").out
    assert dosecalc("study", "head", "--study", "b.db").out == head
    assert dosecalc("study", "backup", "--study", "s.db", "--out", "b.db", "--json").codes == ["DC701"]


def test_a_backup_of_postgresql_is_an_export() -> None:
    url = postgres.new_database()
    made(study=url)
    assert dosecalc("study", "backup", "--study", url, "--out", "b.jsonl").code == 0
    assert dosecalc("study", "import", "b.jsonl", "--study", "s.db").code == 0
    assert dosecalc("study", "head", "--study", "s.db").out == dosecalc("study", "head", "--study", url).out
    assert dosecalc("study", "backup", "--study", url, "--out", "b.jsonl", "--json").codes == ["DC701"]


def test_the_commands_are_in_chinese_too() -> None:
    made()
    assert dosecalc("study", "verify", "--study", "s.db", "--language", "zh").code == 0

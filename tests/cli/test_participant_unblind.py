"""Emergency unblinding, and the cards for the safe."""

import stat
from pathlib import Path

import pytest

from dosecalc.app.study import open_study
from dosecalc.registry.event import Draft
from masked_study import MASKED, NOW, Clock, begin, call, person, record

REASON = ("--reason", "anaphylaxis", "--told", "Dr Chen")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A study with P001 in group-1, P002 in placebo, and P003 without an arm."""
    Clock(monkeypatch)
    begin(tmp_path)
    consents = [
        Draft(kind="consent", at=NOW, participant=code, public={"form": "1.0", "date": "2026-03-01"})
        for code in ("P001", "P002", "P003")
    ]
    record(tmp_path, "chen", consents)
    record(
        tmp_path,
        "wang",
        [
            Draft(kind="assign", at=NOW, participant="P001", sealed={"arm": "group-1", "kit": "K-17"}),
            Draft(kind="assign", at=NOW, participant="P002", sealed={"arm": "placebo", "kit": "K-18"}),
        ],
    )
    return tmp_path


def events(folder: Path) -> int:
    with open_study(str(folder / "study.db"), user="mo", key=None, at=None) as session, session.read() as reading:
        return reading.head().number


def test_the_investigator_unblinds_one_participant_with_the_key_and_types_the_code(folder: Path) -> None:
    ran = person(folder, "chen", "P002\n", "participant", "unblind", "P002", *REASON)
    assert ran.code == 0, ran.err
    assert ran.out == ("P002 is in the arm placebo: Placebo control group\nKit: K-18\nevent 7: emergency unblinding\n")
    assert "This unblinds P002 for ever" in ran.err


def test_it_is_recorded_who_asked_why_and_who_was_told_and_the_record_shows_no_arm(folder: Path) -> None:
    person(folder, "chen", "P002\n", "participant", "unblind", "P002", *REASON)
    with open_study(str(folder / "study.db"), user="mo", key=None, at=None) as session, session.read() as reading:
        event = reading.event(7)
        assert event is not None
        assert (event.kind, event.participant, event.user, event.role) == ("unblind", "P002", "chen", "investigator")
        assert (event.reason, event.public) == ("anaphylaxis", '{"told":"Dr Chen"}')
        assert session.participant(reading, "P002").unblinded
        assert session.participant(reading, "P002").arm is None


def test_the_json_of_an_unblinding_has_the_arm_beside_an_event_that_has_none(folder: Path) -> None:
    ran = person(folder, "chen", "P001\n", "participant", "unblind", "P001", *REASON, "--json")
    assert (ran.json["participant"], ran.json["arm"], ran.json["kit"], ran.json["side"]) == (
        "P001", "group-1", "K-17", None,
    )  # fmt: skip
    assert "sealed" not in ran.json["event"]
    assert "hash" not in ran.json["event"]


def test_who_unblinded_stays_masked_for_everything_else(folder: Path) -> None:
    person(folder, "chen", "P002\n", "participant", "unblind", "P002", *REASON)
    ran = call(folder, "chen", "study", "codebreak", "--out", "cards.pdf", key=True)
    assert (ran.code, "DC725 your role, investigator, is masked" in ran.err) == (1, True)
    assert not (folder / "cards.pdf").exists()


@pytest.mark.parametrize("typed", ["y\n", "yes\n", "P001\n", "p002\n"])
def test_another_answer_than_the_code_unblinds_nobody(folder: Path, typed: str) -> None:
    ran = person(folder, "chen", typed, "participant", "unblind", "P002", *REASON)
    assert ran.code == 1
    assert f"DC734 '{typed.strip()}' is not P002: nothing was unblinded" in ran.err
    assert (ran.out, events(folder)) == ("", 6)


@pytest.mark.parametrize("more", [(), ("--yes",), ("--json",)])
def test_no_script_unblinds_anybody(folder: Path, more: tuple[str, ...]) -> None:
    ran = call(folder, "chen", "participant", "unblind", "P002", *REASON, *more, key=True)
    assert ran.code == 1
    assert "DC734 a person must confirm that P002 is unblinded; call it at a terminal" in ran.err
    assert "placebo" not in ran.out + ran.err
    assert events(folder) == 6


def test_yes_does_not_answer_for_the_person_at_the_terminal(folder: Path) -> None:
    ran = person(folder, "chen", "no\n", "participant", "unblind", "P002", *REASON, "--yes")
    assert (ran.code, events(folder)) == (1, 6)


@pytest.mark.parametrize("user", ["liu", "mo", "dai", "zhao"])
def test_other_roles_may_not_unblind(folder: Path, user: str) -> None:
    ran = person(folder, user, "P002\n", "participant", "unblind", "P002", *REASON)
    assert ran.code == 1
    assert "does not record this: emergency unblinding; ask one of these to record it: investigator, pharmacist" in (
        ran.err
    )


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("P002", "--told", "Dr Chen"), "DC709 this needs a reason"),
        (("P002", "--told", " ", "--reason", "x"), "DC732 it is not known who was told the arm; give the name with"),
        (("P009", *REASON), "DC737 this study has no participant P009"),
        (("P003", *REASON), "DC733 no arm is recorded for P003; check the code; the pharmacist has"),
    ],
)  # fmt: skip
def test_what_cannot_be_recorded_is_refused_before_anybody_is_asked(
    folder: Path, words: tuple[str, ...], says: str
) -> None:
    ran = person(folder, "chen", "", "participant", "unblind", *words)
    assert ran.code == 1
    assert says in ran.err
    assert "for ever" not in ran.err
    assert events(folder) == 6


def test_without_the_key_nobody_is_unblinded(folder: Path) -> None:
    for code in ("P001", "P002"):
        ran = person(folder, "chen", f"{code}\n", "participant", "unblind", code, *REASON, key=False)
        assert (ran.code, ran.out) == (1, "")
        assert ran.err == "DC726 this needs the study's key; give the key file with --key, or name it in DOSECALC_KEY\n"


def test_in_an_open_trial_there_is_nothing_to_unblind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Clock(monkeypatch)
    begin(tmp_path, "NCT07203599")
    ran = person(tmp_path, "chen", "P001\n", "participant", "unblind", "P001", *REASON)
    assert "DC733 NCT07203599 is an open trial: nobody is masked; `participant show` shows the arm" in ran.err


def test_the_cards_are_for_the_pharmacist_with_the_key(folder: Path) -> None:
    for user in MASKED:
        ran = call(folder, user, "study", "codebreak", "--out", "cards.html", key=True)
        assert (ran.code, "DC725" in ran.err) == (1, True)
    ran = call(folder, "wang", "study", "codebreak", "--out", "cards.html")
    assert "DC726 this needs the study's key" in ran.err
    ran = call(folder, "wang", "study", "codebreak", "--out", "cards.html", key=True)
    assert ran.out == ("2 cards written: cards.html\nIt shows arms: print it, seal the cards, and delete the file.\n")
    page = (folder / "cards.html").read_text("utf-8")
    assert ("group-1" in page, "placebo" in page, "P003" in page) == (True, True, False)
    assert stat.S_IMODE((folder / "cards.html").stat().st_mode) == 0o600


def test_the_allocation_list_gives_cards_for_those_who_have_not_come_yet(folder: Path) -> None:
    arms = {"P003": {"arm": "group-2", "kit": "K-19"}, "P004": {"arm": "placebo"}}
    record(folder, "wang", [Draft(kind="allocation", at=NOW, public={"count": 2}, sealed={"arms": arms})])
    ran = call(folder, "wang", "study", "codebreak", "--out", "cards.html", "--json", key=True)
    assert ran.json["cards"] == 4
    ran = call(folder, "wang", "study", "codebreak", "--out", "p4.html", "--participant", "P004", "--json", key=True)
    assert ran.json["cards"] == 1
    assert "P003" not in (folder / "p4.html").read_text("utf-8")
    ran = call(folder, "wang", "study", "codebreak", "--out", "p5.html", "--participant", "P005", key=True)
    assert "DC733 no arm is recorded for P005" in ran.err

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
        assert ran.err.startswith(f"DC726 the arm of {code} cannot be shown without the study's key; give the key file")


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
    assert ran.out == (
        "2 cards written: cards.html\nIt shows arms: print it, seal the cards, and delete the file.\n"
        "event 7: code-break cards, printed\n"
    )
    page = (folder / "cards.html").read_text("utf-8")
    assert ("group-1" in page, "placebo" in page, "P003" in page) == (True, True, False)
    assert stat.S_IMODE((folder / "cards.html").stat().st_mode) == 0o600


def test_printing_cards_is_on_the_record_with_who_and_for_how_many_and_without_an_arm(folder: Path) -> None:
    call(folder, "wang", "study", "codebreak", "--out", "cards.html", key=True)
    reprint = ("--participant", "P002", "--reason", "the seal was torn")
    ran = call(folder, "xu", "study", "codebreak", "--out", "again.html", *reprint, "--json", key=True)
    assert (ran.json["cards"], ran.json["event"]["number"], ran.json["event"]["kind"]) == (1, 8, "codebreak")
    with open_study(str(folder / "study.db"), user="mo", key=None, at=None) as session, session.read() as reading:
        first, second = reading.event(7), reading.event(8)
    assert first is not None
    assert second is not None
    assert (first.user, first.public, first.reason, first.sealed) == ("wang", '{"count":2}', None, None)
    assert (second.user, second.public) == ("xu", '{"count":1,"participants":["P002"]}')
    assert second.reason == "the seal was torn"
    assert call(folder, "mo", "study", "verify").code == 0


@pytest.mark.parametrize("name", ["cards.txt", "cards"])
def test_cards_that_cannot_be_printed_are_not_on_the_record(folder: Path, name: str) -> None:
    ran = call(folder, "wang", "study", "codebreak", "--out", name, key=True)
    assert "DC651" in ran.err
    assert events(folder) == 6


def test_there_is_no_card_that_the_study_does_not_know_of(folder: Path) -> None:
    """Where it cannot be recorded, nothing is written."""
    ran = call(
        folder, "wang", "study", "codebreak", "--out", "cards.html", "--reason", "placebo was asked for", key=True
    )
    assert "DC826" in ran.err
    assert not (folder / "cards.html").exists()


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


def test_everybody_sees_that_somebody_was_unblinded_and_no_masked_role_sees_the_arm(folder: Path) -> None:
    before = {user: call(folder, user, "participant", "show", "P001", "--json").out for user in MASKED}
    assert person(folder, "chen", "P002\n", "participant", "unblind", "P002", *REASON).code == 0
    for user in MASKED:
        for key in (False, True):
            today = call(folder, user, "study", "today", key=key)
            assert "Unblinded in an emergency: P002\n" in today.out
            assert call(folder, user, "study", "today", "--json", key=key).json["unblinded"] == ["P002"]
            shown = call(folder, user, "participant", "show", "P002", key=key)
            assert "UNBLINDED in an emergency: the arm was told" in shown.out
            assert "emergency unblinding" in shown.out
            assert "anaphylaxis" in shown.out
            as_json = call(folder, user, "participant", "show", "P002", "--json", key=key)
            assert as_json.json["unblinded"] is True
            assert "Dr Chen" in as_json.out
            for ran in (today, shown, as_json):
                assert not [word for word in ("placebo", "Placebo", "K-18") if word in ran.out + ran.err]
        assert call(folder, user, "participant", "show", "P001", "--json").out == before[user]
        listed = call(folder, user, "participant", "list", "--json", key=True).json["participants"]
        assert [(each["participant"], each["unblinded"]) for each in listed] == [
            ("P001", False), ("P002", True), ("P003", False),
        ]  # fmt: skip
        assert not [each for each in listed if "arm" in each]


def test_a_past_day_knows_nothing_of_a_later_unblinding(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Clock(monkeypatch).set("2026-06-03T09:00+08:00")
    assert person(folder, "chen", "P002\n", "participant", "unblind", "P002", *REASON).code == 0
    assert call(folder, "mo", "study", "today", "--as-of", "2026-06-02", "--json").json["unblinded"] == []
    assert call(folder, "mo", "study", "today", "--as-of", "2026-06-03", "--json").json["unblinded"] == ["P002"]


def test_an_unblinding_is_never_taken_out_and_a_wrong_name_in_it_is_set_right(folder: Path) -> None:
    record(folder, "chen", [Draft(kind="enrol", at=NOW, participant="P002", public={"date": "2026-03-01"})])
    assert person(folder, "chen", "P002\n", "participant", "unblind", "P002", *REASON).code == 0
    ran = call(folder, "chen", "participant", "correct", "8", "--void", "--reason", "by mistake")
    assert "DC754 event 8 is an unblinding, and what was told stays told; set what is wrong in it" in ran.err
    ran = call(folder, "chen", "participant", "correct", "8", "--set", "told=Dr Cheng", "--reason", "misspelt")
    assert ran.code == 0, ran.err
    assert call(folder, "mo", "participant", "show", "P002", "--json").json["unblinded"] is True


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("--reason", "on placebo, and very ill", "--told", "Dr Chen"), "placebo"),
        (("--reason", "anaphylaxis", "--told", "Dr Chen (group 1)"), "group-1"),
        (("--reason", "输注细胞培养基后过敏", "--told", "Dr Chen"), "细胞培养基"),
    ],
)
def test_what_masked_people_read_of_an_unblinding_names_no_arm(folder: Path, words: tuple[str, ...], name: str) -> None:
    ran = person(folder, "chen", "P001\n", "participant", "unblind", "P001", *words)
    assert ran.code == 1
    assert (
        f"names an arm or a product of this trial: {name}; masked people read this: write it without {name}" in ran.err
    )
    assert "for ever" not in ran.err  # refused before anybody is asked
    assert events(folder) == 6


@pytest.mark.parametrize(
    ("side", "says"), [("study", "Area A of P001 is: study area"), ("left", "The study area of P001 is: left")]
)
def test_where_everybody_gets_every_arm_an_unblinding_says_which_area_is_which(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, side: str, says: str
) -> None:
    Clock(monkeypatch)
    begin(tmp_path, "NCT06932393")
    record(
        tmp_path,
        "chen",
        [Draft(kind="consent", at=NOW, participant="P001", public={"form": "1", "date": "2026-03-01"})],
    )
    record(tmp_path, "wang", [Draft(kind="assign", at=NOW, participant="P001", sealed={"side": side})])
    ran = person(tmp_path, "chen", "P001\n", "participant", "unblind", "P001", *REASON)
    assert ran.code == 0, ran.err
    assert ran.out == (
        f"{says}\nIn this trial everybody gets: exosomes (study area)\n"
        "In this trial everybody gets: saline (control area)\nevent 4: emergency unblinding\n"
    )
    shown = call(tmp_path, "mo", "participant", "show", "P001", "--json")
    assert (shown.json["unblinded"], "side" in shown.json) == (True, False)


# --- by the card in the safe ---

CARD = ("participant", "unblind", "P002", "--card", *REASON)


def test_without_the_key_the_refusal_points_to_the_card_in_the_safe(folder: Path) -> None:
    ran = person(folder, "chen", "P002\n", "participant", "unblind", "P002", *REASON, key=False)
    assert ran.code == 1
    assert ran.err == (
        "DC726 the arm of P002 cannot be shown without the study's key; give the key file with --key; or open the card "
        "of P002 in the safe, and record that: participant unblind P002 --card --told NAME --reason WHY\n"
    )


def test_that_a_card_was_opened_is_recorded_without_the_key_and_shows_no_arm(folder: Path) -> None:
    ran = person(folder, "chen", "P002\n", *CARD, "--opened-by", "Dr Zhou, night shift", key=False)
    assert ran.code == 0, ran.err
    assert ran.out == (
        "Recorded: the card of P002 was opened. Put the card back into the safe.\nevent 7: emergency unblinding\n"
    )
    assert "This records for ever that the card of P002 was opened. Type the participant's code" in ran.err
    with open_study(str(folder / "study.db"), user="mo", key=None, at=None) as session, session.read() as reading:
        event = reading.event(7)
        assert event is not None
        assert (event.kind, event.user, event.reason) == ("unblind", "chen", "anaphylaxis")
        assert event.public == '{"card_opened_by":"Dr Zhou, night shift","told":"Dr Chen"}'
        assert event.sealed is None
        assert session.participant(reading, "P002").unblinded


def test_who_records_the_card_opened_it_where_nobody_else_is_named(folder: Path) -> None:
    ran = person(folder, "chen", "P002\n", *CARD, "--json", key=False)
    assert ran.json["event"]["public"] == {"card_opened_by": "chen", "told": "Dr Chen"}


@pytest.mark.parametrize(
    ("user", "typed", "words", "said"),
    [
        ("chen", "P001\n", CARD, "DC734 'P001' is not P002: nothing was unblinded"),
        ("liu", "P002\n", CARD, "DC723 your role, nurse, does not record this: emergency unblinding"),
        ("chen", "P002\n", (*CARD[:-4], "--told", "Dr Chen"), "DC709 this needs a reason, for the record"),
        ("chen", "P009\n", (*CARD[:2], "P009", *CARD[3:]), "DC737 this study has no participant P009"),
        ("chen", "P002\n", (*CARD, "--opened-by", " "), "DC732 it is not known who opened the card"),
        ("chen", "P002\n", (*CARD, "--opened-by", "placebo"), "DC826 "),
        (
            "chen", "P002\n", ("participant", "unblind", "P002", "--opened-by", "Li", *REASON),
            "DC854 --opened-by says who opened a card, and --card is missing",
        ),
    ],
)  # fmt: skip
def test_a_card_that_cannot_be_recorded_is_refused(
    folder: Path, user: str, typed: str, words: tuple[str, ...], said: str
) -> None:
    ran = person(folder, user, typed, *words, key=False)
    assert ran.code != 0
    assert said in ran.err
    assert events(folder) == 6


# --- the cards of everyone ---


def test_a_voided_consent_leaves_the_cards_of_everyone_else(folder: Path) -> None:
    listed = [Draft(kind="consent", at=NOW, participant="P004", public={"form": "1.0", "date": "2026-03-01"})]
    (event,) = record(folder, "chen", listed)
    voided = call(folder, "chen", "participant", "correct", str(event.number), "--void", "--reason", "wrong code")
    assert voided.code == 0, voided.err
    ran = call(folder, "wang", "study", "codebreak", "--out", "cards.html", key=True)
    assert ran.code == 0, ran.err
    cards = (folder / "cards.html").read_text(encoding="utf-8")
    assert ("P001" in cards, "P002" in cards, "P004" in cards) == (True, True, False)


def test_who_is_on_the_list_has_a_card_though_the_consent_was_voided(folder: Path) -> None:
    (folder / "list.csv").write_text("participant,arm,kit\nP004,group-2,K-40\n", encoding="utf-8")
    assert call(folder, "wang", "participant", "assign", "--list", "list.csv", key=True).code == 0
    drafts = [Draft(kind="consent", at=NOW, participant="P004", public={"form": "1.0", "date": "2026-03-01"})]
    (event,) = record(folder, "chen", drafts)
    assert call(
        folder, "chen", "participant", "correct", str(event.number), "--void", "--reason", "wrong day"
    ).code == 0  # fmt: skip
    assert call(folder, "wang", "study", "codebreak", "--out", "cards.html", key=True).code == 0
    assert "K-40" in (folder / "cards.html").read_text(encoding="utf-8")

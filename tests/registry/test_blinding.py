"""Two studies that differ only in who gets what: masked people see the same bytes in both, whatever they call (R15)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dosecalc.cli import ip, participant, study, visit
from masked_study import KEY, MASKED, call
from masked_trials import TRIALS, Pair, history

PAIRS = [(name, other) for name, trial in TRIALS.items() for other in trial.allocations if other != "each"]
OTHERS = [(name, "other") for name in TRIALS]


@pytest.mark.parametrize("pair", PAIRS, indirect=True)
def test_whoever_is_masked_sees_the_same_while_the_study_goes_on(pair: Pair) -> None:
    assert len(pair.seen) > 20
    for step, one, two in pair.seen:
        assert one == two, step
        assert not [word for word in pair.trial.tell if word in one.out + one.err], step


READS = (
    "study today", "study today --day {d3}", "study week", "study overdue", "study deviations", "study drift",
    "study drift --participant P002", "study exposure", "study exposure --participant P001",
    "study exposure --csv exposure.csv", "study head", "study verify", "study staff",
    "study calendars --out calendars", "study export --out all.jsonl", "study export --public --out public.jsonl",
    "study backup --out backup.db", "study today --as-of 2026-06-05",
    "participant list", "participant list --as-of 2026-06-02", "participant show P001", "participant show P003",
    "participant show P002", "participant show P004 --as-of 2026-06-02",
    "ip balance", "ip balance {lot}", "visit open P001 {v3}", "visit open P004 {v2} --from {d1} --until {d3}",
    "study wall --month 2026-06 --out wall.html", "study wall --day {d2} --out wall.xlsx",
    "study daylist --day {d2} --out day.html",
)  # fmt: skip
REFUSED = (
    "study hold --scope level --target {arm} --reason x", "study hold --scope lot --target {lot} --reason x",
    "ip administer P001 {v2}", "participant enrol P005", "ip void 30 --reason x",
    "study codebreak --out cards.html", "participant assign P001", "participant assign --list allocation.csv",
    "participant assign P005 --arm {arm}", "participant unblind P001 --told x --reason y",
    "participant unblind P004 --told x --reason y --yes",
    "participant show P009", "participant enrol P001", "participant consent p001 --form 1.0 --date 2026-06-01",
    "participant measure P001 --weight 6000 --by liu --date 2026-06-01", "participant measure P002 --area 3",
    "participant screen-failure P001 --reason x", "participant migrate P001",
    "participant prefer P001 --weekdays Tue,Thu", "visit open P001 {v2} --from {d3}",
    "visit open P003 {v3}", "participant prefer P001 --weekdays Tues",
    "participant anchor P001 x=2026-06-01",
    "visit book P001 {v2} 2026-12-20T09:30", "visit book P002 {v1} {d1}T09:30", "visit attend P003 {v3} {d3}",
    "visit move P001 {v3} {d3}T10:30", "visit cancel P004 {v3} --yes --reason x", "visit miss P004 {v2} --reason {arm}",
    "visit unscheduled P001 {d2}T09:00 --reason {other}", "ip prepare P001 {v2}", "ip prepare P002 {v3}",
    "ip prepare P002 {v3} --lot {lot}", "ip check P001 {v1}", "ip check P001 {v1} --arm {arm} --lot {lot}",
    "ip dispense P001 {v1} --to liu", "ip administer P001 {v1}", "ip administer P002 {v2}",
    "ip administer P002 {v1} --part 0.5 --reason x", "ip administer P002 {v1} --arm {arm}",
    "ip administer P001 {v2} --at {d2}T18:00", "ip receive --stock nowhere.yaml",
    "ip receive --stock our-example-stock.yaml", "ip quarantine {lot} --reason x", "ip quarantine {other} --reason x",
    "ip quarantine NONE --reason x", "ip release {lot} --reason x", "ip return {lot} --vials 1 --reason x",
    "ip destroy {other} --vials 1000 --reason x", "study open-level {arm}", "study open-level 5e8 --reason x",
    "study lift --scope study --reason x", "study hold --scope participant --target P002 --reason {arm}",
    "study amend --protocol none.yaml --effective 2026-09-01 --reconsent no",
    "study import all.jsonl", "study init --protocol {protocol} --site our-example.yaml --key-out " + KEY,
    "participant correct 20 --void --reason x", "participant correct 20 --set {column}=x --reason x",
    "participant discontinue P004 --yes --reason x", "participant withdraw P002 --yes --reason x",
    "study staff liu monitor", "study book", "study book --allow-move --yes", "study book --visit {v3} --yes",
    "study verify --head 12:" + "0" * 64, "study today --as-of 2026-05-01",
    "study invitations --addresses none.csv --out mails", "participant card P001 --out card.html",
    "participant card P002 --language en --out card.html",
)  # fmt: skip
"""What is refused, to one role or another; what is not refused is recorded, and shown alike."""


def what_is_written(folder: Path) -> dict[str, bytes | int]:
    """The files that a call wrote, but for those that were there; of a database its size, for its nonces differ."""
    there = {"allocation.csv", "our-example.yaml", "our-example-stock.yaml"}
    found: dict[str, bytes | int] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name not in there and not name.startswith("pharmacy/"):
            database = name.startswith(("study.db", "backup.db"))
            found[name] = path.stat().st_size if database else path.read_bytes()
    return found


FORMATS = ((), ("--json",), ("--language", "zh"))
CASES = [
    *(((name, "other"), user, False) for name in TRIALS for user in MASKED),
    *((("NCT07084012", "other"), user, True) for user in MASKED),
    (("NCT06932393", "other"), "chen", True),
    (("NCT06932393", "other"), "liu", True),
    (("NCT07084012", "all placebo"), "liu", False),
    (("NCT07084012", "all the same"), "chen", True),
    (("NCT06932393", "all the same"), "mo", False),
]


@pytest.mark.parametrize(("pair", "user", "key"), CASES, indirect=["pair"])
def test_whatever_a_masked_person_asks_for_both_studies_answer_alike(
    pair: Pair, user: str, key: bool, tmp_path: Path
) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    shutil.copytree(pair.one, one)
    shutil.copytree(pair.two, two)
    broken = []
    for number, line in enumerate((*READS, *REFUSED), MASKED.index(user)):
        words = (*pair.trial.fill(line).split(), *FORMATS[number % 3])  # among them the roles try every way to show it
        first, second = (call(folder, user, *words, key=key) for folder in (one, two))
        written = [what_is_written(folder) for folder in (one, two)]
        if first != second:
            broken.append(f"{' '.join(words)}: {first} | {second}")
        if written[0] != written[1]:
            broken.append(f"{' '.join(words)} writes other files")
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize("pair", OTHERS, indirect=True)
@pytest.mark.parametrize("line", READS)
def test_what_is_only_read_works_for_a_masked_person_or_is_refused_as_masked(
    pair: Pair, line: str, tmp_path: Path
) -> None:
    shutil.copytree(pair.one, tmp_path, dirs_exist_ok=True)
    line = pair.trial.fill(line)
    ran = call(tmp_path, "mo", *line.split())
    if ran.code:
        assert "DC725" in ran.err, ran.err
    assert not [word for word in pair.trial.tell if word in (ran.out + ran.err).replace(line, "")]


def test_every_command_of_the_study_is_tried() -> None:
    groups = {"study": study, "participant": participant, "visit": visit, "ip": ip}
    there = {(group, name) for group, module in groups.items() for name in module.command.list_commands(None)}
    asked = {tuple(line.split()[:2]) for line in (*READS, *REFUSED)}
    assert there - asked == set()
    for trial in TRIALS.values():  # what changes something also changes something here, in both trials
        done = {tuple(step.words[:2]) for step in history(trial)}
        assert {("ip", "administer"), ("study", "codebreak"), ("visit", "cancel"), ("ip", "quarantine")} <= done


@pytest.mark.parametrize("pair", OTHERS, indirect=True)
def test_the_pharmacist_sees_what_the_others_do_not(pair: Pair) -> None:
    """Else all of the above would hold for a study that has lost it."""
    one, two = (call(folder, "wang", "participant", "list", "--json", key=True) for folder in (pair.one, pair.two))
    for code, secret in zip(("P001", "P002"), pair.trial.allocations["each"], strict=False):
        [row] = [each for each in one.json["participants"] if each["participant"] == code]
        assert row[pair.trial.column] == secret
    assert one != two

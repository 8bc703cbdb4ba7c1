"""Bad input, each with its own clear error, and nothing written."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from dosecalc.app import shipped
from running import dosecalc

DOSE = ["dose", "NCT07203599", "--arm", "phase1-A", "--json"]
CALENDAR = ["calendar", "NCT07084012", "--start", "2026-03-02", "--participant", "P1", "--out"]


def refused(*words: str) -> tuple[list[str], str]:
    """The codes and the text of a refused call."""
    ran = dosecalc(*words)
    assert ran.code == 1, (ran.out, ran.err)
    return ran.codes, ran.err


@pytest.mark.parametrize(
    ("area", "code", "says"),
    [
        ("0", "DC311", "above zero"),
        ("-5", "DC201", "minus"),
        ("NaN", "DC201", "is not a number"),
        ("12,5", "DC201", "write 12.5"),
        ("500.1", "DC312", "at most 500 cm²"),
        ("inf", "DC201", "is not a number"),
        ("1e3", "DC312", "whole scalp"),
        ("1e400", "DC201", "1e400"),
        ("", "DC201", ""),
        ("２４", "DC201", "full-width"),
        ("24cm²", "DC201", "write the number alone"),
        ("20-24", "DC201", "range"),
        ("twenty", "DC201", "is not a number"),
        ("0x18", "DC201", "0x18"),
        ("24\n", "DC201", ""),
    ],
)
def test_an_area_that_cannot_be_is_refused(area: str, code: str, says: str) -> None:
    codes, err = refused(*DOSE, f"--area={area}")
    assert codes == [code]
    assert says in err


def test_a_level_outside_the_range_is_refused() -> None:
    for level in ("6e9", "4.9e8", "5e10"):
        codes, err = refused("dose", "NCT06932393", "--area", "20", "--level", level, "--json")
        assert codes == ["DC331"]
        assert "5,000,000,000" in err


def test_a_level_that_phase_one_did_not_have_needs_a_decision() -> None:
    codes, _ = refused("dose", "NCT07203599", "--arm", "phase2-exosome", "--area", "20", "--level", "5e8", "--json")
    assert codes == ["DC331"]


def test_the_missing_level_names_who_can_supply_it() -> None:
    codes, err = refused("dose", "NCT07203599", "--arm", "phase2-exosome", "--area", "20", "--json")
    assert codes == ["DC330"]
    assert "--level" in err
    assert "site file" in err


def test_the_arm_of_another_protocol_is_refused() -> None:
    codes, err = refused("dose", "NCT07203599", "--arm", "group-1", "--area", "20", "--json")
    assert codes == ["DC302"]
    assert "phase1-A" in err


@pytest.mark.parametrize(
    ("start", "says"),
    [
        ("2026-02-30", "February 2026 has 28 days"),
        ("tomorrow", "YYYY-MM-DD"),
        ("02/03/2026", "YYYY-MM-DD"),
        ("2026-3-2", "YYYY-MM-DD"),
        ("20260302", "YYYY-MM-DD"),
        ("0001-01-01", "1900"),
        ("9999-12-31", "2199"),
        ("2026-03-02T25:00", "25:00"),
        ("２０２６-03-02", "YYYY-MM-DD"),
        ("", "YYYY-MM-DD"),
    ],
)
def test_a_start_that_is_no_date_is_refused(start: str, says: str) -> None:
    codes, err = refused("schedule", "NCT07084012", f"--start={start}", "--json")
    assert len(codes) == 1
    assert codes[0].startswith("DC4")
    assert says in err


@pytest.mark.parametrize(
    "code",
    [*"a/b|..|../x|a\nb|P💊1|=cmd()|@x|+1|-1| P1||CON|a\\b|P1.|张三|P\u202e1".split("|"), "P" * 300],
)
def test_a_participant_code_that_a_file_or_a_spreadsheet_would_misread_is_refused(code: str, tmp_path: Path) -> None:
    out = tmp_path / "x.ics"
    codes, err = refused(
        "calendar", "NCT07084012", "--start", "2026-03-02", f"--participant={code}", "--out", str(out), "--json"
    )
    assert len(codes) == 1
    assert codes[0].startswith("DC6")
    assert err.count("\n") == 1, "one error, one line, whatever the code holds"
    assert list(tmp_path.iterdir()) == []


def test_a_line_break_in_a_text_that_goes_into_a_calendar_is_refused(tmp_path: Path) -> None:
    site: dict[str, Any] = yaml.load(Path(shipped("sites", "example.yaml")).read_text("utf-8"), Loader=yaml.BaseLoader)
    site["clinic"]["place"]["en"] = "Room 1\r\nATTACH:http://x"
    path = tmp_path / "site.yaml"
    path.write_text(json.dumps(site), "utf-8")
    words = [
        "calendar",
        "NCT07084012",
        "--start",
        "2026-03-02",
        "--participant",
        "P1",
        "--out",
        str(tmp_path / "x.ics"),
    ]
    codes, _ = refused(*words, "--site", str(path), "--book", "D7=2026-03-09T09:30", "--language", "en", "--json")
    assert codes == ["DC130"]
    codes, _ = refused(
        *words,
        "--book",
        "D7=2026-03-20T09:30",
        "--outside-window",
        "a\r\nBEGIN:VEVENT",
        "--audience",
        "clinic",
        "--json",
    )
    assert codes == ["DC501"]
    assert [entry.name for entry in tmp_path.iterdir()] == ["site.yaml"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--book", "D7=2026-03-12T09:30"], "DC420"),
        (["--book", "D9=2026-03-12T09:30"], "DC430"),
        (["--book", "D7=2026-03-12T09:30", "--outside-window", " "], "DC421"),
        (["--previous", "nowhere.ics"], "DC601"),
        (["--anchor", "moon=2026-03-01T00:00"], "DC410"),
        (["--actual", "D9=2026-03-12"], "DC413"),
        (["--actual", "D0=2026-03-03"], "DC414"),
        (["--area", "20"], "DC371"),
    ],
)
def test_a_calendar_that_cannot_be_is_not_written(words: list[str], code: str, tmp_path: Path) -> None:
    out = str(tmp_path / "x.ics")
    codes, _ = refused(*CALENDAR, out, *words, "--json")
    assert codes == [code]
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_may_not_be_written_is_said(tmp_path: Path) -> None:
    words = [*CALENDAR[:-1], "--json", "--out"]
    codes, err = refused(*words, str(tmp_path / "nowhere" / "x.ics"))
    assert codes[0].startswith("DC6")
    assert "nowhere" in err
    codes, _ = refused(*words, "/proc/x.ics")
    assert codes[0].startswith("DC6")


def test_a_full_disk_leaves_the_old_file_as_it_was(tmp_path: Path) -> None:
    out = tmp_path / "x.ics"
    words = [*CALENDAR, str(out)]
    assert dosecalc(*words).code == 0
    before = out.read_bytes()
    # A process that may write no file larger than one block meets a disk that is full.
    limited = """
import resource, signal, sys
from dosecalc.cli import main
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512))
main(sys.argv[1:])
"""
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    more = ["--book", "D7=2026-03-09T09:30"]
    ended = subprocess.run([sys.executable, "-c", limited, *words, *more], capture_output=True, text=True, env=env)
    assert ended.returncode == 1, ended.stderr
    assert "DC6" in ended.stderr
    assert out.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.ics"]


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_stopping_half_way_leaves_nothing(by: signal.Signals, tmp_path: Path) -> None:
    rows = "".join(f"P{n:05},2026-03-{1 + n % 28:02}\n" for n in range(30_000))
    table = tmp_path / "people.csv"
    table.write_text("participant,start\n" + rows)
    out = tmp_path / "out"
    words = ["plan", "NCT07084012", str(table), "--out", str(out)]
    program = [sys.executable, "-c", "from dosecalc.cli import main; main()"]
    process = subprocess.Popen([*program, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for _ in range(2000):  # until it has begun to write beside the target
        if len(list(tmp_path.iterdir())) > 1 or process.poll() is not None:
            break
        time.sleep(0.01)
    process.send_signal(by)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Stopped; nothing was written." in err
    assert "Traceback" not in err
    assert [entry.name for entry in tmp_path.iterdir()] == ["people.csv"]


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = f"{sys.executable} -c 'from dosecalc.cli import main; main()' protocol show NCT07203599 | head -n 1"
    ended = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize(
    "words",
    [
        "dose NCT07203599 --arm phase1-A --arm phase1-B --area 20",
        "dose NCT06932393 --area 20 --level 1e9 --level 5e9",
        "dose NCT07203599 --arm phase1-A --area 20.5 --round up --round down",
        "schedule NCT07084012 --start 2026-03-02 --start 2026-03-03",
    ],
)
def test_one_value_given_twice_is_refused_and_not_replaced(words: str) -> None:
    ran = dosecalc(*words.split(), "--json")
    assert (ran.code, ran.codes) == (2, ["DC006"])


def test_the_day_that_others_count_from_is_not_booked_elsewhere(tmp_path: Path) -> None:
    out = str(tmp_path / "x.ics")
    codes, err = refused(*CALENDAR, out, "--book", "D0=2026-03-03T08:00", "--outside-window", "late", "--json")
    assert codes == ["DC424"]
    assert "--start" in err


def test_a_confirmation_in_the_future_is_refused(tmp_path: Path) -> None:
    site: dict[str, Any] = yaml.load(Path(shipped("sites", "example.yaml")).read_text("utf-8"), Loader=yaml.BaseLoader)
    site["protocols"]["NCT07203599"]["answers"]["ROUNDING"]["confirmed"]["date"] = "2199-01-01"
    path = tmp_path / "site.yaml"
    path.write_text(json.dumps(site), "utf-8")
    codes, err = refused(*DOSE, "--area", "20", "--site", str(path))
    assert codes == ["DC154"]
    assert "2199-01-01" in err


@pytest.mark.parametrize(("where", "code"), [(">&-", 0), (">/dev/full", 1)])
def test_an_output_that_cannot_be_written_is_no_traceback(where: str, code: int) -> None:
    program = f"{sys.executable} -c 'from dosecalc.cli import main; main()' dose NCT07084012 --arm placebo {where}"
    ended = subprocess.run(["bash", "-c", program], capture_output=True, text=True)
    assert ended.returncode == code
    assert "Traceback" not in ended.stderr
    assert ("DC606" in ended.stderr) == bool(code)


def test_a_folder_that_appears_meanwhile_is_not_deleted(tmp_path: Path) -> None:
    from dosecalc.errors import Refusal
    from dosecalc.files import staged_folder

    out = tmp_path / "out"

    def write() -> None:
        with staged_folder(str(out), stamp=0) as staging:
            staging.write("ours.txt", b"ours")
            out.mkdir()
            (out / "precious.txt").write_text("precious")

    with pytest.raises(Refusal, match="DC605"):
        write()
    assert [(path.name, path.read_text()) for path in out.iterdir()] == [("precious.txt", "precious")]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]

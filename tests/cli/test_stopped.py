"""Ctrl-C at any moment, the first ones too: no traceback, nothing half done. Real processes."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dosecalc.app.settings import shipped

INIT = ["study", "init", "--protocol", "NCT07203599", "--site", shipped("sites", "example.yaml"), "--study", "s.db"]


@pytest.fixture
def begun() -> float:
    """How long Python needs until the program's first line; before it nobody can answer a signal."""
    started = time.monotonic()
    subprocess.run([sys.executable, "-c", "import dosecalc.__main__"], check=True)
    return time.monotonic() - started


@pytest.mark.parametrize("moment", range(16))
def test_stopped_in_the_first_moments_it_says_no_traceback(begun: float, moment: int, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "dosecalc", *INIT], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    time.sleep(begun * 1.5 + moment * 0.02)
    process.send_signal(signal.SIGINT)
    out, err = (text.decode() for text in process.communicate(timeout=60))
    assert "Traceback" not in err
    made = sorted(path.name for path in tmp_path.iterdir())
    if process.returncode == 0:
        assert "Event 1: the study s.db was made." in out
        assert made == ["s.db", "s.key"]
    else:
        # Before Python itself has begun to listen the signal ends it: nothing was done by then.
        assert process.returncode in (130, -signal.SIGINT)
        assert err in (
            "",
            "Stopped. What was being recorded is there as a whole or not at all: `study head` shows it.\n",
        )
        again = subprocess.run([sys.executable, "-m", "dosecalc", *INIT], cwd=tmp_path, capture_output=True, text=True)
        assert again.returncode == (1 if "s.key" in made else 0), again.stderr  # as a whole, or not at all
        verified = subprocess.run([sys.executable, "-m", "dosecalc", "study", "verify", *INIT[-2:]], cwd=tmp_path)
        assert verified.returncode == 0


@pytest.mark.parametrize("module", ["click", "dosecalc.cli.ui", "dosecalc.text"])
def test_stopped_while_it_imports_it_ends_with_130_and_says_nothing(module: str) -> None:
    stop = f"""
import os, signal, sys
class Stop:
    def find_spec(self, name, *_):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Stop())
from dosecalc.__main__ import main
sys.argv = ["dosecalc", "study", "--help"]
main()
"""
    ended = subprocess.run([sys.executable, "-c", stop], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "")


def test_who_has_ctrl_c_ignored_is_not_stopped_by_it() -> None:
    call = (
        "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); import dosecalc.__main__ as program;"
        "sys.argv = ['dosecalc', 'protocol', 'list']; os.kill(os.getpid(), signal.SIGINT); program.main()"
    )
    ended = subprocess.run([sys.executable, "-c", call], capture_output=True, text=True)
    assert ended.returncode == 0
    assert "NCT07203599" in ended.stdout

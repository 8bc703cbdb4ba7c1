"""What may be the code of a participant, and why the rest may not."""

from __future__ import annotations

import pytest

from dosecalc.errors import Refusal
from dosecalc.participant_code import check_code

WRITE = "write 1 to 40 letters (A to Z), digits, hyphens, underscores and dots, as in TT-001"


@pytest.mark.parametrize("code", ["7", "TT-001", "a.b_c-d", "x" * 40, "1e5", "CONTROL-1", "COM10", "SZ-001-"])
def test_a_code_of_letters_digits_and_marks_is_kept(code: str) -> None:
    assert check_code(code) == code


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("", "the participant code is missing"),
        ("x" * 300, f'the participant code "{"x" * 39}…" has 300 characters'),
        ("x" * 41, f'the participant code "{"x" * 39}…" has 41 characters'),
        ("=cmd()", 'the participant code "=cmd()" begins with "=": a spreadsheet would run it'),
        ("@SUM(A1)", 'the participant code "@SUM(A1)" begins with "@": a spreadsheet would run it'),
        ("+1", 'the participant code "+1" begins with "+": a spreadsheet would run it'),
        ("-1", 'the participant code "-1" begins with "-": a spreadsheet would run it'),
        ("a/b", 'the participant code "a/b" holds a slash: it would name another folder'),
        ("../../etc", 'the participant code "../../etc" holds a slash: it would name another folder'),
        ("a\\b", 'the participant code "a\\b" holds a slash: it would name another folder'),
        ("..", 'the participant code ".." holds two dots in a row: they would name another folder'),
        ("a..b", 'the participant code "a..b" holds two dots in a row: they would name another folder'),
        ("TT\n001", 'the participant code "TT\\n001" holds a line break or a character that cannot be seen'),
        ("TT\u200b1", 'the participant code "TT\\u200b1" holds a line break or a character that cannot be seen'),
        ("TT 001", 'the participant code "TT 001" holds a space'),
        ("TT-🙂", 'the participant code "TT-🙂" holds the character "🙂"'),
        ("王小明", 'the participant code "王小明" holds the character "王"'),
        ("ＴＴ１", 'the participant code "ＴＴ１" holds the character "Ｔ"'),
        ("TT:1", 'the participant code "TT:1" holds the character ":"'),
        ("con", '"con" is the name of a device on Windows and cannot be the name of a file there'),
        ("NUL.1", '"NUL.1" is the name of a device on Windows and cannot be the name of a file there'),
        ("COM1", '"COM1" is the name of a device on Windows and cannot be the name of a file there'),
        (".hidden", 'the participant code ".hidden" begins with "."'),
        ("_1", 'the participant code "_1" begins with "_"'),
        ("TT-001.", 'the participant code "TT-001." ends with a dot'),
    ],
)
def test_any_other_code_is_refused_with_its_own_reason(code: str, reason: str) -> None:
    with pytest.raises(Refusal) as refusal:
        check_code(code)
    (finding,) = refusal.value.findings
    assert (finding.code, str(finding.what), str(finding.mend)) == ("DC620", reason, WRITE)

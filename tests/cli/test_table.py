"""A table on a terminal that is too narrow for it: broken between words, so that columns stay columns."""

from __future__ import annotations

import pytest

from dosecalc.cli.table import display_width, table

HEADINGS = ["Participant", "Dose", "Left to last day"]
RIGHT = [False, False, True]
ROWS = [["P001", "umbilical cord exosomes: 2,400,000,000 particles (2.4 × 10⁹)", "-13"], ["P002", "saline", "0"]]


def test_with_room_nothing_is_broken() -> None:
    # the widest cells: 11, 60 and 16, with two spaces between them: 91
    assert table(HEADINGS, RIGHT, ROWS, 91) == table(HEADINGS, RIGHT, ROWS)


def test_the_widest_cells_are_broken_between_words_and_numbers_keep_what_they_count() -> None:
    assert table(HEADINGS, RIGHT, ROWS, 48) == [
        "Participant  Dose                           Left",
        "                                              to",
        "                                            last",
        "                                             day",
        "───────────  ─────────────────────────────  ────",
        "P001         umbilical cord exosomes:        -13",
        "             2,400,000,000 particles",
        "             (2.4 × 10⁹)",
        "P002         saline                            0",
    ]


@pytest.mark.parametrize("room", [40, 60, 80])
def test_chinese_is_broken_between_characters_and_no_line_begins_with_punctuation(room: int) -> None:
    rows = [["P001", "人脐带间充质干细胞外泌体（hUCMSC-sEV）：2,400,000,000 颗粒（24 亿；2.4 × 10⁹）", "1"]]
    lines = table(["受试者", "剂量", "距最晚日期剩余"], RIGHT, rows, room)
    assert max(map(display_width, lines)) <= room
    assert not [line for line in lines if line.strip()[0] in "，。、；：！？）"]
    assert any("2,400,000,000 颗粒" in line for line in lines)
    assert any("2.4 × 10⁹" in line for line in lines)


def test_a_word_is_never_broken() -> None:
    digest = "a" * 64
    lines = table(["Head", "By"], [False, False], [[digest, "the clinical research coordinator"]], 40)
    assert any(digest in line for line in lines)
    assert len([line for line in lines if line]) > 3

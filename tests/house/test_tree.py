"""Rules for the files of the project, whatever they hold."""

from __future__ import annotations

import re

from house.source import CHECKOUT, report, texts

# Put together from halves, so that this file does not break its own rules.
HOMES = "|".join(("home", "root", "Users", "work", "private", "var/folders"))
RULES = {
    "an absolute path of one machine": re.compile(rf"(?<![\w.:/*-])/(?:{HOMES})/\w"),
    "a folder outside the project": re.compile(r"\.\./" + "shared"),
    "the address of a package registry": re.compile(
        r"pypi\.(?:org|io)|pythonhosted\.org|registry\." + r"npm|npmjs\.(?:org|com)|deb\." + r"debian\.org"
    ),
    "something left open": re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|HA" + r"CK)\b"),
}


def test_no_file_names_what_belongs_to_one_machine() -> None:
    broken = []
    for path, text in texts():
        if path.name == "LICENSE" or path.as_posix() == "tests/house/test_tree.py":
            continue
        for what, pattern in RULES.items():
            for match in pattern.finditer(text):
                line = text.count("\n", 0, match.start()) + 1
                broken.append(f"{path}:{line}: {what}: {match[0]}")
    report(broken)


def test_constraints_hold_exact_versions_and_nothing_else() -> None:
    lines = (CHECKOUT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    exact = re.compile(r"[a-z0-9-]+==[0-9][0-9a-z.]*(?: ; [a-z_]+ .+)?")
    assert len(lines) > 50
    assert [line for line in lines if not exact.fullmatch(line)] == []


def test_the_readme_has_one_line_for_each_of_its_two_commands() -> None:
    readme = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    for name in ("demo", "test"):
        blocks = re.findall(rf"<!-- command: {name} -->\s*\n```\w*\n(.*?)\n```", readme, re.DOTALL)
        assert len(blocks) == 1, f"{name}: {len(blocks)} marked blocks"
        assert "\n" not in blocks[0], f"{name}: more than one line"
        assert "-c constraints.txt" in blocks[0], f"{name}: installs without the constraints"

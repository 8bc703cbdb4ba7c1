"""Reads what was printed: texts of a PDF's pages, and its QR codes."""

from __future__ import annotations

import re
import shutil
import subprocess
import unicodedata
from pathlib import Path

import pytest


def _run(program: str, *arguments: str, data: bytes | None = None) -> bytes:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed (poppler-utils, zbar-tools)")
    ran = subprocess.run([program, *arguments], input=data, capture_output=True, timeout=120)
    assert ran.returncode == 0, ran.stderr.decode(errors="replace")
    return ran.stdout


def pages(pdf: bytes) -> list[str]:
    """The text of each page, in the order in which it is read; white space is one space."""
    text = _run("pdftotext", "-", "-", data=pdf).decode()
    assert text.endswith("\f")
    return [" ".join(unicodedata.normalize("NFC", page).split()) for page in text[:-1].split("\f")]


def layout(pdf: bytes) -> list[str]:
    """The lines of all pages, as they stand on the paper; white space is one space."""
    return [" ".join(line.split()) for line in _run("pdftotext", "-layout", "-", "-", data=pdf).decode().splitlines()]


def words(pdf: bytes) -> str:
    """All text of a PDF."""
    return " ".join(pages(pdf))


def qr_codes(pdf: bytes, folder: Path) -> list[str]:
    """What the QR codes of a PDF say, as a reader sees them on the printed pages."""
    file = folder / "printed.pdf"
    file.write_bytes(pdf)
    _run("pdftoppm", "-r", "150", "-png", str(file), str(folder / "page"))
    said = []
    for picture in sorted(folder.glob("page-*.png")):
        ran = subprocess.run(["zbarimg", "--raw", "--quiet", str(picture)], capture_output=True, timeout=60)
        said += ran.stdout.decode().splitlines()
    return said


def numbers(html: bytes) -> set[str]:
    """Every number that an HTML page shows, with its separators; what styles and pictures hold is left out."""
    text = re.sub(rb"<(style|svg).*?</\1>", b" ", html, flags=re.DOTALL)
    return set(re.findall(r"\d[\d,.]*\d|\d", re.sub(r"<[^>]*>", " ", text.decode())))

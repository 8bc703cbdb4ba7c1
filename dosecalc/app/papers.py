"""What a prepared dose is printed as: worksheet and labels, and the pick list of a day."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dosecalc.errors import refuse
from dosecalc.files import read_file, write_together, write_whole
from dosecalc.text import msg
from dosecalc.worksheet_json import digest_of, read_worksheet

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from dosecalc.documents.label import LabelKind
    from dosecalc.documents.pick_list import PickEntry
    from dosecalc.documents.worksheet import Worksheet
    from dosecalc.protocol.settled import Settled
    from dosecalc.text import Language, Message


@dataclass(frozen=True, kw_only=True, slots=True)
class WrittenPaper:
    """A file that was written."""

    path: str
    sha256: str


def mode_of(settled: Settled) -> int:
    """The permissions of a new file that shows arms: in a masked trial it is readable by its owner alone (R15)."""
    return 0o600 if settled.protocol.masking.masked else 0o666


def is_pdf(path: str) -> bool:
    """Whether a page is to be written as PDF; else it is HTML, as its name says.

    Raises:
        Refusal: DC651, the name says neither.
    """
    return ending_of(path, (".pdf", ".html")) == ".pdf"


def ending_of(path: str, endings: Collection[str]) -> str:
    """Return in which of `endings` a name ends, in small letters.

    Raises:
        Refusal: DC651, in none of them.
    """
    ending = os.path.splitext(path)[1].lower()
    if ending not in endings:
        raise refuse(
            "DC651",
            msg("{path} does not say what kind of file to write", path=path),
            msg("let its name end in one of: {endings}", endings=", ".join(endings)),
        )
    return ending


def worksheet_document(sheet: Worksheet, language: Language) -> dict[str, Any]:
    """The JSON of a worksheet, with its digest."""
    from dosecalc import preparation_shapes

    document = preparation_shapes.worksheet(sheet, language)
    return document | {"digest": digest_of(document)}


def write_papers(
    sheet: Worksheet,
    folder: str,
    language: Language,
    *,
    labels: LabelKind,
    font: str | None,
    replace_old: bool,
) -> tuple[list[WrittenPaper], list[Message]]:
    """Write the worksheet as PDF, HTML and JSON, and its labels as PDF and HTML: all of them, or none.

    No name of a file tells the arm, and in a masked trial what does is readable by its owner alone (R15). Returns the
    files, and what could not be made and why.

    Raises:
        Refusal: what `documents` refuses; DC607, a file is there already; DC602 to DC604.
    """
    from dosecalc.documents.printing import worksheet_html, worksheet_pdf

    document = worksheet_document(sheet, language)
    sheet = replace(sheet, digest=document["digest"])
    name = f"{sheet.participant}-{sheet.visit}" if sheet.participant else sheet.visit
    files = {
        f"{name}-worksheet.json": (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode(),
        f"{name}-worksheet.pdf": worksheet_pdf([sheet], language, font),
        f"{name}-worksheet.html": worksheet_html(sheet, language),
    }
    notes = _labels(sheet, language, labels, font, name, files)
    unblinds = [file for file in files if not file.startswith(f"{name}-label-masked.")]
    private = unblinds if sheet.settled.protocol.masking.masked else ()
    write_together(folder, files, replace=replace_old, private=private)
    written = [
        WrittenPaper(path=os.path.join(folder, file), sha256=hashlib.sha256(data).hexdigest())
        for file, data in files.items()
    ]
    return written, notes


def _labels(
    sheet: Worksheet,
    language: Language,
    kind: LabelKind,
    font: str | None,
    name: str,
    files: dict[str, bytes],
) -> list[Message]:
    from dosecalc.documents.label import why_by_hand
    from dosecalc.documents.label_print import label_html, label_pdf
    from dosecalc.documents.worksheet import letters_by_hand

    here, protocol = sheet.settled.here, sheet.settled.protocol
    if here is None or here.label is None:
        return [msg("no labels: the site file has nothing under 'label' for {protocol}", protocol=protocol.id)]
    kinds = {"label-unmasked": False, "label-masked": True} if protocol.masking.masked else {"label": False}
    notes: list[Message] = []
    if sheet.participant is None:
        notes.append(
            msg(
                "the labels name nobody: write the participant's code on the line of each label before it leaves the "
                "pharmacy, or prepare again with --participant"
            )
        )
    letters = letters_by_hand(sheet)
    if letters:
        notes.append(
            msg(
                "the letters of the areas are not known: write one of {letters} on each masked label, from the "
                "randomisation list, before anything leaves the pharmacy, or prepare again with --area-a",
                letters=", ".join(letters),
            )
        )
    for part, masked in kinds.items():
        files[f"{name}-{part}.pdf"] = label_pdf(sheet, language, kind, masked=masked, font=font)
        files[f"{name}-{part}.html"] = label_html(sheet, language, kind, masked=masked)
        why = why_by_hand(sheet) if masked else None
        if why is not None:
            notes.append(why)
    return notes


@dataclass(frozen=True, kw_only=True, slots=True)
class Picked:
    """The preparations of one day."""

    on: dt.date
    entries: tuple[PickEntry, ...]


def pick(paths: Sequence[str]) -> Picked:
    """Read the worksheets of one day.

    Raises:
        Refusal: DC601, a file cannot be read; DC660 to DC662, it is no worksheet, or was changed; DC648, the worksheets
            are of several days; DC695, two of them are for one dose.
    """
    from dosecalc.documents.pick_list import check_once
    from dosecalc.preparation_shapes import pick_entries_of

    read = {path: read_worksheet(read_file(path), path) for path in dict.fromkeys(paths)}
    # A copy under another name is no second dose; without a code two people may have worksheets that are alike.
    documents = {document["digest"] if document["participant"] else path: document for path, document in read.items()}
    days = sorted({document["on"] for document in documents.values()})
    if len(days) > 1:
        raise refuse(
            "DC648",
            msg("these worksheets are of several days: {days}", days=", ".join(days)),
            msg("give the worksheets of one day"),
        )
    entries = tuple(entry for document in documents.values() for entry in pick_entries_of(document))
    check_once(entries)
    return Picked(on=dt.date.fromisoformat(days[0]), entries=entries)


def write_pick_list(picked: Picked, path: str, language: Language, font: str | None) -> WrittenPaper:
    """Write the pick list as the PDF or HTML file that the name says.

    Raises:
        Refusal: DC651, the name ends otherwise; DC640 to DC642, DC647, DC696; DC602 to DC604.
    """
    from dosecalc.documents.pick_list import pick_list_html, pick_list_pdf

    if is_pdf(path):
        data = pick_list_pdf(picked.entries, picked.on, language, font)
    else:
        data = pick_list_html(picked.entries, picked.on, language)
    write_whole(path, data)
    return WrittenPaper(path=path, sha256=hashlib.sha256(data).hexdigest())


def pick_shape(entry: PickEntry) -> dict[str, Any]:
    """The JSON of one line of a pick list."""
    from dosecalc.preparation_shapes import pick_entry

    return pick_entry(entry)

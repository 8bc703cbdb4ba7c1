"""Any file of measured areas → its patches, checked; what kind it is, its name and its first bytes say together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dosecalc.errors import Finding, InvalidFile, Where
from dosecalc.measuring.drawing import settle
from dosecalc.measuring.entry import AreaFile, one_scale, twice_named, unreadable
from dosecalc.text import msg

if TYPE_CHECKING:
    from decimal import Decimal

    from dosecalc.measuring.entry import Cell, Entry, Given
    from dosecalc.text import Message

MOST_BYTES = 100_000_000
KINDS = (".json", ".csv", ".roi", ".zip")
_MAGIC = {".roi": b"Iout", ".zip": b"PK"}
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def read_area_file(data: bytes, file: str, given: Given) -> AreaFile:
    """Read the patches of one file; the end of `file` says what it is: `.json`, `.csv`, `.roi` or `.zip`.

    Raises:
        InvalidFile: everything that is wrong with it, DC380 to DC397, and what dates, numbers and methods are refused
            for.
        Refusal: DC398, what reads ImageJ files is not installed.
    """
    kind = _kind(data, file)
    findings: list[Finding] = []
    notes: tuple[tuple[str, Message], ...] = ()
    whole = Where(file)
    stated: Decimal | None = None
    scale_place: Cell | None = None
    entries: list[tuple[Entry, Cell]]
    if kind in _MAGIC:
        from dosecalc.measuring.roi import read_regions

        entries = read_regions(data, file, given, findings)
    elif kind == ".json":
        from dosecalc.measuring.area_json import read_json_areas

        entries, stated, scale_place = read_json_areas(_decoded(data, file), file, whole, given, findings)
    else:
        from dosecalc.measuring.area_csv import read_csv_areas

        text, notes = _decoded_table(data, file)
        entries, stated, scale_place = read_csv_areas(text, file, given, findings)
    findings += twice_named([(entry.name, place) for entry, place in entries])
    needed = kind in _MAGIC or any(entry.in_pixels for entry, _ in entries)
    scale = one_scale(stated, scale_place.where if scale_place else whole, needed, given, findings)
    sketched = [entry.sketch for entry, _ in entries if entry.sketch]
    drawn = iter(settle(sketched, findings))
    drawings = tuple(next(drawn) if entry.sketch else None for entry, _ in entries)
    if findings:
        raise InvalidFile(sorted(findings, key=lambda finding: finding.where or whole))
    return AreaFile(
        file=file, entries=tuple(entry for entry, _ in entries), drawings=drawings, scale=scale, notes=notes
    )


def is_region_file(file: str) -> bool:
    """Whether the name is that of a file of ImageJ, which cannot say who measured when."""
    return file.lower().endswith((".roi", ".zip"))


def _kind(data: bytes, file: str) -> str:
    where = Where(file)
    kind = file.lower()[file.rfind(".") :] if "." in file else ""
    if kind not in KINDS:
        raise unreadable(
            msg("an area file ends with {kinds}", kinds=", ".join(KINDS)),
            msg("save it as one of these, under a name that says so"),
            where,
        )
    if len(data) > MOST_BYTES:
        raise unreadable(
            msg("the file has {size} bytes; at most {most} are read", size=len(data), most=MOST_BYTES),
            msg("check that this is the right file"),
            where,
        )
    if not data:
        raise unreadable(msg("the file is empty"), msg("check that this is the right file"), where)
    if kind in _MAGIC and not data.startswith(_MAGIC[kind]):
        if kind == ".zip":
            what = msg("this is not a .zip file, although its name says so")
        else:
            what = msg("this is not an ImageJ ROI file")
        mend = msg("save the regions in ImageJ: ROI Manager, More, Save")
        raise InvalidFile([Finding("DC381", what, mend, where)])
    for other, magic in _MAGIC.items():
        if kind not in _MAGIC and data.startswith(magic):
            raise unreadable(
                msg("the file is not what the end of its name says"),
                msg("if it comes from ImageJ, let its name end with {kind}", kind=other),
                where,
            )
    return kind


def _decoded(data: bytes, file: str, encoding: str = "utf-8-sig") -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = 0 if data.startswith(_UTF16) else data.count(b"\n", 0, error.start) + 1
        what, mend = msg("the file is not UTF-8 text"), msg("save the file with the encoding UTF-8")
        raise unreadable(what, mend, Where(file, line)) from error
    if "\0" in text:
        line = text.count("\n", 0, text.find("\0")) + 1
        what = msg("the file holds a zero byte, which no text has")
        raise unreadable(what, msg("check that this is the right file"), Where(file, line))
    return text


def _decoded_table(data: bytes, file: str) -> tuple[str, tuple[tuple[str, Message], ...]]:
    """The text, as UTF-8 where it is that, else as GB18030, which is what Excel writes in China."""
    if data.startswith(_UTF16) or _reads(data, "utf-8-sig") or not _reads(data, "gb18030"):
        return _decoded(data, file), ()
    note = msg(
        "{file} is not UTF-8 and was read as GB18030; if its texts look wrong in the result, save it as CSV UTF-8",
        file=file,
    )
    return _decoded(data, file, "gb18030"), (("read-as-gb18030", note),)


def _reads(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True

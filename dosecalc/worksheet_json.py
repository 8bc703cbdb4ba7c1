"""The JSON of a worksheet: its digest, and reading one back whole and unchanged, or not at all.

The digest finds what was edited by hand; it is no signature, for whoever has the program can make a new one. What
proves a worksheet is that a second person comes to the same numbers (R14).
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from dosecalc.errors import Where, refuse
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dosecalc.errors import Refusal
    from dosecalc.text import Message

WORKSHEET = "1"
"""The version of the worksheet's JSON, its key `worksheet`."""

LARGEST = 1_000_000
"""Bytes. A worksheet of two preparations with 400 sites each has fewer than a tenth of that."""

_PRINTED = (b"%pdf-", b"<!doctype html", b"<html")
"""How the files begin that a worksheet is printed as, in small letters."""

_MEND = msg("make the worksheet again with 'dosecalc prepare', and do not edit its JSON")


def canonical(document: Mapping[str, Any]) -> bytes:
    """Return the one spelling of a worksheet that its digest is made of: sorted keys, no spaces, UTF-8.

    `digest` itself is not in it, nor `files`, which `prepare --json` adds to say what it wrote.

    Raises:
        ValueError: the document holds what no worksheet can (a number that is none, half a character).
    """
    content = {key: value for key, value in document.items() if key not in ("digest", "files")}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8")


def digest_of(document: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a worksheet, in hex, over everything but its key `digest`.

    >>> digest_of({"a": "2.4", "digest": "x"}) == digest_of({"a": "2.4"})
    True
    """
    return hashlib.sha256(canonical(document)).hexdigest()


def check_digest(document: Mapping[str, Any], where: Where | None = None) -> None:
    """Refuse a worksheet that was changed after it was made.

    Raises:
        Refusal: DC662.
    """
    if document.get("digest") != digest_of(document):
        raise refuse(
            "DC662",
            msg("the worksheet was changed after it was made: its digest does not fit what stands in it"),
            _MEND,
            where,
        )


def read_worksheet(data: bytes, file: str) -> dict[str, Any]:
    """Return the worksheet that a file holds, as it was made; `file` is the name that findings show.

    Raises:
        Refusal: DC660, the file is no JSON, or not one value for each key; DC661, it is no worksheet, or one of
            another version of dosecalc's worksheets; DC662, it was changed after it was made; DC677, it is a printed
            worksheet.
    """
    where = Where(file)
    if data.removeprefix(b"\xef\xbb\xbf").lstrip()[:14].lower().startswith(_PRINTED):
        raise refuse(
            "DC677",
            msg("this is the printed worksheet, made to be read by people"),
            msg("give the file of the same name that ends in .json; it was written beside this one"),
            where,
        )
    document = _parsed(data, where)
    if not isinstance(document, dict) or "worksheet" not in document:
        raise refuse("DC661", msg("this file is not a worksheet of dosecalc"), _MEND, where)
    if document["worksheet"] != WORKSHEET:
        raise refuse(
            "DC661",
            msg("this worksheet is of a version that this program does not read"),
            msg("check it with the version of dosecalc that made it, or make it again"),
            where,
        )
    check_digest(document, where)
    return document


def _parsed(data: bytes, where: Where) -> Any:
    if len(data) > LARGEST:
        raise _not_json(msg("the file has {bytes} bytes, more than any worksheet", bytes=f"{len(data):,}"), where)
    try:
        document = json.loads(data.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number)
        canonical({"": document})
    except json.JSONDecodeError as error:
        place = Where(where.file, error.lineno, error.colno)
        raise _not_json(msg("the file is not complete JSON"), place) from error
    except (ValueError, RecursionError) as error:  # UnicodeError is a ValueError
        raise _not_json(msg("the file is not the JSON that a worksheet is"), where) from error
    return document


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key stands there twice")
    return made


def _no_number(text: str) -> Any:
    raise ValueError(text)


def _not_json(what: Message, where: Where) -> Refusal:
    return refuse("DC660", what, _MEND, where)

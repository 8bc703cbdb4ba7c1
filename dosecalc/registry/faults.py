"""What a database refuses, in words that help: locked, read-only, full, damaged, unreachable."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import exc

from dosecalc.errors import refuse
from dosecalc.registry.outside import unreadable
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dosecalc.errors import Refusal

_BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED", "55P03")  # 55P03: lock_not_available
_FORBIDDEN = ("SQLITE_READONLY", "SQLITE_PERM", "SQLITE_AUTH", "25006", "42501")
_FULL = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_TOOBIG", "53100", "58030")
_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_FORMAT", "XX001", "XX002")
_NO_TABLE = ("42P01", "42703")
_GONE = ("SQLITE_CANTOPEN",)
_UNREACHABLE = ("08", "57P", "53300", "3D000", "28")


class Moment:
    """How far a piece of work is, so that a lost connection is explained rightly."""

    __slots__ = ("committing",)

    def __init__(self) -> None:
        self.committing = False


def is_full(error: sqlite3.Error) -> bool:
    """Whether it failed because the disk is full or fails."""
    return str(getattr(error, "sqlite_errorname", "")).startswith(_FULL)


@contextmanager
def refusing(name: str, moment: Moment | None = None) -> Iterator[None]:
    """Turn what the database of the study `name` refuses into a `Refusal`.

    Raises:
        Refusal: DC702 to DC708, DC719, DC822.
    """
    try:
        yield
    except exc.DBAPIError as error:
        committing = moment is not None and moment.committing
        raise _refusal(name, error.orig or error, lost=error.connection_invalidated, committing=committing) from error
    except sqlite3.Error as error:
        raise _refusal(name, error, lost=False, committing=False) from error


def _refusal(name: str, error: BaseException, *, lost: bool, committing: bool) -> Refusal:
    code = str(getattr(error, "sqlite_errorname", None) or getattr(error, "sqlstate", None) or "")
    said = " ".join(str(error).split())[:200]
    if "decode" in said and "UTF-8" in said:  # SQLite keeps any bytes as a text, and Python does not read them
        return unreadable(name)
    if code.startswith(_BUSY):
        return refuse(
            "DC703",
            msg("somebody else is writing in the study {study}; nothing was recorded", study=name),
            msg("wait a moment and try again"),
        )
    if code.startswith(_FORBIDDEN):
        return refuse(
            "DC704",
            msg(
                "the study {study} may only be read from here ({reason}); nothing was recorded", study=name, reason=said
            ),
            msg("ask the owner of the study for the permission to write, to its folder too"),
        )
    if code.startswith(_FULL):
        return refuse(
            "DC705",
            msg(
                "the disk of the study {study} is full or fails ({reason}); nothing was recorded",
                study=name,
                reason=said,
            ),
            msg("free some space there, then try again"),
        )
    if code.startswith(_DAMAGED):
        return refuse(
            "DC706",
            msg("{study} is not a study, or the file is damaged ({reason})", study=name, reason=said),
            msg("check the name of the study; if it is right, restore the last backup"),
        )
    if code.startswith(_NO_TABLE) or "no such table" in said or "no such column" in said:
        return no_study(name)
    if code.startswith(_GONE):
        return refuse(
            "DC702",
            msg("the study {study} cannot be opened ({reason})", study=name, reason=said),
            msg("check its name and that you may read and write its folder"),
        )
    if lost or code.startswith(_UNREACHABLE) or not code:
        if committing:
            return refuse(
                "DC708",
                msg("the connection to {study} was lost while it recorded; it is all there or not at all", study=name),
                msg("look with `study head` whether it is there before you enter it again"),
            )
        return refuse(
            "DC707",
            msg("there is no connection to {study} ({reason}); nothing was recorded", study=name, reason=said),
            msg("check the address and the network, then try again"),
        )
    return refuse(
        "DC719",
        msg("the database of {study} refused it ({reason}); nothing was recorded", study=name, reason=said),
        msg("run `study verify`, and show this line to whoever looks after the database"),
    )


def no_study(name: str) -> Refusal:
    """Make the refusal of a database that holds no study."""
    return refuse(
        "DC700",
        msg("there is no study in {study}", study=name),
        msg("check the name after --study, or make a study with `dosecalc study init`"),
    )

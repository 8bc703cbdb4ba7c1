"""The databases that hold a study: a file of SQLite, or PostgreSQL by its URL."""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.pool import NullPool

from dosecalc.errors import refuse
from dosecalc.registry.faults import is_full, refusing
from dosecalc.text import msg

if TYPE_CHECKING:
    from dosecalc.errors import Refusal

_POSTGRES = ("postgresql://", "postgres://", "postgresql+psycopg://")
PATIENCE = 10
"""How many seconds to wait while somebody else writes."""
_LOCK = 0x646F7365  # "dose": the key of the advisory lock that a writer takes


def is_url(place: str) -> bool:
    """Whether a study's place is an address of PostgreSQL; else it is a file."""
    return place.startswith(_POSTGRES)


def name_of(place: str) -> str:
    """Return a study's place as it may be shown: without a password."""
    return _url(place).render_as_string(hide_password=True) if is_url(place) else place


def _url(place: str) -> sa.URL:
    try:
        return sa.make_url(place).set(drivername="postgresql+psycopg")
    except (exc.ArgumentError, ValueError) as error:
        raise refuse(
            "DC707",
            msg("the address of the study is not readable"),
            msg("write it as postgresql://user@host/database"),
        ) from error


def connect_to(place: str, *, make: bool = False) -> sa.Engine:
    """Return the engine of a study's place; a file is made only where `make` says so."""
    return _postgres(place) if is_url(place) else _sqlite(place, make=make)


def _sqlite(place: str, *, make: bool) -> sa.Engine:
    path = os.path.abspath(place)

    def connect() -> sqlite3.Connection:
        mode = "rwc" if make else "ro&immutable=1" if _only_readable(path) else "rw"
        uri = f"file:{_quoted(path)}?mode={mode}"
        try:
            return _opened(uri, alone=False)
        except sqlite3.OperationalError as error:
            if not is_full(error):
                raise
            return _opened(uri, alone=True)  # what readers share is a file, and there is no room for it

    engine = sa.create_engine("sqlite://", creator=connect, poolclass=NullPool)

    def begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if _writes(connection) else "BEGIN")

    sa.event.listen(engine, "begin", begin)
    return engine


def _opened(uri: str, *, alone: bool) -> sqlite3.Connection:
    """Open a file; `alone` needs no room on the disk to read it, and keeps others out meanwhile."""
    raw = sqlite3.connect(uri, uri=True, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
    try:
        raw.execute(f"PRAGMA busy_timeout = {PATIENCE * 1000}")
        if alone:
            raw.execute("PRAGMA locking_mode = EXCLUSIVE")
        raw.execute("PRAGMA synchronous = FULL")
        raw.execute("PRAGMA recursive_triggers = ON")  # REPLACE asks the guard against DELETE, too
        raw.execute("PRAGMA schema_version")  # reads, so that what stands against it is known
    except sqlite3.Error:
        raw.close()
        raise
    return raw


def _only_readable(path: str) -> bool:
    """Whether a file may be read and its folder not be written to, and nobody has it open: SQLite needs to be told."""
    folder = os.path.dirname(path)
    return not (os.access(path, os.W_OK) and os.access(folder, os.W_OK)) and not os.path.exists(f"{path}-wal")


def _quoted(path: str) -> str:
    from urllib.parse import quote

    return quote(path)


def _postgres(place: str) -> sa.Engine:
    try:
        import psycopg  # noqa: F401 - only a study in PostgreSQL needs it
    except ImportError as error:
        raise refuse(
            "DC716",
            msg("a study in PostgreSQL needs a package that is not installed"),
            msg("install it: pip install 'dosecalc[postgres]'"),
        ) from error
    engine = sa.create_engine(
        _url(place), poolclass=NullPool, connect_args={"connect_timeout": PATIENCE, "client_encoding": "utf8"}
    )

    def begin(connection: sa.Connection) -> None:
        if _writes(connection):
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{PATIENCE}s'")
            connection.exec_driver_sql("SET LOCAL synchronous_commit = on")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        else:
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")

    sa.event.listen(engine, "begin", begin)
    return engine


def _writes(connection: sa.Connection) -> bool:
    options: Any = connection.get_execution_options()
    return bool(options.get("dosecalc_writes"))


def use_log(connection: sa.Connection) -> None:
    """Let readers of a SQLite file go on while somebody writes (write-ahead log); a property of the file."""
    if connection.dialect.name == "sqlite":
        raw: Any = connection.connection.dbapi_connection
        raw.execute("PRAGMA journal_mode = WAL")


def copy_file(engine: sa.Engine, name: str, out: str) -> None:
    """Copy a SQLite study while it is in use: the copy is of one moment, and takes its name when it is complete.

    Raises:
        Refusal: DC701, there is something already; DC702 to DC706, it cannot be read or written.
    """
    if os.path.lexists(out):
        raise copy_taken(out)
    folder, base = os.path.split(os.path.abspath(out))
    aside = os.path.join(folder, f".{base}.{os.getpid()}.part")
    try:
        with refusing(name), engine.connect() as connection, refusing(out):
            target = sqlite3.connect(aside, isolation_level=None)
            try:
                target.execute("PRAGMA synchronous = FULL")
                raw: Any = connection.connection.dbapi_connection
                raw.backup(target)
            finally:
                target.close()
        if os.path.lexists(out):
            raise copy_taken(out)
        os.rename(aside, out)
    finally:
        for left in (aside, f"{aside}-wal", f"{aside}-shm", f"{aside}-journal"):
            with suppress(FileNotFoundError):
                os.remove(left)


def copy_taken(name: str) -> Refusal:
    """Make the refusal of a copy where there is something already."""
    return refuse(
        "DC701", msg("{study} is there already", study=name), msg("name another file with --out for the copy")
    )


def taken(name: str) -> Refusal:
    """Make the refusal of a new study where there is something already."""
    return refuse(
        "DC701",
        msg("{study} is there already", study=name),
        msg("name another file with --study, or go on with the study that is there"),
    )

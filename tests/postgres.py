"""A real PostgreSQL server that the tests start for themselves, and its databases."""

from __future__ import annotations

import atexit
import functools
import glob
import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence

import pytest

USER = "study"
_NUMBERS = itertools.count(1)


def _program(name: str) -> str | None:
    newest = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), key=lambda path: int(path.split("/")[4]))
    return shutil.which(name) or (newest[-1] if newest else None)


def _run(words: Sequence[str], folder: str) -> None:
    if os.getuid() == 0:  # PostgreSQL refuses to run as root
        words = ["runuser", "-u", "nobody", "--", *words]
    log = os.path.join(folder, "log")
    with open(log, "ab") as out:  # the server keeps what it writes to, so a pipe would never end
        done = subprocess.run(words, cwd=folder, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
    if done.returncode:
        with open(log, encoding="utf-8", errors="replace") as said:
            pytest.fail(said.read())


@functools.cache
def _server() -> str | None:
    """The folder of the running server's socket; None where there is no PostgreSQL."""
    initdb, control = _program("initdb"), _program("pg_ctl")
    if not (initdb and control):
        return None
    folder = tempfile.mkdtemp(prefix="pg-", dir="/tmp")  # short: the path of a socket has at most 107 characters
    if os.getuid() == 0:
        shutil.chown(folder, "nobody")
    data = os.path.join(folder, "data")
    _run([initdb, "-D", data, "-U", USER, "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C"], folder)
    settings = f"-k {folder} -c listen_addresses= -c fsync=off -c max_connections=60"
    _run([control, "-D", data, "-w", "-o", settings, "start"], folder)

    def stop() -> None:
        _run([control, "-D", data, "-m", "immediate", "-w", "stop"], folder)
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(stop)
    return folder


def _socket() -> str:
    folder = _server()
    if folder is None:
        pytest.skip("this machine has no PostgreSQL server: apt-get install postgresql")
    return folder


def admin(statement: str, database: str = "postgres") -> None:
    """Run a statement as the superuser."""
    import psycopg

    with psycopg.connect(host=_socket(), user=USER, dbname=database, autocommit=True) as connection:
        connection.execute(statement.encode())


def new_database() -> str:
    """The URL of a new, empty database."""
    name = f"study{next(_NUMBERS)}"
    admin(f"CREATE DATABASE {name} TEMPLATE template0")
    return f"postgresql://{USER}@/{name}?host={_socket()}"


def name_of(url: str) -> str:
    return url.rpartition("/")[2] if "?" not in url else url.partition("?")[0].rpartition("/")[2]

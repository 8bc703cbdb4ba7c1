"""The clock, the environment, and where the shipped files are."""

from __future__ import annotations

import datetime as dt
import os
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from dosecalc.errors import refuse
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dosecalc.text import Language

    Clock = Callable[[], dt.datetime]

_clock: ContextVar[Clock | None] = ContextVar("clock", default=None)


def now() -> dt.datetime:
    """The clock, in whole seconds of UTC."""
    passed = _clock.get()
    read = dt.datetime.now(dt.UTC) if passed is None else passed().astimezone(dt.UTC)
    return read.replace(microsecond=0)


@contextmanager
def clock(read: Clock) -> Iterator[None]:
    """Take the time from `read` (aware), for programs that play a trial. No command does, and no option asks for it."""
    before = _clock.set(read)
    try:
        yield
    finally:
        _clock.reset(before)


def preferred_language() -> Language:
    """The language of what people read: DOSECALC_LANGUAGE, else the locale's; Chinese where it says so, else English.

    Raises:
        Refusal: DC002 where DOSECALC_LANGUAGE is set to something else.
    """
    chosen = os.environ.get("DOSECALC_LANGUAGE")
    if chosen == "en":
        return "en"
    if chosen == "zh":
        return "zh"
    if chosen:
        raise refuse("DC002", msg("DOSECALC_LANGUAGE is '{text}'", text=chosen), msg("set it to en or zh"))
    locale = next((os.environ[n] for n in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(n)), "")
    return "zh" if locale.lower().startswith("zh") else "en"


def user(given: str | None) -> str:
    """Who works: the name given, else DOSECALC_USER, else the account of the operating system.

    Raises:
        Refusal: DC010 where none of them tells, or the name given is empty; DC501, DC622, a name that cannot stand on
            paper or in a table.
    """
    import getpass  # asks the operating system only where nobody was named

    name = os.environ.get("DOSECALC_USER") if given is None else given.strip()
    if name:
        from dosecalc.tables.participants import free_text

        return free_text(name)
    if given is not None:
        raise refuse("DC010", msg("the name after --as is empty"), msg("give your user name, or leave --as out"))
    try:
        return getpass.getuser()
    except (OSError, KeyError) as error:  # no such account; Python 3.13 raises the first, older ones the second
        raise refuse("DC010", msg("it is not known who you are"), msg("give your user name with --as")) from error


def keys_folder() -> str:
    """The folder of this account for the keys of its studies, far from where studies are kept."""
    data = os.environ.get("XDG_DATA_HOME") or os.path.join(os.path.expanduser("~"), ".local", "share")
    return os.path.join(data, "dosecalc", "keys")


def shipped(*parts: str) -> str:
    """The path of a shipped file under `schedules/`: inside the installed package, or beside it in a checkout."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    inside = os.path.join(package, "schedules")
    return os.path.join(
        inside if os.path.isdir(inside) else os.path.join(os.path.dirname(package), "schedules"), *parts
    )


def shipped_protocols() -> list[str]:
    """The ids of the shipped protocols."""
    return sorted(name.removesuffix(".yaml") for name in os.listdir(shipped()) if name.endswith(".yaml"))

"""The folder that a web server hands feeds out of: who may list it, what may be in it, and writing what changed."""

from __future__ import annotations

import os
import re
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from dosecalc.errors import refuse
from dosecalc.files import cannot_write, make_folder, read_file, write_together
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_FOLDER = 0o711
"""The web server may open what it knows the name of, and nobody but the owner may list the names."""
_UNFINISHED = re.compile(r"\.(?P<name>[a-z2-7]+\.ics)\.(?P<process>\d+)-\d+\.part")
"""What a call that writes has there for a moment, and one that was killed leaves behind."""
_SHOWN = 3


def check_folder(folder: str, known: Collection[str]) -> None:
    """Refuse a folder that feeds must not stand in; `known` are the names of all files that feeds ever had.

    Raises:
        Refusal: DC605, it is no folder; DC603, it may not be read; DC891, others may list or change it; DC892, it is a
            link; DC893, it holds what no feed wrote.
    """
    place = _place(folder)
    if os.path.islink(place):
        raise refuse(
            "DC892",
            msg("{folder} is a link to another folder", folder=folder),
            msg("name the folder itself: who can change the link could send the calendars elsewhere"),
        )
    if not os.path.isdir(place):
        if os.path.lexists(place):
            make_folder(place)  # says that it is none
        return
    try:
        mode = os.stat(place).st_mode
        foreign = sorted(entry.name for entry in os.scandir(place) if not _ours(entry, known))
    except OSError as error:
        raise cannot_write(folder, error) from error
    if os.name == "posix" and mode & (stat.S_IROTH | stat.S_IWOTH):
        raise refuse(
            "DC891",
            msg("everyone on this machine may list or change the folder {folder}", folder=folder),
            msg("whoever knows a name reads that calendar: chmod o-rw {folder}", folder=folder),
        )
    if foreign:
        raise refuse(
            "DC893",
            msg("{folder} holds what no feed of this study wrote: {names}", folder=folder, names=_shown(foreign)),
            msg("name a folder that is for the feeds of this one study; it is made if there is none"),
        )


def write_folder(folder: str, files: Mapping[str, bytes], known: Collection[str]) -> tuple[set[str], list[str]]:
    """Make the folder hold exactly `files`; return which of them were written, and which others removed.

    A file that is there with the same bytes is left as it is, so that a web server goes on saying since when.

    Raises:
        Refusal: what `check_folder` refuses; DC602 to DC604 as `write_together`.
    """
    check_folder(folder, known)
    place = _place(folder)
    new = not os.path.isdir(place)
    try:
        if new:
            make_folder(os.path.dirname(os.path.abspath(place)))
            os.mkdir(place, _FOLDER)
        changed = {name: data for name, data in files.items() if _there(os.path.join(place, name)) != data}
        write_together(place, changed, replace=True)
        gone = sorted(name for name in os.listdir(place) if name not in files and (name in known or _left(name)))
        for name in gone:
            os.unlink(os.path.join(place, name))
    except OSError as error:
        raise cannot_write(folder, error) from error
    finally:
        if new:  # it goes only if nothing came to be in it
            with suppress(OSError):
                os.rmdir(place)
    return set(changed), [name for name in gone if name in known]


def _place(folder: str) -> str:
    return folder.rstrip("/" + os.sep) or folder


def _ours(entry: os.DirEntry[str], known: Collection[str]) -> bool:
    unfinished = _UNFINISHED.fullmatch(entry.name)
    name = unfinished["name"] if unfinished else entry.name
    return name in known and entry.is_file(follow_symlinks=False)


def _left(name: str) -> bool:
    """Whether a call left this file behind that runs no longer."""
    unfinished = _UNFINISHED.fullmatch(name)
    if unfinished is None or os.name != "posix":
        return False
    try:
        os.kill(int(unfinished["process"]), 0)  # sends nothing, and fails where there is nobody
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return False


def _there(path: str) -> bytes | None:
    return read_file(path) if os.path.lexists(path) else None


def _shown(names: list[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")

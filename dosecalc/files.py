"""Files written whole or not at all.

What is written stands beside its target under another name and takes the target's name when it is complete, so that
neither a full disk nor Ctrl-C leaves half a file, and what stood there before stays until then. Whatever the operating
system refuses becomes a `Refusal` here, and nowhere else.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager, suppress
from hashlib import sha256
from typing import TYPE_CHECKING, TypeVar

from dosecalc.errors import refuse
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from dosecalc.errors import Refusal

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
_FULL = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)})
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_BY_DESCRIPTOR = os.utime in os.supports_fd
_AT_ONCE = 1 << 17
_Made = TypeVar("_Made")


def read_file(path: str) -> bytes:
    """Return the bytes of a file that the user named.

    Raises:
        Refusal: DC601 where it cannot be read.
    """
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise refuse(
            "DC601",
            msg("{path} cannot be read ({reason})", path=path, reason=error.strerror or "?"),
            msg("check the name of the file and that you may read it"),
        ) from error


def make_folder(path: str) -> None:
    """Make a folder where there is none yet, and those above it.

    Raises:
        Refusal: DC602 to DC604 as `write_whole`; DC605, `path` is a file.
    """
    if not path:
        raise _no_folder("''")
    if os.path.lexists(path) and not os.path.isdir(path):
        raise _no_folder(path)
    with _refusing(path):
        os.makedirs(path, exist_ok=True)


def _no_folder(path: str) -> Refusal:
    return refuse("DC605", msg("{path} is not a folder", path=path), msg("name a folder; it is made if there is none"))


def write_whole(path: str, data: bytes | Iterable[bytes], mode: int = 0o666) -> None:
    """Write one file, in place of what had its name, or leave that as it was. `data` may come in parts.

    A link is followed: what it points to is replaced. What is no file, such as a pipe, is written to directly. A new
    file gets `mode`, less what the umask takes away.

    Raises:
        Refusal: DC602, the disk is full; DC603, the folder or the file may not be written; DC604, another reason.
    """
    parts = (data,) if isinstance(data, bytes) else data
    with _refusing(path):
        if os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path):
            with open(path, "wb") as pipe:
                pipe.writelines(parts)
            return
        path = os.path.realpath(path)
        if os.path.isdir(path):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
        if os.path.exists(path) and not os.access(path, os.W_OK):  # a rename would replace it all the same
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        aside, descriptor = _aside(path, _new(mode))
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.writelines(parts)
                file.flush()
                os.fsync(descriptor)  # else a power cut may leave the new name with no bytes
            with suppress(FileNotFoundError):
                os.chmod(aside, stat.S_IMODE(os.stat(path).st_mode))
            os.replace(aside, path)
        finally:
            with suppress(FileNotFoundError):
                os.unlink(aside)


def write_together(folder: str, files: Mapping[str, bytes], *, replace: bool, private: Collection[str] = ()) -> None:
    """Write files into a folder that may hold others: all of them, or none.

    A name may have folders in front, which are made. Each file is made beside its target first; only when all are
    complete do they take their names. What is there already is replaced only where `replace` says so and otherwise
    refused, because somebody may have signed it. Those in `private` are readable by their owner alone.

    Raises:
        Refusal: DC602 to DC604 as `write_whole`; DC605, `folder` is a file; DC607, one of the files is there already.
    """
    root = os.path.realpath(folder)
    folders = [folder, *sorted({os.path.dirname(os.path.join(root, name)) for name in files})]
    new = sorted({missing for each in (root, *folders[1:]) for missing in _missing(each)}, reverse=True)
    for each in folders:
        make_folder(each)
    taken = _taken(folder, files, replace=replace)
    made: dict[str, str] = {}
    with _refusing(folder):
        for path in (os.path.join(folder, name) for name in taken):  # what cannot be replaced is found before the first
            if os.path.isdir(path) and not os.path.islink(path):
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
            if os.path.exists(path) and not os.access(path, os.W_OK):  # a rename would replace it all the same
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        try:
            for name, data in files.items():
                aside, descriptor = _aside(os.path.join(root, name), _new(0o600 if name in private else 0o666))
                made[aside] = os.path.join(root, name)
                with os.fdopen(descriptor, "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(descriptor)
            _taken(folder, files, replace=replace)  # somebody may have written there while these were made
            for aside, target in made.items():
                os.replace(aside, target)
        finally:
            for aside in made:
                with suppress(FileNotFoundError):
                    os.unlink(aside)
            for each in new:  # they go only if nothing came to be in them
                with suppress(OSError):
                    os.rmdir(each)


def _missing(folder: str) -> Iterator[str]:
    if not os.path.lexists(folder):
        yield folder
        yield from _missing(os.path.dirname(folder))


def _new(mode: int) -> Callable[[str], int]:
    return lambda path: os.open(path, _NEW, mode)


def _taken(folder: str, files: Mapping[str, bytes], *, replace: bool) -> list[str]:
    taken = [name for name in files if os.path.lexists(os.path.join(folder, name))]
    if taken and not replace:
        raise refuse(
            "DC607",
            msg("{folder} holds {names} already", folder=folder, names=", ".join(taken)),
            msg("name another folder, or give --force to replace what was written there"),
        )
    return taken


class Staging:
    """A folder in the making at `path`, which will be `target`: that is the name that refusals show.

    `stamp` becomes the time of all that is in it, so that times tell nothing (R15).
    """

    __slots__ = ("_seconds", "_streams", "path", "target")

    def __init__(self, path: str, target: str, stamp: int) -> None:
        self.path, self.target = path, target
        self._seconds = (stamp, stamp)
        self._streams: list[Stream] = []

    def folder(self, name: str, mode: int = 0o777) -> None:
        """Make a folder in it."""
        path = f"{self.path}/{name}"
        try:
            os.mkdir(path, mode)
        except OSError as error:
            raise cannot_write(self.target, error) from error

    def write(self, name: str, data: bytes, mode: int = 0o666) -> None:
        """Write a file into it. A cohort has thousands, so this does what it must and no more."""
        path = f"{self.path}/{name}"
        try:
            descriptor = os.open(path, _NEW, mode)
            try:
                written = os.write(descriptor, data)
                while written < len(data):  # a disk that has just become full takes a part, and refuses the next
                    written += os.write(descriptor, data[written:])
                os.utime(descriptor if _BY_DESCRIPTOR else path, self._seconds)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise cannot_write(self.target, error) from error

    def stream(self, name: str, mode: int = 0o666) -> Stream:
        """Open a file in it that is written bit by bit; `Stream.close` ends it."""
        stream = Stream(f"{self.path}/{name}", self.target, mode, self._seconds)
        self._streams.append(stream)
        return stream

    def beginning_anew(self, stream: Stream, name: str, skip: int, head: bytes, mode: int = 0o666) -> Stream:
        """Return a stream that goes on where `stream` stands, with `head` in place of the first `skip` bytes of it."""
        stream.close()
        path = f"{self.path}/{name}"
        with _refusing(self.target):
            os.rename(path, f"{path}.old")
            whole = self.stream(name, mode)
            whole.write(head)
            with open(f"{path}.old", "rb") as source:
                source.seek(skip)
                while data := source.read(_AT_ONCE):
                    whole.write(data)
            os.unlink(f"{path}.old")
        return whole

    def abandon(self) -> None:
        """Close what is still open, as it is."""
        for stream in self._streams:
            stream.abandon()

    def finish(self) -> None:
        """Give its folders their time, once everything is in them."""
        with _refusing(self.target):
            for folder, _, _ in os.walk(self.path, topdown=False):
                os.utime(folder, self._seconds)


class Stream:
    """A file that is written bit by bit, with the digest and the number of the bytes so far."""

    __slots__ = ("_descriptor", "_held", "_path", "_seconds", "_size", "_target", "length", "sha256")

    def __init__(self, path: str, target: str, mode: int, seconds: tuple[int, int]) -> None:
        self._path, self._target, self._seconds = path, target, seconds
        self._held: list[bytes] = []
        self._size = self.length = 0
        self.sha256 = sha256()
        try:
            self._descriptor = os.open(path, _NEW, mode)
        except OSError as error:
            raise cannot_write(target, error) from error

    def write(self, data: bytes) -> None:
        """Add `data` to the file."""
        self._held.append(data)
        self._size += len(data)
        if self._size >= _AT_ONCE:
            self._pour()

    def close(self) -> None:
        """Write what is left and give the file its time."""
        self._pour()
        self.abandon()
        with _refusing(self._target):
            os.utime(self._path, self._seconds)

    def abandon(self) -> None:
        """Close the file without writing what is left."""
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            os.close(descriptor)

    def _pour(self) -> None:
        data = b"".join(self._held)
        self._held.clear()
        self._size = 0
        self.sha256.update(data)
        self.length += len(data)
        try:
            while data:
                data = data[os.write(self._descriptor, data) :]
        except OSError as error:
            raise cannot_write(self._target, error) from error


@contextmanager
def staged_folder(target: str, *, stamp: int, replace: Callable[[str], None] | None = None) -> Iterator[Staging]:
    """Yield a folder beside `target` that takes its place when the block ends well, and vanishes when it does not.

    `stamp` is the time, in seconds since 1970, that all files and folders get. A folder that holds something already
    is replaced only after `replace` was called with its path and has not refused.

    A power cut can leave files without their bytes, as with any program that writes many; the digests in a manifest
    tell.

    Raises:
        Refusal: DC602, the disk is full; DC603, the folder may not be written; DC604, another reason; DC605, `target`
            holds something, or is not a folder; whatever `replace` refuses.
    """
    place = os.path.realpath(target)
    with _refusing(target):
        _check_target(place, target, replace)
        aside, _ = _aside(place, os.mkdir)
    staging = Staging(aside, target, stamp)
    try:
        yield staging
        staging.finish()
        with _refusing(target):
            _check_target(place, target, replace)  # somebody may have put something there while this was made
            _take_place(aside, place, may_replace=replace is not None)
    finally:
        staging.abandon()
        _remove(aside)


def cannot_write(path: str, error: OSError) -> Refusal:
    """Make the refusal of what the operating system refused."""
    if error.errno in _FULL:
        return refuse(
            "DC602",
            msg("the disk is full: {path} could not be written, and nothing was", path=path),
            msg("free some space, or name a folder on another disk"),
        )
    if error.errno in _FORBIDDEN:
        return refuse(
            "DC603",
            msg("{path} may not be written ({reason})", path=path, reason=error.strerror or "?"),
            msg("name a folder that you may write to, or ask its owner for the permission"),
        )
    return refuse(
        "DC604",
        msg("{path} could not be written ({reason})", path=path, reason=error.strerror or "?"),
        msg("check the name, and that the folder it is in exists"),
    )


@contextmanager
def _refusing(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise cannot_write(path, error) from error


def _check_target(place: str, target: str, replace: Callable[[str], None] | None) -> None:
    if not os.path.lexists(place):
        return
    if not os.path.isdir(place):
        raise _no_folder(target)
    if f"{os.path.realpath(os.curdir)}{os.sep}".startswith(f"{place}{os.sep}"):
        raise refuse(
            "DC605",
            msg("you are in the folder {path}, and it would be replaced as a whole", path=target),
            msg("name a new folder in it, for example --out plan"),
        )
    with os.scandir(place) as found:
        if next(found, None) is None:
            return
    if replace is None:
        raise refuse(
            "DC605",
            msg("the folder {path} holds files already", path=target),
            msg("name a new folder, or give --force to replace what an earlier plan wrote there"),
        )
    replace(place)


def _aside(path: str, make: Callable[[str], _Made]) -> tuple[str, _Made]:
    """Make something new beside `path`. Its name tells processes apart, its number what a killed one left behind."""
    folder, name = os.path.split(path)
    for number in range(1000):
        aside = os.path.join(folder, f".{name}.{os.getpid()}-{number}.part")
        with suppress(FileExistsError):
            return aside, make(aside)
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path)


def _take_place(aside: str, place: str, *, may_replace: bool) -> None:
    """Give `aside` the name `place`. What stands there goes out of the way first, and comes back if that fails.

    What may not be replaced cannot be: the operating system renames a folder onto nothing or an empty folder only.
    """
    if not may_replace or not os.path.lexists(place):
        os.rename(aside, place)
        return
    os.chmod(aside, stat.S_IMODE(os.stat(place).st_mode))
    old = f"{aside}.old"
    try:
        os.rename(place, old)
        os.rename(aside, place)
    finally:
        if os.path.lexists(old):
            if os.path.lexists(place):
                _remove(old)
            else:
                os.rename(old, place)


def _remove(path: str) -> None:
    if os.path.lexists(path):
        import shutil  # only where something is left to remove

        shutil.rmtree(path, ignore_errors=True)

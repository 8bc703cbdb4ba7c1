"""Files are written whole or not at all, and what stood there before stays until then."""

from __future__ import annotations

import errno
import os
import stat
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from dosecalc.errors import Refusal, refuse
from dosecalc.files import make_folder, read_file, staged_folder, write_together, write_whole
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

STAMP = 1_767_225_600  # 2026-01-01T00:00:00Z
SPACE = "; free some space, or name a folder on another disk"


def said(refusal: pytest.ExceptionInfo[Refusal]) -> str:
    (finding,) = refusal.value.findings
    return f"{finding.code} {finding.what}; {finding.mend}"


def fill(folder: Path) -> None:
    folder.mkdir()
    (folder / "old.txt").write_text("old")


def allow(folder: str) -> None:
    """Let any folder be replaced."""


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """A disk that takes so many bytes and no more."""

    def limit(room: int) -> None:
        left, real = room, os.write

        def write(descriptor: int, data: bytes) -> int:
            nonlocal left
            if not left:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            written = real(descriptor, data[:left])
            left -= written
            return written

        monkeypatch.setattr(os, "write", write)

    return limit


def test_a_file_takes_the_place_of_an_older_one_and_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    path.chmod(0o640)
    write_whole(str(path), b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.txt"]


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to("real.txt")
    write_whole(str(tmp_path / "link.txt"), b"new")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_bytes() == b"new"


def test_what_is_no_file_is_written_to_directly() -> None:
    write_whole(os.devnull, b"gone")
    assert not os.path.isfile(os.devnull)


def test_a_file_in_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    path = str(tmp_path / "none" / "a.txt")
    with pytest.raises(Refusal) as refusal:
        write_whole(path, b"x")
    assert said(refusal) == (
        f"DC604 {path} could not be written (No such file or directory); "
        "check the name, and that the folder it is in exists"
    )


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(Refusal) as refusal:
        write_whole(str(tmp_path), b"x")
    assert said(refusal).startswith(f"DC604 {tmp_path} could not be written (Is a directory); ")


def test_a_file_that_is_protected_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    monkeypatch.setattr(os, "access", lambda name, mode: False)  # root may write to anything
    with pytest.raises(Refusal) as refusal:
        write_whole(str(path), b"new")
    assert said(refusal).startswith(f"DC603 {path} may not be written (Permission denied); ")
    assert path.read_text() == "old"


def test_a_folder_in_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal) as refusal, staged_folder(str(tmp_path / "none" / "out"), stamp=STAMP):
        pytest.fail("nothing is begun")
    assert said(refusal).startswith(f"DC604 {tmp_path}/none/out could not be written (No such file or directory); ")


def test_a_full_disk_leaves_the_older_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")

    def fsync(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(Refusal) as refusal:
        write_whole(str(path), b"new")
    assert said(refusal) == f"DC602 the disk is full: {path} could not be written, and nothing was{SPACE}"
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.txt"]


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal) as refusal:
        read_file(str(tmp_path / "none.csv"))
    assert said(refusal) == (
        f"DC601 {tmp_path}/none.csv cannot be read (No such file or directory); "
        "check the name of the file and that you may read it"
    )


def test_a_folder_stands_there_when_all_of_it_does(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with staged_folder(str(out), stamp=STAMP) as staging:
        staging.folder("below")
        staging.write("below/a.txt", b"a")
        stream = staging.stream("b.txt")
        stream.write(b"b" * 3_000_000)
        assert not out.exists()
        stream.close()
    assert (out / "below" / "a.txt").read_bytes() == b"a"
    assert (out / "b.txt").stat().st_size == stream.length == 3_000_000
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


def test_everything_in_a_folder_has_the_time_that_was_given(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with staged_folder(str(out), stamp=STAMP) as staging:
        staging.folder("below")
        staging.write("below/a.txt", b"a")
        stream = staging.stream("b.txt")
        stream.close()
    assert {path.stat().st_mtime for path in [out, *out.rglob("*")]} == {STAMP}


def test_a_file_may_begin_anew_where_its_head_is_known_last(tmp_path: Path) -> None:
    with staged_folder(str(tmp_path / "out"), stamp=STAMP) as staging:
        first = staging.stream("a")
        first.write(b"head, body,")
        whole = staging.beginning_anew(first, "a", len(b"head"), b"another")
        whole.write(b" tail")
        whole.close()
    assert (tmp_path / "out" / "a").read_bytes() == b"another, body, tail"
    assert (whole.length, whole.sha256.digest()) == (19, sha256(b"another, body, tail").digest())
    assert [entry.name for entry in (tmp_path / "out").iterdir()] == ["a"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_a_folder_that_is_not_finished_vanishes_and_the_older_one_stays(
    tmp_path: Path, error: type[BaseException]
) -> None:
    def write() -> None:
        with staged_folder(str(tmp_path / "out"), stamp=STAMP, replace=allow) as staging:
            staging.write("new.txt", b"new")
            staging.stream("stream.txt").write(b"new")
            raise error

    fill(tmp_path / "out")
    with pytest.raises(error):
        write()
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out" / "old.txt").read_text() == "old"


@pytest.mark.parametrize("room", [0, 5, 8])
def test_a_disk_that_becomes_full_is_said_and_leaves_nothing(
    tmp_path: Path, full: Callable[[int], None], room: int
) -> None:
    def write() -> None:
        with staged_folder(str(tmp_path / "out"), stamp=STAMP) as staging:
            staging.write("a.txt", b"12345678")
            stream = staging.stream("b.txt")
            stream.write(b"12345678")
            stream.close()

    full(room)
    with pytest.raises(Refusal) as refusal:
        write()
    assert said(refusal) == f"DC602 the disk is full: {tmp_path}/out could not be written, and nothing was{SPACE}"
    assert list(tmp_path.iterdir()) == []


def test_a_write_that_takes_only_a_part_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: real(descriptor, data[:3]))
    with staged_folder(str(tmp_path / "out"), stamp=STAMP) as staging:
        staging.write("a.txt", b"12345678")
        stream = staging.stream("b.txt")
        stream.write(b"12345678")
        stream.close()
    assert (tmp_path / "out" / "a.txt").read_bytes() == b"12345678"
    assert (tmp_path / "out" / "b.txt").read_bytes() == b"12345678"


def test_a_folder_that_may_not_be_written_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def mkdir(path: str, mode: int = 0o777) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)

    monkeypatch.setattr(os, "mkdir", mkdir)
    with pytest.raises(Refusal) as refusal, staged_folder(str(tmp_path / "out"), stamp=STAMP):
        pytest.fail("nothing is begun")
    assert said(refusal) == (
        f"DC603 {tmp_path}/out may not be written (Permission denied); "
        "name a folder that you may write to, or ask its owner for the permission"
    )


def test_a_folder_with_something_in_it_is_not_replaced_unasked(tmp_path: Path) -> None:
    fill(tmp_path / "out")
    with pytest.raises(Refusal) as refusal, staged_folder(str(tmp_path / "out"), stamp=STAMP):
        pytest.fail("nothing is begun")
    assert said(refusal) == (
        f"DC605 the folder {tmp_path}/out holds files already; "
        "name a new folder, or give --force to replace what an earlier plan wrote there"
    )


def test_whoever_is_asked_may_refuse_to_have_a_folder_replaced(tmp_path: Path) -> None:
    fill(tmp_path / "out")

    def forbid(folder: str) -> None:
        raise refuse("DC631", msg("{folder} is mine", folder=folder), msg("take another"))

    with pytest.raises(Refusal, match="is mine"), staged_folder(str(tmp_path / "out"), stamp=STAMP, replace=forbid):
        pytest.fail("nothing is begun")
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


def test_a_replaced_folder_keeps_its_permissions_and_nothing_else(tmp_path: Path) -> None:
    fill(tmp_path / "out")
    (tmp_path / "out").chmod(0o750)
    with staged_folder(str(tmp_path / "out"), stamp=STAMP, replace=allow) as staging:
        staging.write("new.txt", b"new")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["new.txt"]
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o750
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with staged_folder(str(tmp_path / "out"), stamp=STAMP) as staging:
        staging.write("new.txt", b"new")
    assert (tmp_path / "out" / "new.txt").read_bytes() == b"new"


def test_a_folder_comes_back_where_the_new_one_cannot_take_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path / "out")
    real, calls = os.rename, []

    def rename(source: str, target: str) -> None:
        calls.append(source)
        if len(calls) == 2:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        real(source, target)

    monkeypatch.setattr(os, "rename", rename)
    with pytest.raises(Refusal), staged_folder(str(tmp_path / "out"), stamp=STAMP, replace=allow) as staging:
        staging.write("new.txt", b"new")
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out" / "old.txt").read_text() == "old"


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(Refusal) as refusal, staged_folder(str(tmp_path / "out"), stamp=STAMP, replace=allow):
        pytest.fail("nothing is begun")
    assert said(refusal) == f"DC605 {tmp_path}/out is not a folder; name a folder; it is made if there is none"


@pytest.mark.parametrize("inside", ["", "below"])
def test_the_folder_that_one_is_in_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inside: str
) -> None:
    (tmp_path / "out" / "below").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "out" / inside)
    with pytest.raises(Refusal) as refusal, staged_folder(str(tmp_path / "out"), stamp=STAMP, replace=allow):
        pytest.fail("nothing is begun")
    assert said(refusal) == (
        f"DC605 you are in the folder {tmp_path}/out, and it would be replaced as a whole; "
        "name a new folder in it, for example --out plan"
    )


def test_folders_are_made_where_they_are_missing(tmp_path: Path) -> None:
    make_folder(str(tmp_path / "a" / "b"))
    make_folder(str(tmp_path / "a" / "b"))
    assert (tmp_path / "a" / "b").is_dir()


def test_files_are_written_together_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "new"

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(Refusal, match="DC602 the disk is full"):
            write_together(str(folder), {"a": b"1", "b": b"2"}, replace=False)
    assert not folder.exists()
    write_together(str(folder), {"a": b"1", "b": b"2"}, replace=False)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {"a": b"1", "b": b"2"}


def test_what_somebody_else_wrote_in_the_meantime_is_not_replaced_unasked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync = os.fsync

    def meanwhile(descriptor: int) -> None:
        sync(descriptor)
        (tmp_path / "b").write_bytes(b"signed")

    monkeypatch.setattr(os, "fsync", meanwhile)
    with pytest.raises(Refusal, match=r"DC607 .* holds b already"):
        write_together(str(tmp_path), {"a": b"1", "b": b"2"}, replace=False)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"b": b"signed"}

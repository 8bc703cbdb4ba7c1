"""manifest.json: what was written beside it, with digests, and what it was made from.

There are two. The one of the folder is for everyone and covers what everyone may see; that of `pharmacy/` covers only
what lies there. Neither names the other, nor the participants file: a digest over one of a few possible files tells
which one it was (R15).
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from dosecalc.errors import refuse
from dosecalc.files import read_file
from dosecalc.protocol.settled import WINDOW_READING
from dosecalc.text import msg, render

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from dosecalc.errors import Refusal
    from dosecalc.files import Staging
    from dosecalc.protocol.settled import Settled

NAME = "manifest.json"
PHARMACY = "pharmacy"
PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600
"""Who works in the same computer as the pharmacist need not be unmasked."""
_FORMAT = "dosecalc plan 1"


@dataclass(frozen=True, kw_only=True, slots=True)
class WrittenFile:
    """A file that was written; `events` are its calendar items. `path` is relative to the folder of the plan."""

    path: str
    sha256: str
    bytes: int
    events: int


class ManifestWriter:
    """Writes a manifest file by file, so that a large cohort needs no list in memory."""

    def __init__(self, staging: Staging, folder: str, settled: Settled, version: str, stamp: dt.datetime) -> None:
        self._prefix = f"{folder}/" if folder else ""
        self._stream = staging.stream(self._prefix + NAME, PRIVATE_FILE if folder else 0o666)
        site = settled.site
        head: dict[str, Any] = {
            "manifest": _FORMAT,
            "dosecalc": version,
            "protocol": settled.protocol.id,
            "protocol_version": settled.protocol.version,
            "protocol_sha256": settled.protocol.sha256,
            "site_sha256": site.sha256 if site else None,
            "stamp": stamp.isoformat(),
            "window_reading": render(WINDOW_READING, site.language if site else "en"),
        }
        text = json.dumps(head, ensure_ascii=False, indent=1).removesuffix("\n}")
        self._stream.write(f'{text},\n "files": ['.encode())
        self._first = True

    def add(self, name: str, digest: str, size: int, events: int) -> None:
        """Add a file; `name` is relative to the folder of the manifest."""
        # Names are participant codes and names of ours, which JSON takes as they are.
        line = f'{{"path": "{name}", "sha256": "{digest}", "bytes": {size}, "events": {events}}}'
        self._stream.write(f"{'' if self._first else ','}\n  {line}".encode())
        self._first = False

    def close(self, **more: str) -> None:
        """End the file; `more` is what is known only now."""
        tail = "".join(f",\n {json.dumps(key)}: {json.dumps(value)}" for key, value in more.items())
        self._stream.write(f"\n ]{tail}\n}}\n".encode())
        self._stream.close()


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """What one manifest says."""

    protocol: str
    files: tuple[WrittenFile, ...]


def read_manifest(folder: str) -> Manifest:
    """Read the manifest in `folder`.

    Raises:
        Refusal: DC601, there is none that can be read; DC630, it is not one of ours.
    """
    path = f"{folder}/{NAME}"
    try:
        found = json.loads(read_file(path))
        if found["manifest"] != _FORMAT:
            raise _not_ours(path)
        files = tuple(
            WrittenFile(path=file["path"], sha256=file["sha256"], bytes=file["bytes"], events=file["events"])
            for file in found["files"]
        )
        return Manifest(protocol=found["protocol"], files=files)
    except (ValueError, KeyError, TypeError) as error:  # not JSON, or not of this form
        raise _not_ours(path) from error


def written_files(folder: str) -> Iterator[WrittenFile]:
    """Yield what a plan wrote into `folder`, the manifests included, with paths relative to it.

    Raises:
        Refusal: DC601, DC630.
    """
    for below in ("", PHARMACY):
        prefix = f"{below}/" if below else ""
        place = f"{folder}/{below}" if below else folder
        if below and not os.path.lexists(place):
            continue
        for file in read_manifest(place).files:
            yield replace(file, path=prefix + file.path)
        data = read_file(f"{place}/{NAME}")
        yield WrittenFile(path=prefix + NAME, sha256=sha256(data).hexdigest(), bytes=len(data), events=0)


def check_replaceable(folder: str, *, with_pharmacy: bool) -> None:
    """Check that replacing `folder` deletes nothing but what an earlier plan wrote there and nobody changed since.

    A plan without doses does not replace one with doses: who makes it has no arms, and the doses would be lost.

    Raises:
        Refusal: DC601, DC630, not the folder of an earlier plan; DC631, it holds something else; DC632, a file was
            changed; DC633, doses would be lost.
    """
    planned = os.path.lexists(f"{folder}/{NAME}")
    known = {file.path: file for file in written_files(folder)} if planned else {}
    folders = {os.path.dirname(path) for path in known}
    for place, below, names in os.walk(folder):
        inside = os.path.relpath(place, folder).replace(os.sep, "/")
        prefix = "" if inside == os.curdir else f"{inside}/"
        for name in sorted([*names, *below]):
            path = prefix + name
            full = os.path.join(place, name)
            if os.path.islink(full) or (path not in known and not (name in below and path in folders)):
                raise refuse(
                    "DC631",
                    msg("{path} was not written by the earlier plan, and it would be deleted", path=full),
                    msg("move it elsewhere, or name another folder"),
                )
            if path in known and not _same(full, known[path]):
                raise refuse(
                    "DC632",
                    msg("{path} was changed after the earlier plan wrote it, and the change would be lost", path=full),
                    msg("move it elsewhere if it is needed, else delete it; or name another folder"),
                )
    if not with_pharmacy and PHARMACY in folders:
        raise refuse(
            "DC633",
            msg("{folder} holds doses ({pharmacy}/), and this plan has none", folder=folder, pharmacy=PHARMACY),
            msg("name another folder; only the pharmacist, with the column 'arm', replaces that one"),
        )


def _same(path: str, file: WrittenFile) -> bool:
    data = read_file(path)
    return len(data) == file.bytes and sha256(data).hexdigest() == file.sha256


def _not_ours(path: str) -> Refusal:
    return refuse(
        "DC630",
        msg("{path} is not the manifest of a plan that dosecalc wrote", path=path),
        msg("name the folder that an earlier 'dosecalc plan' wrote"),
    )

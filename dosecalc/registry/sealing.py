"""What unblinds is stored encrypted, under a key that only the unblinded hold (R15).

AES-256-GCM: what was sealed opens with its own key alone, and not at all once a byte of it, or of what it is about, was
changed. It is padded to a fixed size first, so that its length tells nothing. Chance is passed in, as everywhere below
`app`.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from dosecalc.errors import refuse
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Callable

    from dosecalc.errors import Where

    Random = Callable[[int], bytes]
    """Gives that many unpredictable bytes, as `os.urandom` does."""

_KEY_BYTES = 32
_NONCE_BYTES = 12
_TAG_BYTES = 16
_LENGTH_BYTES = 4
_FORMAT = "dosecalc-key-1"
_TEXT = re.compile(rf"{_FORMAT}:([0-9a-f]{{16}}):([0-9a-f]{{{2 * _KEY_BYTES}}})")


@dataclass(frozen=True, slots=True)
class Key:
    """The key of one study. It never shows in a traceback or a log; only `text` gives it away."""

    secret: bytes = field(repr=False)

    @property
    def id(self) -> str:
        """What may be told of the key: a short digest, which says whether two keys are the same."""
        return hashlib.sha256(b"dosecalc key\n" + self.secret).hexdigest()[:16]

    @property
    def text(self) -> str:
        """What stands in the key file; the digest in it finds a key that was copied wrongly."""
        return f"{_FORMAT}:{self.id}:{self.secret.hex()}\n"


def new_key(random: Random) -> Key:
    """Draw the key of a new study."""
    secret = random(_KEY_BYTES)
    assert len(secret) == _KEY_BYTES  # a source that gives too little must not make a weak key
    return Key(secret)


def read_key(text: str, where: Where | None = None) -> Key:
    """Read a key back from its file's text.

    Raises:
        Refusal: DC720, it is no key, or it was not copied whole.
    """
    match = _TEXT.fullmatch(text.strip())
    key = Key(bytes.fromhex(match[2])) if match else None
    if match is None or key is None or key.id != match[1]:
        raise refuse(
            "DC720",
            msg("this is not the key of a study, or it was not copied whole"),
            msg("give the file that `study init` wrote as the key"),
            where,
        )
    return key


def check_key(key: Key, key_id: str, where: Where | None = None) -> Key:
    """Return `key` if it is the study's own.

    Raises:
        Refusal: DC727, it is the key of another study.
    """
    if key.id != key_id:
        raise refuse(
            "DC727",
            msg("this is the key of another study: {key}, where this study has {own}", key=key.id, own=key_id),
            msg("give the key file that was written when this study was made"),
            where,
        )
    return key


class Sealer:
    """Seals for one study. Each sealing draws a nonce of its own from `random`."""

    def __init__(self, key: Key, random: Random) -> None:
        self.key = key
        self._random = random

    def seal(self, plain: bytes, about: bytes, size: int) -> bytes:
        """Seal `plain` for the place that `about` names. The result has the same length for every `plain`.

        Raises:
            Refusal: DC722, `plain` needs more than `size` bytes (four of them hold its length).
        """
        if len(plain) > size - _LENGTH_BYTES:
            raise refuse(
                "DC722",
                msg("{bytes} bytes are to be sealed, where {most} are the most", bytes=len(plain), most=size - 4),
                msg("record it in several parts"),
            )
        padded = len(plain).to_bytes(_LENGTH_BYTES, "big") + plain.ljust(size - _LENGTH_BYTES, b"\0")
        nonce = self._random(_NONCE_BYTES)
        assert len(nonce) == _NONCE_BYTES  # a short nonce would repeat
        return nonce + AESGCM(self.key.secret).encrypt(nonce, padded, about)


def open_sealed(key: Key, sealed: bytes, about: bytes) -> bytes:
    """Return what was sealed about this place.

    Raises:
        Refusal: DC721, it was sealed with another key or for another place, or a byte of it was changed since.
    """
    nonce, ciphertext = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    try:
        if len(ciphertext) < _TAG_BYTES:
            raise InvalidTag
        padded = AESGCM(key.secret).decrypt(nonce, ciphertext, about)
    except InvalidTag:
        raise refuse(
            "DC721",
            msg("what is sealed does not open with key {key}", key=key.id),
            msg("give this study's own key; if it is, the record was changed: `study verify` says where"),
        ) from None
    length = int.from_bytes(padded[:_LENGTH_BYTES], "big")
    return padded[_LENGTH_BYTES : _LENGTH_BYTES + length]

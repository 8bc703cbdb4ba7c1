"""What is sealed opens with its own key, for its own place, unchanged; and its length tells nothing."""

import hashlib
import os

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from dosecalc.errors import Refusal
from dosecalc.registry.sealing import Key, Sealer, new_key, open_sealed, read_key

KEY = Key(bytes(range(32)))
ABOUT = b"7/assign/P001/"


def sealer() -> Sealer:
    return Sealer(KEY, os.urandom)


def test_what_is_sealed_opens_again() -> None:
    for plain in (b"", b"x", b'{"arm":"placebo"}', bytes(1020)):
        assert open_sealed(KEY, sealer().seal(plain, ABOUT, 1024), ABOUT) == plain


def test_every_sealing_of_a_size_has_the_same_length() -> None:
    # 12 bytes of nonce, 1024 of padded text, 16 of tag
    assert {len(sealer().seal(b"x" * count, ABOUT, 1024)) for count in (0, 1, 500, 1020)} == {12 + 1024 + 16}


def test_the_same_text_is_never_sealed_to_the_same_bytes() -> None:
    one = sealer()
    assert len({one.seal(b"placebo", ABOUT, 64) for _ in range(100)}) == 100


def test_it_is_plain_aes_256_gcm_which_another_program_can_open() -> None:
    sealed = Sealer(KEY, lambda count: b"n" * count).seal(b"arm", ABOUT, 16)
    padded = AESGCM(bytes(range(32))).decrypt(b"n" * 12, sealed[12:], ABOUT)
    assert padded == b"\0\0\0\3arm" + bytes(9)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(Refusal) as refused:
        sealer().seal(b"x" * 1021, ABOUT, 1024)
    assert str(refused.value) == (
        "DC722 1021 bytes are to be sealed, where 1020 are the most; record it in several parts"
    )


def test_another_key_does_not_open_it() -> None:
    sealed = sealer().seal(b"arm", ABOUT, 64)
    with pytest.raises(Refusal, match=r"DC721 what is sealed does not open with key [0-9a-f]{16}; give this study's"):
        open_sealed(Key(bytes(32)), sealed, ABOUT)


@pytest.mark.parametrize("place", [0, 5, 12, 40, -1])
def test_a_changed_byte_is_found(place: int) -> None:
    sealed = bytearray(sealer().seal(b"arm", ABOUT, 64))
    sealed[place] ^= 1
    with pytest.raises(Refusal, match="DC721"):
        open_sealed(KEY, bytes(sealed), ABOUT)


@pytest.mark.parametrize("left", [0, 1, 12, 27, 91])
def test_a_cut_one_is_found(left: int) -> None:
    with pytest.raises(Refusal, match="DC721"):
        open_sealed(KEY, sealer().seal(b"arm", ABOUT, 64)[:left], ABOUT)


def test_it_does_not_open_in_the_place_of_another() -> None:
    with pytest.raises(Refusal, match="DC721"):
        open_sealed(KEY, sealer().seal(b"arm", ABOUT, 64), b"7/assign/P002/")


def test_a_key_reads_back_from_its_file() -> None:
    key = new_key(os.urandom)
    assert read_key(key.text) == key
    assert read_key(f"\n  {key.text}  \n") == key


def test_a_key_is_drawn_from_the_source_that_is_passed_in() -> None:
    assert new_key(lambda count: b"k" * count) == Key(b"k" * 32)


def test_the_digest_of_a_key_says_nothing_of_the_key_but_whether_it_is_the_same() -> None:
    assert KEY.id == hashlib.sha256(b"dosecalc key\n" + bytes(range(32))).hexdigest()[:16]
    assert KEY.secret.hex() not in repr(KEY)
    assert repr(KEY) == "Key()"


@pytest.mark.parametrize(
    "text",
    ["", "dosecalc-key-1", "00" * 32, KEY.text.replace("-1:", "-2:"), KEY.text[:-3], KEY.text.replace("1f\n", "1e\n"),
     KEY.text * 2],
)  # fmt: skip
def test_what_is_no_whole_key_is_refused(text: str) -> None:
    with pytest.raises(Refusal) as refused:
        read_key(text)
    assert str(refused.value) == (
        "DC720 this is not the key of a study, or it was not copied whole; "
        "give the file that `study init` wrote as the key"
    )

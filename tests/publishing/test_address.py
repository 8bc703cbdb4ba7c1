"""A password goes to one server, protected."""

from __future__ import annotations

import pytest

from dosecalc.errors import Refusal
from dosecalc.publishing.address import check_address, join


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://calendar.hospital.example/trial", "https://calendar.hospital.example/trial/"),
        ("https://calendar.hospital.example", "https://calendar.hospital.example/"),
        ("http://127.0.0.1:5232/trial/", "http://127.0.0.1:5232/trial/"),
        ("http://localhost/trial/", "http://localhost/trial/"),
        ("https://host/dav/trial@hospital.example", "https://host/dav/trial@hospital.example/"),
        ("http://[::1]:5232/", "http://[::1]:5232/"),
    ],
)
def test_an_address_is_that_of_a_folder(text: str, address: str) -> None:
    assert check_address(text) == address


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("http://calendar.hospital.example/", "would send the password and the visits unprotected; give an address"),
        ("http://127.0.0.1.example/", "would send the password and the visits unprotected"),
        ("http://10.0.0.1/", "would send the password and the visits unprotected"),
        ("calendar.hospital.example", "is not the address of a calendar account; write it as https://"),
        ("ftp://calendar.hospital.example/", "is not the address of a calendar account"),
        ("https://", "is not the address of a calendar account"),
        ("https://[::1/", "is not the address of a calendar account"),
        ("https://host:port/", "is not the address of a calendar account"),
        ("https://host/?a=b", "is not the address of a calendar account"),
        ("", "is not the address of a calendar account"),
    ],
)
def test_an_address_that_is_none_or_unprotected_is_refused(text: str, said: str) -> None:
    with pytest.raises(Refusal) as refused:
        check_address(text)
    assert str(refused.value).startswith("DC883 ")
    assert said in str(refused.value)


def test_a_password_in_the_address_is_refused_and_not_shown() -> None:
    for text in ("https://trial:pssst@host/", "ftp://pssst@host/", "trial:pssst@host/", "https://trial:pssst@[::1/",
                 "https://trial:ps/sst:pssst@host/"):  # fmt: skip
        with pytest.raises(Refusal) as refused:
            check_address(text)
        assert "the address after --url holds a name or a password" in str(refused.value)
        assert "pssst" not in str(refused.value)


def test_what_an_answer_names_lies_on_the_same_server() -> None:
    assert join("https://host/a/", "/b/c%40d.ics") == "https://host/b/c%40d.ics"
    assert join("https://host/a/", "https://host:443/b") == "https://host:443/b"
    for other in ("https://other/b", "http://host/b", "//other/b", "https://host:8443/b"):
        with pytest.raises(ValueError, match="b"):
            join("https://host/a/", other)

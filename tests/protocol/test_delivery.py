"""Calendars leave the house on ways that a site file opens; an address holds nothing but itself."""

from __future__ import annotations

import pytest

from dosecalc.errors import InvalidFile
from dosecalc.protocol.delivery_checks import wrong_address
from dosecalc.protocol.reader import read_site
from house.source import CHECKOUT

EXAMPLE = (CHECKOUT / "schedules" / "sites" / "example.yaml").read_text(encoding="utf-8")
CONFIRMED = "confirmed: {document: D, section: '1', by: B, date: 2026-03-01}"


def read(delivery: str) -> bytes:
    return EXAMPLE.replace("\nprotocols:", f"\ndelivery: {{{delivery}}}\nprotocols:").encode()


def test_without_a_word_of_the_site_file_no_way_is_open() -> None:
    assert read_site(EXAMPLE.encode(), "site.yaml").delivery is None
    delivery = read_site(read(f"feeds: {{{CONFIRMED}}}"), "site.yaml").delivery
    assert delivery is not None
    assert delivery.feeds is not None
    assert (delivery.caldav, delivery.mail) == (None, None)


def test_a_way_needs_who_opened_it() -> None:
    with pytest.raises(InvalidFile) as refused:
        read_site(read("feeds: {}"), "site.yaml")
    (finding,) = refused.value.findings
    assert (finding.code, finding.path) == ("DC103", "delivery.feeds")


def test_invitations_come_from_one_plain_address() -> None:
    with pytest.raises(InvalidFile) as refused:
        read_site(read(f"mail: {{organizer: 'Clinic <a@b.example>', {CONFIRMED}}}"), "site.yaml")
    (finding,) = refused.value.findings
    assert (finding.code, finding.path) == ("DC890", "delivery.mail.organizer")
    assert str(finding.what) == "'Clinic <a@b.example>' is not an e-mail address"
    assert str(finding.mend) == "write one address, without a name or brackets: clinic@hospital.example"


@pytest.mark.parametrize(
    "address", ["p001@post.example", "li.na+visits@mail.hospital.example", "o'brien_x-y@a-b.example", "1@2.example"]
)
def test_an_address_is(address: str) -> None:
    assert wrong_address(address) is None


@pytest.mark.parametrize(
    "text",
    [
        "", "p001", "@post.example", "p001@", "p001@post", "p 001@post.example", ".p@post.example", "p.@post.example",
        "p..q@post.example", "p@-post.example", "p@post..example", "p@post.example,q@post.example", "<p@post.example>",
        '"p q"@post.example', "p%0d@post.example", "p;q@post.example", "p:q@post.example", "p@[192.0.2.1]",
        "p" * 65 + "@post.example", "p@" + "a." * 130 + "example",
    ],
)  # fmt: skip
def test_an_address_is_not(text: str) -> None:
    assert str(wrong_address(text)) == f"'{text}' is not an e-mail address"


@pytest.mark.parametrize("sign", ["\r\nBcc: q@post.example", "\n", "\0", "\t", "\u2028", "é", "＠"])
def test_an_address_can_bring_in_no_header_line(sign: str) -> None:
    said = "the e-mail address holds a line break or a character that no address has"
    assert str(wrong_address(f"p@post.example{sign}")) == said

"""The answers of a calendar server are read, and nothing else is."""

from __future__ import annotations

import pytest

from dosecalc.publishing.dav import NotUnderstood, is_calendar, new_calendar, read_events

BASE = "https://host/trial/a/"
GOOD = """<?xml version="1.0"?>
<d:multistatus xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">
 <d:response><d:href>/trial/a/</d:href><d:propstat><d:prop><d:getetag>"0"</d:getetag></d:prop></d:propstat></d:response>
 <d:response><d:href>/trial/a/x%40y.ics</d:href>
  <d:propstat><d:prop><d:getetag>"1"</d:getetag><c:calendar-data>BEGIN:VCALENDAR&#13;
SUMMARY:a &lt; b</c:calendar-data></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>
</d:multistatus>"""


def test_files_have_an_address_a_tag_and_a_content() -> None:
    (found,) = read_events(BASE, GOOD.encode())
    assert (found.url, found.etag) == ("https://host/trial/a/x%40y.ics", '"1"')
    assert found.data == "BEGIN:VCALENDAR\r\nSUMMARY:a < b"


@pytest.mark.parametrize(
    "body",
    [
        b"<html><body>Log in</body></html>",
        b"<!DOCTYPE html><html></html>",
        b"",
        b"Not found",
        GOOD.replace("d:multistatus", "d:error").encode(),
        GOOD.replace('<d:getetag>"1"</d:getetag>', "").encode(),
        GOOD.replace("/trial/a/x", "https://other/trial/a/x").encode(),
        GOOD.replace('<?xml version="1.0"?>', '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e "lol">]>').encode(),
        GOOD.replace('<?xml version="1.0"?>', '<?xml version="1.0"?><!DOCTYPE x SYSTEM "file:///etc/hosts">').encode(),
        GOOD.replace('"1.0"?>', '"1.0" encoding="nonsense"?>', 1).encode(),
        GOOD.replace('"1.0"?>', '"1.0"?><!DOCTYPE x>', 1).encode("utf-16"),
    ],
)
def test_what_is_no_such_answer_is_refused(body: bytes) -> None:
    with pytest.raises(NotUnderstood):
        list(read_events(BASE, body))


def test_entities_are_not_even_begun_with() -> None:
    rows = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<!DOCTYPE x [<!ENTITY e0 "ha">{rows}]><multistatus xmlns="DAV:">&e11;</multistatus>'
    with pytest.raises(NotUnderstood, match="document type"):
        list(read_events(BASE, bomb.encode()))


def test_a_calendar_and_an_account_are_told_apart() -> None:
    answer = '<multistatus xmlns="DAV:"><response><propstat><prop><resourcetype>{}</resourcetype></prop></propstat></response></multistatus>'  # noqa: E501
    assert not is_calendar(answer.format("<collection/>").encode())
    assert is_calendar(answer.format('<collection/><calendar xmlns="urn:ietf:params:xml:ns:caldav"/>').encode())


def test_the_name_of_a_calendar_is_written_as_text() -> None:
    assert "&lt;b&gt; 到院" in new_calendar("<b> 到院").decode()

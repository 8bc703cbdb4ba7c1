"""The XML of CalDAV: what is asked, and what the answers say. A document type is refused: no answer needs one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from dosecalc.publishing.address import join

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

_DAV, _CALDAV = "{DAV:}", "{urn:ietf:params:xml:ns:caldav}"

WHAT_IS_THERE = b"""<?xml version="1.0" encoding="utf-8"?>
<D:propfind xmlns:D="DAV:"><D:prop><D:resourcetype/></D:prop></D:propfind>"""
EVENTS = b"""<?xml version="1.0" encoding="utf-8"?>
<C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:prop><D:getetag/><C:calendar-data/></D:prop>
<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT"/></C:comp-filter></C:filter>
</C:calendar-query>"""
"""RFC 4791, section 7.8: all events of a calendar, with the tags of their versions."""


class NotUnderstood(Exception):
    """The answer is not what a calendar server says."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Resource:
    """One file of a calendar on the server: its address, the tag of its version, and what it holds."""

    url: str
    etag: str
    data: str


class _WithoutDoctype(ElementTree.TreeBuilder):
    """Stops at a document type: its entities could fill the memory or name files."""

    def doctype(self, _name: str, _public: str | None, _system: str | None) -> None:
        raise NotUnderstood("a document type")


def new_calendar(name: str) -> bytes:
    """Return what makes a calendar for events (RFC 4791, section 5.3.1)."""
    root = ElementTree.Element(f"{_CALDAV}mkcalendar")
    prop = ElementTree.SubElement(ElementTree.SubElement(root, f"{_DAV}set"), f"{_DAV}prop")
    ElementTree.SubElement(prop, f"{_DAV}displayname").text = name
    kinds = ElementTree.SubElement(prop, f"{_CALDAV}supported-calendar-component-set")
    ElementTree.SubElement(kinds, f"{_CALDAV}comp", name="VEVENT")
    written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def is_calendar(body: bytes) -> bool:
    """Whether the answer to `WHAT_IS_THERE` says that the address is itself a calendar.

    Raises:
        NotUnderstood: it is no such answer.
    """
    return _answer(body).find(f".//{_DAV}resourcetype/{_CALDAV}calendar") is not None


def read_events(base: str, body: bytes) -> Iterator[Resource]:
    """Yield what the answer to `EVENTS` holds; `base` is the address that was asked.

    Raises:
        NotUnderstood: it is no such answer, or a file in it has no tag, which would let two people overwrite each
            other.
    """
    for response in _answer(body).iterfind(f"{_DAV}response"):
        data = response.findtext(f"{_DAV}propstat/{_DAV}prop/{_CALDAV}calendar-data")
        if data is None:
            continue  # the calendar itself, or a file that was deleted in this very moment
        href = response.findtext(f"{_DAV}href")
        etag = response.findtext(f"{_DAV}propstat/{_DAV}prop/{_DAV}getetag")
        if not href or not etag:
            raise NotUnderstood("a file without address or tag")
        try:
            yield Resource(url=join(base, href.strip()), etag=etag.strip(), data=data)
        except ValueError as error:
            raise NotUnderstood("a file on another server") from error


def _answer(body: bytes) -> Element:
    parser = ElementTree.XMLParser(target=_WithoutDoctype())
    try:
        parser.feed(body)
        root: Element = parser.close()
    except (ElementTree.ParseError, ValueError, LookupError) as error:  # the last two: an encoding that there is not
        raise NotUnderstood("no XML") from error
    if root.tag != f"{_DAV}multistatus":
        raise NotUnderstood(root.tag)
    return root

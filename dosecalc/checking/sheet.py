"""What a worksheet's JSON says, key by key: present and of the right kind, or refused."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from dosecalc.errors import Where, refuse
from dosecalc.notation import is_number, parse_number
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dosecalc.errors import Refusal


@dataclass(frozen=True, slots=True)
class Part:
    """One object of the JSON; `file` and `path` say where it stands. A key that is left out is None."""

    content: Mapping[str, Any]
    file: str
    path: str = ""

    def place(self, key: str) -> str:
        """Return the path of a key."""
        return f"{self.path}.{key}" if self.path else key

    def text(self, key: str) -> str | None:
        """Return a text."""
        value = self.content.get(key)
        if value is not None and not isinstance(value, str):
            raise self.wrong(key)
        return value

    def must(self, key: str) -> str:
        """Return a text that every worksheet has."""
        value = self.text(key)
        if value is None:
            raise self.wrong(key)
        return value

    def number(self, key: str) -> Decimal | None:
        """Return an amount, which is a text of plain digits, or a count."""
        value = self.content.get(key)
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return Decimal(value)
        if isinstance(value, str) and is_number(value):
            return parse_number(value)
        raise self.wrong(key)

    def part(self, key: str) -> Part | None:
        """Return an object."""
        value = self.content.get(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self.wrong(key)
        return Part(value, self.file, self.place(key))

    def parts(self, key: str) -> tuple[Part, ...]:
        """Return a list of objects."""
        listed = self.content.get(key, [])
        if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
            raise self.wrong(key)
        return tuple(Part(entry, self.file, f"{self.place(key)}[{n}]") for n, entry in enumerate(listed))

    def moment(self, key: str) -> dt.datetime | None:
        """Return a time, which has an offset."""
        text = self.text(key)
        if text is None:
            return None
        try:
            moment = dt.datetime.fromisoformat(text)
        except ValueError as error:
            raise self.wrong(key) from error
        if moment.utcoffset() is None:
            raise self.wrong(key)
        return moment

    def texts(self, key: str) -> Sequence[str]:
        """Return a list of texts."""
        listed = self.content.get(key, [])
        if not isinstance(listed, list) or not all(isinstance(entry, str) for entry in listed):
            raise self.wrong(key)
        return listed

    def wrong(self, key: str) -> Refusal:
        """Make the refusal of a key that is missing, or not what a worksheet has there."""
        return refuse(
            "DC661",
            msg("'{key}' is missing in this worksheet, or not what a worksheet has there", key=self.place(key)),
            msg("make the worksheet again with 'dosecalc prepare'"),
            Where(self.file),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """One preparation as the worksheet has it."""

    product: str
    area: str | None
    dose: Part
    stock: Part
    volumes: Part
    handed_out: tuple[Part, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """The head of a worksheet and its preparations. Amounts are read when they are compared, not before."""

    head: Part
    preparations: tuple[Made, ...]
    digest: str

    @property
    def visit(self) -> str:
        """The visit that the worksheet is for."""
        return self.head.must("visit")

    @property
    def on(self) -> dt.date:
        """The day of that visit."""
        text = self.head.must("on")
        try:
            return dt.date.fromisoformat(text)
        except ValueError as error:
            raise self.head.wrong("on") from error

    def values(self, name: str) -> tuple[str, ...]:
        """Return the values that were typed for the input `name`; none where it was not given."""
        return tuple(
            value
            for entry in self.head.parts("inputs")
            if entry.must("name") == name
            for value in entry.texts("values")
        )


def open_sheet(document: Mapping[str, Any], file: str) -> Sheet:
    """Return what a worksheet says; `document` comes from `worksheet_json.read_worksheet`.

    Raises:
        Refusal: DC661, something that every worksheet has is missing.
    """
    head = Part(document, file)
    several = head.parts("preparations")
    preparations = []
    for volumes in several or (head,):
        dose, stock = volumes.part("dose"), volumes.part("stock")
        if dose is None or stock is None:
            raise refuse(
                "DC661",
                msg("this worksheet has a preparation without its dose or its stock"),
                msg("make the worksheet again with 'dosecalc prepare'"),
                Where(file),
            )
        made = Made(
            product=dose.must("product"),
            area=dose.text("area"),
            dose=dose,
            stock=stock,
            volumes=volumes,
            handed_out=volumes.parts("dispensing"),
        )
        preparations.append(made)
    return Sheet(head=head, preparations=tuple(preparations), digest=head.must("digest"))

"""What a protocol says, as frozen records. The words are CDISC's (USDM, SDTM) and ICH's.

The records mirror the YAML key by key: `protocol.binding` reads a file into them, `protocol.schema` derives the JSON
Schema from them. `where` is the place in the file and takes no part in equality; a field `id` is the key under which
the record stands.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from dosecalc.errors import Where
from dosecalc.protocol.dose_rule import NOWHERE, Answer, DoseRule, Id, Source
from dosecalc.protocol.offsets import CalendarOffset, ClockOffset, Offset
from dosecalc.quantity import Quantity
from dosecalc.text import Words

Epoch = Literal["screening", "treatment", "follow-up"]
Role = Literal["principal investigator", "trial pharmacist", "sponsor", "study nurse"]
MaskedRole = Literal["participant", "care provider", "investigator", "outcomes assessor"]
NOT_STATED: Literal["not_stated"] = "not_stated"


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """A document that numbers are taken from."""

    id: Id
    title: str
    version: str
    date: dt.date
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Product:
    """An investigational product, its placebo or a comparator."""

    id: Id
    label: Words
    strength: str | None = None
    source: Source
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class AnchorVisit:
    """The visit whose date an anchor takes. `occurrence` chooses among repeats."""

    encounter: Id
    date: Literal["actual", "target"]
    occurrence: Literal["first", "last"] | None = None
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Anchor:
    """An event that days or hours count from.

    `given` says where its date comes from: the start date, a date given by the anchor's name, or a visit (`visit`).
    """

    id: Id
    label: Words
    given: Literal["start", "by_name", "visit"]
    time_needed: bool = False
    visit: AnchorVisit | None = None
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """Permitted distance before and after the target, unsigned; both ends belong to the window."""

    before: Offset
    after: Offset
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Timing:
    """When an encounter is due: its anchor, the offset from it, and the window around the target.

    `window: not_stated` means that the protocol does not say, which is not the same as zero days.
    """

    anchor: Id
    offset: Offset | Answer
    times: int = 1
    """The offset counts this many times from the anchor (months are never chained)."""
    window: Window | Literal["not_stated"]
    source: Source
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Repeat:
    """The encounter comes `count` times, or until an anchor's date is passed, `every` so often.

    Occurrence n is due at anchor + offset + (n - 1) x every; its id is the encounter's id with n behind it.
    """

    every: Offset
    count: int
    until: Id | None = None
    source: Source
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Encounter:
    """A planned contact ("visit" in what people read). One of `defines`, `timing`, `unscheduled` is given.

    `defines` names the anchor whose date is this visit's own date.
    """

    id: Id
    label: Words
    epoch: Epoch
    defines: Id | None = None
    timing: Timing | None = None
    unscheduled: bool = False
    repeat: Repeat | None = None
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Area:
    """A part of the scalp that one participant's doses refer to, such as the study area and the control area."""

    id: Id
    label: Words
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Level:
    """A dose level that is chosen: one of the values that the protocol names, or any within its range.

    Beyond the named values a decision in the site file is needed; beyond a range nothing is possible.
    """

    id: Id
    label: Words
    one_of: tuple[Quantity, ...] = ()
    at_least: Quantity | None = None
    at_most: Quantity | None = None
    source: Source
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Assumption:
    """What the protocol leaves open, who must confirm it, and what is assumed until then (nothing if left out).

    `kind` says what an answer looks like, `unit` the unit of a quantity. `other_file` names the choices that this
    protocol file does not describe: a site with such an answer needs another file. `arms` are the arms that the
    question concerns; left out, it concerns all.
    """

    id: Id
    question: Words
    reason: Words
    kind: Literal["choice", "duration", "quantity", "count", "text"]
    choices: tuple[str, ...] = ()
    other_file: tuple[str, ...] = ()
    unit: str | None = None
    assumed: str | None = None
    bears_on: tuple[Literal["dose", "volume", "visits", "masking", "record"], ...]
    confirm_by: Role
    arms: tuple[Id, ...] | None = None
    where: Where = field(default=NOWHERE, compare=False)

    @property
    def bears_on_dose(self) -> bool:
        """Whether a dose rests on the answer, so that it is a draft until the answer is confirmed."""
        return "dose" in self.bears_on


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """An elapsed time that must not be exceeded between two anchors, such as the hours since symptom onset."""

    id: Id
    label: Words
    start: Id
    end: Id
    at_most: ClockOffset
    source: Source
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Gaps:
    """The least and the greatest distance from one dose to the next, on the days on which they are given."""

    least: CalendarOffset | None = None
    most: CalendarOffset | None = None
    source: Source
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Masking:
    """Who is masked. `allocation` says whether participants get one arm, or every arm on areas of their own."""

    masked: bool
    roles: tuple[MaskedRole, ...] | Literal["not_stated"]
    allocation: Literal["one_arm", "every_arm"]
    source: Source
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Arm:
    """What one is assigned to, its encounters in order, and its doses."""

    id: Id
    label: Words
    encounters: tuple[Id, ...]
    doses: tuple[DoseRule, ...]
    source: Source
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Protocol:
    """One version of one trial's plan."""

    dosecalc: Literal["1"]
    """The version of the protocol language."""
    id: Id
    version: str
    title: Words
    documents: Mapping[Id, Document]
    masking: Masking
    products: Mapping[Id, Product]
    anchors: Mapping[Id, Anchor]
    encounters: Mapping[Id, Encounter]
    areas: Mapping[Id, Area] = field(default_factory=dict)
    levels: Mapping[Id, Level] = field(default_factory=dict)
    arms: Mapping[Id, Arm]
    assumptions: Mapping[Id, Assumption] = field(default_factory=dict)
    checks: Mapping[Id, Check] = field(default_factory=dict)
    gaps: Gaps | None = None
    sha256: str = field(default="", compare=False)
    """Digest of the file's bytes; set by the reader."""
    where: Where = field(default=NOWHERE, compare=False)

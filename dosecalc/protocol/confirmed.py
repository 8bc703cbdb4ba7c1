"""Who decided something, and where it is written down."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from dosecalc.errors import Where
from dosecalc.protocol.dose_rule import NOWHERE


@dataclass(frozen=True, kw_only=True, slots=True)
class Confirmed:
    """Where a decision is written down, and who confirmed it when."""

    document: str
    section: str
    by: str
    date: dt.date
    where: Where = field(default=NOWHERE, compare=False)

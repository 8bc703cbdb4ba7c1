"""What no type can hold of a stock file: by itself, and against the protocol that its lots belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from dosecalc.errors import Finding
    from dosecalc.protocol.model import Protocol
    from dosecalc.protocol.stock import Stock


def check_stock(stock: Stock) -> Iterator[Finding]:
    """Every finding of a stock file that needs no protocol."""
    yield from ()


def check_stock_against(stock: Stock, protocol: Protocol) -> Iterator[Finding]:
    """Every finding of what the stock file says about the products of `protocol`."""
    yield from ()


def check_certificate_dates(stock: Stock, latest: dt.date) -> Iterator[Finding]:
    """Every certificate that claims a date after `latest`."""
    yield from ()

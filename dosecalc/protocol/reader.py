"""Protocol and site files: bytes in, a checked record or every finding out. Nothing is computed from a bad file."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dosecalc.errors import Finding, InvalidFile
from dosecalc.protocol.binding import Binder
from dosecalc.protocol.checks import check_protocol
from dosecalc.protocol.model import Protocol
from dosecalc.protocol.nodes import Node, read_nodes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dosecalc.protocol.site import Site
    from dosecalc.protocol.stock import Stock


def read_protocol(data: bytes, file: str) -> Protocol:
    """Read and check a protocol file; `file` is the name that findings show.

    Raises:
        InvalidFile: with all findings, in the order of the file.
    """
    protocol: Protocol = _read(Protocol, data, file, check_protocol)
    return protocol


def read_site(data: bytes, file: str) -> Site:
    """Read and check a site file by itself; `check_site_against` compares it with a protocol.

    Raises:
        InvalidFile: with all findings, in the order of the file.
    """
    from dosecalc.protocol.site import Site  # without a site file nobody pays for it
    from dosecalc.protocol.site_checks import check_site

    site: Site = _read(Site, data, file, check_site)
    return site


def read_stock(data: bytes, file: str) -> Stock:
    """Read and check a stock file by itself; `check_stock_against` compares it with a protocol.

    Raises:
        InvalidFile: with all findings, in the order of the file.
    """
    from dosecalc.protocol.stock import Stock
    from dosecalc.protocol.stock_checks import check_stock

    stock: Stock = _read(Stock, data, file, check_stock)
    return stock


def _read(record: type, data: bytes, file: str, check: Callable[[Any], Iterator[Finding]]) -> Any:
    node: Node = read_nodes(data, file)
    binder = Binder()
    value = binder.record(record, node, "")
    findings = list(binder.findings)
    if isinstance(value, record):
        findings += [replace(f, where=binder.places.get(f.path, f.where)) for f in check(value)]
    if findings:
        raise InvalidFile(sorted(findings, key=lambda f: (f.where.line, f.where.column, f.code) if f.where else (0, 0)))
    return replace(value, sha256=hashlib.sha256(data).hexdigest())

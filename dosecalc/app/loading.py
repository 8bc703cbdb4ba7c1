"""Protocol, site and stock files, by name or path."""

from __future__ import annotations

import datetime as dt
import os
from typing import TYPE_CHECKING

from dosecalc.app.settings import now, shipped, shipped_protocols
from dosecalc.errors import InvalidFile, refuse
from dosecalc.files import read_file
from dosecalc.protocol.reader import read_protocol, read_site, read_stock
from dosecalc.protocol.settled import Settled
from dosecalc.text import msg

if TYPE_CHECKING:
    from dosecalc.protocol.model import Protocol
    from dosecalc.protocol.site import Site
    from dosecalc.protocol.stock import Stock


def load_protocol(protocol: str) -> Protocol:
    """Load a shipped protocol by its id, or a protocol file by its path.

    Raises:
        Refusal: DC003 where there is neither.
        InvalidFile: with all findings.
    """
    if protocol in shipped_protocols():
        return read_protocol(read_file(shipped(f"{protocol}.yaml")), f"{protocol}.yaml")
    if not protocol.endswith((".yaml", ".yml")) and not os.path.exists(protocol):
        raise refuse(
            "DC003",
            msg("there is no protocol '{name}'", name=protocol),
            msg("the shipped ones are: {names}; or give the path of a YAML file", names=", ".join(shipped_protocols())),
        )
    return read_protocol(read_file(protocol), protocol)


def load(protocol: str, site: str | None = None) -> Settled:
    """Load a protocol and the site file that goes with it.

    Raises:
        Refusal: DC003, DC601.
        InvalidFile: findings of either file, or of the two together.
    """
    loaded = load_protocol(protocol)
    return Settled(protocol=loaded, site=load_site(site, loaded) if site else None)


def load_site(path: str, protocol: Protocol) -> Site:
    """Load a site file and compare what it says with `protocol` and with today: nothing is confirmed in the future.

    Raises:
        Refusal: DC601.
        InvalidFile: findings of the file, and of the two together.
    """
    from dosecalc.protocol.site_checks import check_dates, check_site_against

    site = read_site(read_file(path), path)
    if findings := [*check_site_against(site, protocol), *check_dates(site, _tomorrow())]:
        raise InvalidFile(findings)
    return site


def load_stock(path: str, protocol: Protocol) -> Stock:
    """Load a stock file and compare its lots with `protocol`, and the dates of their certificates with today.

    Raises:
        Refusal: DC601.
        InvalidFile: findings of the file, and of the two together.
    """
    from dosecalc.protocol.stock_checks import check_certificate_dates, check_stock_against

    stock = read_stock(read_file(path), path)
    if findings := [*check_stock_against(stock, protocol), *check_certificate_dates(stock, _tomorrow())]:
        raise InvalidFile(findings)
    return stock


def _tomorrow() -> dt.date:
    return now().date() + dt.timedelta(days=1)  # the site's today may be ahead of UTC's

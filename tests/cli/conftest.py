"""Fixtures of servers that several tests of commands use."""

from __future__ import annotations

from caldav_server import calendar_account, radicale_server

__all__ = ["calendar_account", "radicale_server"]

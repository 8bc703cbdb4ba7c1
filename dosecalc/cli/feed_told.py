"""How a feed is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from dosecalc.registry.feeds import Feed


def feed_shape(feed: Feed) -> dict[str, Any]:
    """Return the JSON of a feed."""
    return {
        "participant": feed.participant,
        "file": feed.file,
        "event": feed.number,
        "opened": feed.opened.isoformat(),
        "open": feed.open,
        "revoked": feed.revoked,
        "ended": feed.ended.isoformat() if feed.ended else None,
    }

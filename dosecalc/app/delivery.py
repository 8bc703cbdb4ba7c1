"""Whether calendars may leave the house on some way: what the site file says now, whenever a thing happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from dosecalc.errors import refuse
from dosecalc.registry.versions import settled_of
from dosecalc.text import msg

if TYPE_CHECKING:
    from dosecalc.app.study import Session
    from dosecalc.protocol.delivery import SiteDelivery

Way = Literal["feeds", "caldav", "mail"]


def check_open(session: Session, way: Way) -> SiteDelivery:
    """Return what the site file says of delivery, where it opens `way`; an example opens nothing.

    Raises:
        Refusal: DC896.
    """
    settled = settled_of(session.study.in_effect(session.present.date()))
    delivery = settled.site.delivery if settled.site is not None else None
    if delivery is None or getattr(delivery, way) is None:
        raise refuse(
            "DC896",
            msg("the site's rules do not allow this: the site file has no delivery.{way}", way=way),
            msg("where sponsor and hospital allow it, write it there with who confirmed it, and bring the site file "
                "into the study with `study amend`"),
        )  # fmt: skip
    if not settled.confirms:
        raise refuse(
            "DC896",
            msg("the site file is an example, and an example opens no way for calendars to leave the house"),
            msg("make a site file of your own, with example: false"),
        )
    return delivery

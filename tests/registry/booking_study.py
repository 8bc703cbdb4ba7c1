"""Studies in which many visits wait to be booked: NCT07203599 at a site that says when it is open."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dosecalc.app.study import open_study
from dosecalc.app.study_store import init_study
from dosecalc.registry.event import Draft
from dosecalc.registry.fold import fold_study
from dosecalc.registry.sealing import Sealer
from dosecalc.registry.visits_now import derive
from registry.visiting import NOW, OPEN, site_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dosecalc.registry.event import Kind

WEEKDAYS = "weekdays: [Mon, Tue, Wed, Thu, Fri]"
HOURS = 'hours: ["08:30-12:00"]'


def booking_study(
    folder: Path, starts: Mapping[str, str], *clinic: str, more: tuple[str, str] = ("", ""), **site: Any
) -> str:
    """A study with participants by the day of their start, in phase I, group A; returns its file.

    `clinic` are lines of the site's clinic; `more` is one more change of the site file.
    """
    file, key, site_file = folder / "study.db", folder / "pharmacy" / "study.key", folder / "site.yaml"
    key.parent.mkdir(parents=True, exist_ok=True)
    said = "".join(f"  {line}\n" for line in clinic or (WEEKDAYS, HOURS))
    text = site_text(**site).replace("  visit_length: PT1H\n", f"  visit_length: PT1H\n{said}", 1)
    site_file.write_text(text.replace(*more, 1), "utf-8")
    init_study(study=str(file), protocol=OPEN, site=str(site_file), key_out=str(key), who="zhao", at="2026-03-01T08:00")
    with open_study(str(file), user="zhao", key=str(key), at="2026-03-01T09:00") as session:
        assert session.key is not None
        # Straight into the registry, in one transaction: how each of these is recorded is not what is tested here.
        with session.store.writing(session.by, Sealer(session.key, os.urandom)) as writing:
            for code, start in starts.items():
                for kind, public, sealed in _begun(start):
                    writing.append(Draft(kind=kind, at=session.at, participant=code, public=public, sealed=sealed))
            derive(writing, fold_study(writing.of_study(), None), list(starts), NOW.date())
    return str(file)


def _begun(start: str) -> tuple[tuple[Kind, dict[str, Any], dict[str, Any] | None], ...]:
    return (
        ("consent", {"form": "1.0", "date": "2026-03-01"}, None),
        ("enrol", {"date": "2026-03-01"}, None),
        ("assign", {"arm": "phase1-A"}, {"arm": "phase1-A"}),
        ("anchor", {"name": "first_dose", "when": start}, None),
    )

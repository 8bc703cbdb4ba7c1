"""The tables for the statistician, written as files."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from dosecalc.app.papers import WrittenPaper, mode_of
from dosecalc.files import write_whole
from dosecalc.registry.report_table import deviations_csv, exposure_csv

if TYPE_CHECKING:
    from dosecalc.app.study import Session
    from dosecalc.registry.report_deviations import Deviation
    from dosecalc.registry.report_exposure import ParticipantExposure
    from dosecalc.text import Language


def write_exposure(
    session: Session, path: str, found: tuple[ParticipantExposure, ...], language: Language
) -> WrittenPaper:
    """Write exposure.csv whole or not at all; in a masked trial for its owner alone (R15).

    Raises:
        Refusal: DC602 to DC604.
    """
    return _written(path, exposure_csv(found, language), mode_of(session.settled))


def write_deviations(session: Session, path: str, found: tuple[Deviation, ...], language: Language) -> WrittenPaper:
    """Write deviations.csv whole or not at all; with the key of a masked trial for its owner alone (R15).

    With the key it says which doses were given after their time, which can tell a product.

    Raises:
        Refusal: DC602 to DC604.
    """
    mode = 0o666 if session.view.masked else mode_of(session.settled)
    return _written(path, deviations_csv(found, language), mode)


def _written(path: str, data: bytes, mode: int) -> WrittenPaper:
    write_whole(path, data, mode=mode)
    return WrittenPaper(path=path, sha256=hashlib.sha256(data).hexdigest())

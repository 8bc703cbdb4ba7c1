"""Area files that the tests of this room make: as little as each needs."""

from __future__ import annotations

import datetime as dt
import io
import json
import zipfile
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
import roifile

from dosecalc.errors import DosecalcError, Finding
from dosecalc.measuring.area_file import read_area_file
from dosecalc.measuring.entry import Given
from dosecalc.measuring.measured import MeasuredAreas, measured

SQUARE = [[0, 0], [100, 0], [100, 100], [0, 100]]
TODAY = dt.date(2026, 3, 2)
GIVEN = Given(latest=TODAY)
IMAGEJ = Given(latest=TODAY, scale=Decimal(40), by="CRC-02", date=dt.date(2026, 2, 27))


def patch(**keys: Any) -> dict[str, Any]:
    """A polygon, or what the keys say instead; a key of None is left out."""
    whole = {"name": "vertex", "method": "polygon", "measured_by": "CRC-02", "date": "2026-02-27"} | keys
    return {key: value for key, value in whole.items() if value is not None}


def document(*patches: Any, **top: Any) -> str:
    """An area file in JSON with a scale of 40 px per cm."""
    return json.dumps({"dosecalc_area": "1", "scale_px_per_cm": 40, "patches": patches} | top)


def areas(data: str | bytes, file: str = "a.json", given: Given = GIVEN) -> MeasuredAreas:
    return measured([read_area_file(data.encode() if isinstance(data, str) else data, file, given)])


def refused(data: str | bytes, file: str = "a.json", given: Given = GIVEN) -> list[Finding]:
    with pytest.raises(DosecalcError) as caught:
        areas(data, file, given)
    return list(caught.value.findings)


def only(data: str | bytes, file: str = "a.json", given: Given = GIVEN) -> Finding:
    """The one thing that is wrong."""
    (found,) = refused(data, file, given)
    return found


def region(points: Any = SQUARE, **fields: Any) -> bytes:
    """The bytes of an ImageJ region, as `roifile` writes them; a freehand outline unless the fields say otherwise."""
    roi = roifile.ImagejRoi.frompoints(np.array(points))
    for name, value in fields.items():
        setattr(roi, name, value)
    return roi.tobytes()


def composite(*path: float) -> bytes:
    """A region of several outlines: 0 begins one at x, y; 1 draws a line to x, y; 4 closes."""
    numbers = np.array(path, "f4")
    return roifile.ImagejRoi(
        roitype=roifile.ROI_TYPE.RECT,
        right=100,
        bottom=100,
        shape_roi_size=len(numbers),
        multi_coordinates=numbers,
    ).tobytes()


def zipped(*members: tuple[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as parts:
        for name, data in members:
            parts.writestr(name, data)
    return stream.getvalue()

"""The use cases: what the command line and the notebooks ask for.

This is the only room that reads the clock and the environment. Everything below gets values.
"""

from dosecalc.app.loading import load, load_protocol, load_stock
from dosecalc.app.many import demo, planned_files, write_plan
from dosecalc.app.mapping import Mapping, map_sites
from dosecalc.app.measuring import Measuring, measure
from dosecalc.app.one import (
    CalendarAudience,
    calendar_bytes,
    dose,
    pharmacy,
    schedule,
    write_calendar,
    write_timeline,
)
from dosecalc.app.papers import WrittenPaper, pick, pick_shape, worksheet_document, write_papers, write_pick_list
from dosecalc.app.preparing import Prepared, Wanted, answered, prepare
from dosecalc.app.settings import now, preferred_language, shipped, shipped_protocols, user
from dosecalc.app.typed import Asked, Dates, dose_input, participant, stamp

__all__ = [
    "Asked",
    "CalendarAudience",
    "Dates",
    "Mapping",
    "Measuring",
    "Prepared",
    "Wanted",
    "WrittenPaper",
    "answered",
    "calendar_bytes",
    "demo",
    "dose",
    "dose_input",
    "load",
    "load_protocol",
    "load_stock",
    "map_sites",
    "measure",
    "now",
    "participant",
    "pharmacy",
    "pick",
    "pick_shape",
    "planned_files",
    "preferred_language",
    "prepare",
    "schedule",
    "shipped",
    "shipped_protocols",
    "stamp",
    "user",
    "worksheet_document",
    "write_calendar",
    "write_papers",
    "write_pick_list",
    "write_plan",
    "write_timeline",
]

"""The use cases: what the command line and the notebooks ask for.

This is the only room that reads the clock and the environment. Everything below gets values.
"""

from dosecalc.app.loading import load, load_protocol, load_stock
from dosecalc.app.many import demo, planned_files, write_plan
from dosecalc.app.one import (
    CalendarAudience,
    calendar_bytes,
    dose,
    pharmacy,
    schedule,
    write_calendar,
    write_timeline,
)
from dosecalc.app.settings import now, preferred_language, shipped, shipped_protocols
from dosecalc.app.typed import Asked, Dates, dose_input, participant, stamp

__all__ = [
    "Asked",
    "CalendarAudience",
    "Dates",
    "calendar_bytes",
    "demo",
    "dose",
    "dose_input",
    "load",
    "load_protocol",
    "load_stock",
    "now",
    "participant",
    "pharmacy",
    "planned_files",
    "preferred_language",
    "schedule",
    "shipped",
    "shipped_protocols",
    "stamp",
    "write_calendar",
    "write_plan",
    "write_timeline",
]

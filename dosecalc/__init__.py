"""Doses and visit dates for clinical trials, calculated from the protocol.

>>> import dosecalc
>>> trial = dosecalc.load("NCT07203599")
>>> plan = dosecalc.plan_participant(trial, "SZ-001", start="2026-03-02", arm="phase1-A", areas=["24"])
>>> str(plan.doses.doses[0].total)
'2,400,000,000 particles (2.4 billion; 2.4 × 10⁹)'
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dosecalc.api import ParticipantPlan, load, make_calendar, plan_cohort, plan_participant

__version__ = "0.1.0"
__all__ = ["ParticipantPlan", "load", "make_calendar", "plan_cohort", "plan_participant"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'dosecalc' has no attribute {name!r}")
    from dosecalc import api  # not before somebody asks: the command line starts faster without it

    return getattr(api, name)

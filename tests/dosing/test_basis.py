from __future__ import annotations

from dosecalc.dosing.dose import calculate
from dosecalc.dosing.result import DoseInput, Doses
from dosecalc.protocol.dose_rule import Answer
from dosecalc.protocol.settled import Settled
from dosing.building import areas, fixed, per_site, protocol, question, rule, settled

QUESTIONS = [
    question("ROUNDING", assumed="up"),
    question("BELOW", assumed="one_site"),
    question("PATCHES", assumed="summed"),
    question("MEASURED", assumed="once"),
    question("VOLUME", kind="quantity", bears_on=("volume",)),
    question("ROLE_OF_B", kind="text", bears_on=("record",), arms=("B",)),
    question("INTERVAL", kind="text"),
    question("MASKED", kind="text", bears_on=("masking",)),
    question("WINDOWS", kind="text", bears_on=("visits",)),
]
TRIAL = protocol(
    {
        "A": [rule("V1 V2", per_site=per_site(), volume=Answer(answer="VOLUME"))],
        "B": [rule("V1", fixed=fixed("1e8 cells"))],
    },
    questions=QUESTIONS,
)
ALL = {"ROUNDING": "up", "BELOW": "one_site", "PATCHES": "summed", "MEASURED": "once", "INTERVAL": "P1M"}


def doses(of: Settled, *patches: str, arm: str = "A") -> Doses:
    return calculate(of, (arm,), DoseInput(areas=areas(*patches)))


def reasons(of: Doses) -> list[str]:
    return [str(reason) for reason in of.draft]


def test_only_what_was_asked_and_what_no_rule_can_ask_is_rested_on() -> None:
    assert doses(settled(TRIAL), "23").assumptions == ("MEASURED", "VOLUME", "INTERVAL")
    assert doses(settled(TRIAL), "23.4").assumptions == ("ROUNDING", "MEASURED", "VOLUME", "INTERVAL")
    assert doses(settled(TRIAL), "20.1", "3.3").assumptions == (
        "ROUNDING",
        "PATCHES",
        "MEASURED",
        "VOLUME",
        "INTERVAL",
    )
    assert doses(settled(TRIAL), "0.4").assumptions == ("BELOW", "MEASURED", "VOLUME", "INTERVAL")


def test_an_assumption_of_another_arm_is_not_rested_on() -> None:
    assert doses(settled(TRIAL), arm="B").assumptions == ("ROLE_OF_B", "INTERVAL")


def test_only_what_bears_on_the_dose_and_nobody_confirmed_is_unconfirmed() -> None:
    assert doses(settled(TRIAL), "23.4").unconfirmed == ("ROUNDING", "MEASURED", "INTERVAL")
    assert doses(settled(TRIAL, ROUNDING="up"), "23.4").unconfirmed == ("MEASURED", "INTERVAL")
    assert doses(settled(TRIAL, **ALL), "23.4").unconfirmed == ()


def test_a_confirmed_and_verified_result_is_released() -> None:
    assert doses(settled(TRIAL, **ALL), "23.4").draft == ()


def test_every_unconfirmed_assumption_about_the_dose_is_a_reason_for_a_draft() -> None:
    without = {code: answer for code, answer in ALL.items() if code not in ("ROUNDING", "INTERVAL")}
    assert reasons(doses(settled(TRIAL, **without), "23.4")) == [
        "ROUNDING is not confirmed: What about ROUNDING?",
        "INTERVAL is not confirmed: What about INTERVAL?",
    ]


def test_what_bears_on_something_else_makes_no_draft() -> None:
    assert "VOLUME" in doses(settled(TRIAL, **ALL), "23.4").assumptions
    assert not any("VOLUME" in reason for reason in reasons(doses(settled(TRIAL, **ALL), "23.4")))


def test_an_unverified_protocol_file_makes_a_draft() -> None:
    assert reasons(doses(settled(TRIAL, verified=False, **ALL), "23.4")) == [
        "nobody has verified the protocol file against the approved protocol"
    ]
    assert reasons(doses(Settled(protocol=TRIAL), "23"))[0] == (
        "nobody has verified the protocol file against the approved protocol"
    )


def test_an_example_site_file_releases_nothing() -> None:
    found = reasons(doses(settled(TRIAL, example=True, **ALL), "23.4"))
    assert found[:2] == [
        "nobody has verified the protocol file against the approved protocol",
        "the site file is an example, and an example confirms nothing",
    ]
    assert "ROUNDING is not confirmed: What about ROUNDING?" in found


def test_a_rounding_by_hand_makes_a_draft_only_where_something_was_rounded() -> None:
    of = settled(TRIAL, **ALL)
    rounded = calculate(of, ("A",), DoseInput(areas=areas("23.4"), rounding="up"))
    assert reasons(rounded) == ["the rounding was given by hand (--round)"]
    assert calculate(of, ("A",), DoseInput(areas=areas("23"), rounding="up")).draft == ()

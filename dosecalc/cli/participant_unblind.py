"""`dosecalc participant unblind`: one participant's arm, in an emergency."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from dosecalc.app.study import open_study
from dosecalc.app.study_unblind import card_opened, check_card_opened, check_unblind, unblind
from dosecalc.cli.study_told import tell
from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, option, study_options
from dosecalc.errors import Finding, Usage, refuse
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dosecalc.app.study_unblind import Revealed
    from dosecalc.text import Message


@click.command(
    "unblind",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Reveal one participant's arm in an emergency. It is recorded who asked, why, and who was told; only then "
            "the arm is shown; it needs the key. Without the key, open the card in the safe, and record that with "
            "--card. A person confirms it at the terminal; --yes does not."
        )
    )
    + "\n\n"
    + examples(
        "dosecalc participant unblind P007 --reason 'anaphylaxis, 14:20' --told 'Dr Chen, emergency room' --key k.key",
        "dosecalc participant unblind P007 --card --reason 'anaphylaxis, 14:20' --told 'Dr Chen, emergency room'",
    ),
)
@click.argument("participant", metavar="CODE")
@option("--told", metavar="NAME", required=True, text=msg("Who is told the arm."))
@option("--card", is_flag=True, text=msg("The card in the safe was opened: only that is recorded, without the key."))
@option("--opened-by", metavar="NAME", text=msg("Who opened the card; left out, you."))
@study_options
@click.pass_obj
def command(ui: Ui, participant: str, told: str, card: bool, opened_by: str | None, call: StudyCall) -> None:
    """Check, ask, record, reveal."""
    if opened_by is not None and not card:
        what = msg("--opened-by says who opened a card, and --card is missing")
        raise Usage([Finding("DC854", what, msg("add --card; or leave --opened-by out"))])
    with open_study(call.study, user=call.user, key=call.key, at=call.at) as session:
        if card:
            check_card_opened(session, participant, by=opened_by, reason=call.reason, told=told)
            confirm(ui, participant, msg("This records for ever that the card of {code} was opened", code=participant))
            event = card_opened(session, participant, by=opened_by, reason=call.reason, told=told)
            tell(
                ui,
                session,
                [event],
                msg("Recorded: the card of {code} was opened. Put the card back into the safe.", code=participant),
                participant=participant,
            )
            return
        check_unblind(session, participant, reason=call.reason, told=told)
        confirm(ui, participant, msg("This unblinds {code} for ever", code=participant))
        revealed = unblind(session, participant, reason=call.reason, told=told)
    tell(
        ui,
        session,
        [revealed.event],
        *_lines(participant, revealed),
        participant=participant,
        arm=revealed.arm,
        kit=revealed.kit,
        side=revealed.side,
    )


def confirm(ui: Ui, participant: str, done: Message) -> None:
    """Have a person type the participant's code again; no option answers for them. `done` is what is confirmed.

    Raises:
        Refusal: DC734, nobody is at the terminal, or another code was typed.
    """
    mend = msg("call it at a terminal, and type the participant's code when asked; --yes does not answer this")
    if not sys.stdin.isatty():
        raise refuse("DC734", msg("a person must confirm that {code} is unblinded", code=participant), mend)
    asked = msg("{done}. Type the participant's code to confirm", done=done)
    typed = click.prompt(ui.say(asked), err=True)
    if typed.strip() != participant:
        raise refuse(
            "DC734", msg("'{typed}' is not {code}: nothing was unblinded", typed=typed, code=participant), mend
        )


def _lines(participant: str, revealed: Revealed) -> Iterator[Message]:
    if revealed.arm is not None:
        yield msg("{code} is in the arm {arm}: {label}", code=participant, arm=revealed.arm, label=revealed.label)
    if revealed.kit is not None:
        yield msg("Kit: {kit}", kit=revealed.kit)
    if revealed.area is not None:
        yield msg("Area A of {code} is: {area}", code=participant, area=revealed.area)
    elif revealed.side is not None:
        yield msg("The study area of {code} is: {side}", code=participant, side=revealed.side)
    for label in revealed.everybody:
        yield msg("In this trial everybody gets: {arm}", arm=label)

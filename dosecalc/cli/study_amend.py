"""`dosecalc study amend`: a new version of the protocol comes into effect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, option, site_option, study_options
from dosecalc.text import msg

if TYPE_CHECKING:
    from dosecalc.app.study_changes import Proposal


@click.command(
    "amend",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Bring a new version of the protocol into effect. First it shows what differs, and for each participant "
            "which dates would move, and asks. A participant stays on the version that they consented to until "
            "`participant migrate` moves them; an urgent safety measure applies to all at once."
        )
    )
    + "\n\n"
    + examples(
        "dosecalc study amend --protocol v2.yaml --effective 2026-06-01 --reconsent yes"
        ' --reason "amendment 1, ethics approval of 2026-05-20"',
        "dosecalc study amend --protocol v3.yaml --site site.yaml --effective 2026-06-08 --reconsent no --urgent"
        ' --reason "urgent safety measure"',
    ),
)
@option("--protocol", metavar="FILE", required=True, text=msg("The new version."))
@site_option
@option("--effective", metavar="DATE", required=True, text=msg("From which day it holds at this site."))
@option(
    "--reconsent",
    required=True,
    type=click.Choice(["yes", "no"]),
    text=msg("Whether participants must consent anew before they move to it."),
)
@option("--urgent", is_flag=True, text=msg("An urgent safety measure: it holds for everyone from that day."))
@study_options
@click.pass_obj
def command(
    ui: Ui,
    call: StudyCall,
    protocol: str,
    site: str | None,
    effective: str,
    reconsent: str,
    urgent: bool,
) -> None:
    """Show an amendment, ask, and record it."""
    from dosecalc.app.study import open_study
    from dosecalc.app.study_changes import amend, propose
    from dosecalc.cli.study_told import sure, tell

    session = open_study(call.study, user=call.user, key=call.key, at=call.at)
    with session.store:
        proposal = propose(session, protocol, site, effective=effective, reconsent=reconsent == "yes", urgent=urgent)
        if not ui.as_json:
            show(ui, proposal)
        sure(ui, call, msg("Record this amendment?"), amendment=shape(ui, proposal))
        events = amend(session, proposal, call.reason)
    said = (
        msg("The site's new answers hold from {day}", day=effective)
        if proposal.only_site
        else msg("Version {version} holds from {day}", version=proposal.protocol, day=effective)
    )
    tell(ui, session, events, said, amendment=shape(ui, proposal))


def show(ui: Ui, proposal: Proposal) -> None:
    """Print what an amendment changes."""
    difference = proposal.difference
    if proposal.only_site:
        ui.line(msg("The protocol stays version {version}; only the site's answers change:", version=difference.after))
    else:
        ui.line(msg("From version {before} to version {after}:", before=difference.before, after=difference.after))
    for change in difference.changes:
        ui.line(msg("  - {change}", change=change.text))
    if not difference.changes:
        ui.line(msg("  nothing that this program reads is different"))
    if proposal.before.verified and not proposal.after.verified:
        ui.line(
            msg(
                "Nobody has verified this file yet: its doses are drafts until a site file says who compared it with "
                "the approved protocol (--site)."
            )
        )
    ui.line()
    if proposal.amendment.urgent:
        ui.line(msg("Urgent: from {day} it holds for all participants:", day=proposal.amendment.effective))
    else:
        ui.line(msg("When each participant moves to it (`participant migrate`):"))
    for moved in proposal.moved:
        if not moved.visits:
            ui.line(msg("  {participant}: no date moves", participant=moved.participant))
        for visit in moved.visits:
            ui.line(msg("  {participant}: {text}", participant=moved.participant, text=visit.text))
    if not proposal.moved:
        ui.line(msg("  nobody is in the study yet"))
    ui.line()


def shape(ui: Ui, proposal: Proposal) -> dict[str, Any]:
    """Return an amendment as JSON."""
    amendment = proposal.amendment
    return {
        "before": proposal.difference.before,
        "after": proposal.difference.after,
        "effective": amendment.effective.isoformat(),
        "reconsent": amendment.reconsent,
        "urgent": amendment.urgent,
        "changes": [
            {"kind": each.kind, "place": each.place, "text": ui.say(each.text)} for each in proposal.difference.changes
        ],
        "participants": [
            {
                "participant": moved.participant,
                "version": moved.version,
                "visits": [visit_shape(ui, visit) for visit in moved.visits],
            }
            for moved in proposal.moved
        ],
    }


def visit_shape(ui: Ui, visit: Any) -> dict[str, Any]:
    """Return a visit that moves as JSON."""

    def dates(found: Any) -> dict[str, str | None] | None:
        if found is None:
            return None
        names = ("target", "earliest", "latest")
        return {name: each.isoformat() if each else None for name, each in zip(names, found, strict=True)}

    return {
        "encounter": visit.visit,
        "before": dates(visit.before),
        "after": dates(visit.after),
        "rebook": visit.rebook,
        "text": ui.say(visit.text),
    }

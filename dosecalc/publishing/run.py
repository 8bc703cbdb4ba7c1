"""One run: each calendar is read once, what differs is written, and every step is on the report when it is done."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from dosecalc.errors import Finding
from dosecalc.publishing.server import NotTaken
from dosecalc.publishing.sync import name_of, plan
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dosecalc.calendars.event import Event
    from dosecalc.calendars.ics import Head
    from dosecalc.publishing.server import Server
    from dosecalc.publishing.sync import Step, Versions


@dataclass(frozen=True, kw_only=True, slots=True)
class ToPublish:
    """One calendar: whose it is (None for the clinic), what stands in it, and every version of that."""

    participant: str | None
    head: Head
    items: tuple[Event, ...]
    versions: Versions


@dataclass(kw_only=True, slots=True)
class Published:
    """What was done about one calendar, or in a dry run would be."""

    participant: str | None
    url: str
    made: bool = False
    steps: list[Step] = field(default_factory=list)


@dataclass(kw_only=True, slots=True)
class Report:
    """What was done so far, and what went wrong."""

    dry_run: bool
    calendars: list[Published] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def address_of(account: str, head: Head) -> str:
    """Return the address of a calendar: a name that tells nothing, the same for ever (R17)."""
    return f"{account}{head.uid.partition('@')[0]}/"


def publish(
    server: Server, account: str, calendars: Sequence[ToPublish], report: Report, *, replace_edited: bool
) -> None:
    """Bring the calendars of an account up to date; `report` grows with every step that is done.

    Raises:
        Refusal: DC884 to DC887; what is on the report was done, and another run goes on from there.
    """
    server.check()
    for calendar in calendars:
        url = address_of(account, calendar.head)
        there = server.events(url)
        steps = plan(calendar.head, calendar.items, there or [], calendar.versions, replace_edited=replace_edited)
        if there is None and not steps:
            continue
        done = Published(participant=calendar.participant, url=url)
        report.calendars.append(done)
        if there is None:
            if not report.dry_run:
                server.make(url, calendar.head.name)
            done.made = True
        for step in steps:
            after = step if report.dry_run or not step.writes else _write(server, url, step, calendar, replace_edited)
            if isinstance(after, Finding):
                report.findings.append(after)
                continue
            done.steps.append(after)
            if after.change == "edited":
                report.findings.append(_edited(after, url))


def _write(server: Server, url: str, step: Step, calendar: ToPublish, replace_edited: bool) -> Step | Finding:
    """Write one item; where somebody else was faster, look once more at what they left."""
    for _ in range(2):
        place = step.there.url if step.there else url + quote(name_of(step.item), safe="@")
        try:
            if server.put(place, step.data, step.there.etag if step.there else None):
                return step
        except NotTaken as refused:
            return Finding(
                "DC887",
                msg("the server does not take '{item}' ({status})", item=_shown(step.item), status=refused.status),
                msg("show this to the server's administrator: {url}", url=place),
            )
        found = server.one(place)
        again = plan(
            calendar.head, [step.item], [found] if found else [], calendar.versions, replace_edited=replace_edited
        )
        if not again:  # cancelled, and meanwhile deleted there
            return replace(step, change="same", there=None)
        if not again[0].writes:  # it was our own request, answered too late; or somebody edited it just now
            return replace(again[0], change=step.change) if again[0].change == "same" else again[0]
        step = again[0]
    return Finding(
        "DC889",
        msg("'{item}' was changed on the server at the same time, twice", item=_shown(step.item)),
        msg("see that nobody else publishes now, then publish again"),
    )


def _edited(step: Step, url: str) -> Finding:
    return Finding(
        "DC888",
        msg("'{item}' was changed on the server by somebody else, and stays so", item=_shown(step.item)),
        msg(
            "ask who changed it and why: {url}; --replace-edited puts the study's visit in its place",
            url=step.there.url if step.there else url,
        ),
    )


def _shown(item: Event) -> str:
    return f"{item.summary}, {item.start:{'%Y-%m-%d %H:%M' if item.timed else '%Y-%m-%d'}}"

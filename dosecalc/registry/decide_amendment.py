"""Amendments: a new version of the protocol comes to the study, and participants move to it one by one.

A version that is in the study never changes. Who consented to one stays on it until they are moved, and where a version
wants a new consent, only after they have signed a form that stood behind no earlier version of theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from dosecalc.errors import refuse
from dosecalc.registry.drafts import need_reason
from dosecalc.registry.event import Draft
from dosecalc.text import msg

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterable, Mapping

    from dosecalc.protocol.settled import Settled
    from dosecalc.registry.state import ParticipantState, StudyState, Version


@dataclass(frozen=True, kw_only=True, slots=True)
class Amendment:
    """A new version of the protocol, as it is brought to the study.

    `site_text` is None where the site's answers stay as they are.
    """

    protocol_text: str
    site_text: str | None
    effective: dt.date
    reconsent: bool
    urgent: bool


def amend(
    study: StudyState, before: Settled, after: Settled, amendment: Amendment, *, at: dt.datetime, reason: str | None
) -> list[Draft]:
    """Bring a new version of the protocol (or of the site's answers) to the study.

    `before` and `after` are the last version in the study and the new one, both with the answers that go with them.

    Raises:
        Refusal: DC709, the reason is missing; DC805, the file is not a new version of this study's protocol; DC806, the
            effective date; DC851, another time zone.
    """
    why = need_reason(reason, msg("write what the amendment is for and who approved it: --reason TEXT"))
    old, new = before.protocol, after.protocol
    if new.id != old.id:
        raise refuse(
            "DC805",
            msg("the study is of {old}, and this file is {new}", old=old.id, new=new.id),
            msg("give a new version of {old}", old=old.id),
        )
    if new.masking.masked != old.masking.masked or new.masking.allocation != old.masking.allocation:
        raise refuse(
            "DC805",
            msg("the new version masks differently, and what was recorded cannot be sealed afterwards"),
            msg("make a study of its own for the new version"),
        )
    if after.timezone != before.timezone:
        raise refuse(
            "DC851",
            msg("the study is in the time zone {old}, and the new site file says {new}",
                old=before.timezone, new=after.timezone),
            msg("write {old}: days and windows that are on record were counted in it; a site elsewhere is a study of "
                "its own", old=before.timezone),
        )  # fmt: skip
    digest = sha256(amendment.protocol_text.encode("utf-8")).hexdigest()
    for each in study.versions:
        if each.protocol_version == new.version and each.protocol_sha256 != digest:
            raise refuse(
                "DC805",
                msg("version {version} is in the study already, with another text", version=new.version),
                msg("an approved version never changes: give the new text a version of its own in the file"),
            )
        if each.protocol_sha256 == digest and each is not study.versions[-1]:
            last = study.versions[-1].protocol_version
            if digest != study.versions[-1].protocol_sha256:
                raise refuse(
                    "DC805",
                    msg("version {version} was superseded by version {last}", version=new.version, last=last),
                    msg("to return to an earlier text, give it a version of its own in the file"),
                )
    _check_news(study.versions[-1], digest, amendment, new.version)
    _check_effective(study.versions[-1], amendment.effective, at.date())
    public: dict[str, Any] = {
        "protocol_version": new.version,
        "protocol_text": amendment.protocol_text,
        "effective": amendment.effective.isoformat(),
        "reconsent": amendment.reconsent,
        "urgent": amendment.urgent,
    }
    if amendment.site_text is not None:
        public["site_text"] = amendment.site_text
    return [Draft(kind="amend", at=at, reason=why, public=public)]


def _check_news(last: Version, digest: str, amendment: Amendment, version: str) -> None:
    if digest != last.protocol_sha256:
        return
    if amendment.site_text is None or amendment.site_text == last.site_text:
        raise refuse(
            "DC805",
            msg("version {version} is what the study has already", version=version),
            msg("give the file of the new version, or a changed site file with --site"),
        )
    if amendment.reconsent:
        raise refuse(
            "DC805",
            msg("only the site file is new, and nobody consents to that"),
            msg("write --reconsent no, or give the new version of the protocol"),
        )


def _check_effective(last: Version, effective: dt.date, today: dt.date) -> None:
    if effective < today:
        raise refuse(
            "DC806",
            msg("the new version would be in effect from {day}, which is past", day=effective.isoformat()),
            msg("give today or a later day; what has happened stays under the version that it happened under"),
        )
    if last.effective is not None and effective < last.effective:
        raise refuse(
            "DC806",
            msg(
                "version {last} comes into effect on {day}, after this one",
                last=last.protocol_version, day=last.effective.isoformat(),
            ),
            msg("give {day} or a later day", day=last.effective.isoformat()),
        )  # fmt: skip


# --- moving to a new version ----------------------------------------------------------------------------------------


def migrate(
    study: StudyState,
    state: ParticipantState,
    *,
    version: str | None,
    form: str | None,
    forms_used: Collection[str],
    at: dt.datetime,
) -> list[Draft]:
    """Move a participant to a version that is in effect: the last one, or the one that `version` names.

    `forms_used` are the consent forms that stood behind the participant's versions until now.

    Raises:
        Refusal: DC807, no such version, not in effect, or not later than theirs; DC808, consent to it is missing;
            DC809, the participant has left the study.
    """
    code, today = state.code, at.date()
    if state.standing in ("screen_failure", "withdrawn"):
        raise refuse(
            "DC809",
            msg("{participant} is no longer in the study", participant=code),
            msg("nothing has to be done: who has left keeps the version that they had"),
        )
    chosen = _chosen(study, version, today)
    places = {each.number: place for place, each in enumerate(study.versions)}
    own = study.version(state.protocol_sha256)
    if own is not None and places[chosen.number] <= places[own.number]:
        raise refuse(
            "DC807",
            msg(
                "{participant} is on version {own}, and {chosen} is not a later one",
                participant=code, own=own.protocol_version, chosen=chosen.protocol_version,
            ),
            msg("a participant moves to later versions only; `participant show {participant}` shows theirs",
                participant=code),
        )  # fmt: skip
    after = places[own.number] + 1 if own is not None else 0
    needed = any(each.reconsent for each in study.versions[after : places[chosen.number] + 1])
    if needed and form is None:
        raise refuse(
            "DC808",
            msg("version {version} needs a new consent", version=chosen.protocol_version),
            msg("name the form that {participant} signed: --form VERSION", participant=code),
        )
    if form is not None:
        _check_form(state, form, forms_used if needed else (), chosen)
    public = {"protocol_version": chosen.protocol_version, "protocol_sha256": chosen.protocol_sha256}
    if form is not None:
        public["form"] = form
    return [Draft(kind="migrate", at=at, participant=code, public=public)]


def _chosen(study: StudyState, version: str | None, today: dt.date) -> Version:
    if version is None:
        return study.in_effect(today)
    found = next((each for each in reversed(study.versions) if each.protocol_version == version), None)
    if found is None:
        raise refuse(
            "DC807",
            msg("the study has no version '{version}' of the protocol", version=version),
            msg("its versions are: {versions}", versions=", ".join(each.protocol_version for each in study.versions)),
        )
    if found.effective is not None and found.effective > today:
        raise refuse(
            "DC807",
            msg(
                "version {version} is in effect here from {day} only",
                version=version, day=found.effective.isoformat(),
            ),
            msg("move participants on that day or later"),
        )  # fmt: skip
    return found


def _check_form(state: ParticipantState, form: str, used: Collection[str], version: Version) -> None:
    signed = [name for name, _ in state.consents]
    if form not in signed:
        raise refuse(
            "DC808",
            msg("{participant} has not signed form {form}", participant=state.code, form=form),
            msg(
                "record the consent first: participant consent {participant} --form {form} --date DATE",
                participant=state.code, form=form,
            ),
        )  # fmt: skip
    if form in used:
        raise refuse(
            "DC808",
            msg(
                "{participant} signed form {form} for an earlier version; version {version} needs a new one",
                participant=state.code, form=form, version=version.protocol_version,
            ),
            msg("record the consent to the new form, then name it with --form"),
        )  # fmt: skip


def forms_used(state: ParticipantState, migrated_with: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """Return the forms behind a participant's versions until now: the first that they signed, and each move's."""
    first = {state.consents[0][0]} if state.consents else set()
    return frozenset(first | {each["form"] for each in migrated_with if "form" in each})

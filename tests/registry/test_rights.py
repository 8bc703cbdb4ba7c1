"""Who may record what, and who sees what unblinds: the protocol, the site file and the key decide together."""

from dataclasses import replace
from typing import get_args

import pytest

from dosecalc.app.loading import load_protocol
from dosecalc.errors import Refusal
from dosecalc.protocol.reader import read_site
from dosecalc.protocol.settled import Settled
from dosecalc.protocol.site import Site, StaffRole
from dosecalc.registry.event import KINDS, ROLES, Role
from dosecalc.registry.kind_words import KIND_WORDS, ROLE_WORDS
from dosecalc.registry.kinds import KIND_RULES
from dosecalc.registry.rights import (
    check_may,
    check_unmasked,
    masked_by_protocol,
    may,
    may_be_unmasked,
    role_of,
    view_for,
)
from dosecalc.registry.sealing import Key
from house.source import CHECKOUT

KEY = Key(bytes(32))
STAFF = "staff:\n  wu: administrator\n  liu: nurse\n"
OPEN, SPLIT, DOUBLE = "NCT07203599", "NCT06932393", "NCT07084012"
EXAMPLE = (CHECKOUT / "schedules" / "sites" / "example.yaml").read_text(encoding="utf-8")


def site(protocol: str, unmasked: str = "", staff: str = STAFF) -> Site:
    """A site that answers nothing but who is unmasked."""
    head = EXAMPLE[: EXAMPLE.index("\nprotocols:")].replace("example: true", "example: false").replace("example)", ")")
    head = head.replace("（示例）", "")
    said = f"{{unmasked: {{roles: [{unmasked}], confirmed: {{document: D, section: '1', by: B, date: 2026-03-01}}}}}}"
    return read_site(f"{head}\n{staff}protocols:\n  {protocol}: {said if unmasked else '{}'}\n".encode(), "site.yaml")


def settled(protocol: str, unmasked: str = "", staff: str = STAFF) -> Settled:
    return Settled(protocol=load_protocol(protocol), site=site(protocol, unmasked, staff))


def unmasked_roles(here: Settled, key: Key | None = KEY) -> set[Role]:
    return {role for role in ROLES if not view_for(role, here, key).masked}


def test_in_the_open_trial_nobody_is_masked_with_or_without_the_key() -> None:
    assert unmasked_roles(settled(OPEN)) == unmasked_roles(settled(OPEN), None) == set(ROLES)


@pytest.mark.parametrize("protocol", [SPLIT, DOUBLE])
def test_in_a_masked_trial_only_the_pharmacist_sees_arms_and_only_with_the_key(protocol: str) -> None:
    assert unmasked_roles(settled(protocol)) == {"pharmacist"}
    assert unmasked_roles(settled(protocol), None) == set()


def test_the_site_names_who_else_may_see_arms() -> None:
    assert unmasked_roles(settled(SPLIT, "nurse, monitor")) == {"pharmacist", "nurse", "monitor"}
    assert unmasked_roles(settled(DOUBLE, "data manager")) == {"pharmacist", "data manager"}
    assert unmasked_roles(settled(DOUBLE, "data manager"), None) == set()


def test_whom_the_protocol_masks_no_site_can_unmask() -> None:
    assert masked_by_protocol(settled(SPLIT)) == {"investigator"}
    assert masked_by_protocol(settled(DOUBLE)) == masked_by_protocol(settled(OPEN)) == frozenset()
    assert unmasked_roles(settled(SPLIT, "investigator")) == {"pharmacist"}
    assert unmasked_roles(settled(DOUBLE, "investigator")) == {"pharmacist", "investigator"}


def test_care_providers_and_assessors_are_our_nurses_and_investigators() -> None:
    here = settled(DOUBLE)
    masking = replace(here.protocol.masking, roles=("participant", "care provider"))
    assert masked_by_protocol(replace(here, protocol=replace(here.protocol, masking=masking))) == {"nurse"}
    masking = replace(masking, roles=("outcomes assessor",))
    both = masked_by_protocol(replace(here, protocol=replace(here.protocol, masking=masking)))
    assert both == {"nurse", "investigator"}


def test_an_example_site_unmasks_nobody() -> None:
    here = settled(DOUBLE, "monitor")
    assert here.site is not None
    assert unmasked_roles(replace(here, site=replace(here.site, example=True))) == {"pharmacist"}


def test_without_a_staff_list_the_key_alone_decides() -> None:
    here = settled(DOUBLE, staff="")
    assert not view_for("administrator", here, KEY).masked
    assert view_for("administrator", here, None).masked
    assert not view_for("administrator", here, KEY).staffed
    # people who were added with `study staff` count, too
    assert view_for("administrator", here, KEY, staffed=True).masked


def test_a_masked_person_who_holds_the_key_does_not_get_to_use_it() -> None:
    assert view_for("nurse", settled(DOUBLE), KEY).key is None
    assert view_for("pharmacist", settled(DOUBLE), KEY).key is KEY
    assert KEY.secret.hex() not in repr(view_for("pharmacist", settled(DOUBLE), KEY))


def test_with_a_staff_list_each_kind_has_its_roles_and_without_one_everyone_may() -> None:
    for kind in KINDS:
        assert {role for role in ROLES if may(role, kind, True)} == set(KIND_RULES[kind].roles)
        assert all(may(role, kind, False) for role in ROLES)


def test_who_may_not_record_is_told_who_may() -> None:
    check_may("investigator", "discontinue", True)
    check_may("monitor", "discontinue", False)
    with pytest.raises(Refusal) as refused:
        check_may("monitor", "unblind", True)
    assert str(refused.value) == (
        "DC723 your role, monitor, does not record this: emergency unblinding; "
        "ask one of these to record it: investigator, pharmacist"
    )


def test_a_person_has_the_role_of_the_staff_list() -> None:
    assert role_of("liu", {"liu": "nurse"}) == "nurse"
    assert role_of("anyone", {}) == "administrator"
    with pytest.raises(Refusal) as refused:
        role_of("wang", {"liu": "nurse"})
    assert str(refused.value) == (
        "DC724 'wang' is not in this study's staff list; "
        "give your user name with --as, or ask the administrator to add you with `study staff`"
    )


def test_a_masked_role_is_told_who_sees_arms() -> None:
    here = settled(DOUBLE, "data manager")
    check_unmasked(view_for("pharmacist", here, KEY), here)
    for key in (KEY, None):
        with pytest.raises(Refusal) as refused:
            check_unmasked(view_for("nurse", here, key), here)
        assert str(refused.value) == (
            "DC725 your role, nurse, is masked in this study; this would show an arm; "
            "ask one of these: pharmacist, data manager; "
            "in an emergency `participant unblind` reveals one participant's arm"
        )


def test_an_unmasked_role_without_the_key_is_asked_for_it() -> None:
    here = settled(DOUBLE)
    with pytest.raises(Refusal) as refused:
        check_unmasked(view_for("pharmacist", here, None), here)
    assert str(refused.value) == (
        "DC726 this needs the study's key; give the key file with --key, or name it in DOSECALC_KEY"
    )


def test_the_roles_of_a_site_file_are_those_of_the_events() -> None:
    assert set(get_args(StaffRole)) == set(ROLES) == set(ROLE_WORDS)
    assert set(KIND_WORDS) == set(KINDS)


def test_a_role_in_the_staff_list_may_do_everything_that_some_role_must() -> None:
    assert may_be_unmasked("pharmacist", settled(DOUBLE))
    assert all(rule.roles for rule in KIND_RULES.values())

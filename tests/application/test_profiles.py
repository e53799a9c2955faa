"""Who people are: kept, read, found; each told in the audit trail, and none of it in the trail."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

import attrs
import pytest

from clarity.domain.access import NotAllowed, ReservedSubject, tenant_subject
from clarity.domain.identity import PatientId, PatientRef
from clarity.domain.profile import BadProfile, Details, EmailAddress
from clarity.ports.entities import Key
from clarity.ports.errors import AlreadyExists, NotFound, PortError
from tests.support.worlds import (
    ADA,
    BEN,
    CLINIC,
    CORRELATION,
    NURSE,
    STRANGER,
    World,
    close_trail,
    opened,
    records_of,
    store_days,
)

WHO = {"actor": NURSE, "correlation": CORRELATION}
EMAIL = EmailAddress("Ada@Clinic.example")
DETAILS = Details(email=EMAIL, name="Ada Berg", birth_year=1990, zone=ZoneInfo("Europe/Oslo"))


@pytest.fixture
def world() -> Iterator[World]:
    with opened() as fresh:
        yield fresh


def _keep(world: World, details: Details = DETAILS, patient: PatientRef = ADA):
    return world.app.keep_profile.run(details, patient=patient, **WHO)


def _told(world: World, patient: PatientRef = ADA) -> list[tuple[str, list[str]]]:
    """Operation and touched entities of every record, in order."""
    events = [record.event for record in records_of(world, patient)]
    return [(event.operation.value, [t.entity for t in event.touched]) for event in events]


def test_a_profile_is_handed_out_as_it_was_kept(world: World):
    kept = _keep(world)

    assert world.app.read_profile.run(ADA, **WHO) == kept
    assert (kept.details, kept.created_at) == (DETAILS, world.clock.now())


def test_a_change_keeps_when_the_profile_was_created(world: World):
    created = _keep(world).created_at
    world.clock.advance(3_600)

    changed = _keep(world, attrs.evolve(DETAILS, name="Ada Dahl"))

    assert changed.created_at == created
    assert world.app.read_profile.run(ADA, **WHO).details.name == "Ada Dahl"


def test_what_changes_nothing_leaves_nothing_behind(world: World):
    kept = _keep(world)

    assert _keep(world) == kept
    assert _told(world) == [("profile-change", ["profile"])]


def test_changes_and_reads_are_told_and_nothing_of_the_person_with_them(world: World):
    _keep(world)
    world.app.read_profile.run(ADA, **WHO)
    world.app.find_patient.run(EMAIL, **WHO)

    assert _told(world) == [
        ("profile-change", ["profile"]),
        ("read", ["profile"]),
        ("read", ["profile"]),
    ]
    bodies = b"".join(record.body for record in records_of(world)).lower()
    assert not any(text in bodies for text in (b"clinic.example", b"berg", b"1990", b"oslo"))


def test_an_address_finds_its_person_whatever_its_spelling(world: World):
    _keep(world)

    assert world.app.find_patient.run(EmailAddress("ADA@clinic.example"), **WHO) == ADA


def test_a_question_in_vain_is_told_in_the_chain_of_the_tenant(world: World):
    assert world.app.find_patient.run(EMAIL, **WHO) is None

    assert _told(world, tenant_subject(CLINIC)) == [("read", ["profile"])]
    assert _told(world) == []


def test_people_of_another_tenant_are_found_by_nobody(world: World):
    _keep(world)

    assert world.app.find_patient.run(EMAIL, actor=STRANGER, correlation=CORRELATION) is None


def test_an_address_that_somebody_has_is_refused_by_the_name_of_the_field(world: World):
    _keep(world)

    with pytest.raises(AlreadyExists) as refused:
        _keep(world, attrs.evolve(DETAILS, name="Ben"), BEN)

    assert refused.value.field == "email"
    assert _told(world, BEN) == []


def test_an_address_that_was_given_up_is_free(world: World):
    _keep(world)
    _keep(world, attrs.evolve(DETAILS, email=EmailAddress("ada@home.example")))

    _keep(world, DETAILS, BEN)

    assert world.app.find_patient.run(EMAIL, **WHO) == BEN


def test_who_has_no_profile_cannot_be_read_and_that_somebody_looked_is_told(world: World):
    store_days(world)

    with pytest.raises(NotFound):
        world.app.read_profile.run(ADA, **WHO)

    assert _told(world)[-1] == ("read", ["profile"])


def test_another_tenants_people_are_refused(world: World):
    stranger = {"actor": STRANGER, "correlation": CORRELATION}

    with pytest.raises(NotAllowed):
        world.app.keep_profile.run(DETAILS, patient=ADA, **stranger)
    with pytest.raises(NotAllowed):
        world.app.read_profile.run(ADA, **stranger)


def test_a_reserved_subject_has_no_profile(world: World):
    with pytest.raises(ReservedSubject):
        _keep(world, patient=PatientRef(CLINIC, PatientId("clarity:models")))


def test_who_is_not_born_yet_has_no_profile(world: World):
    with pytest.raises(BadProfile):
        _keep(world, attrs.evolve(DETAILS, birth_year=world.clock.now().year + 1))

    assert _told(world) == []


def test_without_a_record_nothing_is_kept_handed_out_or_told(world: World):
    _keep(world)
    close_trail(world)

    with pytest.raises(PortError):
        _keep(world, attrs.evolve(DETAILS, name="Eve"))
    with pytest.raises(PortError):
        world.app.read_profile.run(ADA, **WHO)
    with pytest.raises(PortError):
        world.app.find_patient.run(EMAIL, **WHO)
    stored = world.core.repository().get(ADA, Key("profile", ()))
    assert stored.entity.details == DETAILS

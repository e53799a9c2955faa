"""Pseudonyms: always the same with the secret, of no use without it."""

import pytest
from hypothesis import given

from clarity.domain.identity import PatientId, PatientRef, TenantId
from clarity.domain.privacy import Beacons, Pseudonyms
from tests.support import strategies

NAMES = Pseudonyms(b"a secret of the tests")
ADA = PatientRef(TenantId("clinic"), PatientId("ada"))


def test_a_pseudonym_is_what_it_was():
    assert NAMES.of(ADA) == "a8b74129055db141fc4eb49b18938595"
    assert Pseudonyms(b"a secret of the tests").of(ADA) == NAMES.of(ADA)


def test_another_secret_gives_another_pseudonym():
    assert Pseudonyms(b"another secret of them").of(ADA) != NAMES.of(ADA)


def test_tenant_and_patient_cannot_be_exchanged_for_each_other():
    one = PatientRef(TenantId("a"), PatientId("bc"))
    other = PatientRef(TenantId("ab"), PatientId("c"))

    assert NAMES.of(one) != NAMES.of(other)


@given(one=strategies.patients(), other=strategies.patients())
def test_two_people_never_have_one_pseudonym(one: PatientRef, other: PatientRef):
    assert (NAMES.of(one) == NAMES.of(other)) == (one == other)


def test_a_secret_that_can_be_tried_out_is_refused():
    with pytest.raises(ValueError, match="secret"):
        Pseudonyms(b"short")


def test_a_secret_may_be_asked_for_when_a_name_is_needed():
    asked = []

    def secret() -> bytes:
        asked.append(1)
        return b"a secret of the tests"

    late = Pseudonyms(secret)

    assert asked == []
    assert late.of(ADA) == NAMES.of(ADA)


def test_the_secret_is_not_shown():
    assert "secret of" not in repr(NAMES)


def _beacon(value: str = "ada@x", *, tenant: str = "clinic", field: str = "email") -> str:
    return Beacons(b"a secret of the tests").of(TenantId(tenant), field=field, value=value)


def test_a_beacon_is_what_it_was_and_shows_nothing():
    assert _beacon() == _beacon()
    assert len(_beacon()) == 64
    assert "secret of" not in repr(Beacons(b"a secret of the tests"))


def test_a_beacon_is_another_one_for_any_other_tenant_field_value_or_secret():
    others = [
        _beacon("bda@x"),
        _beacon(tenant="clinic2"),
        _beacon(field="phone"),
        _beacon("xada@x", tenant="clini", field="cemail"),
        Beacons(b"another secret of them").of(TenantId("clinic"), field="email", value="ada@x"),
    ]

    assert len({_beacon(), *others}) == 6


def test_a_secret_of_beacons_that_can_be_tried_out_is_refused():
    with pytest.raises(ValueError, match="secret"):
        Beacons(b"short")

import pytest

from clarity.domain.access import (
    NotAllowed,
    ReservedSubject,
    require_patient,
    require_tenant,
)
from clarity.domain.identity import Actor, PatientId, PatientRef, Purpose, TenantId
from clarity.domain.models import REGISTRY_SUBJECT

CLINIC = TenantId("clinic")
NURSE = Actor(id="nurse", tenant=CLINIC, purpose=Purpose.TREATMENT)


def test_an_actor_may_touch_patients_of_their_own_tenant() -> None:
    assert require_patient(NURSE, PatientRef(CLINIC, PatientId("p1"))) is None


@pytest.mark.parametrize("other", ["Clinic", "c1inic", "clinic/p1", "clin\u0456c"])
def test_a_tenant_that_only_looks_alike_is_another_tenant(other: str) -> None:
    with pytest.raises(NotAllowed) as refused:
        require_tenant(NURSE, TenantId(other))

    assert refused.value.code == "access.not-allowed"
    assert "nurse" in str(refused.value)


def test_a_refusal_names_neither_patient_nor_data() -> None:
    with pytest.raises(NotAllowed) as refused:
        require_patient(NURSE, PatientRef(TenantId("other"), PatientId("secret-person")))

    assert "secret-person" not in str(refused.value)
    assert "secret-person" not in repr(refused.value)


def test_a_subject_that_is_no_person_cannot_be_touched_as_one() -> None:
    with pytest.raises(ReservedSubject, match="no people"):
        require_patient(NURSE, PatientRef(CLINIC, REGISTRY_SUBJECT))

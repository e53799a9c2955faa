import pytest

from clarity.domain.access import (
    PURPOSES,
    RESERVED,
    Deed,
    NotAllowed,
    NotOperator,
    ReservedSubject,
    WrongPurpose,
    is_person,
    require_operator,
    require_patient,
    require_purpose,
    require_tenant,
    tenant_subject,
)
from clarity.domain.identity import Actor, PatientId, PatientRef, Purpose, Role, TenantId
from clarity.domain.models import REGISTRY_SUBJECT

CLINIC = TenantId("clinic")
NURSE = Actor(id="nurse", tenant=CLINIC, purpose=Purpose.TREATMENT)


def _acting(purpose: Purpose, role: Role = Role.MEMBER) -> Actor:
    return Actor(id="ann", tenant=CLINIC, purpose=purpose, role=role)


def test_an_actor_may_touch_patients_of_their_own_tenant() -> None:
    assert require_patient(NURSE, PatientRef(CLINIC, PatientId("p1"))) is None


@pytest.mark.parametrize("other", ["Clinic", "c1inic", "clinic/p1", "clin\u0456c"])
def test_a_tenant_that_only_looks_alike_is_another_tenant(other: str) -> None:
    with pytest.raises(NotAllowed) as refused:
        require_tenant(NURSE, TenantId(other))

    assert refused.value.code == "access.not-allowed"
    assert str(refused.value) == (
        f"nurse does not act for tenant {other}; sign in with that tenant"
    )


def test_a_refusal_names_neither_patient_nor_data() -> None:
    with pytest.raises(NotAllowed) as refused:
        require_patient(NURSE, PatientRef(TenantId("other"), PatientId("secret-person")))

    assert "secret-person" not in str(refused.value)
    assert "secret-person" not in repr(refused.value)


def test_a_subject_that_is_no_person_cannot_be_touched_as_one() -> None:
    with pytest.raises(ReservedSubject) as refused:
        require_patient(NURSE, PatientRef(CLINIC, REGISTRY_SUBJECT))

    assert refused.value.code == "access.reserved-subject"
    assert str(refused.value) == ("ids that begin with clarity: are no people; choose another id")


def test_the_subject_of_a_tenant_is_reserved_and_its_own() -> None:
    subject = tenant_subject(CLINIC)

    assert subject == PatientRef(CLINIC, PatientId("clarity:tenant"))
    assert not is_person(subject)
    assert is_person(PatientRef(CLINIC, PatientId(f"x{RESERVED}")))


@pytest.mark.parametrize(
    ("deed", "purposes"),
    [
        (Deed.EXPORT, {"patient-request", "treatment"}),
        (Deed.ERASE, {"patient-request", "operations"}),
        (Deed.PURGE, {"operations"}),
        (Deed.KEEP, {"operations"}),
    ],
)
def test_a_deed_is_done_for_its_purposes_and_for_no_other(deed: Deed, purposes: set[str]) -> None:
    assert {purpose.value for purpose in PURPOSES[deed]} == purposes
    for purpose in Purpose:
        if purpose in purposes:
            require_purpose(_acting(purpose), deed)
        else:
            with pytest.raises(WrongPurpose):
                require_purpose(_acting(purpose), deed)


def test_every_deed_has_its_purposes() -> None:
    assert set(PURPOSES) == set(Deed)


def test_a_wrong_purpose_is_told_with_those_that_would_do() -> None:
    with pytest.raises(WrongPurpose) as refused:
        require_purpose(_acting(Purpose.RESEARCH), Deed.EXPORT)

    assert refused.value.code == "access.wrong-purpose"
    assert str(refused.value) == (
        "handing out everything about a person is for patient-request or treatment, not for "
        "research; state the purpose if it is one of them (on the command line: --purpose)"
    )


def test_an_operator_may_do_what_concerns_a_whole_store() -> None:
    assert require_operator(_acting(Purpose.OPERATIONS, Role.OPERATOR)) is None


@pytest.mark.parametrize("purpose", Purpose)
def test_no_purpose_makes_an_operator(purpose: Purpose) -> None:
    with pytest.raises(NotOperator) as refused:
        require_operator(_acting(purpose))

    assert refused.value.code == "access.not-operator"
    assert str(refused.value) == (
        "ann does not run this store, and this concerns all of its tenants; "
        "let an operator do it (on the command line: --role operator)"
    )


def test_an_operator_who_acts_for_something_else_does_not_operate() -> None:
    with pytest.raises(WrongPurpose, match="copying, checking or restoring a store is for oper"):
        require_operator(_acting(Purpose.RESEARCH, Role.OPERATOR))


def test_an_operator_sees_nobody_else_s_patients() -> None:
    operator = _acting(Purpose.OPERATIONS, Role.OPERATOR)

    with pytest.raises(NotAllowed):
        require_patient(operator, PatientRef(TenantId("other"), PatientId("p1")))

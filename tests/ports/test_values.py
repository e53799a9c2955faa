"""The values that ports take and give, and the errors with which they refuse."""

from datetime import UTC, datetime

import pytest

from clarity.domain.identity import PatientId, PatientRef, TenantId
from clarity.domain.timeline import NaiveTime
from clarity.ports import errors
from clarity.ports.audit import AuditFilter
from clarity.ports.entities import Key
from clarity.ports.errors import PortError, Transient
from clarity.ports.repository import Delete, Put
from tests.contracts.repository.harness import chunk, evidence

CLINIC = TenantId("clinic")
NAIVE = datetime.fromisoformat("2026-01-05T12:00:00")

ERRORS = {
    errors.NotFound("chunk/a"): "chunk/a does not exist; check the id",
    errors.StaleVersion("chunk/a", 3): (
        "chunk/a is at version 3 by now; read it again and repeat the change"
    ),
    errors.AlreadyExists("chunk/a"): ("chunk/a exists already; change it instead of creating it"),
    errors.IdempotencyMismatch(): (
        "this idempotency key belongs to another request; use a new key"
    ),
    errors.BadCursor("was changed"): "the cursor was changed; start again from the first page",
    errors.Throttled(1.5): "too many requests; try again in 1.5 s",
    errors.Unavailable("the store"): "the store cannot be reached; see `clarity health`",
    errors.TimedOut("the store", 2.0): "the store did not answer within 2 s; try again",
    errors.Denied("writing"): "writing is not allowed; check the permissions",
    errors.Corrupt("the store"): "the store is damaged; keep it and restore from a backup",
    errors.DamagedEntity("the stored result", "analyze the same again, which replaces it"): (
        "the stored result is damaged; analyze the same again, which replaces it"
    ),
    errors.TooNew("the store", 1, 2): (
        "the store is of version 2, this clarity knows up to 1; update clarity"
    ),
    errors.TooLarge("one commit", 90, 91): (
        "one commit is limited to 90, 91 given; send less at once"
    ),
    errors.Unexpected("x"): "unexpected answer (x); report it with the correlation id",
}


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_says_what_is_true_and_what_to_do(error: PortError):
    assert str(error) == ERRORS[error]


def test_what_somebody_else_has_alike_is_named_by_its_field():
    told = str(errors.AlreadyExists("profile", field="email"))

    assert told == "a profile with this email exists already; choose another"


def test_what_exists_already_is_told_with_its_version_where_there_is_one():
    assert str(errors.AlreadyExists("chunk/a", 3)) == (
        "chunk/a exists already at version 3; change it instead of creating it"
    )


def test_every_error_of_the_closed_set_is_tried_here():
    named = (getattr(errors, name) for name in errors.__all__)
    kinds = {one for one in named if isinstance(one, type)} - {PortError, Transient}

    assert {type(error) for error in ERRORS} == kinds


def test_a_retry_may_cure_these_and_no_others():
    transient = {type(error) for error in ERRORS if isinstance(error, Transient)}

    assert transient == {errors.Throttled, errors.Unavailable, errors.TimedOut}


@pytest.mark.parametrize(
    "make",
    [
        lambda: Put(chunk(), 0, NAIVE),
        lambda: evidence(at=NAIVE),
        lambda: AuditFilter(tenant=CLINIC, since=NAIVE),
        lambda: AuditFilter(tenant=CLINIC, until=NAIVE),
    ],
    ids=["put", "evidence", "since", "until"],
)
def test_a_time_without_a_zone_is_refused(make):
    with pytest.raises(NaiveTime):
        make()


def test_times_with_a_zone_are_fine():
    now = datetime(2026, 1, 5, tzinfo=UTC)

    assert AuditFilter(tenant=CLINIC, since=now, until=now).since == now
    assert Put(chunk(), 0, now).expires_at == now


@pytest.mark.parametrize(
    "make",
    [lambda: Put(chunk(), -1), lambda: Delete(Key("chunk", ("a", "b")), 0)],
    ids=["put", "delete"],
)
def test_versions_below_the_first_are_refused(make):
    with pytest.raises(ValueError, match="based_on"):
        make()


def test_a_filter_for_a_patient_of_another_tenant_is_refused():
    with pytest.raises(ValueError, match="another tenant"):
        AuditFilter(tenant=TenantId("other"), patient=PatientRef(CLINIC, PatientId("ada")))

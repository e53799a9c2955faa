"""Who is unknown is refused by every use case, and asking for them does not make them known."""

from collections.abc import Callable, Iterator
from typing import Final

import pytest

from clarity.application.known_people import PatientUnknown
from clarity.application.read import Days
from clarity.application.summarize import Period
from clarity.domain.access import tenant_subject
from clarity.domain.streams import StreamKind
from clarity.ports.audit import AuditFilter
from clarity.ports.errors import NotFound
from tests.support.worlds import (
    ADA,
    BEN,
    CLERK,
    CLINIC,
    CORRELATION,
    World,
    opened,
    records_of,
    store_days,
)

WHO: Final = {"actor": CLERK, "correlation": CORRELATION}


def _days(patient) -> Days:
    return Days(patient=patient, stream=StreamKind.ACTIVITY)


def _or_none(ask: Callable[[], object]) -> object:
    """The answer; None where of somebody who is known there is nothing of the kind."""
    try:
        return ask()
    except NotFound:
        return None


ASKING: Final[dict[str, Callable[[World, object], object]]] = {
    "read": lambda world, who: world.app.read.run(_days(who), **WHO),
    "summarize": lambda world, who: world.app.summarize.run(_days(who), by=Period.DAY, **WHO),
    "streams": lambda world, who: world.app.streams_held.run(who, **WHO),
    "profile": lambda world, who: _or_none(lambda: world.app.read_profile.run(who, **WHO)),
    "latest": lambda world, who: _or_none(lambda: world.app.latest_result.run(who, **WHO)),
    "export": lambda world, who: world.app.export.run(who, **WHO),
    "erase": lambda world, who: world.app.erase.run(who, **WHO),
    "audit-report": lambda world, who: world.app.audit_report.run(
        AuditFilter(tenant=CLINIC, patient=who), **WHO
    ),
    "export-trail": lambda world, who: world.app.export_trail.run(CLINIC, patients=[who], **WHO),
}


@pytest.fixture
def world() -> Iterator[World]:
    with opened() as fresh:
        store_days(fresh, count=3)
        yield fresh


def _patients(world: World) -> tuple[int, list[str]]:
    stock = world.core.inventory().stock(CLINIC)
    return stock.patients, [str(p.patient) for p in world.core.audit_trail().patients(CLINIC)]


@pytest.mark.parametrize("asking", ASKING)
def test_who_is_unknown_is_refused_and_stays_unknown(world: World, asking: str):
    with pytest.raises(PatientUnknown, match="check the id"):
        ASKING[asking](world, BEN)

    assert _patients(world) == (1, ["ada", "clarity:tenant"])


@pytest.mark.parametrize("asking", ASKING)
def test_that_somebody_asked_stands_in_the_chain_of_the_tenant_without_the_id(
    world: World, asking: str
):
    with pytest.raises(PatientUnknown):
        ASKING[asking](world, BEN)

    (record,) = records_of(world, tenant_subject(CLINIC))
    operation = "audit-report" if asking == "export-trail" else asking
    looks = {"summarize", "streams", "profile", "latest"}
    assert record.event.operation.value == ("read" if asking in looks else operation)
    assert (record.event.actor, record.event.touched) == (CLERK, ())
    assert b"ben" not in record.body


@pytest.mark.parametrize("asking", ASKING)
def test_who_is_known_is_answered(world: World, asking: str):
    ASKING[asking](world, ADA)

    assert records_of(world, tenant_subject(CLINIC)) == ()


@pytest.mark.parametrize("asking", [name for name in ASKING if name != "export-trail"])
def test_who_was_erased_is_known_still(world: World, asking: str):
    world.app.erase.run(ADA, **WHO)

    ASKING[asking](world, ADA)

    assert _patients(world) == (1, ["ada"])


def test_nothing_is_counted_of_who_is_unknown(world: World):
    with pytest.raises(PatientUnknown):
        world.app.erase.held(BEN, **WHO)


def test_a_window_without_days_of_a_known_person_is_empty_and_recorded(world: World):
    before = len(records_of(world))
    none = Days(patient=ADA, stream=StreamKind.SLEEP)

    assert world.app.read.run(none, **WHO).items == ()
    assert len(records_of(world)) == before + 1


@pytest.mark.parametrize("asking", ["audit-report", "export-trail"])
def test_the_chain_of_the_tenant_may_be_asked_for_before_it_begins(world: World, asking: str):
    assert ASKING[asking](world, tenant_subject(CLINIC)) is not None


def test_the_streams_of_a_person_are_those_of_which_something_is_stored(world: World):
    assert world.app.read.streams(ADA, actor=CLERK) == (StreamKind.ACTIVITY,)
    assert world.app.read.streams(BEN, actor=CLERK) == ()

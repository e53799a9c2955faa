"""Where the trail cannot be written, nothing is done and nothing is handed out."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Final

import pytest

from clarity.application.read import Days
from clarity.application.reports import Order, Refused, Rendered, Stored
from clarity.domain.streams import StreamKind
from clarity.ports.audit import AuditFilter
from clarity.ports.entities import key_of
from clarity.ports.errors import NotFound, PortError
from clarity.ports.recordings import ReadOptions
from tests.support.recordings import depresjon_table, source_of
from tests.support.worlds import (
    ADA,
    BEN,
    CLERK,
    CLINIC,
    CORRELATION,
    NURSE,
    STEWARD,
    World,
    close_trail,
    day_of,
    opened,
    records_of,
    store_days,
)

ACTIVITY: Final = Days(patient=ADA, stream=StreamKind.ACTIVITY)
WHO: Final = {"actor": NURSE, "correlation": CORRELATION}
ON_BEHALF: Final = {"actor": CLERK, "correlation": CORRELATION}
KEEPING: Final = {"actor": STEWARD, "correlation": CORRELATION}
TABLE: Final = source_of(depresjon_table())


def _ingest(world: World) -> object:
    (recording,) = world.app.ingest.read(TABLE, options=ReadOptions())
    return world.app.ingest.run(recording, patient=BEN, **WHO)


CALLS: Final[dict[str, Callable[[World], object]]] = {
    "read": lambda world: world.app.read.run(ACTIVITY, **WHO),
    "analyze": lambda world: world.app.analyze.run(ACTIVITY, **WHO),
    "ingest": _ingest,
    "audit_report": lambda world: next(
        world.app.audit_report.run(AuditFilter(tenant=CLINIC, patient=ADA), **WHO)
    ),
    "export_trail": lambda world: list(world.app.export_trail.run(CLINIC, patients=None, **WHO)),
    "export": lambda world: list(world.app.export.run(ADA, **ON_BEHALF)),
    "retention": lambda world: world.app.retention.run(
        CLINIC, older_than=timedelta(days=1), **KEEPING
    ),
    "erase": lambda world: world.app.erase.run(ADA, **ON_BEHALF),
}


@pytest.fixture
def world() -> Iterator[World]:
    with opened() as fresh:
        store_days(fresh, count=3)
        close_trail(fresh)
        yield fresh


@pytest.mark.parametrize("call", CALLS)
def test_the_operation_fails(world: World, call: str):
    before = records_of(world)

    with pytest.raises(PortError):
        CALLS[call](world)

    assert records_of(world) == before


@pytest.mark.parametrize("call", CALLS)
def test_it_works_while_the_trail_is_open(call: str):
    with opened() as world:
        store_days(world, count=3)

        assert CALLS[call](world)


def test_nothing_is_stored_without_its_record(world: World):
    with pytest.raises(PortError):
        _ingest(world)

    with pytest.raises(NotFound):
        world.core.repository().get(BEN, key_of(day_of()))


def test_a_report_is_refused_file_by_file(world: World):
    order = Order(sources=(TABLE,), options=ReadOptions(), **WHO)

    steps = list(world.app.report.run(order))

    assert any(isinstance(step, Refused) for step in steps)
    assert not [step for step in steps if isinstance(step, Rendered | Stored)]

"""The latest result: by the end of its window, then by when it was computed; audited."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from clarity.application.read import Days
from clarity.domain.access import NotAllowed
from clarity.domain.analysis.result import AnalysisResult
from clarity.domain.audit import Operation
from clarity.domain.streams import StreamKind
from clarity.ports.entities import key_of
from clarity.ports.errors import NotFound, PortError
from clarity.ports.repository import Put
from tests.contracts.repository.harness import result
from tests.support.clocks import START
from tests.support.worlds import (
    ADA,
    CORRELATION,
    NURSE,
    STRANGER,
    World,
    close_trail,
    evidence,
    opened,
    records_of,
    store_days,
)

WHO = {"actor": NURSE, "correlation": CORRELATION}
NOON = datetime(2003, 5, 8, 12, tzinfo=ZoneInfo("Europe/Oslo"))


@pytest.fixture
def world() -> Iterator[World]:
    with opened() as fresh:
        yield fresh


def _stored(world: World, *results: AnalysisResult) -> None:
    world.core.repository().commit([Put(one, 0) for one in results], evidence=evidence())


def _latest(world: World, **other: object) -> AnalysisResult:
    return world.app.latest_result.run(ADA, **{**WHO, **other})


def test_an_analysis_is_the_latest_result_without_being_computed_again(world: World):
    store_days(world, count=3)
    days = Days(patient=ADA, stream=StreamKind.ACTIVITY)
    made = world.app.analyze.run(days, **WHO).result

    assert _latest(world) == made


def test_the_window_that_ends_last_counts_whenever_it_was_computed(world: World):
    late = result(NOON, print_="0" * 64, at=START)
    early = result(NOON - timedelta(days=1), print_="f" * 64, at=START + timedelta(days=9))
    _stored(world, early, late)

    assert _latest(world) == late


def test_of_results_about_one_window_the_last_computed_counts(world: World):
    made = [
        result(NOON, print_=f"{9 - hours:064x}", at=START + timedelta(hours=hours))
        for hours in range(3)
    ]
    _stored(world, *made)

    assert _latest(world) == made[-1]


def test_results_of_another_kind_or_person_do_not_count(world: World):
    mine = result(NOON)
    other = result(NOON + timedelta(days=1), kind="sleep")
    _stored(world, mine, other)

    assert _latest(world) == mine
    assert _latest(world, kind="sleep") == other
    with pytest.raises(NotFound):
        _latest(world, kind="mood")


def test_that_somebody_looked_for_a_result_in_vain_is_recorded(world: World):
    store_days(world)
    before = len(records_of(world))

    with pytest.raises(NotFound):
        _latest(world)

    (record,) = records_of(world)[before:]
    assert (record.event.operation, record.event.touched) == (Operation.READ, ())


def test_the_read_is_told_before_the_result_is_handed_out(world: World):
    made = result(NOON)
    _stored(world, made)
    _latest(world)

    event = records_of(world)[-1].event
    assert (event.operation.value, event.touched[0].entity) == ("read", str(key_of(made)))
    close_trail(world)
    with pytest.raises(PortError):
        _latest(world)


def test_another_tenants_person_is_refused(world: World):
    with pytest.raises(NotAllowed):
        _latest(world, actor=STRANGER)

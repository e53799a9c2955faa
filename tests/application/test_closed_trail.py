"""Where the trail cannot be written, nothing is done and nothing is handed out."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import attrs
import pytest

from clarity.application.analyze import NothingStored
from clarity.application.ask_model import ModelQuestion
from clarity.application.orders import Order, Rendered
from clarity.application.read import Days
from clarity.application.retention_rules import ALL, RetentionRules
from clarity.application.summarize import Period
from clarity.domain.audit import Operation
from clarity.domain.models import ModelSelector
from clarity.domain.pat.variants import WEEK_MIN
from clarity.domain.profile import Details, EmailAddress
from clarity.domain.streams import StreamKind
from clarity.ports.audit import AuditFilter
from clarity.ports.entities import key_of
from clarity.ports.errors import NotFound, PortError
from clarity.ports.recordings import ReadOptions
from clarity.ports.report import Refused
from clarity.ports.repository import Put
from tests.contracts.repository.harness import result
from tests.domain.analysis.made_up import recording
from tests.support.model_desk import ANN, CASE, desk
from tests.support.models import tiny_bundle
from tests.support.recordings import depresjon_table, source_of
from tests.support.worlds import (
    ADA,
    BEN,
    CLERK,
    CLINIC,
    CORRELATION,
    NURSE,
    OPERATOR,
    STEWARD,
    World,
    close_trail,
    day_of,
    evidence,
    opened,
    records_of,
    store_days,
)

ACTIVITY: Final = Days(patient=ADA, stream=StreamKind.ACTIVITY)
NOTHING: Final = Days(patient=ADA, stream=StreamKind.SLEEP)
WHO: Final = {"actor": NURSE, "correlation": CORRELATION}
ON_BEHALF: Final = {"actor": CLERK, "correlation": CORRELATION}
KEEPING: Final = {"actor": STEWARD, "correlation": CORRELATION}
OPERATING: Final = {"actor": OPERATOR, "correlation": CORRELATION}
DETAILS: Final = Details(email=EmailAddress("ada@x"), name="Ada", zone=ZoneInfo("UTC"))
OTHER: Final = attrs.evolve(DETAILS, name="Ada Berg")
RESULT: Final = result(datetime(2003, 5, 2, tzinfo=UTC), kind="stored")
TABLE: Final = source_of(depresjon_table())


def _ingest(world: World, _: Path) -> object:
    (recording,) = world.app.ingest.read(TABLE, options=ReadOptions())
    return world.app.ingest.run(recording, patient=BEN, **WHO)


def _ask(world: World, folder: Path) -> object:
    with desk(folder / "models") as models:
        models.register.run(tiny_bundle(length=WEEK_MIN), actor=ANN, correlation=CASE)
        models.promote("toy:1.0.0")
        ask = attrs.evolve(world.core.ask(), predictors=models.predictor)
        return ask.run(
            recording(days=9),
            question=ModelQuestion(selector=ModelSelector("toy")),
            patient=ADA,
            **WHO,
        )


CALLS: Final[dict[str, Callable[[World, Path], object]]] = {
    "read": lambda world, _: world.app.read.run(ACTIVITY, **WHO),
    "read of nothing": lambda world, _: world.app.read.run(NOTHING, **WHO),
    "summarize": lambda world, _: world.app.summarize.run(ACTIVITY, by=Period.DAY, **WHO),
    "analyze": lambda world, _: world.app.analyze.run(ACTIVITY, **WHO),
    "streams_held": lambda world, _: world.app.streams_held.run(ADA, **WHO),
    "latest_result": lambda world, _: world.app.latest_result.run(ADA, kind="stored", **WHO),
    "keep_profile": lambda world, _: world.app.keep_profile.run(OTHER, patient=ADA, **WHO),
    "read_profile": lambda world, _: world.app.read_profile.run(ADA, **WHO),
    "find_patient": lambda world, _: world.app.find_patient.run(DETAILS.email, **WHO),
    "find nobody": lambda world, _: world.app.find_patient.run(EmailAddress("b@x"), **WHO),
    "ask_model": _ask,
    "ingest": _ingest,
    "import_days": lambda world, _: list(
        world.app.import_days.run([day_of(100)], patient=ADA, **WHO)
    ),
    "audit_report": lambda world, _: next(
        world.app.audit_report.run(AuditFilter(tenant=CLINIC, patient=ADA), **WHO)
    ),
    "verify_trail": lambda world, _: world.app.verify_trail.run(CLINIC, **WHO),
    "status": lambda world, _: world.app.status.run(CLINIC, **WHO),
    "export_trail": lambda world, _: list(world.app.export_trail.run(CLINIC, patients=None, **WHO)),
    "export": lambda world, _: list(world.app.export.run(ADA, **ON_BEHALF)),
    "held": lambda world, _: world.app.erase.held(ADA, **ON_BEHALF),
    "erase": lambda world, _: world.app.erase.run(ADA, **ON_BEHALF),
    "retention": lambda world, _: world.app.retention.run(
        CLINIC, rules=RetentionRules({ALL: 1}), **KEEPING
    ),
    "back_up": lambda world, folder: world.app.keep.back_up(folder / "copy", **OPERATING),
    "check": lambda world, _: world.app.keep.check(**OPERATING),
    "restored": lambda world, _: world.app.keep.restored(**OPERATING),
}

UNTOLD: Final[dict[str, Callable[[World], object]]] = {
    "jobs": lambda world: world.app.jobs.run(actor=NURSE, limit=10, cursor=None),
    "unfinished_jobs": lambda world: world.app.unfinished_jobs.run(
        actor=NURSE, limit=10, cursor=None
    ),
    "keep_profile": lambda world: world.app.keep_profile.run(DETAILS, patient=ADA, **WHO),
    "health": lambda world: world.app.health.run(),
    "sign_heads": lambda world: world.app.sign_heads.run(CLINIC, again_after=None, actor=NURSE),
    "public_key": lambda world: world.app.export_trail.public_key(),
    "models": lambda world: world.core.models().listing.run() == (),
}
"""What leaves no record, for the reasons that ADR 0008 gives."""


def _records(world: World) -> int:
    return world.core.copies().check().records


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with opened(tmp_path / "store.db") as fresh:
        store_days(fresh, count=3)
        fresh.core.repository().commit([Put(RESULT, 0)], evidence=evidence())
        fresh.app.keep_profile.run(DETAILS, patient=ADA, **WHO)
        yield fresh


@pytest.mark.parametrize("call", CALLS)
def test_the_operation_fails(world: World, tmp_path: Path, call: str):
    close_trail(world)
    before = _records(world)

    with pytest.raises(PortError):
        CALLS[call](world, tmp_path)

    assert _records(world) == before
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize("call", CALLS)
def test_it_leaves_a_record_while_the_trail_is_open(world: World, tmp_path: Path, call: str):
    before = _records(world)

    CALLS[call](world, tmp_path)

    assert _records(world) > before


def test_an_analysis_of_nothing_is_recorded_like_a_read_of_nothing(world: World):
    before = len(records_of(world, ADA))

    with pytest.raises(NothingStored):
        world.app.analyze.run(NOTHING, **WHO)

    (record,) = records_of(world, ADA)[before:]
    assert (record.event.operation, record.event.touched) == (Operation.READ, ())


def test_an_analysis_of_nothing_is_not_answered_without_its_record(world: World):
    close_trail(world)

    with pytest.raises(PortError):
        world.app.analyze.run(NOTHING, **WHO)


@pytest.mark.parametrize("call", UNTOLD)
def test_what_shows_no_health_data_works_without_the_trail_and_leaves_no_record(
    world: World, call: str
):
    close_trail(world)
    before = _records(world)

    assert UNTOLD[call](world)

    assert _records(world) == before


def test_nothing_is_stored_without_its_record(world: World, tmp_path: Path):
    close_trail(world)

    with pytest.raises(PortError):
        _ingest(world, tmp_path)

    with pytest.raises(NotFound):
        world.core.repository().get(BEN, key_of(day_of()))


def test_a_report_is_refused_file_by_file(world: World):
    close_trail(world)
    order = Order(sources=(TABLE,), options=ReadOptions(), **WHO)

    steps = list(world.app.report.run(order))

    assert any(isinstance(step, Refused) for step in steps)
    assert not [step for step in steps if isinstance(step, Rendered)]

"""The adapters of port Repository, each with the audit trail and the clock of its world."""

import itertools
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import attrs
import numpy as np

from clarity.adapters.aws._operations import Attribute, Op
from clarity.adapters.aws.dynamodb.batch import Address
from clarity.adapters.aws.dynamodb.keys import key_text, owner_pk
from clarity.adapters.aws.dynamodb.payloads import Payloads
from clarity.adapters.aws.dynamodb.tables import MAIN
from clarity.adapters.local.audit import SqliteAuditTrail
from clarity.adapters.local.blobs import DirectoryBlobStore
from clarity.adapters.local.items import EntityCodec
from clarity.adapters.local.repository import SqliteRepository
from clarity.adapters.local.store import SqliteStore, open_store
from clarity.adapters.observability.metered import MeteredRepository
from clarity.adapters.observability.metrics import MemoryMetrics
from clarity.adapters.observability.traced import TracedRepository
from clarity.adapters.observability.tracing import MemoryTracer
from clarity.adapters.packing.shuffle_zstd import ShuffleZstdCodec
from clarity.domain.analysis.result import AnalysisResult, Provenance
from clarity.domain.audit import AuditRecord, Operation
from clarity.domain.identity import Actor, CorrelationId, PatientId, PatientRef, Purpose, TenantId
from clarity.domain.profile import Details, EmailAddress, Profile
from clarity.domain.streams import DayChunk, StreamKind, Unit
from clarity.domain.timeline import TimeWindow
from clarity.ports.audit import AuditFilter, AuditTrail
from clarity.ports.entities import Entity, key_of, spec_of
from clarity.ports.query import Page, Query, Stored
from clarity.ports.repository import Evidence, Repository
from tests.support.clocks import START, HandClock
from tests.support.dynamodb import World, world_on
from tests.support.engines import running
from tests.support.seeding import SeedingRepository

__all__ = [
    "ADA",
    "BEN",
    "OPENERS",
    "READERS",
    "RepositoryHarness",
    "chunk",
    "digest",
    "everything",
    "evidence",
    "profile",
    "result",
    "spoil",
    "trail_of",
    "unversion",
]

ADA: Final = PatientRef(TenantId("clinic"), PatientId("ada"))
BEN: Final = PatientRef(TenantId("clinic"), PatientId("ben"))


@attrs.frozen(kw_only=True)
class RepositoryHarness:
    """
    A fresh repository, the trail that its commits leave, and the clock that it goes by.

    Attributes:
        damaged: damages what is stored of that entity of ada, but not its digest.
        unversioned: what is stored of that entity of ada has a version that none has.
    """

    repository: Repository
    trail: AuditTrail
    clock: HandClock
    damaged: Callable[[Entity], None]
    unversioned: Callable[[Entity], None]


def spoil(store: SqliteStore, entity: Entity) -> None:
    """The bytes of every stored entity of that kind are others than were stored."""
    with store.writing() as connection:
        connection.execute(f"UPDATE {spec_of(type(entity)).kind} SET body = x'7b7d'")


def unversion(store: SqliteStore, entity: Entity) -> None:
    with store.writing() as connection:
        connection.execute(f"UPDATE {spec_of(type(entity)).kind} SET version = 0")


def _spoil_item(world: World, entity: Entity) -> None:
    """The item of ada's entity has a device, or an epoch, that was not stored."""
    _change_item(world, entity, "SET i = :v, epoch_s = :v", {"S": "x"})


def _unversion_item(world: World, entity: Entity) -> None:
    _change_item(world, entity, "SET v = :v", {"N": "0"})


def _change_item(world: World, entity: Entity, change: str, value: Attribute) -> None:
    world.connection.run(
        Op(
            operation="update_item",
            parameters={
                "TableName": world.connection.table(MAIN.name),
                "Key": Address(MAIN.name, owner_pk(ADA), key_text(key_of(entity))).key,
                "UpdateExpression": change,
                "ExpressionAttributeValues": {":v": value},
            },
            decode=lambda _: None,
            table=MAIN.name,
            reads=False,
        )
    )


@contextmanager
def _sqlite(path: Path | None) -> Iterator[RepositoryHarness]:
    clock = HandClock()
    with open_store(path, busy_timeout_s=10) as store:
        yield RepositoryHarness(
            repository=SqliteRepository(store, EntityCodec(ShuffleZstdCodec()), clock),
            trail=SqliteAuditTrail(store, clock),
            clock=clock,
            damaged=partial(spoil, store),
            unversioned=partial(unversion, store),
        )


@contextmanager
def _sqlite_file() -> Iterator[RepositoryHarness]:
    with tempfile.TemporaryDirectory() as folder, _sqlite(Path(folder) / "store.db") as world:
        yield world


@contextmanager
def _watched() -> Iterator[RepositoryHarness]:
    """A repository as bootstrap stacks it: traced, metered, real."""
    with _sqlite(None) as world:
        metered = MeteredRepository(world.repository, MemoryMetrics(), world.clock)
        yield attrs.evolve(world, repository=TracedRepository(metered, MemoryTracer(world.clock)))


@contextmanager
def _metered() -> Iterator[RepositoryHarness]:
    with _sqlite(None) as world:
        metered = MeteredRepository(world.repository, MemoryMetrics(), world.clock)
        yield attrs.evolve(world, repository=metered)


Opener = Callable[[], AbstractContextManager[RepositoryHarness]]


def _over(world: World, clock: HandClock) -> RepositoryHarness:
    return RepositoryHarness(
        repository=world.repository,
        trail=world.trail,
        clock=clock,
        damaged=partial(_spoil_item, world),
        unversioned=partial(_unversion_item, world),
    )


@contextmanager
def _dynamodb(engine: str) -> Iterator[RepositoryHarness]:
    clock = HandClock()
    with world_on(running(engine), clock) as world:
        yield _over(world, clock)


@contextmanager
def _beside() -> Iterator[RepositoryHarness]:
    """Every payload lies in a blob store, however small."""
    clock = HandClock()
    with tempfile.TemporaryDirectory() as folder:
        payloads = Payloads(blobs=DirectoryBlobStore(root=Path(folder)), inline_bytes=0)
        with world_on(running("ministack"), clock, payloads=payloads) as world:
            yield _over(world, clock)


OPENERS: Final[dict[str, Opener]] = {
    "dynamodb-moto": lambda: _dynamodb("moto"),
    "dynamodb-ministack": lambda: _dynamodb("ministack"),
    "dynamodb-ministack-blobs": _beside,
    "sqlite-memory": lambda: _sqlite(None),
    "sqlite-file": _sqlite_file,
    "metered": _metered,
    "traced-metered": _watched,
}


@contextmanager
def _seeded() -> Iterator[RepositoryHarness]:
    """An engine without transactions, filled piece by piece; for what only reads."""
    clock = HandClock()
    with world_on(running("dynalite"), clock) as world:
        yield RepositoryHarness(
            repository=SeedingRepository(world.repository, world.trail),
            trail=world.trail,
            clock=clock,
            damaged=partial(_spoil_item, world),
            unversioned=partial(_unversion_item, world),
        )


READERS: Final[dict[str, Opener]] = {**OPENERS, "dynamodb-dynalite-read": _seeded}
"""Those whose reading side is tried too."""


def digest(content: int = 0) -> str:
    """A request digest that stands for `content`."""
    return f"{content:064x}"


_numbers = itertools.count(1)


def evidence(
    patient: PatientRef = ADA, *, key: str = "", request: str = "", at: datetime = START
) -> Evidence:
    """Somebody of the patient's clinic ingests; each with a correlation of its own."""
    return Evidence(
        actor=Actor(id="nurse", tenant=patient.tenant, purpose=Purpose.TREATMENT),
        patient=patient,
        operation=Operation.INGEST,
        correlation=CorrelationId(f"c-{next(_numbers)}"),
        at=at,
        idempotency_key=key,
        request_digest=request,
    )


def chunk(number: int = 0, *, level: float = 1.0) -> DayChunk:
    """The day `number` after 2003-05-01 in UTC, every half hour at `level`."""
    return DayChunk(
        stream=StreamKind.ACTIVITY,
        day=date(2003, 5, 1) + timedelta(days=number),
        zone=ZoneInfo("UTC"),
        epoch_s=1_800,
        unit=Unit.COUNTS,
        values=np.full(48, level),
        source=digest(number),
    )


def profile(email: str = "ada@clinic.example", *, name: str = "") -> Profile:
    """Of somebody with that address, kept since the start of time."""
    details = Details(email=EmailAddress(email), name=name, zone=ZoneInfo("UTC"))
    return Profile(details=details, created_at=START)


def result(
    end: datetime, *, kind: str = "rest-activity", print_: str = "", at: datetime = START
) -> AnalysisResult:
    """About the day before `end`, computed `at`; without findings."""
    made = Provenance(
        input_digest=digest(),
        analyses={"test": "1"},
        clarity_version="1.0",
        computed_at=at,
        fingerprint=print_ or digest(),
    )
    return AnalysisResult(
        kind=kind,
        window=TimeWindow(start=end - timedelta(days=1), end=end),
        epoch_s=60,
        findings=(),
        nights=(),
        spans=(),
        notices=(),
        provenance=made,
    )


def everything(repository: Repository, query: Query[Entity]) -> list[Stored[Entity]]:
    """The answer to `query`, all its pages together."""
    page: Page[Entity] = repository.query(query)
    found = list(page.items)
    while page.cursor is not None:
        page = repository.query(query.page(query.page_size, page.cursor))
        found += page.items
    return found


def trail_of(world: RepositoryHarness, patient: PatientRef = ADA) -> tuple[AuditRecord, ...]:
    """All audit records about `patient` (at most 1,000)."""
    wanted = AuditFilter(tenant=patient.tenant, patient=patient)
    return world.trail.records(wanted, limit=1_000, cursor=None).records

"""
One stored item of each kind that is no entity: what was once written is read for ever.

A form is changed by adding a reader for it, never by editing these files.
"""

import json
from binascii import a2b_base64
from datetime import UTC, datetime
from pathlib import Path

import pytest

from clarity.adapters.aws._operations import Item
from clarity.adapters.aws.dynamodb.batch import Address, Batches, get_op
from clarity.adapters.aws.dynamodb.chain import head_of, record_of
from clarity.adapters.aws.dynamodb.codec import codec_of
from clarity.adapters.aws.dynamodb.items import EntityItems
from clarity.adapters.aws.dynamodb.transaction import work_of
from clarity.adapters.packing.shuffle_zstd import ShuffleZstdCodec
from clarity.domain.audit import AuditRecord, ChainHead, Operation, verify_chain
from clarity.domain.identity import Actor, CorrelationId, PatientId, PatientRef, Purpose, TenantId
from clarity.domain.jobs import Job, JobKind
from clarity.domain.profile import EmailAddress
from clarity.ports.audit import AuditFilter
from clarity.ports.errors import IdempotencyMismatch
from clarity.ports.repository import Evidence, Put
from tests.contracts.repository.harness import chunk, profile
from tests.support.canned import wire
from tests.support.clocks import HandClock
from tests.support.dynamodb import BEACONS, PATIENT, World, world_on
from tests.support.engines import running
from tests.support.seeding import item_after

FOLDER = Path(__file__).parent / "golden_records"
ITEMS = EntityItems(ShuffleZstdCodec())
ADA = PatientRef(TenantId("clinic"), PatientId("ada"))
NONCE = "0" * 32
HEAD = ChainHead(7, bytes(range(32)))
TOLD = Evidence(
    actor=Actor(id="nurse", tenant=ADA.tenant, purpose=Purpose.TREATMENT),
    patient=ADA,
    operation=Operation.INGEST,
    correlation=CorrelationId("c-1"),
    at=datetime(2026, 1, 5, tzinfo=UTC),
    idempotency_key="request #1",
    request_digest="ab" * 32,
)
JOB = Job(
    id="job-1",
    correlation=CorrelationId("c-1"),
    kind=JobKind.EXPORT,
    tenant=ADA.tenant,
    actor="nurse",
    patient=ADA,
    done=3,
    total=1 << 70,
    started_at=datetime(2026, 1, 5, tzinfo=UTC),
    heard_at=datetime(2026, 1, 5, 1, tzinfo=UTC),
)
WRITTEN = ("head", "record-2", "remembered-2", "taken", "job")
"""The forms that are written today."""

READ = ("record-1", "remembered-1", "request-1", "open-batch")
"""Those that were written before, and one that a process writes only between two of its steps."""


def _golden(name: str) -> Item:
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


def _raw(item: Item) -> Item:
    """As the SDK takes it."""
    return {n: {"B": a2b_base64(v["B"])} if "B" in v else v for n, v in item.items()}


def _of_a_commit() -> dict[str, Item]:
    """The items beside the entities of a commit, by name."""
    work = work_of([Put(profile(), 0)], TOLD, items=ITEMS, beacons=BEACONS, clock=HandClock())
    link = work.link(HEAD, NONCE)
    actions = [*link.actions("audit"), *work.actions("main", link)]
    head, record, _, taken, remembered = map(item_after, actions)
    return {"head": head, "record-2": record, "taken": taken, "remembered-2": remembered}


@pytest.fixture
def world():
    with world_on(running("moto"), HandClock()) as opened:
        yield opened


def _kept(world: World, pk: str, sk: str) -> Item:
    item = world.connection.run(get_op(world.connection, Address("main", pk, sk)))
    assert item is not None
    return item


def _of_ours(item: Item) -> Item:
    """Without what a later zlib may deflate otherwise."""
    kept = {name: value for name, value in item.items() if name != "z"}
    return wire(kept) if any(isinstance(v.get("B"), bytes) for v in kept.values()) else kept


def _written(world: World) -> dict[str, Item]:
    """What is written today, by name."""
    world.jobs.begin(JOB)
    return {**_of_a_commit(), "job": _kept(world, "JOB#clinic#job-1", "-")}


@pytest.mark.parametrize("name", WRITTEN)
def test_the_form_is_written_as_it_was(world: World, name: str):
    assert _of_ours(_written(world)[name]) == _of_ours(_golden(name))


def test_every_form_has_a_file():
    assert {path.stem for path in FOLDER.glob("*.json")} == {*WRITTEN, *READ}


@pytest.mark.parametrize("name", ["record-1", "record-2"])
def test_a_head_and_a_record_are_read(name: str):
    record = record_of(_golden(name))

    assert (record.seq, record.event.actor) == (8, TOLD.actor)
    assert verify_chain([record], start=HEAD) == record.head
    assert head_of(_golden("head")) == record_of(_golden("record-2")).head


@pytest.mark.parametrize("number", [1, 2])
def test_a_remembered_request_is_answered_and_another_one_refused(number: int):
    work = work_of([], TOLD, items=ITEMS, beacons=BEACONS, clock=HandClock())
    golden = _golden(f"remembered-{number}")
    at = Address("main", golden["pk"]["S"], golden["sk"]["S"])

    answer = work.earlier({at: golden})
    assert answer is not None
    assert answer.head == record_of(_golden(f"record-{number}")).head
    assert set(answer.versions) == {1}
    with pytest.raises(IdempotencyMismatch):
        work.earlier({at: {**golden, "req": {"S": "cd" * 32}}})


def test_a_request_that_was_remembered_before_is_counted_and_erased(world: World):
    _stored(world, "remembered-1", "request-1")

    assert [h.kind for h in world.erasure.holdings(ADA)] == ["idempotency"]
    assert world.erasure.erase(ADA, limit=9, evidence=TOLD) == 1
    assert world.erasure.holdings(ADA) == ()
    gone = Address("main", _golden("remembered-1")["pk"]["S"], "-")
    assert world.connection.run(get_op(world.connection, gone)) is None


def _stored(world: World, *names: str) -> None:
    items = [_raw(_golden(name)) for name in names]
    assert Batches(world.connection, HandClock(), PATIENT).put("main", items).left == ()


def test_a_job_is_read(world: World):
    _stored(world, "job")

    assert world.jobs.get(TOLD.actor, "job-1") == JOB
    assert world.jobs.unfinished(ADA.tenant, limit=9, cursor=None).jobs == (JOB,)
    assert codec_of(Job).decode(_golden("job")) == JOB


def test_whose_an_address_is_is_read(world: World):
    _stored(world, "taken")

    found = world.directory.find(ADA.tenant, email=EmailAddress("ADA@clinic.example"))
    assert found == ADA


def test_an_open_batch_is_continued_and_erased(world: World):
    _stored(world, "open-batch")
    named = Evidence(
        actor=TOLD.actor,
        patient=ADA,
        operation=Operation.IMPORT_DONE,
        correlation=TOLD.correlation,
        at=TOLD.at,
        idempotency_key="batch #1",
        request_digest="ab" * 32,
    )

    assert [h.kind for h in world.erasure.holdings(ADA)] == ["import"]
    brought = world.bulk.put([chunk()], evidence=named)
    assert len(brought.stored) == 1
    operations = [record.event.operation for record in _trail(world)]
    assert operations == [Operation.IMPORT_DONE]


def _trail(world: World) -> tuple[AuditRecord, ...]:
    wanted = AuditFilter(tenant=ADA.tenant, patient=ADA)
    return world.trail.records(wanted, limit=9, cursor=None).records

"""Reports over many chains of more than a page of DynamoDB: whole, in order, and small in memory."""

import random
import tracemalloc
from collections import Counter
from collections.abc import Iterator

import attrs
import pytest

from clarity.adapters.aws.dynamodb.batch import Batches
from clarity.adapters.aws.dynamodb.chain import Link
from clarity.adapters.local.clock import SystemClock
from clarity.application.audit_trail import records_of
from clarity.domain.audit import AuditEvent, AuditRecord, ChainHead, Operation, Touched
from clarity.domain.identity import Actor, CorrelationId, PatientId, PatientRef, Purpose, TenantId
from clarity.ports.audit import AuditFilter
from tests.support.clocks import START
from tests.support.dynamodb import PATIENT, World, world_on
from tests.support.engines import running
from tests.support.seeding import item_after

CLINIC = TenantId("clinic")
PEOPLE = [PatientRef(CLINIC, PatientId(f"p{number}")) for number in range(4)]
RECORDS = 40
"""In each chain; together they are more than the megabyte that a page of DynamoDB holds."""

TOUCHED = 500
PAGE_BYTES = 1 << 20


def _event(patient: PatientRef, number: int, chance: random.Random) -> AuditEvent:
    """A record of hundreds of things with their digests, 36 KB when it is deflated."""
    pairs = ([f"{chance.getrandbits(256):064x}" for _ in "ab"] for _ in range(TOUCHED))
    return AuditEvent(
        actor=Actor(id=f"nurse-{number % 4}", tenant=CLINIC, purpose=Purpose.OPERATIONS),
        patient=patient,
        operation=Operation.ERASE,
        touched=tuple(Touched(f"chunk/activity/{n}", *pair) for n, pair in enumerate(pairs)),
        correlation=CorrelationId("c"),
        at=START,
    )


def _fill(world: World) -> None:
    """The chains, put by batches, since dynalite knows no transactions."""
    chance, table = random.Random(1), world.connection.table("audit")
    batches = Batches(world.connection, SystemClock(), PATIENT)
    for patient in PEOPLE:
        head, items = ChainHead(), {}
        for number in range(RECORDS):
            link = Link.of(_event(patient, number, chance), head, "n")
            for action in link.actions(table):
                item = item_after(action)
                items[item["pk"]["S"], item["sk"]["S"]] = item
            head = link.record.head
        assert batches.put("audit", list(items.values())).left == ()


@pytest.fixture(scope="module")
def filled() -> Iterator[World]:
    with world_on(running("dynalite"), SystemClock()) as opened:
        _fill(opened)
        yield opened


@pytest.fixture
def world(filled: World) -> World:
    filled.spans.seen.clear()
    return filled


@attrs.define
class Told:
    """What went by, without keeping it."""

    by: Counter[str] = attrs.field(factory=Counter)
    size: int = 0
    last: tuple[str, int] = ("", 0)

    def hear(self, record: AuditRecord) -> None:
        event = record.event
        place = (str(event.patient.patient), record.seq)
        assert place > self.last
        self.last = place
        self.size += len(record.body)
        self.by[event.actor.id] += 1


def _walked(world: World, wanted: AuditFilter, *, limit: int) -> Told:
    told, cursor = Told(), None
    while True:
        page = world.trail.records(wanted, limit=limit, cursor=cursor)
        assert len(page.records) <= limit
        for record in page.records:
            told.hear(record)
        cursor = page.cursor
        if cursor is None:
            return told


def test_a_report_by_one_actor_over_everybody_is_whole_and_in_order(world: World):
    wanted = AuditFilter(tenant=CLINIC, actor="nurse-1")

    told = _walked(world, wanted, limit=7)

    assert told.by == {"nurse-1": len(PEOPLE) * RECORDS // 4}


@pytest.mark.parametrize("limit", [1, 39, 40, 41, 1_000])
def test_pages_of_any_size_hold_every_record_once(world: World, limit: int):
    told = _walked(world, AuditFilter(tenant=CLINIC), limit=limit)

    assert sum(told.by.values()) == len(PEOPLE) * RECORDS
    assert told.size > 2 * len(PEOPLE) * PAGE_BYTES


def _peak_bytes(world: World, wanted: AuditFilter) -> int:
    tracemalloc.start()
    try:
        _walked(world, wanted, limit=5)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_report(world: World):
    one = _peak_bytes(world, AuditFilter(tenant=CLINIC, patient=PEOPLE[0]))
    everybody = _peak_bytes(world, AuditFilter(tenant=CLINIC))

    assert everybody < 1.25 * one


def test_what_matches_whole_is_not_asked_for_twice(world: World):
    asked = AuditFilter(tenant=CLINIC, patient=PEOPLE[0])
    world.metrics.sums.clear()

    told = list(records_of(world.trail, asked))

    whole_units = world.metrics.total("dynamodb_units")
    world.metrics.sums.clear()
    in_fives = _walked(world, asked, limit=5)
    assert len(told) == sum(in_fives.by.values()) == RECORDS
    assert world.metrics.total("dynamodb_units") < 1.6 * whole_units

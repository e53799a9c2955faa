"""What the contract cannot see: damage in the table, lost answers, budgets and sizes."""

import base64
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import attrs
import pytest

from clarity.adapters.aws._operations import Item, Op
from clarity.adapters.aws.dynamodb.backoff import Backoff
from clarity.adapters.aws.dynamodb.batch import Address, get_op
from clarity.adapters.aws.dynamodb.keys import key_text, owner_pk
from clarity.adapters.local.clock import SystemClock
from clarity.domain.analysis.result import AnalysisResult, Provenance
from clarity.domain.audit import verify_chain
from clarity.domain.streams import DayChunk
from clarity.domain.timeline import TimeWindow
from clarity.ports.audit import AuditFilter
from clarity.ports.entities import key_of
from clarity.ports.errors import (
    AlreadyExists,
    Corrupt,
    DamagedEntity,
    IdempotencyMismatch,
    StaleVersion,
    TooLarge,
    TooNew,
    Unavailable,
)
from clarity.ports.query import Query, Stored, field
from clarity.ports.repository import Delete, Put, Upsert
from tests.adapters.aws.test_golden_items import FOLDER
from tests.contracts.repository import harness
from tests.contracts.repository.harness import ADA, BEN, chunk, digest, everything, evidence
from tests.support.dynamodb import World, items_of, put_item, remove_item, world_on
from tests.support.engines import running
from tests.support.fault_proxy import Fault, FaultProxy, always, fault_proxy, scripted
from tests.support.golden_entities import GOLDEN

AT = datetime(2026, 1, 5, tzinfo=UTC)
ONCE = Backoff(first_s=60, cap_s=60, limit_s=30, jitter=lambda: 1.0)


@pytest.fixture(scope="module", params=["moto", "ministack"])
def proxy(request: pytest.FixtureRequest) -> Iterator[FaultProxy]:
    with fault_proxy(running(request.param)) as faulty:
        yield faulty


@pytest.fixture
def world(proxy: FaultProxy) -> Iterator[World]:
    proxy.plan = lambda *_: None
    with world_on(proxy.engine, SystemClock()) as opened:
        proxy.requests.clear()
        yield opened
        proxy.plan = lambda *_: None


def put_golden(world: World, name: str) -> None:
    """An item as an earlier clarity left it."""
    raw = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    put(world, {n: {"B": base64.b64decode(v["B"])} if "B" in v else v for n, v in raw.items()})


def address(day: DayChunk, owner=ADA) -> Address:
    return Address("main", owner_pk(owner), key_text(key_of(day)))


def put(world: World, item: Item) -> None:
    world.connection.run(
        Op(
            operation="put_item",
            parameters={
                "TableName": world.connection.table("main"),
                "Item": {name: _raw(value) for name, value in item.items()},
            },
            decode=lambda _: None,
            table="main",
            reads=False,
        )
    )


def _raw(attribute: dict) -> dict:
    if isinstance(attribute.get("B"), str):
        return {"B": base64.b64decode(attribute["B"])}
    return attribute


def result(notices: tuple[str, ...] = (), fingerprint: str = "f") -> AnalysisResult:
    return AnalysisResult(
        kind="rest-activity",
        window=TimeWindow(start=AT, end=AT + timedelta(days=7)),
        epoch_s=60,
        findings=(),
        nights=(),
        spans=(),
        notices=notices,
        provenance=Provenance(
            input_digest=digest(),
            analyses={},
            clarity_version="0",
            computed_at=AT,
            fingerprint=fingerprint,
        ),
    )


def _other_payload(item: Item) -> Item:
    return {**item, "y": {"B": b"cK" + bytes(20)}}


def _other_field(item: Item) -> Item:
    return {**item, "i": {"S": "another device"}}


def _other_version_of_field(item: Item) -> Item:
    return {**item, "u": {"S": "parsecs"}}


def _other_source(item: Item) -> Item:
    return {**item, "o": {"B": bytes(32)[1:]}}


def _source_that_is_none(item: Item) -> Item:
    return {**item, "o": {"N": "7"}}


def _no_digest(item: Item) -> Item:
    return {name: value for name, value in item.items() if name != "d"}


def _odd_schema(item: Item) -> Item:
    return {**item, "s": {"S": "one"}}


@pytest.mark.parametrize(
    "damage",
    [
        _other_payload,
        _other_field,
        _other_version_of_field,
        _other_source,
        _source_that_is_none,
        _no_digest,
        _odd_schema,
    ],
)
def test_a_damaged_item_is_corrupt_not_data(world: World, damage: Callable[[Item], Item]):
    world.repository.commit([Put(chunk(), 0)], evidence=evidence())
    put(world, damage(world.connection.run(get_op(world.connection, address(chunk())))))

    with pytest.raises(Corrupt):
        world.repository.get(ADA, key_of(chunk()))
    with pytest.raises(Corrupt):
        world.repository.query(Query(DayChunk, ADA))


OTHER_TYPES: list[tuple[str, dict | None]] = [
    ("d", None),
    ("d", {"S": "digest"}),
    ("d", {"N": "5"}),
    ("d", {"NULL": True}),
    ("v", None),
    ("v", {"S": "1"}),
    ("v", {"N": "0"}),
    ("v", {"N": "1.5"}),
    ("v", {"BOOL": True}),
    ("v", {"L": [{"N": "1"}]}),
    ("x", {"S": "1"}),
    ("x", {"N": "1.5"}),
    ("x", {"B": b"1"}),
    ("x", {"M": {}}),
]


def test_an_item_whose_digest_version_or_expiry_cannot_be_read_is_damage_and_not_written_over(
    world: World,
):
    world.repository.commit([Put(chunk(), 0)], evidence=evidence())
    (whole,) = items_of(world, owner_pk(ADA))

    for name, value in OTHER_TYPES:
        rest = {one: held for one, held in whole.items() if one != name}
        put_item(world, rest if value is None else {**rest, name: value})
        damaged = items_of(world, owner_pk(ADA))
        for touching in (
            lambda: world.repository.get(ADA, key_of(chunk())),
            lambda: world.repository.query(Query(DayChunk, ADA)),
            lambda: world.repository.commit([Upsert(chunk(level=2))], evidence=evidence()),
            lambda: world.repository.commit([Put(chunk(level=2), 1)], evidence=evidence()),
            lambda: world.repository.commit([Delete(key_of(chunk()), 1)], evidence=evidence()),
        ):
            with pytest.raises(Corrupt, match="of a stored item is damaged"):
                touching()
        with pytest.raises(Corrupt):
            world.bulk.put([chunk()], evidence=evidence(key="k", request=digest()))
        assert items_of(world, owner_pk(ADA)) == damaged

    assert world.trail.head(ADA).seq == 1


def test_an_item_under_a_key_that_no_entity_has_is_damage(world: World):
    world.repository.commit([Put(chunk(), 0)], evidence=evidence())
    (item,) = items_of(world, owner_pk(ADA))

    for sk in ("O#", "O#activity", "O#activity#monday", "O#$!#20030501", "O#a#b#c"):
        put_item(world, {**item, "sk": {"S": sk}})
        with pytest.raises(DamagedEntity):
            world.repository.query(Query(DayChunk, ADA))
        remove_item(world, {**item, "sk": {"S": sk}})


@pytest.mark.parametrize("sk", [" ", "$!"])
def test_a_roster_that_names_nobody_is_damage(world: World, sk: str):
    world.repository.commit([Put(chunk(), 0)], evidence=evidence())
    put_item(world, {"pk": {"S": "ROSTER#clinic"}, "sk": {"S": sk}}, table="audit")

    with pytest.raises(Corrupt, match="the roster of a tenant"):
        world.trail.patients(ADA.tenant)


def test_an_item_of_a_kind_that_nobody_knows_is_in_no_answer_and_goes_with_the_person(
    world: World,
):
    world.repository.commit([Put(chunk(), 0)], evidence=evidence())
    (item,) = items_of(world, owner_pk(ADA))
    put_item(world, {**item, "sk": {"S": "Z#activity#20030501"}})

    assert len(world.repository.query(Query(DayChunk, ADA)).items) == 1
    held = {one.kind: one.count for one in world.erasure.holdings(ADA)}
    assert held == {"chunk": 1, "unknown": 1}
    (trace,) = world.erasure.traces(ADA)
    assert "activity" not in trace.name
    assert world.erasure.erase(ADA, limit=9, evidence=evidence()) == 2
    assert world.erasure.holdings(ADA) == ()


@pytest.mark.parametrize("place", [address(chunk(1)), address(chunk(0), BEN)])
def test_an_item_moved_to_another_place_is_corrupt(world: World, place: Address):
    world.repository.commit([Put(chunk(), 0)], evidence=evidence())
    item = world.connection.run(get_op(world.connection, address(chunk())))
    put(world, {**item, **place.key})

    owner = ADA if place.pk == owner_pk(ADA) else BEN
    with pytest.raises(Corrupt):
        world.repository.query(Query(DayChunk, owner).where(field("stream").equals("activity")))


def test_an_item_of_a_later_schema_is_left_untouched(world: World):
    world.repository.commit([Put(chunk(), 0)], evidence=evidence())
    item = world.connection.run(get_op(world.connection, address(chunk())))
    put(world, {**item, "s": {"N": "9"}})

    with pytest.raises(TooNew, match="version 9"):
        world.repository.get(ADA, key_of(chunk()))


@pytest.mark.parametrize("fault", [Fault.DROP_AFTER, Fault.CONFLICT, Fault.SERVER_ERROR])
def test_a_commit_whose_answer_is_lost_happens_once(world: World, proxy: FaultProxy, fault: Fault):
    proxy.plan = scripted("TransactWriteItems", fault)

    committed = world.repository.commit([Put(chunk(), 0)], evidence=evidence())

    page = world.trail.records(AuditFilter(tenant=ADA.tenant), limit=10, cursor=None)
    assert committed.versions == (1,)
    assert [r.head for r in page.records] == [committed.head]
    assert world.repository.get(ADA, key_of(chunk())).version == 1


@pytest.mark.parametrize("then", [Fault.CONFLICT, Fault.CANCEL_THROTTLED])
def test_what_has_no_key_happens_once_though_others_collide_after_the_answer_is_lost(
    world: World, proxy: FaultProxy, then: Fault
):
    lost = scripted("TransactWriteItems", Fault.DROP_AFTER, then)
    event = evidence().event(())

    for done in (
        lambda: world.trail.append(event),
        lambda: world.repository.commit([Upsert(chunk())], evidence=evidence()),
        lambda: world.erasure.erase(ADA, limit=9, evidence=evidence()),
    ):
        before = world.trail.head(ADA).seq
        proxy.requests.clear()
        proxy.plan = lost
        done()
        proxy.plan = lambda *_: None

        assert world.trail.head(ADA).seq == before + 1


def test_an_update_whose_answer_is_lost_happens_once(world: World, proxy: FaultProxy):
    world.repository.commit([Put(chunk(), 0)], evidence=evidence())
    proxy.requests.clear()
    proxy.plan = scripted("TransactWriteItems", Fault.DROP_AFTER)

    committed = world.repository.commit([Put(chunk(level=2), 1)], evidence=evidence())

    assert committed.versions == (2,)
    assert committed.head.seq == 2
    page = world.trail.records(AuditFilter(tenant=ADA.tenant), limit=10, cursor=None)
    assert verify_chain(page.records, head=world.trail.head(ADA)).seq == 2


def test_when_conflicts_do_not_end_it_is_unavailable_and_nothing_has_happened(
    world: World, proxy: FaultProxy
):
    proxy.plan = always(Fault.CONFLICT, "TransactWriteItems")
    impatient = attrs.evolve(world.repository, backoff=ONCE)

    with pytest.raises(Unavailable, match="other writers"):
        impatient.commit([Put(chunk(), 0)], evidence=evidence())

    assert world.trail.patients(ADA.tenant) == ()


def test_a_repeated_key_is_answered_without_writing(world: World, proxy: FaultProxy):
    told = evidence(key="k", request=digest(1))
    first = world.repository.commit([Put(chunk(), 0)], evidence=told)
    proxy.requests.clear()

    again = world.repository.commit([Put(chunk(), 0)], evidence=told)

    assert again == first
    assert proxy.requests["TransactWriteItems"] == 0
    with pytest.raises(IdempotencyMismatch):
        world.repository.commit(
            [Put(chunk(), 0)], evidence=attrs.evolve(told, request_digest=digest(2))
        )


def test_a_conflict_tells_the_version_without_another_request(world: World, proxy: FaultProxy):
    world.repository.commit([Put(chunk(), 0)], evidence=evidence())
    world.repository.commit([Put(chunk(level=2), 1)], evidence=evidence())
    proxy.requests.clear()

    with pytest.raises(StaleVersion) as refused:
        world.repository.commit([Delete(key_of(chunk()), 1)], evidence=evidence())

    assert refused.value.current == 2
    assert proxy.requests == {"BatchGetItem": 1, "TransactWriteItems": 1}


def test_creating_over_what_exists_names_the_entity(world: World):
    world.repository.commit([Put(chunk(), 0)], evidence=evidence())

    with pytest.raises(AlreadyExists, match="chunk/activity"):
        world.repository.commit([Put(chunk(), 0)], evidence=evidence())


def test_a_week_is_stored_by_two_requests_and_read_by_one(world: World, proxy: FaultProxy):
    world.repository.commit([Put(chunk(n), 0) for n in range(7)], evidence=evidence())

    assert proxy.requests == {"BatchGetItem": 1, "TransactWriteItems": 1}
    proxy.requests.clear()

    assert len(world.repository.query(Query(DayChunk, ADA)).items) == 7
    assert proxy.requests == {"Query": 1}


def test_what_does_not_fit_is_refused_before_anything_is_sent(world: World, proxy: FaultProxy):
    oversize = result(notices=("n" * 500_000,))

    with pytest.raises(TooLarge, match="one entity, bytes, is limited to 409600"):
        world.repository.commit([Put(oversize, 0)], evidence=evidence())

    assert not proxy.requests


def test_what_does_not_fit_together_is_refused_before_anything_is_sent(
    world: World, proxy: FaultProxy
):
    large = [Put(result(("n" * 390_000,), f"f{n}"), 0) for n in range(11)]

    with pytest.raises(TooLarge, match="one commit, bytes,"):
        world.repository.commit(large, evidence=evidence())

    assert not proxy.requests


@pytest.fixture
def long(world: World) -> World:
    """More days than one request looks at."""
    for first in range(0, 420, 70):
        more = [Put(chunk(n), 0) for n in range(first, first + 70)]
        world.repository.commit(more, evidence=evidence())
    return world


LAST = chunk(419)
RARE = Query(DayChunk, ADA).where(field("source").equals(LAST.source)).page(5)


def test_a_page_whose_budget_is_used_up_ends_and_the_next_goes_on(long: World, proxy: FaultProxy):
    frugal = attrs.evolve(long.repository, page_units=0.0)
    proxy.requests.clear()

    pages = [frugal.query(RARE)]
    while pages[-1].cursor is not None:
        pages.append(frugal.query(RARE.page(5, pages[-1].cursor)))

    assert [len(page.items) for page in pages] == [0, 0, 1]
    assert pages[-1].items[0].entity == LAST
    assert proxy.requests["Query"] == len(pages)


def test_within_its_budget_a_page_is_filled(long: World):
    (found,) = long.repository.query(RARE).items

    assert found.entity == LAST


def test_a_budget_cuts_pages_and_loses_nothing(long: World):
    frugal = attrs.evolve(long.repository, page_units=0.0)
    every = Query(DayChunk, ADA).where(field("coverage") > 0.5)

    for query in (every.page(30), every.page(30).newest_first()):
        assert everything(frugal, query) == everything(long.repository, query)


def test_the_repository_explains_a_query_without_asking_and_without_naming_anybody(
    world: World, proxy: FaultProxy
):
    week = Query(DayChunk, ADA).where(field("stream").equals("activity")).page(7)

    told = world.repository.explain(week.where(field("coverage") > 0.5))
    bare = world.repository.explain(week, item_bytes=4_096)

    assert "Query of one partition of `main`, no index, consistent" in told
    assert "key condition: chunk from 'activity#' to 'activity$'" in told
    assert "'k'" in told
    assert "about 3 read units for a page of 7 items" in told
    assert "about 7 read units" in bare
    assert "ada" not in told
    assert "never hold" in world.repository.explain(week.where(field("day").one_of()))
    assert not proxy.requests


def test_an_expiry_is_a_number_of_seconds_for_dynamodb_and_exact_for_us(world: World):
    soon = datetime.now(UTC) + timedelta(hours=1)
    at = soon.replace(microsecond=500_000)
    world.repository.commit([Put(chunk(), 0, expires_at=at)], evidence=evidence())

    item = world.connection.run(get_op(world.connection, address(chunk())))

    assert item["ttl"] == {"N": str(int(at.timestamp()) + 1)}
    assert item["x"] == {"N": str(int(at.timestamp()) * 1_000_000 + 500_000)}
    assert world.repository.get(ADA, key_of(chunk())).version == 1


@pytest.mark.parametrize("name", ["result-1", "result-2"])
def test_a_result_of_an_earlier_schema_is_read_and_goes_from_where_it_lies(world: World, name: str):
    put_golden(world, name)
    key = key_of(GOLDEN[name])
    stored = Stored(GOLDEN[name], 3)

    assert world.repository.get(ADA, key) == stored
    assert world.repository.query(Query(AnalysisResult, ADA)).items == (stored,)
    with pytest.raises(StaleVersion) as refused:
        world.repository.commit([Delete(key, 2)], evidence=evidence())
    assert refused.value.current == 3
    world.repository.commit([Delete(key, 3)], evidence=evidence())

    assert world.repository.query(Query(AnalysisResult, ADA)).items == ()
    (record,) = world.trail.records(
        AuditFilter(tenant=ADA.tenant, patient=ADA), limit=9, cursor=None
    ).records
    (touched,) = record.event.touched
    assert (touched.entity, touched.after) == (str(key), "")
    assert len(touched.before) == 64


@pytest.mark.parametrize("name", ["result-1", "result-2"])
def test_a_result_of_an_earlier_schema_is_erased_and_others_sort_behind_it(world: World, name: str):
    put_golden(world, name)
    newer = harness.result(datetime(1970, 1, 2, tzinfo=UTC), print_="0" * 64)
    world.repository.commit([Put(newer, 0)], evidence=evidence())

    newest, _ = world.repository.query(Query(AnalysisResult, ADA).newest_first()).items

    assert newest.entity == newer
    assert world.erasure.erase(ADA, limit=9, evidence=evidence()) == 2
    assert world.repository.query(Query(AnalysisResult, ADA)).items == ()

"""Query, PartiQL and SQLite give one answer to generated questions about generated data."""

from collections.abc import Iterator

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clarity.adapters.aws.connection import DynamoDBConnection
from clarity.adapters.aws.dynamodb.batch import Batches
from clarity.adapters.aws.dynamodb.codec import codec_of
from clarity.adapters.aws.dynamodb.items import EntityItems, _digest, comparable
from clarity.adapters.aws.dynamodb.partiql import PartiQLReader, statement_of
from clarity.adapters.aws.dynamodb.query import planned
from clarity.adapters.local.clock import SystemClock
from clarity.adapters.local.items import EntityCodec
from clarity.adapters.local.repository import SqliteRepository
from clarity.adapters.local.store import open_store
from clarity.adapters.packing.shuffle_zstd import ShuffleZstdCodec
from clarity.domain.identity import PatientId, PatientRef, TenantId
from clarity.domain.streams import DayChunk
from clarity.ports.entities import CHUNK, ENTITIES, EntitySpec, key_of
from clarity.ports.query import Query, field
from clarity.ports.repository import Put, Repository
from tests.bench.dynamodb import ITEMS
from tests.bench.outage import connected
from tests.contracts.repository.harness import ADA, chunk, everything, evidence
from tests.support import strategies
from tests.support.canned import canned, wire
from tests.support.dynamodb import PATIENT, World, credentials, cursor_key, world_on
from tests.support.engines import running


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with world_on(running("ministack"), SystemClock()) as opened:
        yield opened


@pytest.fixture(scope="module")
def local() -> Iterator[Repository]:
    with open_store(None, busy_timeout_s=10) as store:
        yield SqliteRepository(store, EntityCodec(ShuffleZstdCodec()), SystemClock())


def reader(connection: DynamoDBConnection, page_units: float = 4_000.0) -> PartiQLReader:
    return PartiQLReader(
        connection=connection,
        items=EntityItems(ShuffleZstdCodec()),
        clock=SystemClock(),
        cursor_key=cursor_key(SystemClock()),
        page_units=page_units,
    )


_tenants = iter(range(10**6))
"""One each, since no two people of a tenant have one e-mail address."""

OF_KIND = {
    "chunk": strategies.chunks,
    "result": strategies.results,
    "profile": strategies.profiles,
}


def in_the_form_before(world: World, entity: DayChunk, owner: PatientRef) -> None:
    """The day lies there as it was written before its attributes had short names."""
    encoded = ITEMS.encode(owner, entity)
    fields = codec_of(DayChunk, without=("values",)).encode(entity)
    packed = encoded.item["y"]["B"]
    item = {
        "pk": {"S": encoded.pk},
        "sk": {"S": encoded.sk},
        "v": {"N": "1"},
        "s": {"N": "1"},
        "d": {"B": _digest(encoded.pk, encoded.sk, 1, fields, packed)},
        "f_coverage": comparable(entity.coverage),
        "values": {"B": packed},
        **fields,
    }
    Batches(world.connection, SystemClock(), PATIENT).put("main", [item])


@given(data=st.data())
def test_days_of_both_forms_give_one_answer(world: World, local: Repository, data: st.DataObject):
    found = data.draw(st.lists(strategies.chunks(), max_size=6, unique_by=lambda c: str(key_of(c))))
    asked = data.draw(strategies.conditions(CHUNK, found))
    owner = PatientRef(TenantId("forms"), PatientId(f"p{next(_tenants)}"))
    local.commit([Put(day, 0) for day in found], evidence=evidence(owner))
    world.repository.commit([Put(day, 0) for day in found[::2]], evidence=evidence(owner))
    for day in found[1::2]:
        in_the_form_before(world, day, owner)
    query = Query(DayChunk, owner, asked)

    for ordered in (query, query.newest_first()):
        by_sqlite = everything(local, ordered.page(3))

        assert everything(world.repository, ordered.page(2)) == by_sqlite
        assert everything(reader(world.connection), ordered.page(2)) == by_sqlite


def assert_one_answer(
    world: World, local: Repository, spec: EntitySpec, data: st.DataObject
) -> None:
    of_kind = OF_KIND[spec.kind]()
    found = data.draw(st.lists(of_kind, max_size=6, unique_by=lambda entity: str(key_of(entity))))
    asked = data.draw(strategies.conditions(spec, found))
    owner = PatientRef(TenantId(f"t{next(_tenants)}"), PatientId("p"))
    for repository in (world.repository, local):
        repository.commit([Put(entity, 0) for entity in found], evidence=evidence(owner))
    query = Query(spec.type, owner, asked)

    for ordered in (query, query.newest_first()):
        by_query = everything(world.repository, ordered.page(2))
        by_partiql = everything(reader(world.connection), ordered.page(4))
        by_sqlite = everything(local, ordered.page(3))

        assert by_query == by_sqlite
        assert by_partiql == by_sqlite


@pytest.mark.parametrize("spec", ENTITIES, ids=lambda spec: spec.kind)
@given(data=st.data())
def test_three_ways_give_one_answer(
    world: World, local: Repository, spec: EntitySpec, data: st.DataObject
):
    assert_one_answer(world, local, spec, data)


@pytest.mark.soak
@pytest.mark.parametrize("spec", ENTITIES, ids=lambda spec: spec.kind)
@settings(max_examples=1_000, derandomize=False)
@given(data=st.data())
def test_three_ways_give_one_answer_to_a_thousand_questions(
    world: World, local: Repository, spec: EntitySpec, data: st.DataObject
):
    assert_one_answer(world, local, spec, data)


def test_a_statement_binds_every_value_and_names_its_partition():
    query = Query(DayChunk, ADA).where(field("stream").equals("activity"))
    plan = planned(query.where(field("coverage") > 0.5).newest_first())

    assert plan is not None
    statement = statement_of(plan, "clarity-main")

    assert statement.text == (
        'SELECT * FROM "clarity-main" WHERE "pk" = ? AND "sk" BETWEEN ? AND ?'
        ' AND ("s" < ? OR "k" > ?) ORDER BY "sk" DESC'
    )
    assert len(statement.parameters) == 5
    assert "ada" not in statement.explain()
    assert "5 parameters" in statement.explain()


def test_a_statement_goes_on_where_a_page_ended():
    plan = planned(Query(DayChunk, ADA).where(field("stream").equals("activity")))
    assert plan is not None
    backwards = attrs.evolve(plan, forward=False)

    ranges = [
        [value["S"] for value in statement_of(one, "t", after="O#activity#x").parameters[1:3]]
        for one in (plan, backwards)
    ]

    assert ranges == [["O#activity#x", "O#activity$"], ["O#activity#", "O#activity#x"]]


def test_what_can_never_match_is_not_asked_in_partiql_either(world: World):
    before = len(world.spans.seen)
    never = Query(DayChunk, ADA).where(field("day").one_of())

    assert reader(world.connection).query(never).items == ()
    assert "never hold" in reader(world.connection).explain(never)
    assert len(world.spans.seen) == before


def test_a_reader_explains_a_query_without_its_values(world: World):
    told = reader(world.connection).explain(Query(DayChunk, ADA).where(field("device") > "secret"))

    assert '"pk" = ? AND "sk" BETWEEN ? AND ?' in told
    assert "5 parameters" in told
    assert "secret" not in told


def test_a_cursor_of_the_one_is_good_for_the_other(world: World):
    owner = PatientRef(TenantId("both"), PatientId("p"))
    days = [chunk(number) for number in range(7)]
    world.repository.commit([Put(day, 0) for day in days], evidence=evidence(owner))
    query = Query(DayChunk, owner)

    first = world.repository.query(query.page(2))
    second = reader(world.connection).query(query.page(3, first.cursor))
    third = world.repository.query(query.page(3, second.cursor))

    assert [one.entity for page in (first, second, third) for one in page.items] == days


def test_a_statement_whose_budget_is_used_up_ends_its_page_where_it_is():
    days = [chunk(number) for number in range(3)]
    items = [{**ITEMS.encode(ADA, day).item, "v": {"N": "1"}} for day in days]
    last = {name: items[-1][name] for name in ("pk", "sk")}
    used = {"TableName": "t", "CapacityUnits": 9.0}
    told = {"Items": [wire(one) for one in items], "LastEvaluatedKey": last}
    empty = {"Items": [wire(items[-1])], "LastEvaluatedKey": last}
    query = Query(DayChunk, ADA).page(9)
    credentials()

    with canned({"ExecuteStatement": {**told, "ConsumedCapacity": used}}) as url:
        connection = connected(url)
        page = reader(connection, page_units=8.0).query(query)
        connection.close()
    with canned({"ExecuteStatement": {**empty, "ConsumedCapacity": used}}) as url:
        connection = connected(url)
        after = reader(connection, page_units=8.0).query(query.page(9, page.cursor))
        connection.close()

    assert [one.entity for one in page.items] == days
    assert after.items == ()
    assert after.cursor is not None

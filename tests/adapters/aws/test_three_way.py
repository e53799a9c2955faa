"""Query, PartiQL and SQLite give one answer to generated questions about generated data."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.adapters.aws.dynamodb.items import EntityItems
from clarity.adapters.aws.dynamodb.partiql import PartiQLReader, statement_of
from clarity.adapters.aws.dynamodb.query import planned
from clarity.adapters.local.clock import SystemClock
from clarity.adapters.local.items import EntityCodec
from clarity.adapters.local.repository import SqliteRepository
from clarity.adapters.local.store import open_store
from clarity.adapters.packing.shuffle_zstd import ShuffleZstdCodec
from clarity.domain.identity import PatientId, PatientRef, TenantId
from clarity.domain.streams import DayChunk
from clarity.ports.entities import ENTITIES, EntitySpec, key_of
from clarity.ports.errors import TooLarge
from clarity.ports.query import Query, field
from clarity.ports.repository import Put, Repository
from tests.contracts.repository.harness import ADA, chunk, everything, evidence
from tests.support import strategies
from tests.support.dynamodb import World, world_on
from tests.support.engines import running


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with world_on(running("ministack"), SystemClock()) as opened:
        yield opened


@pytest.fixture(scope="module")
def local() -> Iterator[Repository]:
    with open_store(None, busy_timeout_s=10) as store:
        yield SqliteRepository(store, EntityCodec(ShuffleZstdCodec()), SystemClock())


def reader(world: World, max_items: int = 10_000) -> PartiQLReader:
    return PartiQLReader(
        world.connection, EntityItems(ShuffleZstdCodec()), SystemClock(), max_items
    )


_tenants = iter(range(10**6))
"""One each, since no two people of a tenant have one e-mail address."""

OF_KIND = {
    "chunk": strategies.chunks,
    "result": strategies.results,
    "profile": strategies.profiles,
}


@pytest.mark.parametrize("spec", ENTITIES, ids=lambda spec: spec.kind)
@given(data=st.data())
def test_three_ways_give_one_answer(
    world: World, local: Repository, spec: EntitySpec, data: st.DataObject
):
    of_kind = OF_KIND[spec.kind]()
    found = data.draw(st.lists(of_kind, max_size=6, unique_by=lambda entity: str(key_of(entity))))
    asked = data.draw(strategies.conditions(spec, found))
    owner = PatientRef(TenantId(f"t{next(_tenants)}"), PatientId("p"))
    for repository in (world.repository, local):
        repository.commit([Put(entity, 0) for entity in found], evidence=evidence(owner))
    query = Query(spec.type, owner, asked)

    for ordered in (query, query.newest_first()):
        by_query = everything(world.repository, ordered.page(2))
        by_partiql = list(reader(world).all(ordered))
        by_sqlite = everything(local, ordered.page(3))

        assert by_query == by_sqlite
        assert by_partiql == by_sqlite


def test_a_statement_binds_every_value_and_names_its_partition():
    query = Query(DayChunk, ADA).where(field("stream").equals("activity"))
    plan = planned(query.where(field("coverage") > 0.5).newest_first())

    assert plan is not None
    statement = statement_of(plan, "clarity-main")

    assert statement.text == (
        'SELECT * FROM "clarity-main" WHERE "pk" = ? AND "sk" BETWEEN ? AND ?'
        ' AND ("f_coverage" > ?) ORDER BY "sk" DESC'
    )
    assert len(statement.parameters) == 4
    assert "ada" not in statement.explain()
    assert "4 parameters" in statement.explain()


def test_what_can_never_match_is_not_asked_in_partiql_either(world: World):
    before = len(world.spans.seen)

    assert reader(world).all(Query(DayChunk, ADA).where(field("day").one_of())) == ()
    assert len(world.spans.seen) == before


def test_an_answer_beyond_its_limit_is_refused(world: World):
    owner = PatientRef(TenantId("limits"), PatientId("p"))
    days = [Put(chunk(number), 0) for number in range(4)]
    world.repository.commit(days, evidence=evidence(owner))

    with pytest.raises(TooLarge):
        reader(world, max_items=3).all(Query(DayChunk, owner))

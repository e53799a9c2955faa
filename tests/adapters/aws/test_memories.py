"""Remembered requests: found by the records that they left, erased with the person, read in old forms."""

import base64
from collections.abc import Iterator

import pytest

from clarity.adapters.aws._operations import Answer, Item, Op
from clarity.adapters.aws.dynamodb.batch import Address, get_op
from clarity.adapters.aws.dynamodb.items import EntityItems
from clarity.adapters.aws.dynamodb.keys import (
    SINGLE,
    chain_pk,
    former_idempotency_pk,
    idempotency_digest,
    idempotency_pk,
    owner_pk,
    seq_sk,
)
from clarity.adapters.aws.dynamodb.upkeep import DynamoDBUpkeep
from clarity.adapters.packing.shuffle_zstd import ShuffleZstdCodec
from clarity.domain.audit import verify_chain
from clarity.domain.identity import PatientRef
from clarity.ports.audit import AuditFilter
from clarity.ports.entities import key_of
from clarity.ports.errors import Corrupt, IdempotencyMismatch
from clarity.ports.repository import Committed, Put
from tests.contracts.repository.harness import ADA, BEN, chunk, digest, evidence
from tests.support.clocks import HandClock
from tests.support.dynamodb import World, world_on
from tests.support.engines import running

DAY_S = 86_400.0
KEY = "monday"
AT = Address("main", idempotency_pk(ADA.tenant, idempotency_digest(KEY)), SINGLE)
FORMER = Address("main", former_idempotency_pk(ADA.tenant, KEY), SINGLE)
FORMER_PLACE = Address("main", owner_pk(ADA), f"Q#{KEY}")


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture(params=["moto", "ministack"])
def world(request: pytest.FixtureRequest, clock: HandClock) -> Iterator[World]:
    with world_on(running(request.param), clock) as opened:
        yield opened


def found(world: World, at: Address) -> Item | None:
    return world.connection.run(get_op(world.connection, at))


def put(world: World, item: Item, *, table: str = "main") -> None:
    raw = {n: {"B": base64.b64decode(v["B"])} if "B" in v else v for n, v in item.items()}
    parameters = {"TableName": world.connection.table(table), "Item": raw}
    world.connection.run(
        Op(
            operation="put_item",
            parameters=parameters,
            decode=lambda _: None,
            table=table,
            reads=False,
        )
    )


def committed(
    world: World, number: int = 0, *, key: str = KEY, owner: PatientRef = ADA, request: int = 1
) -> Committed:
    told = evidence(owner, key=key, request=digest(request))
    return world.repository.commit([Put(chunk(number), 0)], evidence=told)


def held(world: World, owner: PatientRef = ADA) -> dict[str, int]:
    return {one.kind: one.count for one in world.erasure.holdings(owner)}


def erased(world: World, owner: PatientRef = ADA) -> int:
    return world.erasure.erase(owner, limit=500, evidence=evidence(owner))


def purge(world: World) -> None:
    items = EntityItems(ShuffleZstdCodec())
    DynamoDBUpkeep(world.connection, items, world.repository.clock).purge_expired()


def partition(world: World, pk: str) -> list[str]:
    def decode(answer: Answer) -> list[str]:
        return [item["sk"]["S"] for item in answer["Items"]]

    return world.connection.run(
        Op(
            operation="query",
            parameters={
                "TableName": world.connection.table("main"),
                "KeyConditionExpression": "pk = :pk",
                "ExpressionAttributeValues": {":pk": {"S": pk}},
            },
            decode=decode,
            table="main",
            reads=True,
        )
    )


def test_a_remembered_request_takes_no_item_in_the_persons_partition(world: World):
    committed(world)

    assert partition(world, owner_pk(ADA)) == ["O#activity#20030501"]
    assert found(world, AT) is not None


def test_the_mark_beside_a_record_is_not_part_of_what_is_proved(world: World):
    committed(world)
    record = found(world, Address("audit", chain_pk(ADA), seq_sk(1)))

    page = world.trail.records(AuditFilter(tenant=ADA.tenant), limit=9, cursor=None)

    assert base64.b64decode(record["k"]["B"]) == idempotency_digest(KEY)
    assert verify_chain(page.records, head=world.trail.head(ADA)).seq == 1


def test_what_is_remembered_is_counted_and_goes_with_the_person(world: World):
    for number in range(3):
        committed(world, number, key=f"k{number}")
    world.repository.commit([Put(chunk(3), 0)], evidence=evidence())

    assert held(world) == {"chunk": 4, "idempotency": 3}
    assert erased(world) == 7
    assert held(world) == {}
    assert erased(world) == 0
    assert found(world, AT) is None
    told = world.trail.records(AuditFilter(tenant=ADA.tenant), limit=9, cursor=None).records
    named = {t.entity for t in told[-1].event.touched if t.entity.startswith("idempotency")}
    assert named == {f"idempotency/{idempotency_digest(f'k{n}').hex()}" for n in range(3)}


def test_memories_beyond_one_transaction_go_in_several(world: World):
    for number in range(50):
        told = evidence(key=f"k{number}")
        world.repository.commit([], evidence=told)

    assert [erased(world) for _ in range(3)] == [45, 5, 0]
    assert held(world) == {}


def test_a_request_that_is_forgotten_and_not_removed_yet_is_counted_and_erased(
    world: World, clock: HandClock
):
    committed(world)
    clock.advance(7 * DAY_S)

    assert held(world)["idempotency"] == 1
    assert erased(world) == 2
    assert found(world, AT) is None


def test_a_request_is_not_looked_for_when_it_cannot_be_there_any_more(
    world: World, clock: HandClock
):
    committed(world)
    clock.advance(14 * DAY_S + 1)
    world.metrics.sums.clear()

    assert held(world) == {"chunk": 1}
    assert world.metrics.total("dynamodb_call_s", operation="batch_get_item") == 0


def test_a_key_that_was_used_for_somebody_else_since_stays_theirs(world: World, clock: HandClock):
    committed(world)
    clock.advance(7 * DAY_S)
    answer = committed(world, owner=BEN)

    assert held(world) == {"chunk": 1}
    assert erased(world) == 1
    assert committed(world, owner=BEN) == answer
    assert held(world, BEN) == {"chunk": 1, "idempotency": 1}


def test_a_key_may_be_longer_than_a_key_of_an_item(world: World):
    long = "k" * 5_000

    assert committed(world, key=long) == committed(world, key=long)
    with pytest.raises(IdempotencyMismatch):
        committed(world, 1, key=long, request=2)


def as_before(world: World) -> Committed:
    """A commit, and its memory as it lay before: under the raw key, with its place."""
    answer = committed(world)
    memory = found(world, AT)
    assert memory is not None
    expiry = {name: memory[name] for name in ("x", "ttl")}
    put(world, {**memory, **FORMER.key})
    put(world, {**FORMER_PLACE.key, **expiry})
    record = found(world, Address("audit", chain_pk(ADA), seq_sk(1)))
    assert record is not None
    table = world.connection.table
    plain = {name: value for name, value in record.items() if name not in {"k", "kx"}}
    raw = {n: {"B": base64.b64decode(v["B"])} if "B" in v else v for n, v in plain.items()}
    writes = [
        {"Delete": {"TableName": table("main"), "Key": AT.key}},
        {"Put": {"TableName": table("audit"), "Item": raw}},
    ]
    world.connection.run(
        Op(
            operation="transact_write_items",
            parameters={"TransactItems": writes},
            decode=lambda _: None,
            table=table,
            reads=False,
        )
    )
    return answer


def test_a_request_that_was_remembered_in_the_form_before_is_answered(world: World):
    answer = as_before(world)

    assert committed(world) == answer
    with pytest.raises(IdempotencyMismatch):
        committed(world, 1, request=2)


def test_what_was_remembered_in_the_form_before_is_counted_and_erased(world: World):
    as_before(world)

    assert held(world) == {"chunk": 1, "idempotency": 1}
    assert erased(world) == 2
    assert held(world) == {}
    assert found(world, FORMER) is None


def test_after_a_memory_of_the_form_before_is_over_its_key_is_new(world: World, clock: HandClock):
    as_before(world)
    clock.advance(7 * DAY_S)
    told = evidence(key=KEY, request=digest(1))

    again = world.repository.commit([Put(chunk(level=2), 1)], evidence=told)

    assert again.versions == (2,)
    assert world.repository.get(ADA, key_of(chunk())).version == 2
    assert found(world, AT) is not None


def test_a_remembered_request_that_cannot_be_read_is_told_and_nothing_is_written(world: World):
    committed(world)
    put(world, AT.key)

    with pytest.raises(Corrupt, match="a remembered request"):
        committed(world)

    assert world.trail.head(ADA).seq == 1


@pytest.mark.parametrize("changed", [{}, {"who": {"L": []}}])
def test_a_remembered_request_that_does_not_say_whose_it_is_goes_with_who_made_it(
    world: World, changed: Item
):
    committed(world)
    put(world, {**AT.key, **changed})

    assert held(world) == {"chunk": 1, "idempotency": 1}
    assert erased(world) == 2
    assert found(world, AT) is None


UNREADABLE: list[Item] = [{"k": {"S": "?"}}, {"k": {"B": "AAAA"}}, {"kx": {"S": "soon"}}]


def spoil_mark(world: World, changed: Item, *, of: int = 1, owner: PatientRef = ADA) -> None:
    record = found(world, Address("audit", chain_pk(owner), seq_sk(of)))
    assert record is not None
    put(world, {**record, **changed}, table="audit")


@pytest.mark.parametrize("changed", UNREADABLE)
def test_a_request_whose_mark_cannot_be_read_is_found_by_whom_it_names_and_goes(
    world: World, changed: Item
):
    for number in range(3):
        committed(world, number, key=f"k{number}")
        committed(world, number, key=f"b{number}", owner=BEN)
    spoil_mark(world, changed, of=2)

    assert held(world) == {"chunk": 3, "idempotency": 3}
    named = {trace.name for trace in world.erasure.traces(ADA)}
    assert named == {idempotency_digest(f"k{n}").hex() for n in range(3)}
    assert erased(world) == 6
    assert held(world) == {}
    assert erased(world) == 0
    assert held(world, BEN) == {"chunk": 3, "idempotency": 3}


def test_what_was_erased_beside_an_unreadable_mark_is_remembered_no_more(world: World):
    committed(world)
    spoil_mark(world, UNREADABLE[0])
    erased(world)

    assert found(world, AT) is None
    assert committed(world).versions == (1,)


@pytest.mark.parametrize("changed", UNREADABLE)
def test_beside_an_unreadable_mark_nothing_is_found_once_the_request_is_gone(
    world: World, clock: HandClock, changed: Item
):
    committed(world)
    spoil_mark(world, changed)
    clock.advance(14 * DAY_S + 1)
    purge(world)

    assert held(world) == {"chunk": 1}
    assert erased(world) == 1
    assert held(world) == {}


def test_what_neither_its_mark_nor_itself_tells_whose_it_is_names_nobody_and_expires(
    world: World, clock: HandClock
):
    committed(world)
    memory = found(world, AT)
    assert memory is not None
    put(world, {**memory, "who": {"L": []}})
    spoil_mark(world, UNREADABLE[0])

    assert erased(world) == 1
    assert held(world) == {}
    left = found(world, AT)
    assert left is not None
    assert "ada" not in repr(left)
    clock.advance(7 * DAY_S)
    purge(world)
    assert found(world, AT) is None

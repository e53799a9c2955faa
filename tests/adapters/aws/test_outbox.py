"""The outbox in the tables: which chains the index lists, what a mark costs, what it survives."""

import base64
from collections.abc import Callable, Iterator
from typing import Final

import attrs
import pytest

from clarity.adapters.aws._operations import Item, Op
from clarity.adapters.aws.dynamodb.backoff import Backoff
from clarity.adapters.aws.dynamodb.batch import Address, get_op
from clarity.adapters.aws.dynamodb.chain import head_address
from clarity.adapters.aws.dynamodb.keys import seq_sk
from clarity.adapters.aws.dynamodb.outbox import DynamoDBAuditOutbox
from clarity.adapters.local.clock import SystemClock
from clarity.domain.identity import PatientId, PatientRef
from clarity.ports.errors import Corrupt, Unavailable
from tests.contracts.audit_outbox.test_audit_outbox_contract import ADA, CLINIC, event, everything
from tests.support.dynamodb import LIMITS, PATIENT, World, world_on
from tests.support.engines import running
from tests.support.fault_proxy import Fault, always, fault_proxy


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with world_on(running("ministack"), SystemClock()) as fresh:
        yield fresh


def outbox_of(world: World, backoff: Backoff = PATIENT) -> DynamoDBAuditOutbox:
    return DynamoDBAuditOutbox(connection=world.connection, clock=SystemClock(), backoff=backoff)


def person(name: str) -> PatientRef:
    return PatientRef(CLINIC, PatientId(name))


def head(world: World, patient: PatientRef) -> Item:
    item = world.connection.run(get_op(world.connection, head_address(patient)))
    assert item is not None
    return item


def record_at(patient: PatientRef, seq: int) -> Address:
    return attrs.evolve(head_address(patient), sk=seq_sk(seq))


def put(world: World, item: Item) -> None:
    raw = {n: {"B": base64.b64decode(v["B"])} if "B" in v else v for n, v in item.items()}
    world.connection.run(
        Op(
            operation="put_item",
            parameters={"TableName": world.connection.table("audit"), "Item": raw},
            decode=lambda _: None,
            table="audit",
            reads=False,
        )
    )


def test_a_chain_leaves_the_index_with_its_last_mark_and_comes_back(world: World):
    who, outbox = person("comes-and-goes"), outbox_of(world)
    world.trail.append(event(who))
    assert "duepk" in head(world, who)

    outbox.mark({who: 1})
    assert "duepk" not in head(world, who)

    world.trail.append(event(who))
    assert "duepk" in head(world, who)
    assert everything(outbox)[who] == [2]


def test_appending_to_a_chain_that_is_due_asks_for_nothing_more(world: World):
    who = person("frugal")
    world.trail.append(event(who))
    before = dict(world.metrics.sums)

    world.trail.append(event(who))

    calls = {
        dict(labels)["operation"]: value - before.get((name, labels), 0)
        for (name, labels), value in world.metrics.sums.items()
        if name == "dynamodb_call_s" and value != before.get((name, labels), 0)
    }
    assert calls == {"get_item": 1, "transact_write_items": 1}


def test_a_chain_that_is_listed_though_all_is_told_is_taken_off_the_list(world: World):
    who, outbox = person("left-over"), outbox_of(world)
    world.trail.append(event(who))
    listed = head(world, who)
    outbox.mark({who: 1})
    put(world, {**listed, "told": {"N": "1"}})

    assert who not in everything(outbox)
    assert "duepk" not in head(world, who)


def test_a_record_that_somebody_removed_holds_up_no_other(world: World):
    who, outbox = person("tampered"), outbox_of(world)
    for _ in range(3):
        world.trail.append(event(who))
    gone = {"pk": head(world, who)["pk"], "sk": {"S": seq_sk(2)}}
    world.connection.run(
        Op(
            operation="delete_item",
            parameters={"TableName": world.connection.table("audit"), "Key": gone},
            decode=lambda _: None,
            table="audit",
            reads=False,
        )
    )

    assert everything(outbox)[who] == [1, 3]


def test_names_of_any_length_are_listed(world: World):
    long = "\N{GRINNING FACE}" * 128
    who = person(long)

    world.trail.append(event(who))

    assert everything(outbox_of(world))[who] == [1]


@pytest.mark.slow
def test_more_chains_than_one_batch_are_all_given():
    with world_on(running("ministack"), SystemClock()) as world:
        people = [person(f"n{number}") for number in range(105)]
        for who in people:
            world.trail.append(event(who))
        outbox = outbox_of(world)

        assert set(everything(outbox)) == set(people)
        outbox.mark(dict.fromkeys(people, 1))
        assert everything(outbox) == {}


def test_a_mark_that_collides_with_writers_is_tried_again_until_the_time_is_over():
    once = Backoff(first_s=60, cap_s=60, limit_s=30, jitter=lambda: 1.0)
    with (
        fault_proxy(running("ministack")) as proxy,
        world_on(proxy.engine, SystemClock(), attrs.evolve(LIMITS, attempts=1)) as world,
    ):
        world.trail.append(event(ADA))
        proxy.plan = always(Fault.SERVER_ERROR, "UpdateItem")

        with pytest.raises(Unavailable):
            outbox_of(world, once).mark({ADA: 1})

        proxy.plan = lambda *_: None
        assert everything(outbox_of(world)) == {ADA: [1]}


UNREADABLE_HEADS: Final[dict[str, Callable[[Item], Item]]] = {
    "without its length": lambda item: {n: v for n, v in item.items() if n != "n"},
    "without its hash": lambda item: {n: v for n, v in item.items() if n != "h"},
    "with a mark that is a word": lambda item: {**item, "told": {"S": "most"}},
    "with a mark below all records": lambda item: {**item, "told": {"N": "-5000000"}},
    "with a mark behind its end": lambda item: {**item, "told": {"N": "5"}},
    "with more records than numbers": lambda item: {**item, "n": {"N": "5" + "0" * 30}},
    "under a key that names nobody": lambda item: {**item, "pk": {"S": "AUD"}},
}


@pytest.mark.parametrize("change", UNREADABLE_HEADS.values(), ids=UNREADABLE_HEADS)
def test_a_head_that_cannot_be_read_is_told_when_all_other_chains_were(change: Callable):
    who, other = person("damaged"), person("whole")
    with world_on(running("ministack"), SystemClock()) as world:
        outbox = outbox_of(world)
        for patient in (who, other):
            world.trail.append(event(patient))
        put(world, change(head(world, who)))

        given = everything(outbox)
        outbox.mark({patient: max(seqs) for patient, seqs in given.items()})

        assert given[other] == [1]
        with pytest.raises(Corrupt, match="the head of an audit chain"):
            outbox.due(limit=10)


def test_a_record_that_cannot_be_read_is_due_in_its_place(world: World):
    who = person("unreadable")
    for _ in range(3):
        world.trail.append(event(who))
    item = world.connection.run(get_op(world.connection, record_at(who, 2)))
    put(world, {n: v for n, v in item.items() if n != "z"})

    records = [one.record for one in outbox_of(world).due(limit=100) if one.patient == who]

    assert [(record.seq, bool(record.body)) for record in records] == [
        (1, True),
        (2, False),
        (3, True),
    ]

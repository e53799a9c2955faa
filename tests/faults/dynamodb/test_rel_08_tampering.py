"""REL-08 on engines: whatever is changed of a trail in the tables or of its export is found."""

import base64
import zlib
from collections.abc import Callable, Iterator
from typing import Final

import pytest

from clarity.adapters.aws._operations import Item, Op
from clarity.adapters.aws.dynamodb.batch import Address, get_op
from clarity.adapters.aws.dynamodb.keys import HEAD, chain_pk, seq_sk
from clarity.adapters.aws.dynamodb.upkeep import DynamoDBUpkeep
from clarity.adapters.local.clock import SystemClock
from clarity.application.anchors import Anchors
from clarity.application.audit_export import ExportTrail
from clarity.application.audit_trail import ChainVerdict, VerifyTrail
from clarity.application.known_people import KnownPeople
from clarity.application.sign_heads import SignHeads
from clarity.domain.audit import BrokenChain, ChainHead
from clarity.domain.identity import Actor, CorrelationId, Purpose
from clarity.ports.audit import AuditFilter
from clarity.ports.errors import Corrupt
from clarity.ports.repository import Put
from tests.application.faults import Unheard
from tests.contracts.repository.harness import ADA, BEN, chunk, evidence
from tests.support.dynamodb import World, world_on
from tests.support.engines import running
from tests.support.tampering import missed_changes
from tests.support.trails import SIGNER, anchors

AUDITOR: Final = Actor(id="auditor", tenant=ADA.tenant, purpose=Purpose.OPERATIONS)
RECORDS: Final = 5


@pytest.fixture(params=["moto", "ministack"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """Two people with five records and one."""
    with world_on(running(request.param), SystemClock()) as fresh:
        for number in range(RECORDS):
            fresh.repository.commit([Put(chunk(number), 0)], evidence=evidence())
        fresh.repository.commit([Put(chunk(), 0)], evidence=evidence(BEN))
        yield fresh


@pytest.fixture
def signed(world: World) -> Anchors:
    """A ledger outside of the tables, in which all heads are signed as they are now."""
    kept = anchors()
    told = SignHeads(trail=world.trail, anchors=kept, clock=SystemClock()).run(
        ADA.tenant, again_after=None, actor=AUDITOR
    )
    assert told.signed == 2
    return kept


def _verdict(world: World, kept: Anchors) -> ChainVerdict:
    """What is said of the first person's chain; of the other's nothing bad is ever said."""
    verify = VerifyTrail(world.trail, kept, Unheard(), SystemClock())
    ada, ben = verify.run(ADA.tenant, actor=AUDITOR, correlation=CorrelationId("v"))
    assert ben.broken is None
    return ada


def _export(world: World) -> Iterator[bytes]:
    export = ExportTrail(
        trail=world.trail,
        audit=world.trail,
        signer=SIGNER,
        clock=SystemClock(),
        people=KnownPeople(world.trail, world.trail, SystemClock()),
    )
    return export.run(ADA.tenant, patients=None, actor=AUDITOR, correlation=CorrelationId("c"))


def _item(world: World, sk: str) -> Item:
    """As it was read, ready to be written again."""
    item = world.connection.run(get_op(world.connection, Address("audit", chain_pk(ADA), sk)))
    assert item is not None
    return {n: {"B": base64.b64decode(v["B"])} if "B" in v else v for n, v in item.items()}


def _put(world: World, item: Item) -> None:
    _run(world, "put_item", Item=item)


def _delete(world: World, sk: str) -> None:
    _run(world, "delete_item", Key={"pk": {"S": chain_pk(ADA)}, "sk": {"S": sk}})


def _run(world: World, operation: str, **parameters: object) -> None:
    table = world.connection.table("audit")
    world.connection.run(
        Op(
            operation=operation,
            parameters={"TableName": table, **parameters},
            decode=lambda _: None,
            table="audit",
            reads=False,
        )
    )


def _edited(world: World) -> None:
    record = _item(world, seq_sk(3))
    body = zlib.decompress(record["z"]["B"]).replace(b"nurse", b"purse")
    _put(world, {**record, "z": {"B": zlib.compress(body)}})


def _swapped(world: World) -> None:
    second, fourth = _item(world, seq_sk(2)), _item(world, seq_sk(4))
    _put(world, {**second, "z": fourth["z"], "h": fourth["h"]})


def _added(world: World) -> None:
    _put(world, {**_item(world, seq_sk(RECORDS)), "sk": {"S": seq_sk(RECORDS + 1)}})


def _without(*numbers: int) -> Callable[[World], None]:
    def delete(world: World) -> None:
        for number in numbers:
            _delete(world, seq_sk(number))

    return delete


def _head(seq: int, of: int) -> Callable[[World], None]:
    """The head says `seq` and has the hash of record `of`."""

    def move(world: World) -> None:
        hash_ = _item(world, seq_sk(of))["h"]
        _put(world, {**_item(world, HEAD), "n": {"N": str(seq)}, "h": hash_})

    return move


def _headless(world: World) -> None:
    _delete(world, HEAD)


def _lacking(sk: str, attribute: str) -> Callable[[World], None]:
    """The item at `sk` has no such attribute."""

    def take(world: World) -> None:
        _put(world, {n: v for n, v in _item(world, sk).items() if n != attribute})

    return take


def _other(sk: str, attribute: str, text: str) -> Callable[[World], None]:
    """The item at `sk` has a text there."""

    def change(world: World) -> None:
        _put(world, {**_item(world, sk), attribute: {"S": text}})

    return change


def _between(sk: str) -> Callable[[World], None]:
    """A copy of the second record lies under another sort key."""

    def add(world: World) -> None:
        _put(world, {**_item(world, seq_sk(2)), "sk": {"S": sk}})

    return add


DAMAGED: Final = {
    "a record without its body": (_lacking(seq_sk(2), "z"), 2),
    "a record without its hash": (_lacking(seq_sk(2), "h"), 2),
    "a record without its word": (_lacking(seq_sk(2), "w"), 2),
    "a body that is a text": (_other(seq_sk(3), "z", "x"), 3),
    "a sort key that goes on after its number": (_between(f"{seq_sk(2)}x"), 2),
    "a sort key without a number": (_between("A"), 0),
}
"""What cannot be decoded at all, and the number of the record that is told of it."""

HEADS: Final = {
    "a head without its hash": _lacking(HEAD, "h"),
    "a head without its length": _lacking(HEAD, "n"),
    "a head whose length is a word": _other(HEAD, "n", "five"),
}

TAMPERED: Final = {
    "a record is edited": _edited,
    "a record stands in another's place": _swapped,
    "a record is added": _added,
    "the first record is gone": _without(1),
    "a record between is gone": _without(3),
    "the last record is gone": _without(RECORDS),
    "all records are gone": _without(*range(1, RECORDS + 1)),
    "the head has another's hash": _head(RECORDS, 2),
    "the head has another length": _head(RECORDS - 1, RECORDS),
    "the head is rewound": _head(3, 3),
    "the head is ahead": _head(RECORDS + 1, RECORDS),
    "the head is gone": _headless,
}


@pytest.mark.slow
@pytest.mark.parametrize("tamper", TAMPERED.values(), ids=TAMPERED)
def test_rel_08_every_change_of_the_trail_in_the_table_is_found(world: World, tamper: Callable):
    assert _verdict(world, anchors()).broken is None

    tamper(world)

    assert _verdict(world, anchors()).broken is not None


@pytest.mark.parametrize(("tamper", "number"), DAMAGED.values(), ids=DAMAGED)
def test_rel_08_a_record_that_cannot_be_decoded_breaks_its_chain_at_its_number(
    world: World, tamper: Callable, number: int
):
    tamper(world)

    broken = _verdict(world, anchors()).broken

    assert broken is not None
    assert broken.seq == number


@pytest.mark.parametrize(("tamper", "number"), DAMAGED.values(), ids=DAMAGED)
def test_rel_08_what_cannot_be_decoded_is_once_in_the_pages_and_in_no_export(
    world: World, tamper: Callable, number: int
):
    tamper(world)
    wanted = AuditFilter(tenant=ADA.tenant, patient=ADA)

    pages = [world.trail.records(wanted, limit=1, cursor=None)]
    while pages[-1].cursor is not None:
        pages.append(world.trail.records(wanted, limit=1, cursor=pages[-1].cursor))
    told = [record for page in pages for record in page.records]

    assert tuple(told) == world.trail.records(wanted, limit=100, cursor=None).records
    assert number in [record.seq for record in told]
    with pytest.raises(BrokenChain):
        list(_export(world))


@pytest.mark.parametrize("tamper", HEADS.values(), ids=HEADS)
def test_rel_08_a_head_that_cannot_be_decoded_is_found_and_no_record_follows_it(
    world: World, signed: Anchors, tamper: Callable
):
    tamper(world)

    broken = _verdict(world, signed).broken
    again = SignHeads(trail=world.trail, anchors=signed, clock=SystemClock()).run(
        ADA.tenant, again_after=None, actor=AUDITOR
    )

    assert broken is not None
    assert broken.seq == 0
    assert [verdict.patient for verdict in again.broken] == [ADA]
    with pytest.raises(Corrupt):
        world.repository.commit([Put(chunk(9), 0)], evidence=evidence())


@pytest.mark.parametrize("tamper", HEADS.values(), ids=HEADS)
def test_rel_08_a_check_of_the_store_counts_a_chain_with_such_a_head(
    world: World, tamper: Callable
):
    upkeep = DynamoDBUpkeep(world.connection, world.repository.items, SystemClock())
    assert upkeep.check().tampered == 0

    tamper(world)

    assert upkeep.check().tampered == 1


def _rewound(world: World) -> None:
    """Consistent in itself: the tail is gone and the head is that of before."""
    _head(3, 3)(world)
    _without(4, 5)(world)


def _written_anew(world: World) -> None:
    """Consistent in itself: another tail, made by somebody who knows how."""
    _rewound(world)
    for number in (7, 8):
        world.repository.commit([Put(chunk(number), 0)], evidence=evidence())


@pytest.mark.parametrize("tamper", [_rewound, _written_anew])
def test_rel_08_a_chain_that_is_consistent_again_is_found_by_its_signed_head(
    world: World, signed: Anchors, tamper: Callable
):
    assert _verdict(world, signed).signed == RECORDS

    tamper(world)

    assert _verdict(world, anchors()).broken is None
    assert _verdict(world, signed).broken is not None


def test_rel_08_a_chain_that_grew_still_goes_through_its_signed_head(world: World, signed: Anchors):
    world.repository.commit([Put(chunk(9), 0)], evidence=evidence())

    verdict = _verdict(world, signed)

    assert (verdict.records, verdict.broken) == (RECORDS + 1, None)


@pytest.mark.slow
def test_rel_08_5000_random_changes_of_an_export_from_the_tables_are_found(world: World):
    lines = list(_export(world))

    assert world.trail.head(ADA) != ChainHead()
    assert missed_changes(lines, seed=8) == []

"""
What the engines do otherwise than DynamoDB: the reviewed table, each row shown.

A row that no longer holds fails here, so that the table shrinks when an engine learns.

| engine | deviation | what we do instead |
|---|---|---|
| dynalite | knows no transactions | what repository, trail, directory and inventory read is tried on it (`tests/support/seeding.py`); jobs, outbox and erasure, which read to change, are not |
| dynalite | knows no expiry and no recovery | tried on moto and ministack alone; `create_tables` leaves it out |
| dynalite | knows no PartiQL | statements are tried on ministack alone |
| moto | forgets request tokens: a transaction repeated with its token is refused | the nonce tells |
| moto | copies all tables for every transaction, so that filling a store takes the square of its items | erasure of entities and jobs is tried on ministack alone, of payloads on both |
| moto | undoes other threads' writes when it refuses a transaction | served one at a time |
| moto, ministack | count a flat unit whatever the size | dynalite counts; `item_size` reckons |
| ministack | gives a whole answer whatever the limit of a statement | canned answers page |
| ministack | lets a filter name a key | dynalite refuses it; ours name copies |
| moto | keeps an object whose SHA-256 is another than was said | ministack refuses; readers compare |

Both keep the promise that models in S3 stand on: of writers on one condition, exactly one succeeds.
"""

import inspect
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from moto.dynamodb.models import DynamoDBBackend

from clarity.adapters.aws._absent import UnknownOperation
from clarity.adapters.aws._errors import Cancelled, ConditionFailed
from clarity.adapters.aws._operations import Answer, Op
from clarity.adapters.aws.dynamodb.batch import Address, Batches, get_op
from clarity.adapters.aws.dynamodb.items import EntityItems, item_size
from clarity.adapters.aws.dynamodb.keys import chain_pk, seq_sk
from clarity.adapters.aws.dynamodb.partiql import statement_of
from clarity.adapters.aws.dynamodb.query import planned
from clarity.adapters.aws.s3._requests import ObjectOp
from clarity.adapters.aws.s3.bucket import Bucket
from clarity.adapters.local.clock import SystemClock
from clarity.adapters.packing.shuffle_zstd import ShuffleZstdCodec
from clarity.domain.streams import DayChunk
from clarity.ports.audit import AuditFilter
from clarity.ports.errors import Unavailable, Unexpected
from clarity.ports.query import Query, field
from clarity.ports.repository import Put
from tests.contracts.repository.harness import ADA, BEN, chunk, everything, evidence
from tests.support.dynamodb import PATIENT, World, world_on
from tests.support.engines import running
from tests.support.s3 import fresh_bucket

ITEMS = EntityItems(ShuffleZstdCodec())


@pytest.fixture(scope="module")
def dynalite() -> Iterator[World]:
    with world_on(running("dynalite"), SystemClock()) as world:
        yield world


def asked(world: World, operation: str, **parameters: object) -> Answer:
    return world.connection.run(
        Op(
            operation=operation,
            parameters=parameters,
            decode=lambda answer: answer,
            table="main",
            reads=True,
        )
    )


def test_dynalite_knows_no_transactions(dynalite: World):
    with pytest.raises(UnknownOperation):
        dynalite.repository.commit([Put(chunk(), 0)], evidence=evidence())


@pytest.mark.parametrize("operation", ["update_time_to_live", "update_continuous_backups"])
def test_dynalite_knows_no_expiry_and_no_recovery(dynalite: World, operation: str):
    with pytest.raises(UnknownOperation):
        asked(dynalite, operation, TableName=dynalite.connection.table("main"))


def test_dynalite_knows_no_partiql(dynalite: World):
    with pytest.raises(UnknownOperation, match="use another engine"):
        asked(dynalite, "execute_statement", Statement='SELECT * FROM "x"')


def test_ministack_gives_a_whole_answer_whatever_the_limit_of_a_statement():
    with world_on(running("ministack"), SystemClock()) as world:
        stored(world, range(3))
        plan = planned(Query(DayChunk, ADA))
        assert plan is not None
        statement = statement_of(plan, world.connection.table("main"))
        answer = asked(
            world,
            "execute_statement",
            Statement=statement.text,
            Parameters=list(statement.parameters),
            Limit=1,
        )

    assert len(answer["Items"]) == 3
    assert "LastEvaluatedKey" not in answer


def stored(world: World, days: range) -> None:
    """Days without a commit, as a bulk writer leaves them."""
    encoded = [ITEMS.encode(ADA, chunk(number)) for number in days]
    items = [{**one.item, "v": {"N": "1"}} for one in encoded]
    assert Batches(world.connection, SystemClock(), PATIENT).put("main", items).left == ()


def test_on_dynalite_queries_are_valid_and_answers_beyond_a_megabyte_are_whole(dynalite: World):
    stored(dynalite, range(40))
    padded = {"pad": {"S": "x" * 60_000}}
    items = [{**ITEMS.encode(ADA, chunk(n)).item, "v": {"N": "1"}, **padded} for n in range(40)]
    Batches(dynalite.connection, SystemClock(), PATIENT).put("main", items)
    query = Query(DayChunk, ADA).where(field("stream").equals("activity"))
    plan = planned(query)
    assert plan is not None
    request = plan.parameters(dynalite.connection.table("main"), remaining=1_000, after=None)

    first = asked(dynalite, "query", **request)
    whole = everything(dynalite.repository, query.page(1_000))

    assert len(first["Items"]) < 40
    assert [one.entity for one in whole] == [chunk(n) for n in range(40)]


CONDITIONS = [
    field("coverage") >= 0.5,
    field("day").differs(chunk(1).day),
    field("device").begins_with(""),
    field("epoch_s").one_of(1_800, 60),
    field("source").begins_with("0"),
]


@pytest.mark.parametrize("condition", CONDITIONS, ids=range(len(CONDITIONS)))
def test_dynalite_accepts_every_form_of_filter(dynalite: World, condition: object):
    stored(dynalite, range(3))

    found = everything(dynalite.repository, Query(DayChunk, ADA, condition).page(2))

    assert {one.entity.day for one in found} >= {chunk(0).day, chunk(2).day}


def _filter_on_key(world: World) -> Answer:
    return asked(
        world,
        "query",
        TableName=world.connection.table("main"),
        KeyConditionExpression="pk = :a",
        FilterExpression="sk > :a",
        ExpressionAttributeValues={":a": {"S": "a"}},
    )


def test_a_filter_on_a_key_is_refused_by_dynalite_and_not_by_ministack(dynalite: World):
    with pytest.raises(Unexpected, match="ValidationException"):
        _filter_on_key(dynalite)
    with world_on(running("ministack"), SystemClock()) as world:
        assert _filter_on_key(world)["Items"] == []


def _twice_with_one_token(world: World) -> None:
    put = {
        "TableName": world.connection.table("main"),
        "Item": Address("main", "P", "S").key,
        "ConditionExpression": "attribute_not_exists(pk)",
    }
    for _ in range(2):
        asked(
            world,
            "transact_write_items",
            TransactItems=[{"Put": put}],
            ClientRequestToken=world.connection.table("token"),
        )


def test_moto_forgets_request_tokens():
    with world_on(running("moto"), SystemClock()) as world, pytest.raises(Cancelled):
        _twice_with_one_token(world)
    with world_on(running("ministack"), SystemClock()) as world:
        _twice_with_one_token(world)


def test_moto_copies_all_tables_for_every_transaction():
    assert "copy.deepcopy(" in inspect.getsource(DynamoDBBackend.transact_write_items)


def test_only_dynalite_counts_units_by_size():
    large = {**Address("main", "P", "S").key, "v": {"S": "x" * 100_000}}
    units = {}
    for name in ("moto", "ministack", "dynalite"):
        with world_on(running(name), SystemClock()) as world:
            Batches(world.connection, SystemClock(), PATIENT).put("main", [large])
            world.metrics.sums.clear()
            world.connection.run(get_op(world.connection, Address("main", "P", "S")))
            units[name] = world.metrics.total("dynamodb_units")

    assert units == {"moto": 0.5, "ministack": 1.0, "dynalite": -(-item_size(large) // 4_096)}


def test_on_dynalite_a_page_of_the_trail_costs_what_it_shows_and_not_the_whole_chain(
    dynalite: World,
):
    pad = {"z": {"B": bytes(600)}, "h": {"B": bytes(32)}, "w": {"S": ""}}
    chain = [{**Address("audit", chain_pk(BEN), seq_sk(n)).key, **pad} for n in range(1, 401)]
    Batches(dynalite.connection, SystemClock(), PATIENT).put("audit", chain)
    filter_ = AuditFilter(tenant=BEN.tenant, patient=BEN)
    dynalite.metrics.sums.clear()

    page = dynalite.trail.records(filter_, limit=10, cursor=None)
    first = dynalite.metrics.total("dynamodb_units", table="audit")
    dynalite.trail.records(filter_, limit=10, cursor=page.cursor)

    assert len(page.records) == 10
    assert first == -(-12 * item_size(chain[0]) // 4_096)
    assert dynalite.metrics.total("dynamodb_units", table="audit") == 2 * first


def _put_under_another_digest(bucket: Bucket) -> None:
    said = {"Bucket": bucket.name, "Key": f"{bucket.prefix}a", "ChecksumSHA256": "A" * 43 + "="}
    op = ObjectOp(operation="put_object", parameters={**said, "Body": b"x"}, decode=lambda _: None)
    bucket.connection.run(op)


def test_only_ministack_compares_the_digest_of_an_object():
    _put_under_another_digest(fresh_bucket("moto"))
    with pytest.raises(Unavailable, match="damaged"):
        _put_under_another_digest(fresh_bucket("ministack"))


@pytest.mark.parametrize("engine", ["ministack", "moto"])
@pytest.mark.parametrize("based_on_another", [False, True])
def test_of_many_writers_on_one_condition_exactly_one_succeeds(engine: str, based_on_another: bool):
    bucket, start = fresh_bucket(engine), threading.Barrier(16)
    bucket.write("there", b"before")
    etag = bucket.read("there", most=9).etag

    def won(number: int) -> bool:
        start.wait()
        try:
            if based_on_another:
                bucket.replace("there", b"%d" % number, etag=etag)
            else:
                bucket.create("new", b"%d" % number)
        except ConditionFailed:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(won, range(16)))

    held = bucket.read("there" if based_on_another else "new", most=9)
    assert outcomes.count(True) == 1
    assert held.data == b"%d" % outcomes.index(True)

"""
DynamoDB: the codec, a week read, and typed calls against PynamoDB.

Calls go as those of the profile on AWS, through breakers and with the look at the tables before the
first change, to a server in another process that always gives the same answer, so that only the
clients are compared; times are processor times of the client.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from enum import StrEnum

import attrs

from clarity.adapters.aws._operations import Item, Op
from clarity.adapters.aws.connection import ConnectionSettings, DynamoDBConnection
from clarity.adapters.aws.dynamodb.codec import codec_of
from clarity.adapters.aws.dynamodb.repository import DynamoDBRepository
from clarity.adapters.aws.dynamodb.tables import TABLES, TablesChecked
from clarity.adapters.aws.settings import Endpoint
from clarity.adapters.local.clock import SystemClock
from clarity.domain.streams import DayChunk
from clarity.ports.entities import spec_of
from clarity.ports.query import Query
from tests.bench.dynamodb import ITEMS, OWNER, people, week
from tests.bench.outage import guards
from tests.bench.paired import Measured, Paired, Row, table
from tests.support.canned import canned, wire
from tests.support.dynamodb import BEACONS, Counted, Spans, credentials, cursor_key

__all__ = ["rows"]


def _cpu_s(task: Callable[[], object]) -> float:
    began_s = time.process_time()
    task()
    return time.process_time() - began_s


def in_turns(*tasks: Callable[[], object], repeats: int = 51) -> list[Measured]:
    """Processor times of the tasks, taken in turns after one run of each."""
    for task in tasks:
        task()
    times = [[_cpu_s(task) for task in tasks] for _ in range(repeats)]
    return [Measured(seconds=tuple(column)) for column in zip(*times, strict=True)]


class Color(StrEnum):
    """Some closed choice."""

    RED = "red"
    BLUE = "blue"


@attrs.frozen(kw_only=True)
class Fifteen:
    """Fifteen attributes as records of this kind have them."""

    pk: str
    sk: str
    stream: Color
    day: date
    epoch_s: int
    unit: Color
    device: str
    placement: Color
    coverage: float
    low: float
    high: float
    total: float
    updated: datetime
    payload: bytes
    note: str | None


def fifteen(number: int) -> Fifteen:
    """The item of that number."""
    return Fifteen(
        pk="P#clinic#patient-0001",
        sk=f"O#activity#{number:08}",
        stream=Color.RED,
        day=date(2003, 5, 1),
        epoch_s=60,
        unit=Color.BLUE,
        device="ActiGraph 7164",
        placement=Color.RED,
        coverage=0.97,
        low=0.0,
        high=4567.5,
        total=123456.25,
        updated=datetime(2003, 5, 1, 12, tzinfo=UTC),
        payload=bytes(range(40)),
        note=None,
    )


def codec_rows() -> Iterator[Row]:
    """The codec alone, a thousand items at a time."""
    codec, value = codec_of(Fifteen), fifteen(1)
    item = wire(codec.encode(value))

    def encode() -> None:
        for _ in range(1_000):
            codec.encode(value)

    def decode() -> None:
        for _ in range(1_000):
            codec.decode(item)

    encoded, decoded = in_turns(encode, decode, repeats=31)
    yield encoded.row("codec: encode 15 attributes", per=1_000, remark="goal 8 µs")
    yield decoded.row("codec: decode 15 attributes", per=1_000, remark="goal 6 µs")


def pynamo(url: str):
    """PynamoDB's model of the same item."""
    from pynamodb.attributes import (
        BinaryAttribute,
        NumberAttribute,
        UnicodeAttribute,
        UTCDateTimeAttribute,
    )
    from pynamodb.models import Model

    text, number = UnicodeAttribute, NumberAttribute
    meta = type("Meta", (), {"table_name": "clarity-main", "region": "eu-west-1", "host": url})
    return type(
        "PynamoFifteen",
        (Model,),
        {
            "Meta": meta,
            "pk": text(hash_key=True),
            "sk": text(range_key=True),
            **{n: text() for n in ("stream", "day", "unit", "device", "placement")},
            **{n: number() for n in ("epoch_s", "coverage", "low", "high", "total")},
            "updated": UTCDateTimeAttribute(),
            "payload": BinaryAttribute(legacy_encoding=False),
            "note": text(null=True),
        },
    )


def _op(operation: str, decode, **parameters: object) -> Op:
    return Op(
        operation=operation,
        parameters={"TableName": "clarity-main", **parameters},
        decode=decode,
        table="main",
        reads=operation != "put_item",
    )


def call_rows() -> Iterator[Row]:
    """Typed get, put and query of 100 against PynamoDB."""
    credentials()
    codec = codec_of(Fifteen)
    some = [wire(codec.encode(fifteen(n))) for n in range(100)]
    pynamo_form = {"updated": {"S": "2003-05-01T12:00:00.000000+0000"}}
    answers = {
        "DescribeTable": described(),
        "GetItem": {"Item": some[0]},
        "PutItem": {},
        "Query": {"Items": some, "Count": 100, "ScannedCount": 100},
    }
    theirs = {
        **answers,
        "GetItem": {"Item": {**some[0], **pynamo_form}},
        "Query": {**answers["Query"], "Items": [{**item, **pynamo_form} for item in some]},
    }
    with canned(answers) as url, canned(theirs) as other:
        yield from _against(shipped(url), pynamo(other), codec)


def shipped(url: str) -> DynamoDBConnection:
    """A connection as the profile on AWS makes it, to a server on this machine."""
    settings = ConnectionSettings(endpoint=Endpoint(region="eu-west-1", url=url))
    return DynamoDBConnection(
        settings,
        clock=SystemClock(),
        metrics=Counted(),
        tracer=Spans(),
        before_changes=TablesChecked(),
        guards=guards(),
    )


def _keys(pk: str, sk: str) -> list[dict[str, str]]:
    return [{"AttributeName": pk, "KeyType": "HASH"}, {"AttributeName": sk, "KeyType": "RANGE"}]


def described() -> dict[str, object]:
    """What a table says that has the keys and indexes of all of clarity's."""
    indexes = [index for spec in TABLES for index in spec.indexes]
    named = ["pk", "sk", *(name for index in indexes for name in (index.pk, index.sk))]
    table = {
        "TableStatus": "ACTIVE",
        "KeySchema": _keys("pk", "sk"),
        "AttributeDefinitions": [{"AttributeName": n, "AttributeType": "S"} for n in named],
        "GlobalSecondaryIndexes": [
            {"IndexName": index.name, "KeySchema": _keys(index.pk, index.sk)} for index in indexes
        ],
    }
    return {"Table": table}


def _against(connection: DynamoDBConnection, model, codec) -> Iterator[Row]:
    value = fifteen(1)
    key = {"pk": {"S": value.pk}, "sk": {"S": value.sk}}
    theirs = model(**{**attrs.asdict(value), "day": "2003-05-01"})
    condition = {
        "KeyConditionExpression": "pk = :p",
        "ExpressionAttributeValues": {":p": key["pk"]},
    }

    def get() -> Fifteen:
        return connection.run(_op("get_item", lambda a: codec.decode(a["Item"]), Key=key))

    def put() -> None:
        connection.run(_op("put_item", lambda _: None, Item=codec.encode(value)))

    def query() -> list[Fifteen]:
        return connection.run(_op("query", decoded, **condition))

    def decoded(answer: Mapping[str, list[Item]]) -> list[Fifteen]:
        return [codec.decode(item) for item in answer["Items"]]

    pairs = {
        "typed get": (lambda: model.get(value.pk, value.sk), get, "goal 1.2 x"),
        "typed put": (theirs.save, put, "goal 1.2 x"),
        "typed query of 100": (lambda: list(model.query(value.pk)), query, "goal 4 x"),
    }
    for what, (rival, ours, goal) in pairs.items():
        slow, fast = in_turns(rival, ours, repeats=101)
        pair = Paired(a=slow, b=fast)
        yield pair.row(f"{what}: PynamoDB / clarity", remark=goal)
    connection.close()


def read_rows() -> Iterator[Row]:
    """From the answer of one query to arrays, and the whole call."""
    credentials()
    chunks = week(people()[0])
    items = [wire({**ITEMS.encode(OWNER, c).item, "v": {"N": "1"}}) for c in chunks]
    spec = spec_of(DayChunk)

    def decode() -> None:
        for item in items:
            ITEMS.decode(spec, item)

    (decoded,) = in_turns(decode)
    yield decoded.row("a week of minutes: answer to arrays, checked", remark="goal 1 ms")
    with canned({"Query": {"Items": items, "Count": 7, "ScannedCount": 7}}) as url:
        connection = shipped(url)
        clock = SystemClock()
        repository = DynamoDBRepository(
            connection=connection,
            items=ITEMS,
            beacons=BEACONS,
            clock=clock,
            cursor_key=cursor_key(clock),
        )
        query = Query(DayChunk, OWNER)
        (queried,) = in_turns(lambda: repository.query(query))
        yield queried.row("a week of minutes: the whole query", remark="client's share")
        connection.close()


def rows() -> list[Row]:
    """All of it."""
    return [*codec_rows(), *read_rows(), *call_rows()]


if __name__ == "__main__":
    print(table(rows()))

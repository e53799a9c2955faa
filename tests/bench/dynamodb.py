"""
DynamoDB: what a patient-week costs, and typed calls against PynamoDB.

Units are reckoned by the documented item sizes (1 KB per write unit, twice in a transaction; 4 KB
per read unit), and the plain ones compared with what dynalite says it consumed, the one engine that
counts by size; it knows no transactions. Calls are made against a server in another process that always gives the same
answer, so that only the clients are compared; times are processor times of the client. The week is minute counts of NHANES 2003-2004, five people.
"""

import base64
import csv
import gzip
import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import attrs
import numpy as np

from clarity.adapters.aws._operations import Item, Op
from clarity.adapters.aws.connection import ConnectionSettings, DynamoDBConnection
from clarity.adapters.aws.dynamodb.codec import codec_of
from clarity.adapters.aws.dynamodb.items import EntityItems, item_size
from clarity.adapters.aws.dynamodb.repository import DynamoDBRepository
from clarity.adapters.aws.dynamodb.transaction import work_of
from clarity.adapters.aws.settings import Endpoint
from clarity.adapters.local.clock import SystemClock
from clarity.adapters.packing.shuffle_zstd import ShuffleZstdCodec
from clarity.domain.audit import ChainHead, Operation
from clarity.domain.identity import Actor, CorrelationId, PatientId, PatientRef, Purpose, TenantId
from clarity.domain.streams import DayChunk, Placement, StreamKind, Unit
from clarity.ports.entities import spec_of
from clarity.ports.query import Query
from clarity.ports.repository import Evidence, Put
from tests.bench.paired import Measured, Paired, Row, table
from tests.support.canned import canned
from tests.support.dynamodb import BEACONS, Counted, Spans, credentials, cursor_key, world_on
from tests.support.engines import running
from tests.support.seeding import item_after
from tests.support.shared import shared

__all__ = ["rows"]

OWNER = PatientRef(TenantId("clinic"), PatientId("patient-0001"))
ITEMS = EntityItems(ShuffleZstdCodec())
WRITE_BYTES, READ_BYTES = 1_024, 4_096


def people() -> list[np.ndarray]:
    """(10,080,) counts per minute, for each person."""
    path = shared("data/nhanes/nhanes0304_5subj_paxinten.csv.gz")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    names = list(lines[0])
    value = next(name for name in names if "inten" in name.lower())
    person = next(name for name in names if "seqn" in name.lower())
    grouped = itertools.groupby(lines, key=lambda line: line[person])
    return [np.array([float(line[value]) for line in some]) for _, some in grouped]


def week(counts: np.ndarray) -> list[DayChunk]:
    """Seven days of counts as chunks."""
    return [
        DayChunk(
            stream=StreamKind.ACTIVITY,
            day=date(2003, 5, 1) + timedelta(days=number),
            zone=ZoneInfo("UTC"),
            epoch_s=60,
            unit=Unit.COUNTS,
            device="ActiGraph 7164",
            placement=Placement.HIP,
            values=counts[1_440 * number : 1_440 * (number + 1)],
            source="0" * 64,
        )
        for number in range(7)
    ]


def evidence() -> Evidence:
    """An ingest with an idempotency key."""
    return Evidence(
        actor=Actor(id="nurse@example.org", tenant=OWNER.tenant, purpose=Purpose.RESEARCH),
        patient=OWNER,
        operation=Operation.INGEST,
        correlation=CorrelationId("0" * 32),
        at=datetime(2003, 5, 8, tzinfo=UTC),
        idempotency_key="0" * 64,
        request_digest="0" * 64,
    )


LATER, FIRST = ChainHead(7, bytes(32)), ChainHead()
"""How long a person's chain is before an ingest."""


def written(chunks: Sequence[DayChunk], head: ChainHead = LATER) -> list[Item]:
    """Every item that the transaction of an ingest writes."""
    changes = [Put(c, 0) for c in chunks]
    work = work_of(changes, evidence(), items=ITEMS, beacons=BEACONS, clock=SystemClock())
    link = work.link(head, "0" * 32)
    actions = [*link.actions("audit"), *work.actions("main", link)]
    return [item_after(action) for action in actions]


def _units(sizes: Sequence[int], unit: int) -> int:
    return sum(-(-size // unit) for size in sizes)


def _range(figures: Sequence[float]) -> str:
    return f"{min(figures):g} to {max(figures):g}"


@attrs.frozen(kw_only=True)
class Cost:
    """What one person's week takes."""

    items: int
    first_items: int
    header: int
    days: int
    plain: int
    first_plain: int
    read: int


def cost_of(counts: np.ndarray) -> Cost:
    """Reckoned from the items that an ingest writes."""
    chunks = week(counts)
    later, first = (written(chunks, head) for head in (LATER, FIRST))
    days = [{**ITEMS.encode(OWNER, c).item, "v": {"N": "1"}} for c in chunks]
    sizes = [item_size(day) for day in days]
    return Cost(
        items=len(later),
        first_items=len(first),
        header=sizes[0] - len(days[0]["y"]["B"]),
        days=sum(sizes),
        plain=_units([item_size(item) for item in later], WRITE_BYTES),
        first_plain=_units([item_size(item) for item in first], WRITE_BYTES),
        read=-(-sum(sizes) // READ_BYTES),
    )


def costs() -> Iterator[Row]:
    """Items, units and requests per patient-week."""
    each = [cost_of(counts) for counts in people()]
    yield Row(
        what="items written per patient-week, audited",
        figure=str(max(one.items for one in each)),
        remark="7 days, audit record, head of the chain, idempotency record; the first ingest of a "
        f"person {max(one.first_items for one in each)}, with the entry in the roster",
    )
    yield Row(
        what="bytes of the header of a day",
        figure=str(max(one.header for one in each)),
        remark="262 in the form before",
    )
    days = [one.days for one in each]
    yield Row(
        what="bytes of the seven days with headers",
        figure=f"{np.median(days):.0f}",
        spread=_range(days),
    )
    yield from write_rows(each)
    read = [one.read for one in each]
    yield Row(
        what="read units per patient-week, consistent, 1 query",
        figure=f"{np.median(read):.0f}",
        spread=_range(read),
        remark="predecessor 401.5",
    )


def write_rows(each: Sequence[Cost]) -> Iterator[Row]:
    """Write units, as a transaction pays them and plain."""
    later = [one.plain for one in each]
    first = [one.first_plain for one in each]
    yield Row(
        what="write units per patient-week, one transaction",
        figure=f"{np.median([2 * units for units in later]):.0f}",
        spread=_range([2 * units for units in later]),
        remark=f"mean {2 * np.mean(later):.1f}; 2 requests (one batch read, one transaction); "
        "predecessor 10,080 units, 405 requests",
    )
    yield Row(
        what="write units of a person's first week, one transaction",
        figure=f"{np.median([2 * units for units in first]):.0f}",
        spread=_range([2 * units for units in first]),
        remark="the entry in the roster too",
    )
    yield Row(
        what="write units of the index `due`, when the chain becomes due",
        figure="1",
        remark="none while it is due; taking it out after telling it costs 1 and an update of 1",
    )
    yield Row(
        what="the same items outside of a transaction, write units",
        figure=f"{np.median(later):.0f}",
        spread=_range(later),
        remark="what the guarantees of one commit double",
    )
    consumed = [consumed_by_dynalite(written(week(counts))) for counts in people()]
    yield Row(
        what="the same, as dynalite counts them",
        figure=f"{np.median(consumed):.0f}",
        spread=_range(consumed),
        remark="put one by one",
    )


def consumed_by_dynalite(items: Sequence[Item]) -> float:
    """Capacity that the engine says the items took."""
    credentials()
    with world_on(running("dynalite"), SystemClock()) as world:
        table = world.connection.table("main")
        world.metrics.sums.clear()
        for item in items:
            put = {"TableName": table, "Item": item, "ReturnConsumedCapacity": "TOTAL"}
            world.connection.run(
                Op(
                    operation="put_item",
                    parameters=put,
                    decode=lambda _: None,
                    table="main",
                    reads=False,
                )
            )
        return world.metrics.total("dynamodb_units")


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


def wire(item: Item) -> Item:
    """The item as it travels."""
    return {n: {"B": base64.b64encode(a["B"]).decode()} if "B" in a else a for n, a in item.items()}


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
    parameters = {"TableName": "clarity-main", **parameters}
    return Op(operation=operation, parameters=parameters, decode=decode, table="main", reads=True)


def call_rows() -> Iterator[Row]:
    """Typed get, put and query of 100 against PynamoDB."""
    credentials()
    codec = codec_of(Fifteen)
    some = [wire(codec.encode(fifteen(n))) for n in range(100)]
    pynamo_form = {"updated": {"S": "2003-05-01T12:00:00.000000+0000"}}
    answers = {
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
        yield from _against(connected(url), pynamo(other), codec)


def connected(url: str) -> DynamoDBConnection:
    """A connection to a server on this machine."""
    settings = ConnectionSettings(endpoint=Endpoint(region="eu-west-1", url=url))
    return DynamoDBConnection(settings, clock=SystemClock(), metrics=Counted(), tracer=Spans())


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
        connection = connected(url)
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
    return [*costs(), *codec_rows(), *read_rows(), *call_rows()]


if __name__ == "__main__":
    print(table(rows()))

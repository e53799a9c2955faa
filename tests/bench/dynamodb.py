"""
DynamoDB: what a patient-week costs.

Units are reckoned by the documented item sizes (1 KB per write unit, twice in a transaction; 4 KB
per read unit), and the plain ones compared with what dynalite says it consumed, the one engine that
counts by size; it knows no transactions. Requests are counted by a proxy before ministack. The week is
minute counts of NHANES 2003-2004, five people.
"""

import csv
import gzip
import itertools
import os
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import attrs
import numpy as np

from clarity.adapters.aws._operations import Item, Op
from clarity.adapters.aws.dynamodb.chain import Action
from clarity.adapters.aws.dynamodb.items import EntityItems, item_size
from clarity.adapters.aws.dynamodb.transaction import work_of
from clarity.adapters.local.clock import SystemClock
from clarity.adapters.packing.shuffle_zstd import ShuffleZstdCodec
from clarity.bootstrap import open_core
from clarity.container import Core
from clarity.domain.audit import ChainHead, Operation
from clarity.domain.identity import Actor, CorrelationId, PatientId, PatientRef, Purpose, TenantId
from clarity.domain.streams import DayChunk, Placement, StreamKind, Unit
from clarity.ports.recordings import Recording
from clarity.ports.repository import Evidence, Put
from clarity.settings import Settings
from tests.application.world import recording
from tests.bench.paired import Row, table
from tests.support.dynamodb import BEACONS, credentials, world_on
from tests.support.engines import REGION, running
from tests.support.fault_proxy import fault_proxy
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
    """An ingest; merging again changes nothing, so it needs no idempotency key."""
    return Evidence(
        actor=Actor(id="nurse@example.org", tenant=OWNER.tenant, purpose=Purpose.RESEARCH),
        patient=OWNER,
        operation=Operation.INGEST,
        correlation=CorrelationId("0" * 32),
        at=datetime(2003, 5, 8, tzinfo=UTC),
    )


LATER, FIRST = ChainHead(7, bytes(32)), ChainHead()
"""How long a person's chain is before an ingest."""


def actions_of(chunks: Sequence[DayChunk], head: ChainHead = LATER) -> list[Action]:
    """What the transaction of an ingest does."""
    changes = [Put(c, 0) for c in chunks]
    work = work_of(changes, evidence(), items=ITEMS, beacons=BEACONS, clock=SystemClock())
    link = work.link(head, "0" * 32)
    return [*link.actions("audit"), *work.actions("main", link)]


def written(chunks: Sequence[DayChunk], head: ChainHead = LATER) -> list[Item]:
    """Every item that the transaction of an ingest writes."""
    return [item_after(action) for action in actions_of(chunks, head)]


def _units(sizes: Sequence[int], unit: int) -> int:
    return sum(-(-size // unit) for size in sizes)


def _range(figures: Sequence[float]) -> str:
    return f"{min(figures):g} to {max(figures):g}"


@attrs.frozen(kw_only=True)
class Cost:
    """What one person's week takes."""

    items: int
    added: int
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
        added=sum("Put" in action for action in actions_of(chunks)),
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
        what="items that a patient-week adds, audited",
        figure=str(max(one.added for one in each)),
        remark="7 days and the audit record; goal 8",
    )
    yield Row(
        what="items written per patient-week, audited",
        figure=str(max(one.items for one in each)),
        remark="the head of the chain too, which is there already; the first ingest of a "
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
        remark=f"mean {2 * np.mean(later):.1f}; predecessor 10,080 units",
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


def recorded(counts: np.ndarray) -> Recording:
    """The week as a reader gives it."""
    start = datetime(2003, 5, 1, tzinfo=ZoneInfo("UTC"))
    return recording(counts, start=start, epoch_s=60, device="ActiGraph 7164")


def ingest(core: Core, counts: np.ndarray, *, of: str) -> None:
    """The week of a person, as the application takes it in."""
    core.clarity().ingest.run(
        recorded(counts),
        patient=attrs.evolve(OWNER, patient=PatientId(of)),
        actor=evidence().actor,
        correlation=CorrelationId(of),
    )


def commit(core: Core, counts: np.ndarray) -> None:
    """The same week by the repository alone."""
    core.repository().commit([Put(day, 0) for day in week(counts)], evidence=evidence())


def requests() -> Iterator[Row]:
    """How often the service is asked, by which operations."""
    credentials()
    counts = people()[0]
    with fault_proxy(running("ministack")) as proxy:
        store = f"dynamodb://{REGION}/bench{os.getpid()}-?endpoint={proxy.engine.url}&create=yes"
        with open_core(Settings(store=store)) as core:
            tasks: dict[str, Callable[[], None]] = {
                "requests of the first ingest of a process": lambda: ingest(core, counts, of="a"),
                "requests of an ingest of a week": lambda: ingest(core, counts, of="b"),
                "requests of a commit of a week": lambda: commit(core, counts),
            }
            for what, task in tasks.items():
                proxy.requests.clear()
                task()
                asked = sorted(proxy.requests.items())
                yield Row(
                    what=what,
                    figure=str(sum(proxy.requests.values())),
                    remark=", ".join(f"{operation} {times}" for operation, times in asked),
                )


def rows() -> list[Row]:
    """All of it."""
    return [*costs(), *requests()]


if __name__ == "__main__":
    print(table(rows()))

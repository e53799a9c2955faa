"""
The breakers in front of DynamoDB: what they cost while it answers, and calls while it is away.

The server that answers is canned, in another process; away is a port on which nobody listens.
"""

import time
from collections.abc import Callable, Iterator

from clarity.adapters.aws.connection import ConnectionSettings, DynamoDBConnection
from clarity.adapters.aws.dynamodb.batch import Address, get_op
from clarity.adapters.aws.guards import UNGUARDED, Guards
from clarity.adapters.aws.settings import Endpoint
from clarity.adapters.local.clock import SystemClock
from clarity.adapters.observability.metrics import MemoryMetrics
from clarity.adapters.resilience.breaker import breaker_for
from clarity.adapters.resilience.window import BreakerSettings
from clarity.ports.errors import Transient
from tests.bench.paired import Measured, Row, paired, table
from tests.support.canned import canned
from tests.support.dynamodb import Counted, Spans, credentials

__all__ = ["rows"]

THERE = Address("main", "P#clinic#patient-0001", "O#activity#20030501")
ITEM = {name: {"S": "x"} for name in ("pk", "sk", "note")}
AWAY = "http://127.0.0.1:1"
CALLS = 1_000


def guards() -> Guards:
    """As the profile on AWS has them."""
    told = {"clock": SystemClock(), "metrics": MemoryMetrics()}
    reads, changes = (breaker_for(name, BreakerSettings(), **told) for name in ("reads", "changes"))
    return Guards(reads=reads.run, changes=changes.run)


def connected(url: str, guarding: Guards = UNGUARDED) -> DynamoDBConnection:
    """A connection to a server on this machine."""
    settings = ConnectionSettings(endpoint=Endpoint(region="eu-west-1", url=url))
    clock, metrics = SystemClock(), Counted()
    return DynamoDBConnection(
        settings, clock=clock, metrics=metrics, tracer=Spans(), guards=guarding
    )


def reading(connection: DynamoDBConnection) -> Callable[[], object]:
    """A task of ten reads."""
    op = get_op(connection, THERE)
    return lambda: [connection.run(op) for _ in range(10)]


def _refused_s(call: Callable[[], object]) -> float:
    began_s = time.perf_counter()
    try:
        call()
    except Transient:
        return time.perf_counter() - began_s
    raise AssertionError("what is away answered")


def _answered() -> Iterator[Row]:
    with canned({"GetItem": {"Item": ITEM}}) as url:
        with_breakers, without = connected(url, guards()), connected(url, UNGUARDED)
        pair = paired(reading(with_breakers), reading(without), repeats=101)
        yield pair.row("ten typed reads with breakers / without")


def _away() -> Iterator[Row]:
    connection = connected(AWAY, guards())
    op = get_op(connection, THERE)
    asked = [_refused_s(lambda: connection.run(op)) for _ in range(BreakerSettings().least_calls)]
    refused = sorted(_refused_s(lambda: connection.run(op)) for _ in range(CALLS))
    yield Measured(seconds=tuple(asked)).row(
        "a read of what is away, breaker closed", remark="with its attempts and pauses"
    )
    yield Measured(seconds=tuple(refused)).row(
        "a read of what is away, breaker open",
        remark=f"goal 5 ms; the slowest of {CALLS:,} took {1e3 * refused[-1]:.2f} ms",
    )


def rows() -> list[Row]:
    """All of it."""
    credentials()
    return [*_answered(), *_away()]


if __name__ == "__main__":
    print(table(rows()))

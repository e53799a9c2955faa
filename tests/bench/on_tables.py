"""
On tables: the event loop, memory and appending to the trail, over ministack.

The engine runs on this machine and takes its share of it, so figures are of the client beside a busy
engine, not of DynamoDB.
"""

import asyncio
import time
from collections.abc import Iterator

from clarity.adapters.aws.dynamodb.outbox import DynamoDBAuditOutbox
from clarity.adapters.local.clock import SystemClock
from clarity.aio import AsyncClarity, open_clarity
from clarity.application.ship_audit import ShipAudit, shipping
from clarity.domain.privacy import Pseudonyms
from clarity.settings import Settings
from tests.application.test_import_memory import minutes
from tests.bench.aio import beats, during
from tests.bench.bulk_import import FEW, MANY, measured
from tests.bench.paired import Row, table
from tests.contracts.repository.harness import evidence
from tests.support.dynamodb import Counted, World, world_on
from tests.support.engines import running
from tests.support.logs import cloudwatch
from tests.support.logs_server import LogFault, logs_server
from tests.support.worlds import ADA, CORRELATION, NURSE, tables_on

__all__ = ["rows"]

CHUNKS = 1_000
MINUTES = 1_440
APPENDS = 500
EVERY_S = 5.0
"""Pause between two times of telling the log."""
NAMES = Pseudonyms(b"a secret of the bench")


async def _import(app: AsyncClarity) -> None:
    days = app.clarity.import_days
    await app.call(
        lambda: list(
            days.run(minutes(CHUNKS * MINUTES), patient=ADA, actor=NURSE, correlation=CORRELATION)
        )
    )


async def _heartbeat() -> tuple[list[float], list[float], float]:
    async with open_clarity(Settings(store=tables_on("ministack"))) as app:
        idle, _ = await during(lambda: asyncio.sleep(2.0))
        busy, took_s = await during(lambda: _import(app))
    return sorted(idle), sorted(busy), took_s


def _loop_rows() -> Iterator[Row]:
    idle, busy, took_s = asyncio.run(_heartbeat())
    yield beats("10-ms heartbeat of the event loop at rest", [idle])
    yield beats(
        f"10-ms heartbeat while {CHUNKS:,} days are written to tables",
        [busy],
        f"; all of them in {took_s:.1f} s",
    )


def _memory_rows() -> Iterator[Row]:
    for samples in (2 * FEW, MANY):
        grown, per_s = measured(samples, "resident", tables_on("ministack"))
        traced, _ = measured(samples, "traced", tables_on("ministack"))
        yield Row(
            what=f"{samples:,} samples into tables: growth of the resident size",
            figure=f"{grown / 1e6:.1f} MB",
            remark=f"Python objects at most {traced / 1e6:.2f} MB; {samples / per_s:.1f} s",
        )


def _append(world: World) -> list[float]:
    """How long appending a record takes, ms, each time."""
    took = []
    for _ in range(APPENDS):
        event = evidence(ADA).event(())
        began_s = time.perf_counter()
        world.trail.append(event)
        took.append(1e3 * (time.perf_counter() - began_s))
    return took


def _append_rows() -> Iterator[Row]:
    alone: list[float] = []
    beside: list[float] = []
    clock = SystemClock()
    with world_on(running("ministack"), clock) as world, logs_server() as server:
        server.now, server.fault = clock.now, lambda: LogFault.AWAY
        with cloudwatch(server.url, clock) as log:
            ship = ShipAudit(
                outbox=DynamoDBAuditOutbox(connection=world.connection, clock=clock),
                log=log,
                pseudonyms=NAMES,
                clock=clock,
                metrics=Counted(),
            )
            _append(world)
            alone += _append(world)
            with shipping(ship, EVERY_S):
                beside += _append(world)
                beside += _append(world)
            alone += _append(world)
    for what, took in (("nothing else", alone), ("the log away and asked for", beside)):
        took.sort()
        yield Row(
            what=f"a record appended to tables, {what}: 99 of 100 take at most",
            figure=f"{took[int(0.99 * len(took))]:.1f} ms",
            spread=f"median {took[len(took) // 2]:.1f} ms, worst {took[-1]:.1f} ms",
            remark=f"{len(took)} records",
        )


def rows() -> list[Row]:
    """All of it."""
    return [*_loop_rows(), *_memory_rows(), *_append_rows()]


if __name__ == "__main__":
    print(table(rows()))

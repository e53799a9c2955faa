"""
How late a 10-ms heartbeat of the event loop is while years of data are ingested.

The years of five people are read and stored one after the other, on a thread of `clarity.aio`; ten
times, in an application of its own each.
"""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from clarity.aio import AsyncClarity, open_clarity
from clarity.domain.identity import Actor, CorrelationId, PatientId, PatientRef, Purpose, TenantId
from clarity.ports.recordings import ReadOptions, Source
from clarity.settings import Settings
from tests.bench.paired import Row, table
from tests.support.recordings import depresjon_table, source_of

__all__ = ["beats", "during", "rows"]

BEAT_S = 0.010
YEAR_MIN = 365 * 1_440
YEARS = 5
RUNS = 10
CLINIC = TenantId("clinic")


async def _beating(until: asyncio.Event) -> list[float]:
    """How much later than asked for each beat came, ms."""
    late = []
    while not until.is_set():
        asked = time.perf_counter() + BEAT_S
        await asyncio.sleep(BEAT_S)
        late.append(1e3 * (time.perf_counter() - asked))
    return late


async def during(work: Callable[[], object]) -> tuple[list[float], float]:
    ended = asyncio.Event()
    beats = asyncio.ensure_future(_beating(ended))
    started = time.perf_counter()
    await work()
    took_s = time.perf_counter() - started
    ended.set()
    return await beats, took_s


async def _ingest(app: AsyncClarity, year: Source, name: str) -> None:
    found = await app.call(app.clarity.ingest.read, year, options=ReadOptions())
    await app.call(
        app.clarity.ingest.run,
        found[0],
        patient=PatientRef(CLINIC, PatientId(name)),
        actor=Actor(id="bench", tenant=CLINIC, purpose=Purpose.RESEARCH),
        correlation=CorrelationId("bench"),
    )


async def _measure(year: Source, folder: Path) -> tuple[list[float], list[float], float]:
    """Lateness at rest and while years are ingested one after the other, ms; s per year."""
    async with open_clarity(Settings(store=str(folder / "s.db"))) as app:

        async def ingest() -> None:
            for number in range(YEARS):
                await _ingest(app, year, f"person-{number}")

        idle, _ = await during(lambda: asyncio.sleep(2.0))
        busy, took_s = await during(ingest)
    return sorted(idle), sorted(busy), took_s / YEARS


def beats(what: str, runs: list[list[float]], remark: str = "") -> Row:
    """The 99th percentile of the lateness over all runs, and the worst of each."""
    late = sorted(one for run in runs for one in run)
    worst = sorted(run[-1] for run in runs)
    return Row(
        what=f"{what}: 99 of 100 beats come at most so late",
        figure=f"{late[int(0.99 * len(late))]:.2f} ms",
        spread=f"median {late[len(late) // 2]:.2f} ms, worst {late[-1]:.2f} ms",
        remark=f"{len(late)} beats, the worst of {len(runs)} runs {worst[0]:.2f} to "
        f"{worst[-1]:.2f} ms{remark}",
    )


def rows() -> list[Row]:
    """The lateness of the heartbeat without and with the work."""
    with TemporaryDirectory() as folder:
        year = source_of(depresjon_table(YEAR_MIN))
        runs = [asyncio.run(_measure(year, Path(folder) / str(n))) for n in range(RUNS)]
    idle, busy, took = map(list, zip(*runs, strict=True))
    return [
        beats("10-ms heartbeat of the event loop at rest", idle),
        beats(
            "10-ms heartbeat while years of minutes are ingested",
            busy,
            f"; a year ({YEAR_MIN:,} minutes) read and stored in {min(took):.2f} s",
        ),
    ]


if __name__ == "__main__":
    print(table(rows()))

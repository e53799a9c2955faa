"""
How late a 10-ms heartbeat of the event loop is while a year of data is ingested.

`python -m tests.bench.aio`
"""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from clarity.aio import open_clarity
from clarity.domain.identity import Actor, CorrelationId, PatientId, PatientRef, Purpose, TenantId
from clarity.ports.recordings import ReadOptions, Source
from clarity.settings import Settings
from tests.support.recordings import depresjon_table, source_of

BEAT_S = 0.010
YEAR_MIN = 365 * 1_440
CLINIC = TenantId("clinic")


async def _beating(until: asyncio.Event) -> list[float]:
    """How much later than asked for each beat came, ms."""
    late = []
    while not until.is_set():
        asked = time.perf_counter() + BEAT_S
        await asyncio.sleep(BEAT_S)
        late.append(1e3 * (time.perf_counter() - asked))
    return late


async def _during(work: Callable[[], object]) -> tuple[list[float], float]:
    ended = asyncio.Event()
    beats = asyncio.ensure_future(_beating(ended))
    started = time.perf_counter()
    await work()
    took_s = time.perf_counter() - started
    ended.set()
    return await beats, took_s


async def _measure(year: Source, folder: Path) -> None:
    actor = Actor(id="bench", tenant=CLINIC, purpose=Purpose.RESEARCH)
    async with open_clarity(Settings(store=str(folder / "s.db"))) as app:

        async def ingest() -> None:
            found = await app.call(app.clarity.ingest.read, year, options=ReadOptions())
            await app.call(
                app.clarity.ingest.run,
                found[0],
                patient=PatientRef(CLINIC, PatientId("ada")),
                actor=actor,
                correlation=CorrelationId("bench"),
            )

        idle, _ = await _during(lambda: asyncio.sleep(2.0))
        busy, took_s = await _during(ingest)
    for name, late in (("idle", idle), ("ingesting a year", busy)):
        late.sort()
        print(
            f"{name:<18} {len(late):>5} beats  median {late[len(late) // 2]:6.2f} ms  "
            f"p99 {late[int(0.99 * len(late))]:6.2f} ms  worst {late[-1]:6.2f} ms late"
        )
    print(f"a year of minutes ({YEAR_MIN:,}) ingested in {took_s:.2f} s")


def main() -> None:
    """Print the lateness of the heartbeat without and with the work."""
    with TemporaryDirectory() as folder:
        asyncio.run(_measure(source_of(depresjon_table(YEAR_MIN)), Path(folder)))


if __name__ == "__main__":
    main()

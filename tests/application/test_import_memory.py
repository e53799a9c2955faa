"""Importing takes no more memory for ten times the samples."""

import gc
import tracemalloc
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from clarity.domain.streams import DayChunk, StreamKind, Unit
from tests.support.worlds import ADA, CORRELATION, NURSE, opened

UTC = ZoneInfo("UTC")
MINUTES = 1_440
SAMPLES = 216_000
PEAK_BYTES = 6 * 1024**2
"""A batch of 75 days of minutes is 0.86 MB of floats; they, their packed form and a spare day."""

SLACK_BYTES = 1024**2
"""When garbage is collected is chance; the values alone of ten times the samples are 17 MB."""


def minutes(samples: int) -> Iterator[DayChunk]:
    """So many minutes, made when they are asked for."""
    for number in range(samples // MINUTES):
        yield DayChunk(
            stream=StreamKind.ACTIVITY,
            day=date(2003, 5, 1) + timedelta(days=number),
            zone=UTC,
            epoch_s=60,
            unit=Unit.COUNTS,
            values=np.random.default_rng(number).integers(0, 3_000, MINUTES).astype(np.float64),
        )


def peak_bytes(path: Path, samples: int) -> int:
    """Most bytes that Python held while so many samples were imported."""
    with opened(path) as world:
        run = world.app.import_days.run(
            minutes(samples), patient=ADA, actor=NURSE, correlation=CORRELATION
        )
        gc.freeze()  # what other tests left alive must not delay the collection of what is garbage
        tracemalloc.start()
        try:
            assert sum(batch.stored for batch in run) == samples // MINUTES
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
            gc.unfreeze()


@pytest.mark.slow
def test_ten_times_the_samples_take_the_same_memory(tmp_path: Path):
    few = peak_bytes(tmp_path / "few.db", SAMPLES)
    many = peak_bytes(tmp_path / "many.db", 10 * SAMPLES)

    print(f"{few:,} and {many:,} bytes")
    assert many <= few + SLACK_BYTES
    assert many <= PEAK_BYTES

"""
What serving costs around the network: loading with every check, an alias, the pipeline, two workers.

Random weights, weeks of 10,080 minutes, models in a folder.
"""

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import attrs

from clarity.adapters.local.cache import LruCache
from clarity.adapters.local.clock import SystemClock
from clarity.adapters.observability.metrics import MemoryMetrics
from clarity.application.model_aliases import Freshness
from clarity.application.predict import PATPredictor, Remembering
from clarity.application.predict_async import AsyncPATPredictor, Lanes
from clarity.domain.models import ModelSelector
from clarity.domain.pat.bundle import verified
from clarity.domain.pat.preprocessing import OwnSpread, standardized
from clarity.domain.pat.variants import WEEK_MIN, Variant
from tests.bench.paired import Row, header, measured, paired, table
from tests.support.model_desk import ANN, CASE, Desk, desk
from tests.support.models import ANY_WEIGHTS, BUILD, recipe
from tests.support.pat import random_encoder
from tests.support.weeks import week

__all__ = ["rows"]

TOY: Final = ModelSelector("toy")
WEEKS: Final = [week(seed) for seed in range(24)]
BELIEVED: Final = Freshness()


def loading_rows(world: Desk, variant: Variant) -> Iterator[Row]:
    """Digests alone, and everything between a stored bundle and a model that may answer."""
    bundle = BUILD.run(
        attrs.evolve(
            recipe("1.0.0", model=f"toy-{variant.value[-1].lower()}", length=WEEK_MIN),
            encoder=random_encoder(variant),
        )
    )
    ref = world.register.run(bundle, actor=ANN, correlation=CASE).ref
    stored = world.store.get(ref.digest)
    loader = world.loader()

    def load() -> None:
        loader.release(ref)
        loader.load_ref(ref)

    size = f"a bundle of {stored.size_bytes / 1e6:.1f} MB"
    digests = measured(lambda: verified(stored, digest=ref.digest), repeats=9)
    yield digests.row(f"{variant} comparing digests", remark=size)
    loads = measured(load, repeats=7)
    yield loads.row(f"{variant} loading with every check", remark=f"self-test included; {size}")


def asking(world: Desk) -> PATPredictor:
    """A predictor over a small model in service; nothing is remembered."""
    bundle = BUILD.run(recipe("1.0.0", length=WEEK_MIN))
    world.register.run(bundle, actor=ANN, correlation=CASE)
    world.promote("toy:1.0.0")
    return PATPredictor(
        loader=world.loader(freshness=BELIEVED),
        selector=TOY,
        clock=SystemClock(),
        metrics=MemoryMetrics(),
        weights=ANY_WEIGHTS,
        clarity_version="bench",
    )


def asking_rows(world: Desk, predictor: PATPredictor) -> Iterator[Row]:
    """The pipeline against the bare network, an answer that is remembered, and an alias."""
    network = predictor.loader.load(TOY).predictor
    sample = standardized(WEEKS[0].values, unit=WEEKS[0].unit, scaler=OwnSpread()).values[None]
    remembering = attrs.evolve(
        predictor, remembering=Remembering(cache=LruCache(SystemClock()), ttl_s=600.0)
    )
    yield paired(
        lambda: predictor.predict(WEEKS[0]), lambda: network.predict(sample), repeats=31
    ).row("PAT-S, the whole pipeline / the network alone")
    yield measured(lambda: remembering.predict(WEEKS[0]), repeats=31).row(
        "PAT-S, a week that was asked before"
    )
    asked = world.loader()
    yield paired(lambda: asked.load(TOY), lambda: predictor.loader.load(TOY), repeats=31).row(
        "what an alias means, asked of a folder / believed"
    )


def awaited_row(predictor: PATPredictor) -> Row:
    """Two dozen requests at once, with one worker and with two."""

    def served(workers: int) -> None:
        async def all_of_them() -> None:
            lanes = Lanes(workers=workers)
            metrics = MemoryMetrics()
            async with AsyncPATPredictor(
                predictor=predictor, lanes=lanes, metrics=metrics
            ) as server:
                await asyncio.gather(*(server.predict(given) for given in WEEKS))

        asyncio.run(all_of_them())

    pair = paired(lambda: served(1), lambda: served(2), repeats=7)
    per_second = len(WEEKS) / pair.b.median_s
    return pair.row(
        "PAT-S awaited, one worker / two", remark=f"{per_second:.0f} weeks/s with two workers"
    )


def rows() -> list[Row]:
    """Every figure."""
    found: list[Row] = []
    with tempfile.TemporaryDirectory() as folder, desk(Path(folder) / "models") as world:
        for variant in (Variant.S, Variant.M, Variant.L):
            found += loading_rows(world, variant)
        predictor = asking(world)
        found += asking_rows(world, predictor)
        found.append(awaited_row(predictor))
    return found


if __name__ == "__main__":
    print(header())
    print(table(rows()))

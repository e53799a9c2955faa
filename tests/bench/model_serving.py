"""
What serving costs around the network: loading with every check, looking up an alias, the pipeline.

Run `python -m tests.bench.model_serving`. Prints medians of paired runs; asserts nothing.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import attrs

from clarity.adapters.local.cache import LruCache
from clarity.adapters.local.clock import SystemClock
from clarity.adapters.observability.metrics import MemoryMetrics
from clarity.application.predict import PATPredictor, Remembering
from clarity.application.predict_async import AsyncPATPredictor, Lanes
from clarity.domain.models import ModelSelector
from clarity.domain.pat.bundle import verified
from clarity.domain.pat.preprocessing import OwnSpread, standardized
from clarity.domain.pat.variants import WEEK_MIN, Variant
from tests.support.model_desk import ANN, CASE, Desk, desk
from tests.support.models import ANY_WEIGHTS, BUILD, recipe
from tests.support.pat import random_encoder
from tests.support.weeks import week

TOY = ModelSelector("toy")
WEEKS = [week(seed) for seed in range(24)]


def median_ms(run: Callable[[], object], times: int) -> float:
    """Median wall time of one run, ms."""
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        run()
        taken.append(time.perf_counter() - started)
    return 1e3 * statistics.median(taken)


def loading(world: Desk, variant: Variant) -> None:
    right = attrs.evolve(
        recipe("1.0.0", model=f"toy-{variant.value[-1].lower()}", length=WEEK_MIN),
        encoder=random_encoder(variant),
    )
    bundle = BUILD.run(right)
    ref = world.register.run(bundle, actor=ANN, correlation=CASE).ref
    stored = world.store.get(ref.digest)
    loader = world.loader()

    def load() -> None:
        loader.release(ref)
        loader.load_ref(ref)

    print(
        f"{variant.value}: bundle {stored.size_bytes / 1e6:.1f} MB, "
        f"digests {median_ms(lambda: verified(stored, digest=ref.digest), 9):.1f} ms, "
        f"load with every check {median_ms(load, 5):.0f} ms"
    )


def asking(world: Desk) -> PATPredictor:
    bundle = BUILD.run(recipe("1.0.0", length=WEEK_MIN))
    world.register.run(bundle, actor=ANN, correlation=CASE)
    world.promote("toy:1.0.0")
    predictor = PATPredictor(
        loader=world.loader(),
        selector=TOY,
        clock=SystemClock(),
        metrics=MemoryMetrics(),
        weights=ANY_WEIGHTS,
        clarity_version="bench",
    )
    network = predictor.loader.load(TOY).predictor
    sample = standardized(WEEKS[0].values, unit=WEEKS[0].unit, scaler=OwnSpread()).values[None]
    remembering = attrs.evolve(
        predictor, remembering=Remembering(cache=LruCache(SystemClock()), ttl_s=60.0)
    )
    remembering.predict(WEEKS[0])
    bare, whole = [], []
    for _ in range(15):
        bare.append(median_ms(lambda: network.predict(sample), 1))
        whole.append(median_ms(lambda: predictor.predict(WEEKS[0]), 1))
    ratio = statistics.median(w / b for w, b in zip(whole, bare, strict=True))
    print(
        f"PAT-S: network {statistics.median(bare):.1f} ms, PATPredictor "
        f"{statistics.median(whole):.1f} ms ({ratio:.2f}x, paired), remembered "
        f"{median_ms(lambda: remembering.predict(WEEKS[0]), 15):.2f} ms, alias look-up "
        f"{median_ms(lambda: predictor.loader.load(TOY), 30):.2f} ms"
    )
    return predictor


def awaiting(predictor: PATPredictor) -> None:
    async def served(workers: int) -> float:
        server = AsyncPATPredictor(
            predictor=predictor, lanes=Lanes(workers=workers), metrics=MemoryMetrics()
        )
        async with server:
            started = time.perf_counter()
            await asyncio.gather(*(server.predict(given) for given in WEEKS))
            return len(WEEKS) / (time.perf_counter() - started)

    one, two = [], []
    for _ in range(5):
        one.append(asyncio.run(served(1)))
        two.append(asyncio.run(served(2)))
    ratio = statistics.median(b / a for a, b in zip(one, two, strict=True))
    print(
        f"awaited PAT-S: {statistics.median(one):.0f}/s with 1 worker, "
        f"{statistics.median(two):.0f}/s with 2 ({ratio:.2f}x, paired)"
    )


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, desk(Path(folder) / "models") as world:
        for variant in (Variant.S, Variant.M, Variant.L):
            loading(world, variant)
        awaiting(asking(world))


if __name__ == "__main__":
    main()

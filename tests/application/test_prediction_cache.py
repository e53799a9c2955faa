import attrs
import numpy as np
import pytest

from clarity.adapters.local.cache import LruCache
from clarity.application.prediction_cache import CachedPredictor
from clarity.domain.pat.prediction import BatchNotFinite, Floats, Prediction, Signature
from clarity.domain.pat.runtime import Precision, Runtime
from clarity.ports.cache import Cache, Hit, Miss
from clarity.ports.errors import Unavailable
from clarity.ports.predictor import Predictor
from tests.support.clocks import HandClock
from tests.support.models import OPEN, tiny_bundle
from tests.support.pat import random_batch

HERE = Runtime(engine="toy-1.0", device="cpu")
LENGTH = 144
BUNDLE = tiny_bundle()
REAL = OPEN.run(BUNDLE, digest=BUNDLE.digest).predictor


@attrs.define(eq=False)
class Counting(Predictor):
    """Counts the samples that it is asked about."""

    inner: Predictor
    samples: int = 0

    @property
    def signature(self) -> Signature:
        return self.inner.signature

    def predict(self, batch: Floats) -> Prediction:
        self.samples += len(batch)
        return self.inner.predict(batch)


@attrs.define(eq=False)
class OddCache(Cache):
    """Gives what it was told to give; keeps nothing."""

    answer: Hit | Miss | None
    filled: int = 0

    def get(self, key: str) -> Hit | Miss:
        if self.answer is None:
            raise Unavailable("the cache")
        return self.answer

    def fill(self, key: str, value: bytes, *, stamp: int, ttl_s: float) -> None:
        self.filled += 1
        raise Unavailable("the cache")

    def invalidate(self, key: str) -> None:
        raise Unavailable("the cache")


def cached(
    cache: Cache | None = None, digest: str = "a" * 64, runtime: Runtime = HERE
) -> tuple[CachedPredictor, Counting]:
    counting = Counting(REAL)
    predictor = CachedPredictor(
        inner=counting,
        digest=digest,
        runtime=runtime,
        cache=cache or LruCache(HandClock()),
        ttl_s=60.0,
    )
    return predictor, counting


def test_what_was_asked_before_is_not_asked_again():
    predictor, counting = cached()
    batch = random_batch(3, LENGTH)

    first = predictor.predict(batch)
    again = predictor.predict(batch[::-1].copy())

    assert counting.samples == 3
    assert np.array_equal(first.embeddings[::-1], again.embeddings)
    assert first == REAL.predict(batch)


def test_only_what_is_new_in_a_batch_is_asked():
    predictor, counting = cached()
    batch = random_batch(4, LENGTH)
    predictor.predict(batch[1:3])

    found = predictor.predict(batch)

    assert counting.samples == 4
    assert found == REAL.predict(batch)


def test_another_model_or_an_input_that_differs_by_one_bit_is_asked():
    cache = LruCache(HandClock())
    batch = random_batch(1, LENGTH)
    cached(cache)[0].predict(batch)
    other, asked_other = cached(cache, digest="b" * 64)
    same, asked_same = cached(cache)
    near = batch.copy()
    near[0, 0] = np.nextafter(near[0, 0], np.float32(9))

    other.predict(batch)
    same.predict(near)

    assert (asked_other.samples, asked_same.samples) == (1, 1)


@pytest.mark.parametrize(
    "other",
    [
        Runtime(engine="toy-1.1", device="cpu"),
        Runtime(engine="toy-1.0", device="cuda"),
        Runtime(engine="toy-1.0", device="cpu", precision=Precision.BFLOAT16),
        Runtime(engine="toy-1.0", device="cpu", group=4),
    ],
    ids=str,
)
def test_what_another_runtime_answered_is_asked_again(other: Runtime):
    cache, batch = LruCache(HandClock()), random_batch(1, LENGTH)
    cached(cache)[0].predict(batch)
    predictor, counting = cached(cache, runtime=other)

    predictor.predict(batch)

    assert counting.samples == 1


def test_what_expired_is_asked_again():
    clock = HandClock()
    predictor, counting = cached(LruCache(clock))
    predictor.predict(random_batch(1, LENGTH))
    clock.advance(61.0)

    predictor.predict(random_batch(1, LENGTH))

    assert counting.samples == 2


@pytest.mark.parametrize(
    "answer",
    [None, Hit(b""), Hit(b"garbage"), Hit(bytes(8 + 4 * 98)), Miss(0)],
    ids=["away", "empty", "garbage", "zeros", "full"],
)
def test_a_cache_that_is_away_or_gives_garbage_changes_no_answer(answer: Hit | Miss | None):
    predictor, counting = cached(OddCache(answer))
    batch = random_batch(2, LENGTH)

    assert predictor.predict(batch) == REAL.predict(batch)
    assert counting.samples == 2


def test_a_refused_batch_is_refused_and_nothing_is_kept():
    cache = LruCache(HandClock())
    predictor, counting = cached(cache)
    batch = random_batch(2, LENGTH)
    batch[1, 0] = np.nan

    with pytest.raises(BatchNotFinite):
        predictor.predict(batch)

    assert counting.samples == 0

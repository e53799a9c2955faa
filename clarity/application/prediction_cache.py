"""Answers of a predictor kept under what they depend on: the model, its runtime and the sample."""

import hashlib
from typing import Final

import attrs
import numpy as np

from clarity.domain.pat.prediction import Floats, Prediction, Signature, checked_batch
from clarity.domain.pat.runtime import Runtime
from clarity.domain.pat.variants import WIDTH
from clarity.ports.cache import Cache, Hit, Miss
from clarity.ports.errors import PortError
from clarity.ports.predictor import Predictor

__all__ = ["CachedPredictor"]

CHECK_BYTES: Final = 8  # of a digest over the value; finds what a cache changed


@attrs.frozen(kw_only=True, eq=False)
class CachedPredictor(Predictor):
    """
    Asks `inner` only about samples that the cache does not hold; bit-equal to asking it always.

    The key is the digest of the model, what runs it, and the digest of the sample's bytes, so
    another model, another engine, device or precision, or another input, be it by one bit, is
    another key and nothing is ever stale. A cache that is away or gives
    something else costs time and nothing more.

    Attributes:
        inner: the predictor.
        digest: of the model that it runs.
        runtime: what runs it.
        cache: keeps embeddings and scores, no recordings.
        ttl_s: how long, s.
    """

    inner: Predictor
    digest: str
    runtime: Runtime
    cache: Cache
    ttl_s: float = attrs.field(validator=attrs.validators.gt(0.0))

    @property
    def signature(self) -> Signature:
        """The signature of `inner`."""
        return self.inner.signature

    def predict(self, batch: Floats) -> Prediction:
        """See `Predictor.predict`."""
        samples = checked_batch(batch, length=self.signature.length)
        width = WIDTH + len(self.signature.heads)
        answers = np.empty((len(samples), width), dtype=np.float32)
        found = [self._found(sample) for sample in samples]
        for row, answer in enumerate(found):
            if isinstance(answer, np.ndarray):
                answers[row] = answer
        missed = [row for row, answer in enumerate(found) if not isinstance(answer, np.ndarray)]
        if missed:
            answers[missed] = _joined(self.inner.predict(samples[missed]))
        for row in missed:
            self._kept(samples[row], answers[row], found[row])
        return self._split(answers)

    def _key(self, sample: Floats) -> str:
        sha256 = hashlib.sha256(sample.tobytes()).hexdigest()
        return f"pat/{self.digest}/{self.runtime}/{sha256}"

    def _found(self, sample: Floats) -> Floats | Miss | None:
        """The answer, a miss to be filled, or None where the cache does not take part."""
        try:
            answer = self.cache.get(self._key(sample))
        except PortError:
            return None
        if isinstance(answer, Hit):
            return _opened(answer.value, WIDTH + len(self.signature.heads))
        return answer

    def _kept(self, sample: Floats, answer: Floats, miss: Floats | Miss | None) -> None:
        if not isinstance(miss, Miss):
            return
        try:
            self.cache.fill(self._key(sample), _sealed(answer), stamp=miss.stamp, ttl_s=self.ttl_s)
        except PortError:
            return

    def _split(self, answers: Floats) -> Prediction:
        heads = self.signature.heads
        return Prediction(
            embeddings=answers[:, :WIDTH],
            scores={name: answers[:, WIDTH + place] for place, name in enumerate(heads)},
        )


def _joined(prediction: Prediction) -> Floats:
    return np.column_stack([prediction.embeddings, *prediction.scores.values()])


def _sealed(answer: Floats) -> bytes:
    payload = answer.astype("<f4").tobytes()
    return hashlib.sha256(payload).digest()[:CHECK_BYTES] + payload


def _opened(value: bytes, width: int) -> Floats | None:
    """The answer, None when these are not the bytes of one."""
    check, payload = value[:CHECK_BYTES], value[CHECK_BYTES:]
    if len(payload) != 4 * width or hashlib.sha256(payload).digest()[:CHECK_BYTES] != check:
        return None
    return np.frombuffer(payload, dtype="<f4").astype(np.float32)

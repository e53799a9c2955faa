"""A predictor on ONNX Runtime; needs neither torch nor the package `onnx`."""

from typing import Final

import attrs
import numpy as np
from onnxruntime import InferenceSession, SessionOptions

from clarity.adapters.onnx._errors import ENGINE_ERRORS
from clarity.adapters.onnx.signature import (
    EMBEDDING_OUTPUT,
    INPUT,
    read_signature,
    score_output,
)
from clarity.domain.pat.artifact import UnreadableModel, require_digest
from clarity.domain.pat.prediction import Floats, Prediction, Signature, checked_batch
from clarity.domain.pat.variants import WIDTH
from clarity.ports.errors import Unexpected
from clarity.ports.predictor import Predictor

__all__ = ["OnnxPredictor", "open_onnx"]

LOG_FATAL: Final = 4  # the runtime raises what it would log
KEPT_BYTES: Final = "_model_bytes"  # of the wrapper, for a fallback that is switched off here


@attrs.frozen(kw_only=True, eq=False)
class OnnxPredictor(Predictor):
    """
    Predicts with one session, one sample after the other.

    The loop makes an answer independent of its batch-mates (every run has batch size 1), keeps
    memory flat, and costs nothing on a CPU: unfused batches are slower per sample. Callers in
    several threads run in parallel.

    Attributes:
        session: made by `open_onnx`.
    """

    session: InferenceSession
    _signature: Signature = attrs.field(alias="signature")
    _outputs: tuple[str, ...] = attrs.field(init=False)

    @_outputs.default
    def _in_order(self) -> tuple[str, ...]:
        return (EMBEDDING_OUTPUT, *map(score_output, self._signature.heads))

    @property
    def signature(self) -> Signature:
        """The variant, the minutes per sample and the names of the heads."""
        return self._signature

    def predict(self, batch: Floats) -> Prediction:
        """See `Predictor.predict`."""
        samples = checked_batch(batch, length=self._signature.length)
        embeddings = np.empty((len(samples), WIDTH), dtype=np.float32)
        scores = {head: np.empty(len(samples), dtype=np.float32) for head in self._signature.heads}
        for row in range(len(samples)):
            embedding, *values = self._run(samples[row : row + 1])
            embeddings[row] = embedding[0]
            for score, value in zip(scores.values(), values, strict=True):
                score[row] = value[0]
        return Prediction(embeddings=embeddings, scores=scores)

    def _run(self, sample: Floats) -> list[Floats]:
        try:
            outputs: list[Floats] = self.session.run(self._outputs, {INPUT: sample})
        except ENGINE_ERRORS as cause:
            raise Unexpected(f"ONNX Runtime: {type(cause).__name__}") from cause
        return outputs


def open_onnx(model: bytes, *, sha256: str, threads: int = 1) -> OnnxPredictor:
    """
    A predictor for the model, opened only after its digest was found right.

    Args:
        model: the bytes of a graph from `build_onnx`.
        sha256: the recorded digest of these bytes.
        threads: of one call; 1 with as many callers as cores gives the most samples per second.

    Raises:
        DigestMismatch: the bytes are not the recorded ones; nothing was parsed.
        UnreadableModel: they are no PAT graph.
    """
    require_digest(model, sha256=sha256)
    try:
        session = InferenceSession(
            model, _options(threads), providers=["CPUExecutionProvider"], enable_fallback=0
        )
        metadata = session.get_modelmeta().custom_metadata_map
    except ENGINE_ERRORS as cause:
        raise UnreadableModel("the ONNX model", "is refused by ONNX Runtime") from cause
    vars(session).pop(KEPT_BYTES, None)
    signature = read_signature(metadata)
    _require_interface(session, signature)
    return OnnxPredictor(session=session, signature=signature)


def _options(threads: int) -> SessionOptions:
    options = SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = LOG_FATAL
    options.enable_mem_pattern = False  # a second place for what a run needs
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    options.add_free_dimension_override_by_name("batch", 1)
    return options


def _require_interface(session: InferenceSession, signature: Signature) -> None:
    inputs = {(value.name, value.type, tuple(value.shape)) for value in session.get_inputs()}
    outputs = {(value.name, value.type, tuple(value.shape)) for value in session.get_outputs()}
    kind = "tensor(float)"
    scores = {(score_output(head), kind, (1,)) for head in signature.heads}
    expected = {(EMBEDDING_OUTPUT, kind, (1, WIDTH)), *scores}
    if inputs != {(INPUT, kind, (1, signature.length))} or outputs != expected:
        raise UnreadableModel("the ONNX model", "has other inputs or outputs than it says")

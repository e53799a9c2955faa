"""The exceptions of ONNX Runtime, which share no base of their own."""

from typing import Final

from onnxruntime.capi import onnxruntime_pybind11_state as ort

__all__ = ["ENGINE_ERRORS"]

ENGINE_ERRORS: Final[tuple[type[Exception], ...]] = (
    ort.EPFail,
    ort.EngineError,
    ort.Fail,
    ort.InvalidArgument,
    ort.InvalidGraph,
    ort.InvalidProtobuf,
    ort.ModelLoaded,
    ort.NoModel,
    ort.NoSuchFile,
    ort.NotImplemented,
    ort.RuntimeException,
    RuntimeError,
    ValueError,  # also when the text of another error is no UTF-8
)

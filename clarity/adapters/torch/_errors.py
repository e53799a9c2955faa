"""The exceptions of PyTorch, and what they mean for a device."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from clarity.ports.engine import DeviceMissing
from clarity.ports.errors import Unexpected

__all__ = ["translated_device", "translated_run"]

ENGINE_ERRORS: Final = (RuntimeError, ValueError)  # torch's own errors derive from RuntimeError
DEVICE_ERRORS: Final = (AssertionError, NotImplementedError, RuntimeError)  # a build without it


@contextmanager
def translated_run() -> Iterator[None]:
    """
    What torch raises in the block leaves it in words of the ports.

    Raises:
        Unexpected: the engine failed.
    """
    try:
        yield
    except ENGINE_ERRORS as cause:
        raise Unexpected(f"PyTorch: {type(cause).__name__}") from cause


@contextmanager
def translated_device(device: str) -> Iterator[None]:
    """
    What torch raises when it looks for a device leaves the block in words of the ports.

    Raises:
        DeviceMissing: it is not there, or torch was built without it.
    """
    try:
        yield
    except DEVICE_ERRORS as cause:
        raise DeviceMissing(device) from cause

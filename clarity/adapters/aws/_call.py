"""What the SDK's hooks need to know of the DynamoDB call that they are asked about."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

import attrs

__all__ = ["Call", "current_call", "in_progress"]


@attrs.define
class Call:
    """
    A call in progress.

    Attributes:
        parameters: as they go on the wire but for bytes.
        reads: nothing changes by it.
        damaged: answers that did not arrive as they were sent.
    """

    parameters: Mapping[str, Any] = attrs.field(factory=dict)
    reads: bool = True
    damaged: int = 0


_call: Final[ContextVar[Call]] = ContextVar("clarity-aws-call")


def current_call() -> Call:
    """The call that this thread or task makes; other services' calls are all alike."""
    return _call.get(Call())


@contextmanager
def in_progress(call: Call) -> Iterator[Call]:
    """The block makes that call."""
    token = _call.set(call)
    try:
        yield call
    finally:
        _call.reset(token)

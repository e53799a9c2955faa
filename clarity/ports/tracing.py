"""What took how long, and as part of what."""

from abc import abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Protocol, runtime_checkable

__all__ = ["Tracer"]


@runtime_checkable
class Tracer(Protocol):
    """Nested spans of work; attributes are of small, closed vocabularies, never health data."""

    __slots__ = ()

    @abstractmethod
    def span(self, name: str, *, attributes: Mapping[str, str]) -> AbstractContextManager[None]:
        """
        A span around a `with` block; nests in the span open in this thread or task.

        An exception leaves through it unchanged; the span then records the error's code, not its
        text.
        """
        ...

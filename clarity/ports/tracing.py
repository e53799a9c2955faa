"""What took how long, and as part of what."""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Protocol, runtime_checkable

__all__ = ["Tell", "Tracer"]

Tell = Callable[[str, float], None]
"""Puts a number on an open span, under a name that says its unit; never health data."""


@runtime_checkable
class Tracer(Protocol):
    """Nested spans of work; attributes are of small, closed vocabularies, never health data."""

    __slots__ = ()

    @abstractmethod
    def span(self, name: str, *, attributes: Mapping[str, str]) -> AbstractContextManager[Tell]:
        """
        A span around a `with` block; nests in the span open in this thread or task.

        What is known only in the block is told as numbers; the last one under a name stands, and
        what is told after the block is dropped. An exception leaves through the span unchanged; the
        span then records the error's code, not its text.
        """
        ...

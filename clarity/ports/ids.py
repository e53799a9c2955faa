"""Identifiers, injected."""

from abc import abstractmethod
from typing import Protocol, runtime_checkable

from clarity.domain.identity import CorrelationId

__all__ = ["Ids"]


@runtime_checkable
class Ids(Protocol):
    """Fresh identifiers; no two calls give the same."""

    __slots__ = ()

    @abstractmethod
    def correlation(self) -> CorrelationId:
        """A new correlation id; safe to show and to log."""
        ...

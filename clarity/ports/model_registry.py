"""Which versions of models there are, and where their aliases point."""

from abc import abstractmethod
from typing import Protocol, runtime_checkable

from clarity.domain.models import AliasMove, ModelRef, ModelShelf, ModelVersion

__all__ = ["ModelRegistry"]


@runtime_checkable
class ModelRegistry(Protocol):
    """
    Immutable versions, and aliases that move by compare-and-set.

    Safe for many threads and processes at once. What returned is durable.
    """

    __slots__ = ()

    @abstractmethod
    def register(self, version: ModelVersion) -> None:
        """
        The version is known from now on; of several at once one wins.

        Raises:
            AlreadyExists: the name has this version; it stays as it is, whatever it holds.
            Denied, Unavailable: the registry cannot be written.
        """
        ...

    @abstractmethod
    def unregister(self, ref: ModelRef) -> None:
        """
        The version is not known any more; an absent one is no error. Histories stay.

        Whether an alias points at it is not looked at.

        Raises:
            Denied, Unavailable: the registry cannot be written.
        """
        ...

    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """
        Models with at least one version, in order.

        Raises:
            Denied, Unavailable: the registry cannot be read.
        """
        ...

    @abstractmethod
    def shelf(self, model: str) -> ModelShelf:
        """
        The versions and aliases of a model; an empty shelf for one that is not known.

        Raises:
            BadModelName: no model can have this name.
            Corrupt: a record is damaged.
            Denied, Unavailable: the registry cannot be read.
        """
        ...

    @abstractmethod
    def move(self, move: AliasMove) -> None:
        """
        The alias has this move as its last, if its revision is one more than that of the last.

        Of several moves with one revision exactly one wins. Whether the version is registered is
        not looked at.

        Raises:
            StaleVersion: the alias has moved, or has not moved that often; carries its revision.
            Denied, Unavailable: the registry cannot be written.
        """
        ...

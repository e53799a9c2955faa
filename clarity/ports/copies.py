"""Copies of a whole store, and whether a store is sound."""

from abc import abstractmethod
from pathlib import Path
from typing import Protocol, runtime_checkable

import attrs

__all__ = ["Checkup", "StoreCopies"]


@attrs.frozen(kw_only=True)
class Checkup:
    """
    What was found in a store.

    Attributes:
        items: entities whose bytes were compared with their digest.
        chains: audit chains that were recomputed.
        records: audit records in them.
        damage: what is damaged, in words; empty when the store is sound.
        tampered: how many chains do not lead to their head.
    """

    items: int
    chains: int
    records: int
    damage: tuple[str, ...]
    tampered: int

    @property
    def is_sound(self) -> bool:
        """Whether nothing is damaged and no chain was tampered with."""
        return not self.damage and not self.tampered


@runtime_checkable
class StoreCopies(Protocol):
    """Copies and checks the open store; the key that signs audit heads is not part of it."""

    __slots__ = ()

    @abstractmethod
    def check(self) -> Checkup:
        """
        What the structure, every entity's digest and every audit chain say; of all tenants.

        Raises:
            Corrupt: so damaged that it cannot be read.
            Unavailable, TimedOut: nothing is known.
        """
        ...

    @abstractmethod
    def backup(self, to: Path) -> Checkup:
        """
        One state of the store in the new file `to`, while others go on reading and writing.

        The copy was checked before it took its name; it is for its owner alone.

        Raises:
            AlreadyExists: there is something at `to`; it was left as it is.
            Corrupt: the copy is not sound, so neither is the store; no file was made.
            Denied, Unavailable, TimedOut: no file was made.
        """
        ...

    @abstractmethod
    def restore(self, backup: Path, *, to: Path) -> Checkup:
        """
        The content of `backup`, checked first, in the new store `to`.

        Raises:
            AlreadyExists: there is something at `to`; it was left as it is.
            Corrupt: the backup is damaged, tampered with or no store; nothing was made.
            NotFound: there is no backup.
            Denied, Unavailable, TimedOut: nothing was made.
        """
        ...

    @abstractmethod
    def replace(self, backup: Path, *, to: Path) -> Checkup:
        """
        The content of `backup`, checked first, in place of that of the existing store `to`.

        All at once or not at all; what is open there sees the new content with its next read.

        Raises:
            Corrupt: the backup is not sound, or what is at `to` is no store (move it away).
            NotFound: there is no backup or no store.
            Denied, Unavailable, TimedOut: the store is as it was.
        """
        ...

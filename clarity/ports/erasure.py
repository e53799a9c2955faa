"""Forgetting a person: every store says what it holds about them and lets go of it."""

from abc import abstractmethod
from collections.abc import Iterator
from typing import Protocol, runtime_checkable

import attrs

from clarity.domain.identity import PatientRef
from clarity.domain.jobs import Job
from clarity.ports.repository import Evidence

__all__ = ["Erasable", "Holding", "Trace"]


@attrs.frozen
class Holding:
    """How many things of one kind a store holds about a person."""

    kind: str
    count: int


@attrs.frozen
class Trace:
    """Something that is held about a person and is neither entity nor job: its kind and name."""

    kind: str
    name: str


@runtime_checkable
class Erasable(Protocol):
    """A store that holds something about people, besides their audit chains."""

    __slots__ = ()

    @abstractmethod
    def holdings(self, owner: PatientRef) -> tuple[Holding, ...]:
        """
        What is held about `owner`, by kind, counted and not estimated.

        What has expired and was not removed yet counts too, and so does what is damaged; the audit
        chain does not, since it stays. A kind of which nothing is held may be left out.

        Raises:
            Unavailable, TimedOut, Throttled: nothing is known.
        """
        ...

    @abstractmethod
    def traces(self, owner: PatientRef) -> Iterator[Job | Trace]:
        """
        Everything that `holdings` counts and that is no entity of a repository, each once.

        In no order that is promised, read page by page while it is consumed: what comes or goes
        meanwhile may be among it or not.

        Raises:
            Corrupt, Unavailable, TimedOut, Throttled: the rest is not known.
        """
        ...

    @abstractmethod
    def erase(self, owner: PatientRef, *, limit: int, evidence: Evidence) -> int:
        """
        Remove at most `limit` (1 or more) things held about `owner`; says how many went.

        Those that went and the audit record that names them went in one transaction, or, out of a
        place that shares no transaction with the chain, after the record was durable; where nothing
        is held nothing is recorded and the answer is 0. Calls until then leave nothing behind,
        whoever was interrupted in between. What is damaged goes too; the record names it by its
        kind and a digest where its key cannot be read, and has no digest of it where there is none.
        What went cannot be read from the store's files either.

        Raises:
            Unavailable, TimedOut, Throttled: nothing is known; call again.
        """
        ...

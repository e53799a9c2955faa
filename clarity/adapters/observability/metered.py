"""A repository whose calls are counted and timed."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import attrs

from clarity.domain.errors import ClarityError
from clarity.domain.identity import PatientRef
from clarity.ports.clock import Clock
from clarity.ports.entities import Entity, Key
from clarity.ports.metrics import Metrics
from clarity.ports.query import Page, Query, Stored
from clarity.ports.repository import Change, Committed, Evidence, Repository

__all__ = ["MeteredRepository"]

E = TypeVar("E", bound=Entity)


@attrs.frozen
class MeteredRepository(Repository):
    """
    Records `repository_calls` (by call and outcome) and `repository_call_s` (by call) of `inner`.

    The outcome is `ok` or the stable code of the error.
    """

    inner: Repository
    metrics: Metrics
    clock: Clock

    def get(self, owner: PatientRef, key: Key) -> Stored[Entity]:
        """As `inner`, metered."""
        with self._metered("get"):
            return self.inner.get(owner, key)

    def query(self, query: Query[E]) -> Page[E]:
        """As `inner`, metered."""
        with self._metered("query"):
            return self.inner.query(query)

    def commit(self, changes: Sequence[Change], *, evidence: Evidence) -> Committed:
        """As `inner`, metered."""
        with self._metered("commit"):
            return self.inner.commit(changes, evidence=evidence)

    @contextmanager
    def _metered(self, call: str) -> Iterator[None]:
        started = self.clock.monotonic_s()
        outcome = "failed"
        try:
            yield
            outcome = "ok"
        except ClarityError as error:
            outcome = error.code
            raise
        finally:
            took_s = self.clock.monotonic_s() - started
            self.metrics.count("repository_calls", 1, labels={"call": call, "outcome": outcome})
            self.metrics.observe("repository_call_s", took_s, labels={"call": call})

"""A repository whose calls are spans."""

from collections.abc import Sequence
from typing import TypeVar

import attrs

from clarity.domain.identity import PatientRef
from clarity.ports.entities import Entity, Key
from clarity.ports.query import Page, Query, Stored
from clarity.ports.repository import (
    Change,
    Committed,
    Evidence,
    Repository,
    check_evidence,
    check_get,
    check_query,
)
from clarity.ports.tracing import Tracer

__all__ = ["TracedRepository"]

E = TypeVar("E", bound=Entity)


@attrs.frozen
class TracedRepository(Repository):
    """Opens a span around each call of `inner`; its attributes name kinds, never keys or people."""

    inner: Repository
    tracer: Tracer

    def get(self, owner: PatientRef, key: Key) -> Stored[Entity]:
        """As `inner`, in the span `repository.get`."""
        kind = check_get(owner, key).kind
        with self.tracer.span("repository.get", attributes={"kind": kind}):
            return self.inner.get(owner, key)

    def query(self, query: Query[E]) -> Page[E]:
        """As `inner`, in the span `repository.query`."""
        kind = check_query(query).kind
        with self.tracer.span("repository.query", attributes={"kind": kind}):
            return self.inner.query(query)

    def commit(self, changes: Sequence[Change], *, evidence: Evidence) -> Committed:
        """As `inner`, in the span `repository.commit`."""
        check_evidence(evidence)
        attributes = {"operation": evidence.operation.value}
        with self.tracer.span("repository.commit", attributes=attributes):
            return self.inner.commit(changes, evidence=evidence)

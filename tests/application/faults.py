"""Ports that fail on purpose, around real ones."""

from collections.abc import Callable, Sequence

import attrs

from clarity.domain.audit import AuditEvent, AuditRecord, ChainHead, chained
from clarity.domain.identity import PatientRef
from clarity.ports.audit import AuditSink
from clarity.ports.entities import Entity, Key
from clarity.ports.errors import Corrupt, PortError, Unavailable
from clarity.ports.query import Page, Query, Stored
from clarity.ports.repository import Change, Committed, Evidence, Repository


@attrs.frozen
class SilentSink(AuditSink):
    """A trail that cannot be written."""

    def append(self, event: AuditEvent) -> AuditRecord:
        raise Unavailable("the audit trail")


@attrs.frozen
class Unheard(AuditSink):
    """A trail of its own, which nobody looks at."""

    def append(self, event: AuditEvent) -> AuditRecord:
        return chained(event, ChainHead())


@attrs.define(eq=False)
class Around(Repository):
    """
    `inner`, with something done before each commit and after it.

    Attributes:
        before: called with the number of the commit (1, 2, ...), before it.
        after: likewise, after it.
    """

    inner: Repository
    before: Callable[[int], None] = attrs.field(kw_only=True, default=lambda _: None)
    after: Callable[[int], None] = attrs.field(kw_only=True, default=lambda _: None)
    commits: int = attrs.field(default=0, init=False)

    def get(self, owner: PatientRef, key: Key) -> Stored[Entity]:
        return self.inner.get(owner, key)

    def query(self, query: Query[Entity]) -> Page[Entity]:
        return self.inner.query(query)

    def commit(self, changes: Sequence[Change], *, evidence: Evidence) -> Committed:
        self.commits += 1
        self.before(self.commits)
        committed = self.inner.commit(changes, evidence=evidence)
        self.after(self.commits)
        return committed


@attrs.define(eq=False)
class Unreadable(Around):
    """`inner`, of whose file the part with single entities is damaged."""

    def get(self, owner: PatientRef, key: Key) -> Stored[Entity]:
        raise Corrupt("the store")


def failing_at(*numbers: int, error: PortError | None = None) -> Callable[[int], None]:
    """Raises in the calls of those numbers."""

    def fail(number: int) -> None:
        if number in numbers:
            raise error or Unavailable("the store")

    return fail

"""A repository and an audit sink that fail as planned, around real ones."""

from collections import deque
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import TypeVar

import attrs

from clarity.domain.audit import AuditEvent, AuditRecord
from clarity.domain.identity import PatientRef
from clarity.ports.audit import AuditSink
from clarity.ports.entities import Entity, Key
from clarity.ports.errors import PortError, TimedOut, Unavailable
from clarity.ports.query import Page, Query, Stored
from clarity.ports.repository import Change, Committed, Evidence, Repository

__all__ = ["Fault", "FaultPlan", "FaultyRepository", "FaultySink"]

T = TypeVar("T")


class Fault(StrEnum):
    """What becomes of one call."""

    NONE = "none"
    REFUSED = "refused before"
    LOST = "done, answer lost"
    HUNG = "hung, not done"
    HUNG_AFTER = "done, then hung"

    @property
    def done(self) -> bool:
        """Whether the call has its effect."""
        return self in {Fault.NONE, Fault.LOST, Fault.HUNG_AFTER}

    @property
    def error(self) -> PortError:
        """What the caller is told unless it is NONE."""
        if self in {Fault.HUNG, Fault.HUNG_AFTER}:
            return TimedOut("the store", 2)
        return Unavailable("the store")


@attrs.define(eq=False)
class FaultPlan:
    """The faults of the calls to come, one each; NONE when the plan is empty."""

    coming: deque[Fault] = attrs.field(factory=deque, converter=deque)

    def carried_out(self, call: Callable[[], T]) -> T:
        """The answer of `call`, unless the next fault takes it."""
        fault = self.coming.popleft() if self.coming else Fault.NONE
        answer = call() if fault.done else None
        if fault is Fault.NONE:
            return answer
        raise fault.error


@attrs.define(eq=False)
class FaultyRepository(Repository):
    """`inner`, failing by `plan`."""

    inner: Repository
    plan: FaultPlan

    def get(self, owner: PatientRef, key: Key) -> Stored[Entity]:
        return self.plan.carried_out(lambda: self.inner.get(owner, key))

    def query(self, query: Query[Entity]) -> Page[Entity]:
        return self.plan.carried_out(lambda: self.inner.query(query))

    def commit(self, changes: Sequence[Change], *, evidence: Evidence) -> Committed:
        return self.plan.carried_out(lambda: self.inner.commit(changes, evidence=evidence))


@attrs.define(eq=False)
class FaultySink(AuditSink):
    """`inner`, failing by `plan`."""

    inner: AuditSink
    plan: FaultPlan

    def append(self, event: AuditEvent) -> AuditRecord:
        return self.plan.carried_out(lambda: self.inner.append(event))

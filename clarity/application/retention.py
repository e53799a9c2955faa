"""Keep no longer than needed: what has expired, and what is older than a rule allows."""

from collections.abc import Iterator
from datetime import timedelta
from typing import TypeVar

import attrs

from clarity.application.correlation import correlated
from clarity.application.read import pages
from clarity.domain.access import require_tenant, tenant_subject
from clarity.domain.analysis.result import AnalysisResult
from clarity.domain.audit import AuditEvent, Operation
from clarity.domain.identity import Actor, CorrelationId, PatientRef, TenantId
from clarity.domain.streams import DayChunk
from clarity.ports.audit import AuditSink, AuditTrail
from clarity.ports.clock import Clock
from clarity.ports.entities import Entity, key_of
from clarity.ports.expiry import Expiring
from clarity.ports.jobs import TenantJobs
from clarity.ports.query import Query, field
from clarity.ports.repository import MAX_CHANGES, Delete, Evidence, Repository

__all__ = ["ApplyRetention", "Purged"]

E = TypeVar("E", bound=Entity)


@attrs.frozen(kw_only=True)
class Purged:
    """
    What a rule of retention removed.

    Attributes:
        expired: entities whose own time was over.
        removed: days and results that were older than allowed.
        jobs: jobs that had ended long ago.
    """

    expired: int
    removed: int
    jobs: int


@attrs.frozen(kw_only=True)
class ApplyRetention:
    """
    Removes old days and results, each removal with its audit record, and jobs that ended long ago.

    That it was done is recorded in the chain of the tenant first.

    Attributes:
        repository: holds days and results.
        trail: knows who has data.
        audit: takes the record.
        expiring: holds what has a time of its own.
        jobs: holds the jobs.
        jobs_kept: how long a job stays after it ended.
        clock: decides what is old.
    """

    repository: Repository
    trail: AuditTrail
    audit: AuditSink
    expiring: Expiring
    jobs: TenantJobs
    jobs_kept: timedelta
    clock: Clock

    @correlated
    def run(
        self,
        tenant: TenantId,
        *,
        older_than: timedelta | None,
        actor: Actor,
        correlation: CorrelationId,
    ) -> Purged:
        """
        What has expired is gone, and so is what of `tenant` is older than allowed.

        That is every day and result that ended before the limit, and every job that ended longer
        ago than jobs are kept. Interrupted, the same call continues.

        Args:
            tenant: whose data.
            older_than: age beyond which a day or the window of a result is removed; None for what
                has expired alone.
            actor: who applies the rule.
            correlation: ties the audit records together.

        Raises:
            NotAllowed: the actor acts for another tenant.
            StaleVersion: somebody wrote an old day meanwhile; call again.
            PortError: the store or the trail refused; what went stays gone.
        """
        require_tenant(actor, tenant)
        self.audit.append(
            AuditEvent(
                actor=actor,
                patient=tenant_subject(tenant),
                operation=Operation.PURGE,
                touched=(),
                correlation=correlation,
                at=self.clock.now(),
            )
        )
        removed = 0
        if older_than is not None:
            for patient in self.trail.patients(tenant):
                evidence = Evidence(
                    actor=actor,
                    patient=patient,
                    operation=Operation.ERASE,
                    correlation=correlation,
                    at=self.clock.now(),
                )
                removed += sum(self._removed(patient, older_than, evidence))
        return Purged(
            expired=self.expiring.purge_expired(),
            removed=removed,
            jobs=self.jobs.purge(tenant, ended_before=self.clock.now() - self.jobs_kept),
        )

    def _removed(
        self, patient: PatientRef, older_than: timedelta, evidence: Evidence
    ) -> Iterator[int]:
        limit = self.clock.now() - older_than
        old_days = Query(DayChunk, patient).where(field("day") < limit.date())
        old_results = Query(AnalysisResult, patient).where(field("window_end") < limit)
        yield from self._emptied(old_days, evidence)
        yield from self._emptied(old_results, evidence)

    def _emptied(self, query: Query[E], evidence: Evidence) -> Iterator[int]:
        for page in pages(self.repository, query.page(MAX_CHANGES)):
            deletes = [Delete(key_of(one.entity), one.version) for one in page]
            if deletes:
                self.repository.commit(deletes, evidence=evidence)
            yield len(deletes)

"""Keep no longer than needed: what has expired, and what is older than a rule allows."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TypeVar

import attrs

from clarity.application.correlation import correlated
from clarity.application.read import pages
from clarity.application.retention_rules import RESULTS, RetentionRules
from clarity.domain.access import Deed, require_purpose, require_tenant, tenant_subject
from clarity.domain.analysis.result import AnalysisResult
from clarity.domain.audit import Operation, Touched
from clarity.domain.identity import Actor, CorrelationId, PatientRef, TenantId
from clarity.domain.streams import DayChunk, StreamKind
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
        rules: how old days and results may get.
        clock: decides what is old.
    """

    repository: Repository
    trail: AuditTrail
    audit: AuditSink
    expiring: Expiring
    jobs: TenantJobs
    jobs_kept: timedelta
    rules: RetentionRules
    clock: Clock

    @correlated
    def run(
        self,
        tenant: TenantId,
        *,
        rules: RetentionRules | None = None,
        actor: Actor,
        correlation: CorrelationId,
    ) -> Purged:
        """
        What has expired is gone, and so is what of `tenant` is older than allowed.

        That is every day and result that ended before the limit of its rule, and every job that
        ended longer ago than jobs are kept. Interrupted, the same call continues.

        Args:
            tenant: whose data.
            rules: instead of those that are set; None for these.
            actor: who applies the rule.
            correlation: ties the audit records together.

        Raises:
            NotAllowed: the actor acts for another tenant.
            WrongPurpose: no rule is applied for that purpose.
            StaleVersion: somebody wrote an old day meanwhile; call again.
            PortError: the store or the trail refused; what went stays gone.
        """
        require_tenant(actor, tenant)
        require_purpose(actor, Deed.PURGE)
        applied = self.rules if rules is None else rules
        evidence = Evidence(
            actor=actor,
            patient=tenant_subject(tenant),
            operation=Operation.PURGE,
            correlation=correlation,
            at=self.clock.now(),
        )
        self.audit.append(evidence.event([Touched(f"rule/{rule}") for rule in applied.in_words]))
        removed = sum(
            self._removed(patient, applied, evidence) for patient in self.trail.patients(tenant)
        )
        return Purged(
            expired=self.expiring.purge_expired(),
            removed=removed,
            jobs=self.jobs.purge(tenant, ended_before=self.clock.now() - self.jobs_kept),
        )

    def _removed(self, patient: PatientRef, rules: RetentionRules, applying: Evidence) -> int:
        now = self.clock.now()
        evidence = attrs.evolve(applying, patient=patient, operation=Operation.ERASE, at=now)
        days = sum(self._emptied(query, evidence) for query in _old_days(patient, rules, now))
        return days + sum(
            self._emptied(query, evidence) for query in _old_results(patient, rules, now)
        )

    def _emptied(self, query: Query[E], evidence: Evidence) -> int:
        removed = 0
        for page in pages(self.repository, query.page(MAX_CHANGES)):
            deletes = [Delete(key_of(one.entity), one.version) for one in page]
            if deletes:
                self.repository.commit(deletes, evidence=evidence)
            removed += len(deletes)
        return removed


def _old_days(
    patient: PatientRef, rules: RetentionRules, now: datetime
) -> Iterator[Query[DayChunk]]:
    """One query per stream that has a rule."""
    for kind in StreamKind:
        age = rules.age_of(kind.value)
        if age is not None:
            of_stream = Query(DayChunk, patient).where(field("stream").equals(kind.value))
            yield of_stream.where(field("day") < (now - age).date())


def _old_results(
    patient: PatientRef, rules: RetentionRules, now: datetime
) -> Iterator[Query[AnalysisResult]]:
    age = rules.age_of(RESULTS)
    if age is not None:
        yield Query(AnalysisResult, patient).where(field("window_end") < now - age)

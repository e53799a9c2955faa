"""Forget a person: page by page, until every store counts nothing; the audit chain stays."""

from collections.abc import Iterator, Mapping
from typing import ClassVar, Final

import attrs

from clarity.application.correlation import correlated
from clarity.application.jobs import Progress, TrackJobs
from clarity.application.known_people import KnownPeople
from clarity.domain.access import Deed, require_patient, require_purpose
from clarity.domain.audit import TOMBSTONE, AuditEvent, AuditRecord, Operation, Touched
from clarity.domain.errors import DomainError
from clarity.domain.identity import Actor, CorrelationId, PatientRef
from clarity.domain.jobs import JobKind
from clarity.ports.audit import AuditSink
from clarity.ports.clock import Clock
from clarity.ports.erasure import Erasable, Holding
from clarity.ports.repository import Evidence

__all__ = ["ErasePatient", "Erased", "StillHeld"]

PAGE: Final = 500
"""Things removed, and named in one audit record, at once."""

ROUNDS: Final = 5
"""How often erasing starts anew because something was stored meanwhile."""


@attrs.define(eq=False)
class StillHeld(DomainError):
    """After erasing, something is held about the person: somebody keeps writing."""

    code: ClassVar[str] = "erase.still-held"
    count: int

    def __str__(self) -> str:
        return (
            f"{self.count} things are held again, somebody stored them meanwhile; "
            f"stop what brings in this person's data and erase again; "
            f"after an import that was broken off, wait a minute first"
        )


@attrs.frozen(kw_only=True)
class Erased:
    """
    What an erasure did.

    Attributes:
        removed: how many things went in this run.
        left: what every store counts afterwards, by store and kind; all zero.
        tombstone: the record that ends the erasure in the person's chain; counted was after it, so
            nothing that was stored before it is held.
    """

    removed: int
    left: Mapping[str, tuple[Holding, ...]]
    tombstone: AuditRecord


@attrs.frozen(kw_only=True)
class ErasePatient:
    """
    Removes everything that the stores hold about a person, except that it was done.

    Interrupted at any moment, the same call again continues. Files that left the stores (reports,
    dossiers, backups) are out of reach, and so is the memory of other processes.
    """

    stores: Mapping[str, Erasable] = attrs.field(hash=False)
    audit: AuditSink
    track: TrackJobs
    clock: Clock
    people: KnownPeople

    @correlated
    def held(
        self, patient: PatientRef, *, actor: Actor, correlation: CorrelationId
    ) -> Mapping[str, tuple[Holding, ...]]:
        """
        What every store holds about `patient`, by store; the person's chain says who asked.

        Raises:
            NotAllowed: the patient belongs to another tenant.
            WrongPurpose: nobody is erased for that purpose.
            PatientUnknown: nothing was ever stored of the patient.
            PortError: a store cannot be read or the trail not written.
        """
        _require(actor, patient)
        self.people.require(patient, Operation.COUNT, actor=actor, correlation=correlation)
        counted = self._counted(patient)
        self._record(Operation.COUNT, patient, actor, correlation)
        return counted

    @correlated
    def run(self, patient: PatientRef, *, actor: Actor, correlation: CorrelationId) -> Erased:
        """
        Nothing is held about `patient` any more, counted over every store.

        Raises:
            NotAllowed: the patient belongs to another tenant.
            WrongPurpose: nobody is erased for that purpose.
            PatientUnknown: nothing was ever stored of the patient.
            StillHeld: others stored data faster than it was removed.
            PortError: a store or the trail refused; what went stays gone, call again.
        """
        _require(actor, patient)
        self.people.require(patient, Operation.ERASE, actor=actor, correlation=correlation)
        evidence = Evidence(
            actor=actor,
            patient=patient,
            operation=Operation.ERASE,
            correlation=correlation,
            at=self.clock.now(),
        )
        with self.track.running(JobKind.ERASE, actor=actor, correlation=correlation) as progress:
            return self._ended(evidence, progress)

    def _ended(self, evidence: Evidence, progress: Progress) -> Erased:
        """
        A tombstone behind which nothing is held: what was stored before it is counted after it.

        Raises:
            StillHeld: something is, however often it was removed.
        """
        patient, actor, removed, held = evidence.patient, evidence.actor, 0, 0
        for _ in range(ROUNDS):
            removed += self._until_none(patient, evidence, progress)
            self._require_none(patient)
            tombstone = self._record(
                Operation.ERASE, patient, actor, evidence.correlation, Touched(TOMBSTONE)
            )
            left = self._counted(patient)
            held = _count(left)
            if not held:
                return Erased(removed=removed, left=left, tombstone=tombstone)
        raise StillHeld(held)

    def _require_none(self, patient: PatientRef) -> None:
        held = _count(self._counted(patient))
        if held:
            raise StillHeld(held)

    def _counted(self, patient: PatientRef) -> Mapping[str, tuple[Holding, ...]]:
        return {name: store.holdings(patient) for name, store in self.stores.items()}

    def _until_none(self, patient: PatientRef, evidence: Evidence, progress: Progress) -> int:
        removed = 0
        for _ in range(ROUNDS):
            gone = sum(self._emptied(patient, evidence, progress))
            removed += gone
            if not gone:
                break
        return removed

    def _emptied(
        self, patient: PatientRef, evidence: Evidence, progress: Progress
    ) -> Iterator[int]:
        for store in self.stores.values():
            while gone := store.erase(patient, limit=PAGE, evidence=self._now(evidence)):
                progress.advance(gone)
                yield gone

    def _now(self, evidence: Evidence) -> Evidence:
        return attrs.evolve(evidence, at=self.clock.now())

    def _record(
        self,
        operation: Operation,
        patient: PatientRef,
        actor: Actor,
        correlation: CorrelationId,
        *touched: Touched,
    ) -> AuditRecord:
        return self.audit.append(
            AuditEvent(
                actor=actor,
                patient=patient,
                operation=operation,
                touched=touched,
                correlation=correlation,
                at=self.clock.now(),
            )
        )


def _require(actor: Actor, patient: PatientRef) -> None:
    require_patient(actor, patient)
    require_purpose(actor, Deed.ERASE)


def _count(left: Mapping[str, tuple[Holding, ...]]) -> int:
    return sum(holding.count for holdings in left.values() for holding in holdings)

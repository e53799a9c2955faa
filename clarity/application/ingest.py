"""Take a recording into the store: changed days and their audit record in one transaction."""

from typing import ClassVar

import attrs

from clarity.application.correlation import correlated
from clarity.application.merge import MergeDays
from clarity.application.read import Days
from clarity.domain.access import require_patient
from clarity.domain.actigraphy.days import day_chunks
from clarity.domain.errors import DomainError
from clarity.domain.identity import Actor, CorrelationId, PatientRef
from clarity.ports.clock import Clock
from clarity.ports.recordings import ReadOptions, Recording, Recordings, Source
from clarity.ports.repository import Repository

__all__ = ["Ingest", "Ingested", "NothingToStore"]


@attrs.define(eq=False)
class NothingToStore(DomainError):
    """No epoch of the recording holds a value of a device that was worn."""

    code: ClassVar[str] = "ingest.nothing-to-store"

    def __str__(self) -> str:
        return "the recording holds no value while the device was worn; check its wear flags"


@attrs.frozen(kw_only=True)
class Ingested:
    """
    What a recording changed.

    Attributes:
        patient: whose data it is.
        recording: what was read, for the notices and the report of its times.
        days: the local days that it covers.
        written: how many days were stored or changed.
        added: epochs that were missing and now hold a value.
        changed: epochs whose value was replaced by another.
    """

    patient: PatientRef
    recording: Recording
    days: Days
    written: int
    added: int
    changed: int


@attrs.frozen(kw_only=True)
class Ingest:
    """
    Stores recordings as day chunks.

    Overlapping recordings merge: a new value wins wherever it is not missing. The same recording
    again changes nothing and leaves nothing behind.
    """

    recordings: Recordings
    repository: Repository
    clock: Clock

    def read(self, source: Source, *, options: ReadOptions) -> tuple[Recording, ...]:
        """
        The recordings of `source`, one per person, nothing stored yet.

        Raises:
            UnreadableRecording: one of its kinds; names file, line and what to do.
        """
        return self.recordings.read(source, options=options)

    @correlated
    def run(
        self, recording: Recording, *, patient: PatientRef, actor: Actor, correlation: CorrelationId
    ) -> Ingested:
        """
        The recording merged into what is stored of `patient`.

        Days are committed in groups of 90; when a group is refused the groups before it stay, and
        the same call again completes them.

        Raises:
            NotAllowed: the patient belongs to another tenant.
            NothingToStore: the device was never worn.
            MixedRecordings: another unit, epoch, zone or device is stored on one of its days.
            StaleVersion, AlreadyExists: somebody else wrote one of the days meanwhile; repeat.
            PortError: the store refused.
        """
        require_patient(actor, patient)
        chunks = day_chunks(recording.series, source=recording.digest)
        if not chunks:
            raise NothingToStore
        days = Days(
            patient=patient, stream=chunks[0].stream, first=chunks[0].day, last=chunks[-1].day
        )
        merged = MergeDays(self.repository, self.clock).run(
            chunks, patient=patient, actor=actor, correlation=correlation
        )
        return Ingested(
            patient=patient,
            recording=recording,
            days=days,
            written=merged.written,
            added=merged.added,
            changed=merged.changed,
        )

"""Take a recording into the store: changed days and their audit record in one transaction."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import ClassVar, Final

import attrs

from clarity.application.read import Days, chunks_in, content_digest
from clarity.domain.access import require_patient
from clarity.domain.actigraphy.days import MergedChunk, day_chunks, merge_chunks
from clarity.domain.audit import Operation
from clarity.domain.errors import DomainError
from clarity.domain.identity import Actor, CorrelationId, PatientRef
from clarity.domain.streams import DayChunk
from clarity.ports.clock import Clock
from clarity.ports.recordings import ReadOptions, Recording, Recordings, Source
from clarity.ports.repository import Evidence, Put, Repository

__all__ = ["Ingest", "Ingested", "NothingToStore"]

DAYS_AT_ONCE: Final = 90
"""Days committed in one transaction."""


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
        writes = [one for one in self._merged(chunks, days) if one.merge.added or one.merge.changed]
        for begin in range(0, len(writes), DAYS_AT_ONCE):
            group = writes[begin : begin + DAYS_AT_ONCE]
            request = _request_digest(group, patient)
            self.repository.commit(
                [Put(one.merge.chunk, one.based_on) for one in group],
                evidence=Evidence(
                    actor=actor,
                    patient=patient,
                    operation=Operation.INGEST,
                    correlation=correlation,
                    at=self.clock.now(),
                    idempotency_key=f"ingest-{request}",
                    request_digest=request,
                ),
            )
        return Ingested(
            patient=patient,
            recording=recording,
            days=days,
            written=len(writes),
            added=sum(one.merge.added for one in writes),
            changed=sum(one.merge.changed for one in writes),
        )

    def _merged(self, chunks: Sequence[DayChunk], days: Days) -> Iterable["_Write"]:
        stored = {one.entity.day: one for one in chunks_in(self.repository, days)}
        for chunk in chunks:
            known = stored.get(chunk.day)
            if known is None:
                yield _Write(_first(chunk), 0)
            else:
                yield _Write(merge_chunks(known.entity, chunk), known.version)


@attrs.frozen
class _Write:
    """A day as it shall be stored, and the version that this is based on."""

    merge: MergedChunk
    based_on: int


def _first(chunk: DayChunk) -> MergedChunk:
    return MergedChunk(chunk=chunk, added=round(chunk.coverage * chunk.values.size), changed=0)


def _request_digest(writes: Sequence[_Write], patient: PatientRef) -> str:
    """SHA-256 (hex) of whose days these are, what they hold and what they are based on."""
    versions = ",".join(str(one.based_on) for one in writes)
    content = content_digest([one.merge.chunk for one in writes])
    text = f"{patient.tenant}\n{patient.patient}\n{versions}\n{content}"
    return hashlib.sha256(text.encode()).hexdigest()

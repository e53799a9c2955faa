"""Take a recording into the store: changed days and their audit record in one transaction."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

import attrs

from clarity.application.read import Days, chunks_in
from clarity.domain.access import require_patient
from clarity.domain.actigraphy.days import MergedChunk, day_chunks, merge_chunks
from clarity.domain.audit import Operation
from clarity.domain.identity import Actor, CorrelationId, PatientRef
from clarity.domain.streams import DayChunk
from clarity.ports.clock import Clock
from clarity.ports.recordings import ReadOptions, Recording, Recordings, Source
from clarity.ports.repository import Evidence, Put, Repository

__all__ = ["Ingest", "Ingested"]

DAYS_AT_ONCE: Final = 90
"""Days committed in one transaction."""


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
            BadChunk: another unit, epoch, zone or device is stored on one of its days.
            StaleVersion, AlreadyExists: somebody else wrote one of the days meanwhile; repeat.
            PortError: the store refused.
        """
        require_patient(actor, patient)
        chunks = day_chunks(recording.series, source=recording.digest)
        days = Days(
            patient=patient, stream=chunks[0].stream, first=chunks[0].day, last=chunks[-1].day
        )
        merged = self._merged(chunks, days)
        writes = [(merge, put) for merge, put in merged if merge.added or merge.changed]
        for group in _groups([put for _, put in writes]):
            self.repository.commit(
                group,
                evidence=Evidence(
                    actor=actor,
                    patient=patient,
                    operation=Operation.INGEST,
                    correlation=correlation,
                    at=self.clock.now(),
                    idempotency_key=_key_of(group, recording.digest, patient),
                    request_digest=recording.digest,
                ),
            )
        return Ingested(
            patient=patient,
            recording=recording,
            days=days,
            written=len(writes),
            added=sum(merge.added for merge, _ in writes),
            changed=sum(merge.changed for merge, _ in writes),
        )

    def _merged(self, chunks: Sequence[DayChunk], days: Days) -> Iterable[tuple[MergedChunk, Put]]:
        stored = {one.entity.day: one for one in chunks_in(self.repository, days)}
        for chunk in chunks:
            known = stored.get(chunk.day)
            if known is None:
                yield _first(chunk), Put(chunk, based_on=0)
            else:
                merge = merge_chunks(known.entity, chunk)
                yield merge, Put(merge.chunk, based_on=known.version)


def _first(chunk: DayChunk) -> MergedChunk:
    return MergedChunk(chunk=chunk, added=round(chunk.coverage * chunk.values.size), changed=0)


def _groups(puts: Sequence[Put]) -> Iterable[Sequence[Put]]:
    for begin in range(0, len(puts), DAYS_AT_ONCE):
        yield puts[begin : begin + DAYS_AT_ONCE]


def _key_of(puts: Sequence[Put], digest: str, patient: PatientRef) -> str:
    """One key per recording, patient and state of the store; a lost answer is safe to repeat."""
    versions = ",".join(f"{put.based_on}" for put in puts)
    text = f"{patient.tenant}\n{patient.patient}\n{digest}\n{versions}\n{_days(puts)}"
    return f"ingest-{hashlib.sha256(text.encode()).hexdigest()}"


def _days(puts: Sequence[Put]) -> str:
    return ",".join(put.entity.day.isoformat() for put in puts if isinstance(put.entity, DayChunk))

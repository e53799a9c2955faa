"""Much at once: days taken as they come, in batches, taken up again after an interruption."""

import hashlib
import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar, Final

import attrs

from clarity.application.belonging import (
    Found,
    LabelBy,
    SameFolder,
    SameName,
    origin_of,
    sharing_a_name,
)
from clarity.application.correlation import correlated
from clarity.application.ingest import NothingToStore
from clarity.application.jobs import TrackJobs
from clarity.application.merge import MergeDays
from clarity.application.orders import Order
from clarity.application.read import content_digest
from clarity.domain.access import require_patient
from clarity.domain.actigraphy.days import day_chunks
from clarity.domain.audit import Operation
from clarity.domain.errors import ClarityError, DomainError
from clarity.domain.identity import Actor, CorrelationId, PatientId, PatientRef
from clarity.domain.jobs import JobKind
from clarity.domain.streams import DayChunk
from clarity.ports.bulk import MAX_DAYS, BulkDays
from clarity.ports.clock import Clock
from clarity.ports.entities import Key, key_of
from clarity.ports.recordings import Recording, Recordings, Source
from clarity.ports.report import Origin, Refused
from clarity.ports.repository import Evidence

__all__ = ["ImportDays", "ImportRecordings", "ImportStalled", "Imported"]

AGAIN: Final = 2
"""How often a batch is put again of which the store left days over."""


@attrs.define(eq=False)
class ImportStalled(DomainError):
    """The store keeps leaving days of a batch over."""

    code: ClassVar[str] = "import.stalled"
    count: int

    def __str__(self) -> str:
        return (
            f"the store did not take {self.count} days of a batch; the others are stored, "
            f"run the same import again later and it continues"
        )


@attrs.frozen
class Imported:
    """
    What became of days.

    Attributes:
        stored: days that are new.
        merged: days of which something else was stored, and that hold new values now.
        same: days that brought nothing new.
    """

    stored: int = 0
    merged: int = 0
    same: int = 0

    @property
    def days(self) -> int:
        """All of them."""
        return self.stored + self.merged + self.same

    def __add__(self, other: "Imported") -> "Imported":
        return Imported(
            self.stored + other.stored, self.merged + other.merged, self.same + other.same
        )


@attrs.frozen(kw_only=True)
class ImportDays:
    """
    Stores days in bulk, for half of what ingesting costs in tables.

    The same days in the same order again continue where they were interrupted and change nothing
    that is there.
    """

    bulk: BulkDays
    merge: MergeDays
    track: TrackJobs
    clock: Clock

    @correlated
    def run(
        self,
        chunks: Iterable[DayChunk],
        *,
        patient: PatientRef,
        actor: Actor,
        correlation: CorrelationId,
    ) -> Iterator[Imported]:
        """
        What became of each batch of at most 75 days, when it is stored.

        Days are taken from `chunks` when there is room for them, and none is kept longer than its
        batch, so memory does not grow with their number. A job counts them. Days of which something
        else is stored are merged as `Ingest` does it.

        Raises:
            NotAllowed: the patient belongs to another tenant.
            ImportStalled: the store left days over again and again.
            MixedRecordings: another unit, epoch, zone or device is stored on one of the days.
            PortError: the store refused; what is stored stays, run the same again.
        """
        require_patient(actor, patient)
        asked = Evidence(
            actor=actor,
            patient=patient,
            operation=Operation.INGEST,
            correlation=correlation,
            at=self.clock.now(),
        )
        return self._batches(chunks, asked)

    def _batches(self, chunks: Iterable[DayChunk], asked: Evidence) -> Iterator[Imported]:
        with self.track.running(
            JobKind.IMPORT, actor=asked.actor, correlation=asked.correlation, patient=asked.patient
        ) as progress:
            for batch in _batched(chunks):
                done = self._stored(batch, asked)
                progress.advance(len(batch))
                yield done

    def _stored(self, batch: Sequence[DayChunk], asked: Evidence) -> Imported:
        request = _request_digest(batch, asked.patient)
        evidence = attrs.evolve(
            asked, at=self.clock.now(), idempotency_key=request, request_digest=request
        )
        brought = self.bulk.put(batch, evidence=evidence)
        stored = len(brought.stored)
        for _ in range(AGAIN):
            if not brought.left:
                break
            brought = self.bulk.put(batch, evidence=evidence)
            stored += len(brought.stored)
        if brought.left:
            raise ImportStalled(len(brought.left))
        merged = self._merged(batch, frozenset(brought.taken), asked)
        return Imported(stored, merged, len(batch) - stored - merged)

    def _merged(self, batch: Sequence[DayChunk], taken: frozenset[Key], asked: Evidence) -> int:
        """How many of the days that are taken hold something new now."""
        there = sorted((c for c in batch if key_of(c) in taken), key=lambda c: c.stream)
        merged = [
            self.merge.run(
                tuple(days), patient=asked.patient, actor=asked.actor, correlation=asked.correlation
            )
            for _, days in itertools.groupby(there, key=lambda c: c.stream)
        ]
        return sum(one.written for one in merged)


def _batched(chunks: Iterable[DayChunk]) -> Iterator[list[DayChunk]]:
    """Batches in order; a day that comes again begins the next one."""
    batch: list[DayChunk] = []
    keys: set[Key] = set()
    for chunk in chunks:
        if len(batch) == MAX_DAYS or key_of(chunk) in keys:
            yield batch
            batch, keys = [], set()
        batch.append(chunk)
        keys.add(key_of(chunk))
    if batch:
        yield batch


@attrs.frozen(kw_only=True)
class ImportRecordings:
    """Stores the recordings of many files in bulk; each file is read when the one before is in."""

    recordings: Recordings
    days: ImportDays

    @correlated
    def run(self, order: Order) -> Iterator[tuple[Source, Imported | Refused]]:
        """
        Every file with what became of its days, or why it was refused, when it is done.

        Files are named, labelled and merged as for reports; those that are refused do not keep the
        others out. A person of a file who is refused is told beside what was stored of the others.
        Of two files that only share a name the later one is refused.
        """
        known: dict[str, list[Origin]] = {}
        for source in order.sources:
            for outcome in self._imported(source, order, known):
                yield source, outcome

    def _imported(
        self, source: Source, order: Order, known: dict[str, list[Origin]]
    ) -> Iterator[Imported | Refused]:
        try:
            recordings = self._told_apart(source, order, known)
        except ClarityError as error:
            yield Refused(source=source.name, code=error.code, reason=str(error))
            return
        stored: list[Imported] = []
        for recording in recordings:
            try:
                stored += self._batches(recording, order)
            except ClarityError as error:
                yield Refused(
                    source=source.name,
                    participant=recording.participant,
                    code=error.code,
                    reason=str(error),
                )
        if stored:
            yield sum(stored, Imported())

    def _told_apart(
        self, source: Source, order: Order, known: dict[str, list[Origin]]
    ) -> tuple[Recording, ...]:
        """
        The recordings of the file.

        Raises:
            SameName, SameFolder: one of that name in another place was stored before.
            UnreadableRecording: it cannot be read.
        """
        recordings = self.recordings.read(source, options=order.reading(source))
        origin = origin_of(source, recordings)
        found = [Found(source, origin, recording) for recording in recordings]
        by = order.doubtful
        if by is not None and sharing_a_name(found, known, by=by):
            raise SameName if by is LabelBy.FILE else SameFolder
        for recording in recordings:
            known.setdefault(recording.participant, []).append(origin)
        return recordings

    def _batches(self, recording: Recording, order: Order) -> Iterator[Imported]:
        return self.days.run(
            _days(recording),
            patient=PatientRef(order.actor.tenant, PatientId(recording.participant)),
            actor=order.actor,
            correlation=order.correlation,
        )


def _days(recording: Recording) -> tuple[DayChunk, ...]:
    days = day_chunks(recording.series, source=recording.digest)
    if not days:
        raise NothingToStore
    return days


def _request_digest(batch: Sequence[DayChunk], patient: PatientRef) -> str:
    """SHA-256 (hex) of whose days these are and what they hold."""
    text = f"{patient.tenant}\n{patient.patient}\n\n{content_digest(batch)}"
    return hashlib.sha256(text.encode()).hexdigest()

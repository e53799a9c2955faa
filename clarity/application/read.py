"""Read a patient's stream: paged, audited before it is handed out."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import date
from typing import ClassVar, Final, TypeVar

import attrs

from clarity.application.break_glass import AuditedLooks
from clarity.application.correlation import correlated
from clarity.application.known_people import KnownPeople
from clarity.domain.access import require_patient
from clarity.domain.audit import AuditEvent, Operation, Touched
from clarity.domain.errors import DomainError
from clarity.domain.identity import Actor, CorrelationId, PatientRef
from clarity.domain.streams import DayChunk, StreamKind
from clarity.ports.clock import Clock
from clarity.ports.entities import Entity, key_of
from clarity.ports.query import Page, Query, Stored, field
from clarity.ports.repository import Repository

__all__ = [
    "Days",
    "NothingOfStream",
    "ReadStream",
    "chunks_in",
    "content_digest",
    "everything",
    "first",
    "pages",
    "touched",
]

E = TypeVar("E", bound=Entity)

PAGE: Final = 200
"""Entities read at once."""


@attrs.define(eq=False)
class NothingOfStream(DomainError):
    """Nothing is stored of the stream and days that were asked for."""

    code: ClassVar[str] = "read.nothing-stored"
    stream: StreamKind
    stored: tuple[StreamKind, ...]

    def __str__(self) -> str:
        if self.stream in self.stored:
            return f"nothing of {self.stream} is stored on those days; ask for others"
        there = ", ".join(self.stored) or "nothing at all"
        return f"nothing of {self.stream} is stored; there is {there}, name a stream with --stream"


@attrs.frozen(kw_only=True)
class Days:
    """
    Which days of which stream of whom.

    Attributes:
        patient: whose stream.
        stream: which one.
        first: first local day, None from the beginning.
        last: last local day (included), None to the end.
    """

    patient: PatientRef
    stream: StreamKind
    first: date | None = None
    last: date | None = None

    def query(self) -> Query[DayChunk]:
        """The query for those days, oldest first."""
        query = Query(DayChunk, self.patient).where(field("stream").equals(self.stream.value))
        if self.first is not None:
            query = query.where(field("day") >= self.first)
        if self.last is not None:
            query = query.where(field("day") <= self.last)
        return query


def everything(repository: Repository, query: Query[E]) -> Iterator[Stored[E]]:
    """The answer to `query`, read page by page while it is consumed."""
    for page in pages(repository, query.page(PAGE)):
        yield from page


def first(repository: Repository, query: Query[E]) -> Stored[E] | None:
    """The first of the answer to `query`; None when nothing matches."""
    return next((one for page in pages(repository, query.page(1)) for one in page), None)


def pages(repository: Repository, query: Query[E]) -> Iterator[tuple[Stored[E], ...]]:
    """The pages of the answer to `query`; also one before the last may be empty."""
    page = repository.query(query)
    yield page.items
    while page.cursor is not None:
        page = repository.query(query.page(query.page_size, page.cursor))
        yield page.items


def chunks_in(repository: Repository, days: Days) -> tuple[Stored[DayChunk], ...]:
    """All chunks of `days`."""
    return tuple(everything(repository, days.query()))


def touched(entities: Sequence[Stored[DayChunk]]) -> tuple[Touched, ...]:
    """What a read leaves in the audit trail."""
    return tuple(Touched(str(key_of(stored.entity))) for stored in entities)


def content_digest(chunks: Sequence[DayChunk]) -> str:
    """SHA-256 (hex) over everything in the chunks that an analysis depends on, in order."""
    digest = hashlib.sha256()
    for chunk in chunks:
        facts = [
            chunk.stream.value,
            chunk.day.isoformat(),
            chunk.zone.key,
            chunk.epoch_s,
            chunk.unit.value,
            chunk.device,
            chunk.placement.value,
        ]
        digest.update(json.dumps(facts, separators=(",", ":")).encode())
        digest.update(chunk.values.tobytes())
    return digest.hexdigest()


@attrs.frozen
class ReadStream:
    """Hands out day chunks of a patient, after the audit record of the read is durable."""

    repository: Repository
    audit: AuditedLooks
    clock: Clock
    people: KnownPeople

    @correlated
    def run(
        self,
        days: Days,
        *,
        actor: Actor,
        correlation: CorrelationId,
        page_size: int = 100,
        cursor: str | None = None,
    ) -> Page[DayChunk]:
        """
        One page of `days`.

        Raises:
            NotAllowed: the patient belongs to another tenant.
            PatientUnknown: nothing was ever stored of the patient.
            BadCursor: the cursor is of another query or was changed.
            PortError: the store or the trail refused; then nothing is handed out.
        """
        require_patient(actor, days.patient)
        page = self.repository.query(days.query().page(page_size, cursor))
        if not page.items:
            self.people.require(days.patient, Operation.READ, actor=actor, correlation=correlation)
        self.audit.append(
            AuditEvent(
                actor=actor,
                patient=days.patient,
                operation=Operation.READ,
                touched=touched(page.items),
                correlation=correlation,
                at=self.clock.now(),
            )
        )
        return page

    def streams(self, patient: PatientRef, *, actor: Actor) -> tuple[StreamKind, ...]:
        """
        The streams of which something is stored; nothing of them is handed out.

        Raises:
            NotAllowed: the patient belongs to another tenant.
            PortError: the store cannot be read.
        """
        require_patient(actor, patient)
        first = (
            (stream, self.repository.query(Days(patient=patient, stream=stream).query().page(1)))
            for stream in StreamKind
        )
        return tuple(stream for stream, page in first if page.items)

"""What streams are held of a person, from when to when; nothing is stored to answer it."""

from collections.abc import Iterator
from datetime import date

import attrs

from clarity.application.break_glass import AuditedLooks
from clarity.application.correlation import correlated
from clarity.application.known_people import KnownPeople
from clarity.application.read import first
from clarity.domain.access import require_patient
from clarity.domain.audit import AuditEvent, Operation, Touched
from clarity.domain.identity import Actor, CorrelationId, PatientRef
from clarity.domain.streams import DayChunk, StreamKind
from clarity.ports.clock import Clock
from clarity.ports.entities import key_of
from clarity.ports.query import Query, field
from clarity.ports.repository import Repository

__all__ = ["Held", "StreamsHeld"]


@attrs.frozen
class Held:
    """A stream with the first and the last local day of it; days between may be missing."""

    stream: StreamKind
    first: date
    last: date


@attrs.frozen
class StreamsHeld:
    """Looks at the first and the last day of every stream, however many days there are."""

    repository: Repository
    audit: AuditedLooks
    clock: Clock
    people: KnownPeople

    @correlated
    def run(
        self, patient: PatientRef, *, actor: Actor, correlation: CorrelationId
    ) -> tuple[Held, ...]:
        """
        Every stream of which a day is held, by name; told after the record of the read is durable.

        Raises:
            NotAllowed: the patient belongs to another tenant.
            PatientUnknown: nothing was ever stored of the patient.
            PortError: the store or the trail refused; then nothing is told.
        """
        require_patient(actor, patient)
        ends = tuple(self._ends(patient))
        if not ends:
            self.people.require(patient, Operation.READ, actor=actor, correlation=correlation)
        self.audit.append(
            AuditEvent(
                actor=actor,
                patient=patient,
                operation=Operation.READ,
                touched=tuple(Touched(str(key_of(day))) for pair in ends for day in pair),
                correlation=correlation,
                at=self.clock.now(),
            )
        )
        return tuple(Held(begin.stream, begin.day, end.day) for begin, end in ends)

    def _ends(self, patient: PatientRef) -> Iterator[tuple[DayChunk, DayChunk]]:
        """First and last day of each stream; two queries of one item for each, and one more."""
        days = Query(DayChunk, patient)
        found = first(self.repository, days)
        while found is not None:
            begin = found.entity
            of_stream = days.where(field("stream").equals(begin.stream.value))
            last = first(self.repository, of_stream.newest_first())
            yield begin, begin if last is None else last.entity
            found = first(self.repository, days.where(field("stream") > begin.stream.value))

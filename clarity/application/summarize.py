"""What a stored stream says of each day or week, audited like any other read."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final

import attrs

from clarity.application.break_glass import AuditedLooks
from clarity.application.correlation import correlated
from clarity.application.known_people import KnownPeople
from clarity.application.read import Days, chunks_in, touched
from clarity.domain.access import require_patient
from clarity.domain.actigraphy.days import series_of
from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.audit import AuditEvent, Operation
from clarity.domain.identity import Actor, CorrelationId
from clarity.domain.summaries import PeriodSummary, daily, weekly
from clarity.ports.clock import Clock
from clarity.ports.repository import Repository

__all__ = ["Period", "Summarize"]


class Period(StrEnum):
    """What a summary is of."""

    DAY = "day"
    WEEK = "week"


_OF: Final[Mapping[Period, Callable[[ActivitySeries], tuple[PeriodSummary, ...]]]] = {
    Period.DAY: daily,
    Period.WEEK: weekly,
}


@attrs.frozen
class Summarize:
    """Sums a patient's stream up, after the audit record of the read is durable."""

    repository: Repository
    audit: AuditedLooks
    clock: Clock
    people: KnownPeople

    @correlated
    def run(
        self, days: Days, *, by: Period, actor: Actor, correlation: CorrelationId
    ) -> tuple[PeriodSummary, ...]:
        """
        A summary per day or week of `days`, oldest first; none when nothing is stored.

        A week that `days` holds in part has the coverage of that part.

        Raises:
            NotAllowed: the patient belongs to another tenant.
            PatientUnknown: nothing was ever stored of the patient.
            MixedRecordings: the days were recorded in ways that cannot be put together.
            PortError: store or trail refused; then nothing is handed out.
        """
        require_patient(actor, days.patient)
        chunks = chunks_in(self.repository, days)
        if not chunks:
            self.people.require(days.patient, Operation.READ, actor=actor, correlation=correlation)
        self.audit.append(
            AuditEvent(
                actor=actor,
                patient=days.patient,
                operation=Operation.READ,
                touched=touched(chunks),
                correlation=correlation,
                at=self.clock.now(),
            )
        )
        if not chunks:
            return ()
        return _OF[by](series_of([stored.entity for stored in chunks]))

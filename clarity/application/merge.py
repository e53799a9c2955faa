"""Days merged into what is stored: changed days and their audit record in one transaction."""

from collections.abc import Iterator, Sequence
from typing import Final

import attrs

from clarity.application.correlation import correlated
from clarity.application.read import Days, chunks_in
from clarity.domain.actigraphy.days import MergedChunk, merge_chunks
from clarity.domain.audit import Operation
from clarity.domain.identity import Actor, CorrelationId, PatientRef
from clarity.domain.streams import DayChunk
from clarity.ports.clock import Clock
from clarity.ports.errors import AlreadyExists, StaleVersion
from clarity.ports.repository import Evidence, Put, Repository

__all__ = ["MergeDays", "Merged"]

DAYS_AT_ONCE: Final = 90
"""Days committed in one transaction."""


@attrs.frozen
class Merged:
    """
    What merging changed.

    Attributes:
        written: how many days were stored or changed.
        added: epochs that were missing and now hold a value.
        changed: epochs whose value was replaced by another.
    """

    written: int
    added: int
    changed: int


@attrs.frozen
class MergeDays:
    """Stores days; a new value wins wherever it is not missing."""

    repository: Repository
    clock: Clock

    @correlated
    def run(
        self,
        chunks: Sequence[DayChunk],
        *,
        patient: PatientRef,
        actor: Actor,
        correlation: CorrelationId,
    ) -> Merged:
        """
        The days of one stream merged into what is stored of `patient`.

        Days are committed in groups of 90; when a group is refused the groups before it stay, and
        the same call again completes them.

        Raises:
            MixedRecordings: another unit, epoch, zone or device is stored on one of the days.
            StaleVersion, AlreadyExists: somebody else wrote one of the days meanwhile; repeat.
            PortError: the store refused.
        """
        writes = self._news(chunks, patient)
        for begin in range(0, len(writes), DAYS_AT_ONCE):
            group = writes[begin : begin + DAYS_AT_ONCE]
            evidence = Evidence(
                actor=actor,
                patient=patient,
                operation=Operation.INGEST,
                correlation=correlation,
                at=self.clock.now(),
            )
            self._commit(group, evidence)
        return Merged(
            written=len(writes),
            added=sum(one.merge.added for one in writes),
            changed=sum(one.merge.changed for one in writes),
        )

    def _commit(self, group: Sequence["_Write"], evidence: Evidence) -> None:
        """
        The days of the group are stored, by this call or by the same one whose answer was lost.

        Merging what is stored changes nothing, so no idempotency record is needed to tell.
        """
        changes = [Put(one.merge.chunk, one.based_on) for one in group]
        try:
            self.repository.commit(changes, evidence=evidence)
        except (AlreadyExists, StaleVersion):
            if self._news([one.merge.chunk for one in group], evidence.patient):
                raise

    def _news(self, chunks: Sequence[DayChunk], patient: PatientRef) -> list["_Write"]:
        return [one for one in self._merged(chunks, patient) if one.merge.is_news]

    def _merged(self, chunks: Sequence[DayChunk], patient: PatientRef) -> Iterator["_Write"]:
        dates = [chunk.day for chunk in chunks]
        days = Days(patient=patient, stream=chunks[0].stream, first=min(dates), last=max(dates))
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

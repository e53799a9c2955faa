"""Everything held about one person, handed out; every page of it is recorded first."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

import attrs

from clarity.application.audit_trail import records_of
from clarity.application.correlation import correlated
from clarity.application.jobs import Progress, TrackJobs
from clarity.application.known_people import KnownPeople
from clarity.domain.access import Deed, require_patient, require_purpose
from clarity.domain.audit import AuditEvent, AuditRecord, Operation, Touched
from clarity.domain.identity import Actor, CorrelationId, PatientRef
from clarity.domain.jobs import Job, JobKind
from clarity.ports.audit import AuditFilter, AuditSink, AuditTrail
from clarity.ports.clock import Clock
from clarity.ports.dossier import Dossier, DossierRenderer, Piece
from clarity.ports.entities import ENTITIES, Entity, Key, key_of
from clarity.ports.erasure import Erasable, Trace
from clarity.ports.query import Query
from clarity.ports.repository import Repository

__all__ = ["ExportPatient"]

PAGE = 200
"""Entities read, and named in one audit record, at once."""


@attrs.frozen(kw_only=True)
class ExportPatient:
    """
    Writes a person's dossier: all that erasing them would remove, and the audit chain.

    Attributes:
        repository: holds the entities.
        stores: those that erasing empties; they tell what is no entity.
        trail: holds the chain.
        audit: takes the records of the export.
        track: keeps a job of it.
        renderer: makes the files.
        clock: tells when.
    """

    repository: Repository
    stores: Mapping[str, Erasable] = attrs.field(hash=False)
    trail: AuditTrail
    audit: AuditSink
    track: TrackJobs
    renderer: DossierRenderer
    clock: Clock
    people: KnownPeople

    @correlated
    def run(
        self, patient: PatientRef, *, actor: Actor, correlation: CorrelationId
    ) -> Iterator[Piece]:
        """
        The pieces of the files, made while they are consumed.

        The audit chain is the last thing that is read, up to the record that says so.

        Raises:
            NotAllowed: the patient belongs to another tenant.
            WrongPurpose: nothing is handed out for that purpose.
            PatientUnknown: nothing was ever stored of the patient.
            PortError: the store or the trail refused; what came before is then not complete.
        """
        require_patient(actor, patient)
        require_purpose(actor, Deed.EXPORT)
        self.people.require(patient, Operation.EXPORT, actor=actor, correlation=correlation)
        return self._pieces(_Export(patient, actor, correlation))

    def _pieces(self, export: "_Export") -> Iterator[Piece]:
        with self.track.running(
            JobKind.EXPORT,
            actor=export.actor,
            correlation=export.correlation,
            patient=export.patient,
        ) as progress:
            dossier = Dossier(
                patient=export.patient,
                made_at=self.clock.now(),
                items=self._items(export, progress),
            )
            yield from self.renderer.render(dossier)

    def _items(
        self, export: "_Export", progress: Progress
    ) -> Iterator[Entity | Job | Trace | AuditRecord]:
        self._recorded(export, ())
        for spec in ENTITIES:
            yield from self._entities(Query(spec.type, export.patient), export, progress)
        yield from self._traces(export)
        last = self._recorded(export, (Touched("audit"),))
        wanted = AuditFilter(tenant=export.patient.tenant, patient=export.patient)
        for record in records_of(self.trail, wanted):
            if record.seq > last.seq:
                return
            yield record

    def _entities(
        self, query: Query[Entity], export: "_Export", progress: Progress
    ) -> Iterator[Entity]:
        cursor: str | None = None
        while True:
            page = self.repository.query(query.page(PAGE, cursor))
            entities = [stored.entity for stored in page.items]
            if entities:
                self._recorded(export, [Touched(str(key_of(entity))) for entity in entities])
            yield from entities
            progress.advance(len(entities))
            cursor = page.cursor
            if cursor is None:
                return

    def _traces(self, export: "_Export") -> Iterator[Job | Trace]:
        for store in self.stores.values():
            things = store.traces(export.patient)
            while page := list(islice(things, PAGE)):
                self._recorded(export, [_touched(one) for one in page])
                yield from page

    def _recorded(self, export: "_Export", touched: Sequence[Touched]) -> AuditRecord:
        return self.audit.append(
            AuditEvent(
                actor=export.actor,
                patient=export.patient,
                operation=Operation.EXPORT,
                touched=tuple(touched),
                correlation=export.correlation,
                at=self.clock.now(),
            )
        )


def _touched(thing: Job | Trace) -> Touched:
    key = Key("job", (thing.id,)) if isinstance(thing, Job) else Key(thing.kind, (thing.name,))
    return Touched(str(key))


@attrs.frozen
class _Export:
    """Who asks for whose dossier."""

    patient: PatientRef
    actor: Actor
    correlation: CorrelationId

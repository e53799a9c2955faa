"""Who the people are: profiles kept and read, and people found by their e-mail address."""

import attrs

from clarity.application.break_glass import AuditedLooks
from clarity.application.correlation import correlated
from clarity.application.known_people import KnownPeople
from clarity.domain.access import require_patient, tenant_subject
from clarity.domain.audit import AuditEvent, Operation, Touched
from clarity.domain.identity import Actor, CorrelationId, PatientRef
from clarity.domain.profile import Details, EmailAddress, Profile
from clarity.ports.clock import Clock
from clarity.ports.directory import Directory
from clarity.ports.entities import PROFILE, Key
from clarity.ports.errors import Corrupt, NotFound
from clarity.ports.query import Stored
from clarity.ports.repository import Evidence, Put, Repository

__all__ = ["FindPatient", "KeepProfile", "ReadProfile"]

KEY = Key(PROFILE.kind, ())


def _profile(repository: Repository, patient: PatientRef) -> Stored[Profile]:
    found = repository.get(patient, KEY)
    if not isinstance(found.entity, Profile):
        raise Corrupt("a stored profile")
    return Stored(found.entity, found.version)


def _known(repository: Repository, patient: PatientRef) -> Stored[Profile] | None:
    try:
        return _profile(repository, patient)
    except NotFound:
        return None


@attrs.frozen
class KeepProfile:
    """Keeps what a person says of themselves; an address that they gave up is free at once."""

    repository: Repository
    clock: Clock

    @correlated
    def run(
        self, details: Details, *, patient: PatientRef, actor: Actor, correlation: CorrelationId
    ) -> Profile:
        """
        The profile with these details; the same again changes nothing and leaves nothing behind.

        Raises:
            NotAllowed: the patient belongs to another tenant.
            ReservedSubject: the id stands for no person.
            BadProfile: the details cannot be true.
            AlreadyExists: somebody else in the tenant has the e-mail address (`field` is set), or
                another request kept the profile meanwhile.
            StaleVersion: another request changed the profile meanwhile; repeat.
            PortError: the store refused.
        """
        require_patient(actor, patient)
        known, now = _known(self.repository, patient), self.clock.now()
        if known is not None and known.entity.details == details:
            return known.entity
        profile = Profile(
            details=details, created_at=now if known is None else known.entity.created_at
        )
        evidence = Evidence(
            actor=actor,
            patient=patient,
            operation=Operation.PROFILE_CHANGE,
            correlation=correlation,
            at=now,
        )
        change = Put(profile, based_on=0 if known is None else known.version)
        self.repository.commit([change], evidence=evidence)
        return profile


@attrs.frozen
class ReadProfile:
    """Hands out a person's profile, after the audit record of the read is durable."""

    repository: Repository
    audit: AuditedLooks
    clock: Clock
    people: KnownPeople

    @correlated
    def run(self, patient: PatientRef, *, actor: Actor, correlation: CorrelationId) -> Profile:
        """
        The profile as last kept.

        Raises:
            NotAllowed: the patient belongs to another tenant.
            PatientUnknown: nothing was ever stored of the patient.
            NotFound: the person has no profile; that somebody looked is recorded.
            PortError: the store or the trail refused; then nothing is handed out.
        """
        require_patient(actor, patient)
        known = _known(self.repository, patient)
        if known is None:
            self.people.require(patient, Operation.READ, actor=actor, correlation=correlation)
        self.audit.append(_read(patient, actor, correlation, self.clock))
        if known is None:
            raise NotFound(str(KEY))
        return known.entity


@attrs.frozen
class FindPatient:
    """Tells who has an e-mail address, after the audit record of the question is durable."""

    directory: Directory
    audit: AuditedLooks
    clock: Clock

    @correlated
    def run(
        self, email: EmailAddress, *, actor: Actor, correlation: CorrelationId
    ) -> PatientRef | None:
        """
        The patient of the actor's tenant with that address, None when nobody has it.

        Who was found is recorded in that person's chain, a question in vain in the chain of the
        tenant, so that trying addresses is seen; the address is in neither.

        Raises:
            PortError: the store or the trail refused; then nothing is told.
        """
        found = self.directory.find(actor.tenant, email=email)
        subject = found or tenant_subject(actor.tenant)
        self.audit.append(_read(subject, actor, correlation, self.clock))
        return found


def _read(
    subject: PatientRef, actor: Actor, correlation: CorrelationId, clock: Clock
) -> AuditEvent:
    return AuditEvent(
        actor=actor,
        patient=subject,
        operation=Operation.READ,
        touched=(Touched(str(KEY)),),
        correlation=correlation,
        at=clock.now(),
    )

import itertools
from collections.abc import Callable

import attrs
import pytest

from clarity.application import audit_trail
from clarity.application.audit_trail import AuditReport, ChainVerdict, VerifyTrail
from clarity.domain.access import NotAllowed, tenant_subject
from clarity.domain.audit import AuditEvent, AuditRecord, ChainHead, Operation
from clarity.domain.identity import PatientRef, TenantId
from clarity.ports.audit import AuditFilter, AuditPage, AuditTrail
from clarity.ports.errors import Unavailable
from tests.application.faults import SilentSink, Unheard
from tests.application.world import ADA, BEN, CLINIC, NURSE, REQUEST, STRANGER, World
from tests.support.trails import anchors


def happened(world: World, patient: PatientRef = ADA, times: int = 1) -> None:
    for _ in range(times):
        world.sink.append(
            AuditEvent(
                actor=NURSE,
                patient=patient,
                operation=Operation.EXPORT,
                touched=(),
                correlation=REQUEST,
                at=world.clock.now(),
            )
        )


def report(world: World, wanted: AuditFilter, **other):
    told = {
        "trail": world.trail,
        "audit": world.sink,
        "clock": world.clock,
        "people": world.people,
    }
    return AuditReport(**{**told, **other}).run(wanted, actor=NURSE, correlation=REQUEST)


def verdicts(world: World, **other) -> tuple[ChainVerdict, ...]:
    told = {"trail": world.trail, "audit": Unheard(), "clock": world.clock, "anchors": anchors()}
    return VerifyTrail(**{**told, **other}).run(CLINIC, actor=NURSE, correlation=REQUEST)


def test_a_report_holds_everything_over_all_pages(world: World):
    happened(world, times=audit_trail.PAGE + 3)

    seqs = [record.seq for record in report(world, AuditFilter(tenant=CLINIC))]

    assert seqs == [*range(1, audit_trail.PAGE + 4), 1]


def test_a_report_about_a_patient_is_recorded_before_its_first_record_is_given(world: World):
    happened(world)

    records = report(world, AuditFilter(tenant=CLINIC, patient=ADA))

    assert world.operations() == ["export", "audit-report"]
    assert [record.event.operation.value for record in records] == ["export", "audit-report"]


def test_a_report_over_everyone_follows_the_filter(world: World):
    happened(world, ADA)
    happened(world, BEN)

    patients = [
        str(record.event.patient.patient)
        for record in report(world, AuditFilter(tenant=CLINIC, actor="nurse"))
    ]

    assert patients == ["ada", "ben", "clarity:tenant"]
    assert list(report(world, AuditFilter(tenant=CLINIC, actor="nobody"))) == []


def test_when_the_report_cannot_be_recorded_it_is_not_given(world: World):
    happened(world)

    for patient in (ADA, None):
        with pytest.raises(Unavailable):
            report(world, AuditFilter(tenant=CLINIC, patient=patient), audit=SilentSink())


def test_a_report_over_everyone_is_recorded_in_the_chain_of_the_tenant(world: World):
    report(world, AuditFilter(tenant=CLINIC))

    assert world.operations(tenant_subject(CLINIC)) == ["audit-report"]


def test_nobody_asks_the_trail_of_another_tenant(world: World):
    asked = AuditReport(world.trail, world.sink, world.clock, world.people)

    with pytest.raises(NotAllowed):
        asked.run(AuditFilter(tenant=CLINIC, patient=ADA), actor=STRANGER, correlation=REQUEST)
    with pytest.raises(NotAllowed):
        VerifyTrail(world.trail, anchors(), world.sink, world.clock).run(
            CLINIC, actor=STRANGER, correlation=REQUEST
        )

    assert world.events() == []


def test_whole_chains_are_told_with_their_length(world: World):
    happened(world, ADA, times=3)
    happened(world, BEN)

    assert verdicts(world) == (ChainVerdict(ADA, 3, None), ChainVerdict(BEN, 1, None))


def test_a_tenant_without_chains_has_no_verdicts(world: World):
    nobody = attrs.evolve(NURSE, tenant=TenantId("empty"))
    verify = VerifyTrail(world.trail, anchors(), world.sink, world.clock)

    assert verify.run(nobody.tenant, actor=nobody, correlation=REQUEST) == ()


def test_that_chains_were_verified_is_in_the_chain_of_the_tenant(world: World):
    happened(world)

    first = verdicts(world, audit=world.sink)
    second = verdicts(world, audit=world.sink)

    assert world.operations(tenant_subject(CLINIC)) == ["verify", "verify"]
    assert [verdict.patient for verdict in first] == [ADA]
    assert [verdict.records for verdict in second] == [1, 1]


def test_when_a_verification_cannot_be_recorded_no_verdict_is_given(world: World):
    happened(world)

    with pytest.raises(Unavailable):
        verdicts(world, audit=SilentSink())


@attrs.define(eq=False)
class Changed(AuditTrail):
    """`inner`, with what is read changed on its way."""

    inner: AuditTrail
    record: Callable[[AuditRecord], AuditRecord | None] = lambda record: record
    before_head: Callable[[], None] = lambda: None

    def records(self, wanted: AuditFilter, *, limit: int, cursor: str | None) -> AuditPage:
        page = self.inner.records(wanted, limit=limit, cursor=cursor)
        changed = tuple(filter(None, map(self.record, page.records)))
        return attrs.evolve(page, records=changed)

    def head(self, patient: PatientRef) -> ChainHead:
        self.before_head()
        return self.inner.head(patient)

    def patients(self, tenant: TenantId) -> tuple[PatientRef, ...]:
        return self.inner.patients(tenant)


def _edited(record: AuditRecord) -> AuditRecord:
    body = record.body.replace(b"nurse", b"nobody")
    return attrs.evolve(record, body=body) if record.seq == 2 else record


@pytest.mark.parametrize(
    ("change", "seq"),
    [
        (_edited, 2),
        (lambda record: None if record.seq == 2 else record, 3),
        (lambda record: None if record.seq == 3 else record, 2),
        (lambda _: None, 0),
    ],
    ids=["edited", "removed in the middle", "cut off at the end", "all removed"],
)
def test_what_was_done_to_a_chain_is_found_and_its_place_told(world: World, change, seq: int):
    happened(world, ADA, times=3)
    happened(world, BEN)

    ada = verdicts(world, trail=Changed(world.trail, change))[0]

    assert (ada.patient, ada.records) == (ADA, seq)
    assert ada.broken is not None
    assert ada.broken.seq == seq


def test_one_broken_chain_does_not_hide_the_others(world: World):
    happened(world, ADA, times=3)
    happened(world, BEN)

    broken = [
        verdict.broken is None for verdict in verdicts(world, trail=Changed(world.trail, _edited))
    ]

    assert broken == [False, True]


def test_records_that_are_appended_meanwhile_are_no_tampering(world: World):
    happened(world)
    asked = itertools.count(1)

    def meanwhile() -> None:
        if next(asked) in {1, 2, 3}:
            happened(world)

    (ada,) = verdicts(world, trail=Changed(world.trail, before_head=meanwhile))

    assert ada == ChainVerdict(ADA, 4, None)


def test_a_tail_that_is_cut_off_while_others_append_is_found(world: World):
    happened(world, times=3)
    asked = itertools.count(1)

    def meanwhile() -> None:
        if next(asked) == 2:
            happened(world)

    cut = Changed(world.trail, lambda r: None if r.seq > 2 else r, meanwhile)
    (ada,) = verdicts(world, trail=cut)

    assert ada.broken is not None

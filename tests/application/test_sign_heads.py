from datetime import timedelta

import attrs
import pytest

from clarity.adapters.signing.heads import Ed25519HeadVerifier, MemoryHeadSigner
from clarity.adapters.signing.ledger import MemoryHeadLedger
from clarity.application.anchors import Anchors
from clarity.application.audit_trail import VerifyTrail
from clarity.application.sign_heads import HeadsSigned, SignHeads
from clarity.domain.access import NotAllowed
from clarity.domain.audit import AuditEvent, ChainHead, Operation
from clarity.domain.identity import PatientId, PatientRef, TenantId
from clarity.domain.signed_heads import MOST_HEADS, BrokenLedger
from clarity.ports.audit import AuditFilter, AuditPage, AuditTrail
from clarity.ports.errors import AlreadyExists
from clarity.ports.heads import NotSigned
from tests.application.faults import Unheard
from tests.application.world import ADA, BEN, CLINIC, NURSE, REQUEST, STRANGER, World
from tests.support.clocks import HandClock
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


def signed(world: World, kept: Anchors, *, again_after=None, trail=None) -> HeadsSigned:
    use_case = SignHeads(trail=trail or world.trail, anchors=kept, clock=world.clock)
    return use_case.run(CLINIC, again_after=again_after, actor=NURSE)


def verdicts(trail: AuditTrail, kept: Anchors, **other):
    verify = VerifyTrail(trail, kept, Unheard(), HandClock())
    return verify.run(CLINIC, actor=NURSE, correlation=REQUEST, **other)


@attrs.frozen
class Cut(AuditTrail):
    """`inner` whose chains end after `keep` records, heads and roster included."""

    inner: AuditTrail
    keep: int

    def records(self, wanted: AuditFilter, *, limit: int, cursor: str | None) -> AuditPage:
        page = self.inner.records(wanted, limit=limit, cursor=cursor)
        return attrs.evolve(page, records=tuple(r for r in page.records if r.seq <= self.keep))

    def head(self, patient: PatientRef) -> ChainHead:
        wanted = AuditFilter(tenant=patient.tenant, patient=patient)
        kept = self.records(wanted, limit=1_000, cursor=None).records
        return kept[-1].head if kept else ChainHead()

    def patients(self, tenant: TenantId) -> tuple[PatientRef, ...]:
        return self.inner.patients(tenant) if self.keep else ()


def test_every_head_that_is_new_is_signed_and_held_to(world: World):
    kept = anchors()
    happened(world, ADA, times=3)
    happened(world, BEN)

    assert signed(world, kept) == HeadsSigned(signed=2, unchanged=0, broken=(), entries=1)

    happened(world, BEN)
    assert [(v.patient, v.signed, v.broken) for v in verdicts(world.trail, kept)] == [
        (ADA, 3, None),
        (BEN, 1, None),
    ]


def test_a_head_that_did_not_change_is_signed_once(world: World):
    kept = anchors()
    happened(world, ADA)
    signed(world, kept)
    happened(world, BEN)

    assert signed(world, kept) == HeadsSigned(signed=1, unchanged=1, broken=(), entries=2)
    assert signed(world, kept) == HeadsSigned(signed=0, unchanged=2, broken=(), entries=2)


def test_a_signature_is_renewed_at_the_age_that_is_asked_for(world: World):
    kept = anchors()
    happened(world, ADA)
    signed(world, kept)
    week = timedelta(days=7)

    world.clock.advance(week.total_seconds() - 1)
    early = signed(world, kept, again_after=week)
    world.clock.advance(1)
    late = signed(world, kept, again_after=week)

    assert (early.signed, late.signed) == (0, 1)


def test_the_ledger_says_who_signed_when(world: World):
    kept = anchors()
    happened(world, ADA)
    signed(world, kept)

    (line,) = kept.ledger.entries(CLINIC)

    assert b'"actor":"nurse"' in line
    assert f'"at":"{world.clock.now().isoformat()}"'.encode() in line


@pytest.mark.parametrize("keep", [0, 2])
def test_a_chain_that_was_shortened_with_its_head_is_found_on_the_live_store(
    world: World, keep: int
):
    kept = anchors()
    happened(world, ADA, times=3)
    signed(world, kept)

    (ada,) = verdicts(Cut(world.trail, keep), kept)

    assert ada.broken is not None
    assert (ada.patient, ada.broken.seq) == (ADA, keep)


def test_without_signed_heads_a_shortened_chain_looks_whole(world: World):
    happened(world, ADA, times=3)

    (ada,) = verdicts(Cut(world.trail, 2), anchors())

    assert (ada.records, ada.broken, ada.signed) == (2, None, 0)


def test_heads_of_an_earlier_export_are_held_to_as_well(world: World):
    happened(world, ADA, times=3)
    earlier = {ADA: world.trail.head(ADA)}
    happened(world, ADA)

    (whole,) = verdicts(world.trail, anchors(), against=earlier)
    (cut,) = verdicts(Cut(world.trail, 2), anchors(), against=earlier)

    assert (whole.broken, whole.signed) == (None, 3)
    assert cut.broken is not None


def test_what_was_tampered_with_is_told_and_not_signed(world: World):
    kept = anchors()
    happened(world, ADA, times=3)
    happened(world, BEN, times=1)
    signed(world, kept)
    happened(world, BEN)

    done = signed(world, kept, trail=Cut(world.trail, 2))

    assert (done.signed, [verdict.patient for verdict in done.broken]) == (1, [ADA])
    assert done.broken[0].signed == 3
    assert kept.ledger_of(CLINIC).signed[ADA].head.seq == 3


def test_after_a_known_restore_the_store_is_held_to_what_it_was_put_back_to(world: World):
    kept, back = anchors(), Cut(world.trail, 2)
    happened(world, ADA, times=3)
    signed(world, kept)
    use_case = SignHeads(trail=back, anchors=kept, clock=world.clock)

    done = use_case.after_restore(CLINIC, actor=NURSE)

    assert (done.signed, done.broken) == (1, ())
    assert [verdict.broken for verdict in verdicts(back, kept)] == [None]
    assert kept.ledger_of(CLINIC).restored_at == (world.clock.now(),)


def test_a_store_that_was_put_back_to_nothing_has_nothing_to_be_held_to(world: World):
    kept, back = anchors(), Cut(world.trail, 0)
    happened(world, ADA, times=3)
    signed(world, kept)

    done = SignHeads(trail=back, anchors=kept, clock=world.clock).after_restore(CLINIC, actor=NURSE)

    assert (done.signed, done.entries) == (0, 2)
    assert verdicts(back, kept) == ()


def test_more_chains_than_an_entry_holds_go_into_several(world: World):
    kept = anchors()
    people = [PatientRef(CLINIC, PatientId(f"p{n}")) for n in range(MOST_HEADS + 1)]
    for person in people:
        happened(world, person)

    done = signed(world, kept)

    assert (done.signed, done.entries) == (MOST_HEADS + 1, 2)
    assert set(kept.ledger_of(CLINIC).signed) == set(people)


def test_two_that_sign_at_once_do_not_overwrite_each_other(world: World):
    kept = anchors()
    happened(world, ADA)
    before = kept.ledger_of(CLINIC)
    signed(world, kept)
    (line,) = kept.ledger.entries(CLINIC)

    with pytest.raises(AlreadyExists):
        kept.ledger.append(CLINIC, number=before.number + 1, entry=b"other")
    assert list(kept.ledger.entries(CLINIC)) == [line]


def test_another_tenant_signs_nothing(world: World):
    kept = anchors()
    use_case = SignHeads(trail=world.trail, anchors=kept, clock=world.clock)

    with pytest.raises(NotAllowed):
        use_case.run(CLINIC, again_after=None, actor=STRANGER)
    with pytest.raises(NotAllowed):
        use_case.after_restore(CLINIC, actor=STRANGER)


def _ledger(world: World) -> tuple[Anchors, list[bytes]]:
    """Three entries."""
    kept = anchors()
    for _ in range(3):
        happened(world, ADA)
        signed(world, kept)
    return kept, list(kept.ledger.entries(CLINIC))


def _over(lines: list[bytes], kept: Anchors) -> Anchors:
    ledger = MemoryHeadLedger()
    for number, line in enumerate(lines, start=1):
        ledger.append(CLINIC, number=number, entry=line)
    return attrs.evolve(kept, ledger=ledger)


def test_a_ledger_that_lost_or_moved_an_entry_is_refused(world: World):
    kept, (one, two, three) = _ledger(world)

    for lines in ([two, three], [one, three], [one, three, two], [one, one]):
        with pytest.raises(BrokenLedger):
            verdicts(world.trail, _over(lines, kept))
        with pytest.raises(BrokenLedger):
            signed(world, _over(lines, kept))


def test_an_entry_by_another_key_is_refused(world: World):
    kept, lines = _ledger(world)
    thief = Anchors(
        ledger=MemoryHeadLedger(), signer=MemoryHeadSigner(), verifier=Ed25519HeadVerifier()
    )
    signed(world, thief)

    with pytest.raises(NotSigned):
        verdicts(world.trail, _over(list(thief.ledger.entries(CLINIC)), kept))
    with pytest.raises(NotSigned):
        verdicts(world.trail, _over(lines, kept), public_key=thief.signer.public_key())
    assert verdicts(world.trail, kept, public_key=kept.signer.public_key())[0].signed == 3

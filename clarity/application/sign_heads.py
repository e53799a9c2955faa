"""Sign the heads of audit chains, so that later nobody can shorten or rewrite them unseen."""

import itertools
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import attrs

from clarity.application.anchors import Anchors
from clarity.application.audit_trail import ChainVerdict, proved_head, stored_head
from clarity.domain.access import require_tenant
from clarity.domain.audit import AuditRecord, BrokenChain, ChainHead, is_tombstone
from clarity.domain.identity import Actor, PatientRef, TenantId
from clarity.domain.signed_heads import MOST_HEADS, Entry, Ledger
from clarity.ports.audit import AuditTrail
from clarity.ports.clock import Clock

__all__ = ["HeadsSigned", "SignHeads"]


@attrs.frozen(kw_only=True)
class HeadsSigned:
    """
    What one call signed.

    Attributes:
        signed: how many heads.
        unchanged: how many chains had their head signed before.
        broken: chains that were tampered with; they are not signed.
        entries: how long the ledger is now.
    """

    signed: int
    unchanged: int
    broken: tuple[ChainVerdict, ...]
    entries: int


@attrs.frozen(kw_only=True)
class SignHeads:
    """
    Signs the head of every chain that changed since it was last signed; for a schedule.

    A chain is verified against its earlier signed head first: what was tampered with is told and
    not signed.
    """

    trail: AuditTrail
    anchors: Anchors
    clock: Clock

    def run(self, tenant: TenantId, *, again_after: timedelta | None, actor: Actor) -> HeadsSigned:
        """
        Every head of `tenant` that is new is signed, and the signature is durable.

        Args:
            tenant: whose chains.
            again_after: age at which a signature over an unchanged head is renewed; None never.
            actor: who has them signed; stands in the ledger.

        Raises:
            NotAllowed: the actor acts for another tenant.
            BrokenLedger, NotSigned: the ledger was changed; nothing is signed.
            AlreadyExists: somebody else signs at the same time; call again.
            PortError: trail, key or ledger cannot be used; what was signed stays.
        """
        require_tenant(actor, tenant)
        ledger = self.anchors.ledger_of(tenant)
        entry = _next(ledger, self.clock.now(), actor)
        everybody = sorted({*self.trail.patients(tenant), *ledger.signed})
        due = [p for p in everybody if self._is_due(p, ledger, again_after, entry.at)]
        return self._signed(due, ledger, entry, unchanged=len(everybody) - len(due))

    def after_restore(self, tenant: TenantId, *, actor: Actor) -> HeadsSigned:
        """
        Every head of `tenant` is signed as it is now; earlier signed heads do not count any more.

        For a store that was put back to an earlier state knowingly. The ledger keeps what was
        signed before, and that this was done, when and by whom.

        Raises:
            NotAllowed, BrokenLedger, NotSigned, AlreadyExists, PortError: as for `run`.
        """
        require_tenant(actor, tenant)
        ledger = self.anchors.ledger_of(tenant)
        entry = attrs.evolve(_next(ledger, self.clock.now(), actor), restored=True)
        forgotten = attrs.evolve(ledger, signed={})
        return self._signed(self.trail.patients(tenant), forgotten, entry, unchanged=0)

    def _is_due(
        self, patient: PatientRef, ledger: Ledger, again_after: timedelta | None, at: datetime
    ) -> bool:
        known = ledger.signed.get(patient)
        if known is None or not self._is_unchanged(patient, known.head):
            return True
        return again_after is not None and at - known.at >= again_after

    def _is_unchanged(self, patient: PatientRef, known: ChainHead) -> bool:
        """One that cannot be read has changed."""
        try:
            return stored_head(self.trail, patient) == known
        except BrokenChain:
            return False

    def _signed(
        self, due: Sequence[PatientRef], ledger: Ledger, entry: Entry, *, unchanged: int
    ) -> HeadsSigned:
        broken: list[ChainVerdict] = []
        proved = self._proved(due, ledger, broken)
        signed = 0
        while (batch := tuple(itertools.islice(proved, MOST_HEADS))) or entry.restored:
            heads = {one.patient: one.head for one in batch}
            erased = {one.patient: one.tombstone for one in batch if one.tombstone}
            ledger = self.anchors.add(attrs.evolve(entry, heads=heads, erased=erased), ledger)
            entry = attrs.evolve(
                entry, number=ledger.number + 1, previous=ledger.last, restored=False
            )
            signed += len(batch)
        return HeadsSigned(
            signed=signed, unchanged=unchanged, broken=tuple(broken), entries=ledger.number
        )

    def _proved(
        self, due: Sequence[PatientRef], ledger: Ledger, broken: list[ChainVerdict]
    ) -> Iterator["_Proved"]:
        """Those chains that are whole; a verdict on each other one is in `broken`."""
        for patient in due:
            known = ledger.signed.get(patient)
            signed = () if known is None else (known.head,)
            last = _LastTombstone()
            try:
                head = proved_head(self.trail, patient, signed, seen=last.look)
                yield _Proved(patient, head, last.seq)
            except BrokenChain as error:
                broken.append(ChainVerdict(patient, error.seq, error, sum(h.seq for h in signed)))


@attrs.frozen
class _Proved:
    """A chain that is whole, its head, and the place of its last tombstone, 0 for none."""

    patient: PatientRef
    head: ChainHead
    tombstone: int


@attrs.define
class _LastTombstone:
    """Where the last tombstone of the records stood that it was shown."""

    seq: int = 0

    def look(self, record: AuditRecord) -> None:
        if is_tombstone(record):
            self.seq = record.seq


def _next(ledger: Ledger, at: datetime, actor: Actor) -> Entry:
    return Entry(
        tenant=ledger.tenant,
        number=ledger.number + 1,
        previous=ledger.last,
        at=at,
        actor=actor.id,
        heads={},
    )

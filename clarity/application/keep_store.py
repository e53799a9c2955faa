"""Copies and checks of a whole store, told in the chain of the tenant whose operator made them."""

from pathlib import Path

import attrs

from clarity.application.correlation import correlated
from clarity.domain.access import require_operator, tenant_subject
from clarity.domain.audit import AuditEvent, Operation
from clarity.domain.identity import Actor, CorrelationId
from clarity.ports.audit import AuditSink
from clarity.ports.clock import Clock
from clarity.ports.copies import Checkup, StoreCopies

__all__ = ["KeepStore"]


@attrs.frozen
class KeepStore:
    """Backs the open store up, checks it, and makes stores of backups; for operators alone."""

    copies: StoreCopies
    audit: AuditSink
    clock: Clock

    @correlated
    def back_up(self, to: Path, *, actor: Actor, correlation: CorrelationId) -> Checkup:
        """
        What is in the new file `to`, a checked copy of the store; the copy holds its own record.

        Raises:
            NotOperator, WrongPurpose: the actor may not do what concerns all tenants.
            AlreadyExists, Corrupt, PortError: as `StoreCopies.backup`; the attempt is recorded.
            PortError: the trail cannot be written; nothing was copied.
        """
        require_operator(actor)
        self._record(Operation.BACKUP, actor, correlation)
        return self.copies.backup(to)

    @correlated
    def check(self, *, actor: Actor, correlation: CorrelationId) -> Checkup:
        """
        What is in the store and what is wrong with it.

        A store that is found damaged is not written to, so the check of one leaves no record.

        Raises:
            NotOperator, WrongPurpose: the actor may not do what concerns all tenants.
            PortError: the store cannot be read, or the trail of a sound one not written.
        """
        require_operator(actor)
        checkup = self.copies.check()
        if not checkup.damage:
            self._record(Operation.CHECK, actor, correlation)
        return checkup

    def restore(self, backup: Path, *, to: Path, actor: Actor) -> Checkup:
        """
        The content of `backup` in the new store `to`; open that one and call `restored`.

        Raises:
            NotOperator, WrongPurpose: the actor may not do what concerns all tenants.
            AlreadyExists, Corrupt, NotFound, PortError: as `StoreCopies.restore`.
        """
        require_operator(actor)
        return self.copies.restore(backup, to=to)

    def replace(self, backup: Path, *, to: Path, actor: Actor) -> Checkup:
        """
        The content of `backup` in place of that of the store `to`; open it and call `restored`.

        Raises:
            NotOperator, WrongPurpose: the actor may not do what concerns all tenants.
            Corrupt, NotFound, PortError: as `StoreCopies.replace`.
        """
        require_operator(actor)
        return self.copies.replace(backup, to=to)

    @correlated
    def restored(self, *, actor: Actor, correlation: CorrelationId) -> None:
        """
        The trail of the open store says that its content was put back from a backup.

        Raises:
            NotOperator, WrongPurpose: the actor may not do what concerns all tenants.
            PortError: the trail cannot be written.
        """
        require_operator(actor)
        self._record(Operation.RESTORE, actor, correlation)

    def _record(self, operation: Operation, actor: Actor, correlation: CorrelationId) -> None:
        self.audit.append(
            AuditEvent(
                actor=actor,
                patient=tenant_subject(actor.tenant),
                operation=operation,
                touched=(),
                correlation=correlation,
                at=self.clock.now(),
            )
        )

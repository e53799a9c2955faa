"""The ledger of signed heads, every entry proved before anything is believed."""

import attrs

from clarity.domain.identity import TenantId
from clarity.domain.signed_heads import Entry, Ledger, entry_line, read_entry
from clarity.ports.head_ledger import HeadLedger
from clarity.ports.heads import HeadSigner, HeadVerifier

__all__ = ["Anchors"]


@attrs.frozen(kw_only=True)
class Anchors:
    """Reads a ledger with the public key, and adds to it with the private one."""

    ledger: HeadLedger
    signer: HeadSigner
    verifier: HeadVerifier

    def ledger_of(self, tenant: TenantId, public_key: bytes | None = None) -> Ledger:
        """
        What was signed for `tenant` up to now.

        Args:
            tenant: whose ledger.
            public_key: that must have signed, PEM; None for the signer's own.

        Raises:
            BrokenLedger: an entry was changed, removed or moved.
            NotSigned: an entry is not signed by that key.
            PortError: the ledger or the key cannot be read.
        """
        reached = Ledger(tenant=tenant)
        for line in self.ledger.entries(tenant):
            entry, signature = read_entry(line, number=reached.number + 1)
            public_key = public_key or self.signer.public_key()
            self.verifier.require(entry.message, signature=signature, public_key=public_key)
            reached = reached.after(entry, line)
        return reached

    def add(self, entry: Entry, reached: Ledger) -> Ledger:
        """
        The ledger with `entry` signed at the end of `reached`, durable.

        Raises:
            BrokenLedger: the entry does not follow.
            AlreadyExists: somebody else signed meanwhile; nothing was added.
            PortError: the ledger or the key cannot be used.
        """
        line = entry_line(entry, self.signer.sign(entry.message))
        longer = reached.after(entry, line)
        self.ledger.append(entry.tenant, number=entry.number, entry=line)
        return longer

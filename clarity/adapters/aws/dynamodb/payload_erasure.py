"""What the blob store holds about a person, counted and removed page by page."""

from collections.abc import Iterator
from itertools import islice
from typing import Final

import attrs

from clarity.adapters.aws.dynamodb.keys import owner_pk
from clarity.adapters.aws.dynamodb.payloads import folder_of
from clarity.adapters.aws.dynamodb.removal import Going, Removal
from clarity.domain.audit import Touched
from clarity.domain.identity import PatientRef
from clarity.ports.blobs import BlobStore
from clarity.ports.entities import Key
from clarity.ports.erasure import Erasable, Holding, Trace
from clarity.ports.repository import Evidence

__all__ = ["DynamoDBPayloadErasure"]

PAYLOAD: Final = "payload"
"""Kind of what lies in the blob store."""

AT_ONCE: Final = 500
"""Most blobs that one audit record names."""


@attrs.frozen
class DynamoDBPayloadErasure(Erasable):
    """
    All blobs in the folder of a person, whether an item points to them or none does.

    To be asked after the items are gone: an item whose blob went is damaged.

    Attributes:
        blobs: where they lie.
        removal: writes the records.
    """

    blobs: BlobStore
    removal: Removal

    def holdings(self, owner: PatientRef) -> tuple[Holding, ...]:
        """What is held about `owner`, counted."""
        count = sum(1 for _ in self.blobs.stored(folder_of(owner_pk(owner))))
        return (Holding(PAYLOAD, count),) if count else ()

    def traces(self, owner: PatientRef) -> Iterator[Trace]:
        """The blobs of `owner` by name; the entities that point to them hold what is in them."""
        for stored in self.blobs.stored(folder_of(owner_pk(owner))):
            yield Trace(PAYLOAD, stored.key.name)

    def erase(self, owner: PatientRef, *, limit: int, evidence: Evidence) -> int:
        """Remove at most `limit` blobs, after the record that names them; says how many went."""
        there = self.blobs.stored(folder_of(owner_pk(owner)))
        keys = [stored.key for stored in islice(there, min(limit, AT_ONCE))]
        going = [Going(Touched(str(Key(PAYLOAD, (key.name,)))), ()) for key in keys]
        self.removal.run(attrs.evolve(evidence, patient=owner), lambda: going)
        self.blobs.remove(keys)
        return len(keys)

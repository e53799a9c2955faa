"""Many days at once, outside a transaction: for half the price, and to be taken up again."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Final, Protocol, runtime_checkable

import attrs

from clarity.domain.exact import WrongType
from clarity.domain.streams import DayChunk
from clarity.ports.entities import Key
from clarity.ports.repository import Evidence, check_evidence

__all__ = ["BATCH", "MAX_DAYS", "Brought", "BulkDays", "check_batch"]

MAX_DAYS: Final = 75
"""Most days of one batch; they and what else must be known are one read of 100 items."""

BATCH: Final = "import"
"""Kind under which audit records name a batch."""


@attrs.frozen(kw_only=True)
class Brought:
    """
    What became of the days of a batch; every one of them is in exactly one part.

    Attributes:
        stored: written by this call, at version 1.
        same: stored before just as they are, left alone.
        taken: something else is stored under their keys; left alone, for the caller to merge.
        left: not taken by the store before its deadline; the batch stays open.
    """

    stored: tuple[Key, ...] = ()
    same: tuple[Key, ...] = ()
    taken: tuple[Key, ...] = ()
    left: tuple[Key, ...] = ()


def check_batch(chunks: Sequence[DayChunk], evidence: Evidence) -> None:
    """
    Nothing, when these can be a batch as far as no store need be asked.

    Raises:
        ValueError: no day or too many, or no idempotency key.
        WrongType: something among them is no day, they are no sequence, or the evidence is none.
    """
    check_evidence(evidence)
    if not isinstance(chunks, Sequence):
        raise WrongType("the days", "Sequence[DayChunk]")
    if not 1 <= len(chunks) <= MAX_DAYS:
        raise ValueError(f"a batch holds 1 to {MAX_DAYS} days, not {len(chunks)}")
    if not evidence.idempotency_key:
        raise ValueError("a batch is named by an idempotency key")
    if not all(isinstance(chunk, DayChunk) for chunk in chunks):
        raise WrongType("one of the days", "DayChunk")


@runtime_checkable
class BulkDays(Protocol):
    """
    Brings in new days in batches that are not atomic but can be completed.

    The idempotency key of the evidence names a batch. A batch is open from its first audit record,
    "import-intent", which is durable before any day is, until its second, "import-done", which is
    durable after all of them. Both name the batch and the days that were absent, with SHA-256 of
    what they hold; a batch of which no day is absent leaves no record. Whoever was interrupted puts
    the same batch again: an open one is completed under the intent that it has.

    A batch that is erased while it is open is begun anew, under another intent; erasing may have to
    wait a minute for one whose days are on their way.

    Days are new or left alone. What another writer commits to an absent day while its batch is
    open may be overwritten; the trail then holds both.
    """

    __slots__ = ()

    @abstractmethod
    def put(self, chunks: Sequence[DayChunk], *, evidence: Evidence) -> Brought:
        """
        Every day is stored, or told why not; what was stored expires never.

        Args:
            chunks: 1 to 75 days of the evidence's patient, no two of one stream and date.
            evidence: who and why; its key names the batch, its digest tells what it holds, and the
                operations of the two records stand in the place of its own.

        Raises:
            ValueError: no day or too many, two with one key, no idempotency key, or text that is no
                Unicode; nothing was written.
            WrongType: something among them is no day, or the evidence is none; nothing was written.
            TooLarge: a day does not fit; nothing was written.
            IdempotencyMismatch: the batch is open and holds something else; nothing was written.
            Corrupt, TooNew: what is stored under one of the keys is damaged, or a later clarity
                wrote it; nothing was written.
            Unavailable, TimedOut, Throttled: nothing is known; put the same batch again.
        """
        ...

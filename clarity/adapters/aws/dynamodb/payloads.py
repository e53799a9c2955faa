"""
Payloads that are too large for an item: they lie in a blob store, and the item points to them.

A blob is written before the item and belongs to one version of it. What nothing points to is left
over by commits that were refused or died, and by items that DynamoDB removed itself; the purge of
the store takes it a day later (`upkeep.py`).
"""

import hashlib
import secrets
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import ClassVar, Final, TypeVar

import attrs

from clarity.adapters.aws._operations import Item
from clarity.adapters.aws.dynamodb.codec import Undecodable, codec_of
from clarity.ports.blobs import Blob, BlobKey, BlobStore
from clarity.ports.errors import Corrupt, NotFound, PortError, TooLarge, Unavailable, Unexpected

__all__ = [
    "INLINE_BYTES",
    "PACKED",
    "POINTER",
    "NoBlobStore",
    "NoPlaceForPayload",
    "Outgoing",
    "PayloadGone",
    "Payloads",
    "blob_of",
    "folder_of",
    "steadily",
]

T = TypeVar("T")

PACKED: Final = "values"
"""Attribute that holds a payload."""

POINTER: Final = "values_at"
"""Attribute that says where the payload lies, instead."""

INLINE_BYTES: Final = 256 * 1024
"""Most bytes of a payload in its item (docs/adr/0026-large-payloads.md)."""

ROUNDS: Final = 32
"""How often what is read may change while it is read."""

SETTING: Final = "give the setting `blobs`, a folder or s3://BUCKET/PREFIX?region=REGION"


@attrs.define(eq=False)
class NoPlaceForPayload(TooLarge):
    """A payload is too large for its item and there is nowhere else."""

    code: ClassVar[str] = "aws.no-place-for-payload"

    def __str__(self) -> str:
        return f"{self.what} is limited to {self.limit} in an item, {self.given} given; {SETTING}"


@attrs.define(eq=False)
class NoBlobStore(Unexpected):
    """An item points to a blob and no blob store is known."""

    code: ClassVar[str] = "aws.no-blob-store"

    def __str__(self) -> str:
        return f"{self.detail} lies beside the tables; {SETTING}"


@attrs.define(eq=False)
class PayloadGone(Corrupt):
    """An item points to a blob that is not there, unless the item has changed since it was read."""

    code: ClassVar[str] = "aws.payload-gone"
    name: str = ""

    def __str__(self) -> str:
        return f"{self.what} is missing in the blob store; restore it or bring the data in again"


@attrs.frozen
class _Pointer:
    key: str
    sha256: bytes
    size: int


@attrs.frozen
class _Pointing:
    values_at: _Pointer


@attrs.frozen
class _Inline:
    values: bytes


@attrs.frozen
class Outgoing:
    """A blob on its way: its key and its bytes."""

    key: BlobKey
    data: bytes = attrs.field(repr=False)


def folder_of(pk: str) -> str:
    """The folder of a person's blobs; names nobody, as keys of objects are written into logs."""
    return hashlib.sha256(pk.encode()).hexdigest()[:32]


def fresh_name() -> str:
    """A name that no other blob has."""
    return secrets.token_hex(16)


def blob_of(item: Item) -> Blob | None:
    """
    What the item points to; None when it points nowhere.

    Raises:
        Corrupt: the pointer is malformed.
    """
    if POINTER not in item:
        return None
    try:
        pointer = codec_of(_Pointing).decode(item).values_at
        folder, _, name = pointer.key.partition("/")
        return Blob(BlobKey(folder, name), pointer.sha256.hex(), pointer.size)
    except (Undecodable, ValueError) as error:
        raise Corrupt("the pointer to a payload") from error


@attrs.frozen(kw_only=True)
class Payloads:
    """
    Decides where a payload lies, and finds it again.

    Attributes:
        blobs: where large ones go; None for nowhere.
        inline_bytes: most bytes of a payload in its item.
        fresh: 32 hexadecimal digits that it never gave before.
    """

    blobs: BlobStore | None = None
    inline_bytes: int = INLINE_BYTES
    fresh: Callable[[], str] = fresh_name

    def placed(self, pk: str, packed: bytes, what: str) -> tuple[Item, Outgoing | None]:
        """
        The attribute of the item, and the blob that must be there before it is written.

        Raises:
            NoPlaceForPayload: it is too large for the item and there is no blob store.
        """
        if len(packed) <= self.inline_bytes:
            return codec_of(_Inline).encode(_Inline(packed)), None
        if self.blobs is None:
            raise NoPlaceForPayload(what, self.inline_bytes, len(packed))
        key = BlobKey(folder_of(pk), self.fresh())
        pointer = _Pointer(str(key), hashlib.sha256(packed).digest(), len(packed))
        return codec_of(_Pointing).encode(_Pointing(pointer)), Outgoing(key, packed)

    def packed(self, item: Item, what: str) -> bytes:
        """
        The payload of the item, wherever it lies; `what` names it.

        Raises:
            PayloadGone: it is not where the item says.
            Corrupt: something else is, the pointer is malformed or points to another person's.
            NoBlobStore: it lies in a blob store and none is known.
            Undecodable: there is neither a payload nor a pointer.
        """
        blob = blob_of(item)
        if blob is None:
            inline: bytes = codec_of(_Inline).decode(item).values
            return inline
        if blob.key.folder != folder_of(item["pk"]["S"]):
            raise Corrupt(what)
        try:
            return self._known(what).get(blob)
        except NotFound as error:
            raise PayloadGone(what, blob.key.name) from error
        except Corrupt as error:
            raise Corrupt(what) from error

    def require_known(self, item: Item) -> None:
        """
        Nothing, when what the item points to can be reached.

        Raises:
            NoBlobStore: it points to a blob and no blob store is known.
        """
        if POINTER in item:
            self._known("a payload")

    def send(self, outgoing: Sequence[Outgoing | None]) -> None:
        """
        The blobs are there; None stands for an item without one.

        Raises:
            PortError: one of them is not; none is pointed to.
        """
        for one in outgoing:
            if one is not None:
                self._known("a payload").put(one.key, one.data)

    def let_go(self, items: Iterable[Item | None]) -> None:
        """What the items, which are no more, pointed to is gone; else the purge will take it."""
        with suppress(PortError):
            blobs = [blob_of(item) for item in items if item is not None]
            keys = [blob.key for blob in blobs if blob is not None]
            if keys:
                self._known("a payload").remove(keys)

    def _known(self, what: str) -> BlobStore:
        if self.blobs is None:
            raise NoBlobStore(what)
        return self.blobs


def steadily(read: Callable[[], T]) -> T:
    """
    What is read, again when a payload went meanwhile.

    Raises:
        PayloadGone: the same one is missed twice, so it is damage.
        Unavailable: what is read changes faster than it can be read.
    """
    missed: set[str] = set()
    for _ in range(ROUNDS):
        try:
            return read()
        except PayloadGone as gone:
            if gone.name in missed:
                raise
            missed.add(gone.name)
    raise Unavailable("DynamoDB (what is read keeps changing)")

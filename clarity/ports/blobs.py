"""Where payloads lie that are too large for the store of what they belong to."""

import re
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final, Protocol, runtime_checkable

import attrs

__all__ = ["LARGEST_BLOB", "Blob", "BlobKey", "BlobStore", "StoredBlob"]

LARGEST_BLOB: Final = 16 * 1024 * 1024
"""Most bytes of one blob; the values of a day never have more (`MAX_VALUES` of 8 bytes)."""

HEX_32: Final = "[0-9a-f]{32}"
HEX_64: Final = "[0-9a-f]{64}"


@attrs.frozen(order=True)
class BlobKey:
    """
    The name of a blob.

    Attributes:
        folder: what the blob is found under together with others, 32 hexadecimal digits.
        name: of the blob in its folder, 32 hexadecimal digits.
    """

    folder: str = attrs.field(validator=attrs.validators.matches_re(HEX_32, re.NOFLAG))
    name: str = attrs.field(validator=attrs.validators.matches_re(HEX_32, re.NOFLAG))

    def __str__(self) -> str:
        return f"{self.folder}/{self.name}"


@attrs.frozen
class Blob:
    """
    What a blob must be when it comes back; kept by whoever put it.

    Attributes:
        key: its name.
        sha256: of its bytes, hexadecimal.
        size_bytes: how many they are.
    """

    key: BlobKey
    sha256: str = attrs.field(validator=attrs.validators.matches_re(HEX_64, re.NOFLAG))
    size_bytes: int = attrs.field(
        validator=[attrs.validators.ge(0), attrs.validators.le(LARGEST_BLOB)]
    )


@attrs.frozen
class StoredBlob:
    """
    That a blob is there.

    Attributes:
        key: its name.
        since: when it was put, by the clock of the place that keeps it, aware.
    """

    key: BlobKey
    since: datetime


@runtime_checkable
class BlobStore(Protocol):
    """
    Bytes under names that are given once: what is under a key never changes until it is removed.

    Safe for many threads and processes at once. What was put is seen at once by `get` and `stored`.
    """

    __slots__ = ()

    @abstractmethod
    def put(self, key: BlobKey, data: bytes) -> Blob:
        """
        Keep the bytes under `key`; durable and whole before this returns, or not there.

        The same bytes under the same key again change nothing.

        Raises:
            TooLarge: more than `LARGEST_BLOB` bytes; nothing was kept.
            AlreadyExists: other bytes are there; they stay.
            Denied: the place cannot be written.
            Unavailable, TimedOut, Throttled: nothing is known; put the same again, or remove it.
        """
        ...

    @abstractmethod
    def get(self, blob: Blob) -> bytes:
        """
        The bytes that were put: their number and SHA-256 are those of `blob`.

        Raises:
            NotFound: nothing is under the key.
            Corrupt: something else is.
            Denied: the place cannot be read.
            Unavailable, TimedOut, Throttled: nothing is known.
        """
        ...

    @abstractmethod
    def stored(self, folder: str) -> Iterator[StoredBlob]:
        """
        The blobs of a folder, of all folders for the empty text, in the order of their keys.

        Read while it is iterated: what is put or removed meanwhile may be told or not.

        Raises:
            Denied: the place cannot be read.
            Unavailable, TimedOut, Throttled: the rest is not known.
        """
        ...

    @abstractmethod
    def remove(self, keys: Sequence[BlobKey]) -> None:
        """
        Nothing is under the keys any more, however many; an absent one is no error.

        Raises:
            Denied: the place cannot be written; some may be gone.
            Unavailable, TimedOut, Throttled: some may be gone; remove them again.
        """
        ...

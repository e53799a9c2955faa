"""Bytes kept for a while, never staler than what invalidated them."""

from abc import abstractmethod
from typing import Protocol, runtime_checkable

import attrs

__all__ = ["Cache", "Hit", "Miss"]


@attrs.frozen
class Hit:
    """The value was there."""

    value: bytes


@attrs.frozen
class Miss:
    """
    The value was not there.

    Attributes:
        stamp: hands the right to fill to this reader until the key is invalidated.
    """

    stamp: int


@runtime_checkable
class Cache(Protocol):
    """
    Bytes kept for a while under a text key; may forget earlier, never later.

    Read, compute, fill: a reader that misses computes the value from the source of truth and fills
    it with the stamp of its miss. If somebody invalidated the key in between, the fill is dropped,
    so a value computed before a change is never served after it.
    """

    __slots__ = ()

    @abstractmethod
    def get(self, key: str) -> Hit | Miss:
        """
        The value under `key`, or a miss with a stamp.

        Raises:
            Unavailable: the cache could not be reached.
        """
        ...

    @abstractmethod
    def fill(self, key: str, value: bytes, *, stamp: int, ttl_s: float) -> None:
        """
        Keep `value` for at most `ttl_s` seconds if `stamp` is still current; otherwise do nothing.

        At the very instant of expiry both answers are allowed; a `ttl_s` of 0 or less keeps
        nothing.

        Raises:
            Unavailable: the cache could not be reached; nothing is known of the fill.
        """
        ...

    @abstractmethod
    def invalidate(self, key: str) -> None:
        """
        Forget `key`; stamps handed out for it before are void. An absent key is no error.

        Raises:
            Unavailable: the cache could not be reached; an old value may be served until its TTL.
        """
        ...

"""A cache in the memory of this process."""

import threading
from collections import OrderedDict

import attrs

from clarity.ports.cache import Cache, Hit, Miss
from clarity.ports.clock import Clock

__all__ = ["LruCache"]


@attrs.frozen
class _Entry:
    value: bytes
    expires_s: float


@attrs.define(eq=False)
class LruCache(Cache):
    """
    Keeps what was used last, within a number of entries and of bytes; thread-safe.

    Stamps come from one counter that every invalidation moves on; a key remembers the stamp of its
    last invalidation. How many keys do so is bounded too: for forgotten ones the highest forgotten
    stamp stands in, so that a fill is rather dropped than let through.

    Attributes:
        clock: its stopwatch decides what has expired; setting the time of day has no effect.
        max_entries: most keys that are kept.
        max_bytes: most bytes of values and keys that are kept; a value beyond it is not kept.
    """

    clock: Clock
    max_entries: int = attrs.field(default=10_000, validator=attrs.validators.ge(1))
    max_bytes: int = attrs.field(default=64 << 20, validator=attrs.validators.ge(1))
    _entries: OrderedDict[str, _Entry] = attrs.field(factory=OrderedDict, init=False, repr=False)
    _size_bytes: int = attrs.field(default=0, init=False)
    _stamp: int = attrs.field(default=0, init=False)
    _invalidated: OrderedDict[str, int] = attrs.field(factory=OrderedDict, init=False, repr=False)
    _forgotten: int = attrs.field(default=0, init=False)
    _lock: threading.Lock = attrs.field(factory=threading.Lock, init=False, repr=False)

    def get(self, key: str) -> Hit | Miss:
        """The value under `key`, or a miss with a stamp."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return Miss(self._stamp)
            if entry.expires_s <= self.clock.monotonic_s():
                self._drop(key)
                return Miss(self._stamp)
            self._entries.move_to_end(key)
            return Hit(entry.value)

    def fill(self, key: str, value: bytes, *, stamp: int, ttl_s: float) -> None:
        """Keep `value` for at most `ttl_s` seconds if `stamp` is still current."""
        with self._lock:
            if stamp < self._invalidated.get(key, self._forgotten):
                return
            self._drop(key)
            size_bytes = _size_bytes(key, value)
            if ttl_s <= 0 or size_bytes > self.max_bytes:
                return
            expires_s = self.clock.monotonic_s() + ttl_s
            self._entries[key] = _Entry(bytes(value), expires_s)
            self._size_bytes += size_bytes
            while len(self._entries) > self.max_entries or self._size_bytes > self.max_bytes:
                self._drop(next(iter(self._entries)))

    def invalidate(self, key: str) -> None:
        """Forget `key`; stamps handed out for it before are void."""
        with self._lock:
            self._drop(key)
            self._stamp += 1
            self._invalidated[key] = self._stamp
            self._invalidated.move_to_end(key)
            if len(self._invalidated) > self.max_entries:
                _, self._forgotten = self._invalidated.popitem(last=False)

    def _drop(self, key: str) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._size_bytes -= _size_bytes(key, entry.value)


def _size_bytes(key: str, value: bytes) -> int:
    return len(key.encode("utf-8", "surrogatepass")) + len(value)

"""The adapters of port Cache."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final

import attrs

from clarity.adapters.local.cache import LruCache
from clarity.ports.cache import Cache
from tests.support.clocks import HandClock


@attrs.frozen(kw_only=True)
class CacheHarness:
    """A fresh cache and how time passes for it."""

    cache: Cache
    advance_s: Callable[[float], None]


@contextmanager
def _lru() -> Iterator[CacheHarness]:
    clock = HandClock()
    yield CacheHarness(cache=LruCache(clock), advance_s=clock.advance)


Opener = Callable[[], AbstractContextManager[CacheHarness]]

OPENERS: Final[dict[str, Opener]] = {"lru": _lru}

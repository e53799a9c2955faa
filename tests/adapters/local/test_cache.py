"""The bounds of the in-process cache."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from clarity.adapters.local.cache import LruCache
from clarity.ports.cache import Hit, Miss
from tests.support.clocks import HandClock


def _filled(cache: LruCache, *keys: str, size: int = 1) -> None:
    for key in keys:
        cache.fill(key, bytes(size), stamp=_stamp(cache, key), ttl_s=60)


def _stamp(cache: LruCache, key: str) -> int:
    missed = cache.get(key)
    assert isinstance(missed, Miss)
    return missed.stamp


def _kept(cache: LruCache, *keys: str) -> list[str]:
    return [key for key in keys if isinstance(cache.get(key), Hit)]


def test_the_least_recently_used_entry_goes_first():
    cache = LruCache(HandClock(), max_entries=2)
    _filled(cache, "a", "b")
    cache.get("a")
    _filled(cache, "c")

    assert _kept(cache, "a", "b", "c") == ["a", "c"]


def test_bytes_are_bounded_and_counted_down_again():
    cache = LruCache(HandClock(), max_bytes=22)
    _filled(cache, "a", "b", size=10)
    _filled(cache, "c", size=10)
    assert _kept(cache, "a", "b", "c") == ["b", "c"]

    cache.invalidate("b")
    cache.invalidate("c")
    _filled(cache, "d", "e", size=10)

    assert _kept(cache, "d", "e") == ["d", "e"]


def test_a_value_that_does_not_fit_is_not_kept_and_drives_nothing_out():
    cache = LruCache(HandClock(), max_bytes=10)
    _filled(cache, "a")
    _filled(cache, "b", size=10)

    assert _kept(cache, "a", "b") == ["a"]


def test_refilling_a_key_counts_its_bytes_once():
    cache = LruCache(HandClock(), max_bytes=22)
    stamp = _stamp(cache, "a")
    for _ in range(5):
        cache.fill("a", bytes(10), stamp=stamp, ttl_s=60)
    _filled(cache, "b", size=10)

    assert _kept(cache, "a", "b") == ["a", "b"]


def test_setting_the_time_of_day_does_not_let_anything_expire():
    clock = HandClock()
    cache = LruCache(clock)
    _filled(cache, "a")
    clock.set(clock.now() + timedelta(days=999))

    assert _kept(cache, "a") == ["a"]


def test_a_stamp_older_than_a_forgotten_invalidation_is_void():
    cache = LruCache(HandClock(), max_entries=2)
    stamps = {key: _stamp(cache, key) for key in ("a", "bystander")}
    cache.invalidate("a")
    for other in ("b", "c"):
        cache.invalidate(other)

    for key, stamp in stamps.items():
        cache.fill(key, b"old", stamp=stamp, ttl_s=60)

    assert _kept(cache, "a", "bystander") == []
    _filled(cache, "a")
    assert _kept(cache, "a") == ["a"]


def test_the_value_is_a_copy():
    cache, value = LruCache(HandClock()), bytearray(b"old")
    cache.fill("a", value, stamp=_stamp(cache, "a"), ttl_s=60)
    value[:] = b"new"

    assert cache.get("a") == Hit(b"old")


@pytest.mark.parametrize("bounds", [{"max_entries": 0}, {"max_bytes": 0}])
def test_a_cache_has_room_for_something(bounds: dict[str, int]):
    with pytest.raises(ValueError, match="max_"):
        LruCache(HandClock(), **bounds)


def test_a_reader_never_finds_a_value_older_than_what_it_saw_invalidated():
    cache, truth, lock = LruCache(HandClock()), [0], threading.Lock()

    def write(_: int) -> None:
        with lock:
            truth[0] += 1
            cache.invalidate("k")

    def read(_: int) -> bool:
        with lock:
            least = truth[0]
        match cache.get("k"):
            case Hit(value):
                return int(value) >= least
            case Miss(stamp):
                cache.fill("k", b"%d" % truth[0], stamp=stamp, ttl_s=60)
                return True

    with ThreadPoolExecutor(8) as pool:
        reads = [pool.submit((read, read, read, write)[n % 4], n) for n in range(2_000)]
        answers = [done.result() for done in reads]

    assert False not in answers

"""Port Cache, sentence by sentence, and against a dict that forgets nothing early."""

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from clarity.ports.cache import Hit, Miss
from tests.contracts.cache.harness import CacheHarness, Opener
from tests.support import strategies


def _stamp(world: CacheHarness, key: str) -> int:
    missed = world.cache.get(key)
    assert isinstance(missed, Miss)
    return missed.stamp


@given(key=strategies.texts(), value=st.binary(max_size=64))
def test_what_was_filled_comes_back(opened: Opener, key: str, value: bytes):
    with opened() as world:
        world.cache.fill(key, value, stamp=_stamp(world, key), ttl_s=60)

        assert world.cache.get(key) == Hit(value)


def test_an_unknown_key_is_a_miss(world: CacheHarness):
    assert isinstance(world.cache.get("k"), Miss)


def test_a_value_is_kept_no_longer_than_its_ttl(world: CacheHarness):
    world.cache.fill("k", b"v", stamp=_stamp(world, "k"), ttl_s=10)

    world.advance_s(9)
    assert world.cache.get("k") == Hit(b"v")
    world.advance_s(2)

    assert isinstance(world.cache.get("k"), Miss)


@pytest.mark.parametrize("ttl_s", [0, -1, -0.5])
def test_a_ttl_of_nothing_keeps_nothing(world: CacheHarness, ttl_s: float):
    world.cache.fill("k", b"v", stamp=_stamp(world, "k"), ttl_s=ttl_s)

    assert isinstance(world.cache.get("k"), Miss)


def test_an_invalidated_key_is_a_miss(world: CacheHarness):
    world.cache.fill("k", b"v", stamp=_stamp(world, "k"), ttl_s=60)

    world.cache.invalidate("k")

    assert isinstance(world.cache.get("k"), Miss)


def test_a_value_computed_before_an_invalidation_is_never_served(world: CacheHarness):
    before = _stamp(world, "k")
    world.cache.invalidate("k")

    world.cache.fill("k", b"old", stamp=before, ttl_s=60)

    after = _stamp(world, "k")
    world.cache.fill("k", b"new", stamp=after, ttl_s=60)
    world.cache.fill("k", b"old", stamp=before, ttl_s=60)
    assert world.cache.get("k") == Hit(b"new")


def test_a_stamp_lasts_although_another_key_is_invalidated(world: CacheHarness):
    stamp = _stamp(world, "k")
    world.cache.invalidate("other")

    world.cache.fill("k", b"v", stamp=stamp, ttl_s=60)

    assert world.cache.get("k") == Hit(b"v")


def test_invalidating_an_absent_key_is_no_error(world: CacheHarness):
    world.cache.invalidate("nothing")
    world.cache.invalidate("nothing")

    world.cache.fill("nothing", b"v", stamp=_stamp(world, "nothing"), ttl_s=60)
    assert world.cache.get("nothing") == Hit(b"v")


def test_two_readers_may_fill_and_the_last_one_stands(world: CacheHarness):
    first, second = _stamp(world, "k"), _stamp(world, "k")

    world.cache.fill("k", b"1", stamp=first, ttl_s=60)
    world.cache.fill("k", b"2", stamp=second, ttl_s=60)

    assert world.cache.get("k") == Hit(b"2")


def test_a_fill_starts_a_new_ttl(world: CacheHarness):
    stamp = _stamp(world, "k")
    world.cache.fill("k", b"v", stamp=stamp, ttl_s=10)
    world.advance_s(9)
    world.cache.fill("k", b"w", stamp=stamp, ttl_s=10)
    world.advance_s(9)

    assert world.cache.get("k") == Hit(b"w")


def test_keys_that_look_alike_are_apart(world: CacheHarness):
    keys = ["a", "A", "a ", "a\0", "\u0430", ""]
    for number, key in enumerate(keys):
        world.cache.fill(key, b"%d" % number, stamp=_stamp(world, key), ttl_s=60)

    assert [world.cache.get(key) for key in keys] == [Hit(b"%d" % n) for n in range(len(keys))]


@attrs.frozen
class Filled:
    """What the model knows of a key: its value and when it must be gone."""

    value: bytes
    until_s: float


KEYS = st.sampled_from(["a", "b", "c"])


class CacheMachine(RuleBasedStateMachine):
    """The model: values by key, and which stamps are void. A cache may forget, never invent."""

    opener: Opener

    @initialize()
    def opened(self) -> None:
        self.context = self.opener()
        self.world = self.context.__enter__()
        self.now_s = 0.0
        self.kept: dict[str, Filled] = {}
        self.stamps: dict[str, list[int]] = {}
        self.void: dict[str, list[int]] = {}

    def teardown(self) -> None:
        if hasattr(self, "context"):
            self.context.__exit__(None, None, None)

    @rule(key=KEYS)
    def get(self, key: str) -> None:
        match self.world.cache.get(key):
            case Hit(value):
                assert value == self.kept[key].value
                assert self.now_s <= self.kept[key].until_s
            case Miss(stamp):
                assert stamp not in self.void.get(key, [])
                self.stamps.setdefault(key, []).append(stamp)
                self.kept.pop(key, None)

    @rule(key=KEYS, value=st.binary(max_size=3), ttl_s=st.sampled_from([0, 5, 50]), data=st.data())
    def fill(self, key: str, value: bytes, ttl_s: float, data: st.DataObject) -> None:
        void, current = self.void.get(key, []), self.stamps.get(key, [])
        if not void + current:
            return
        stamp = data.draw(st.sampled_from(void + current))
        self.world.cache.fill(key, value, stamp=stamp, ttl_s=ttl_s)
        if stamp in current:
            self.kept[key] = Filled(value, self.now_s + ttl_s)
            if ttl_s <= 0:
                del self.kept[key]

    @rule(key=KEYS)
    def invalidate(self, key: str) -> None:
        self.world.cache.invalidate(key)
        self.void.setdefault(key, []).extend(self.stamps.pop(key, []))
        self.kept.pop(key, None)

    @rule(seconds=st.sampled_from([1, 4, 40]))
    def time_passes(self, seconds: float) -> None:
        self.world.advance_s(seconds)
        self.now_s += seconds


def test_any_sequence_agrees_with_the_model(opened: Opener):
    machine = type("Machine", (CacheMachine,), {"opener": staticmethod(opened)})

    run_state_machine_as_test(
        machine, settings=settings(settings(), max_examples=20, stateful_step_count=40)
    )

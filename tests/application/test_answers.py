"""What models said about people, found and forgotten with them."""

import attrs
import pytest

from clarity.adapters.local.cache import LruCache
from clarity.application.answers import Answers
from clarity.domain.audit import Operation
from clarity.ports.cache import Cache, Hit, Miss
from clarity.ports.errors import Unavailable
from clarity.ports.repository import Evidence
from tests.application.faults import SilentSink
from tests.application.world import ADA, BEN, NURSE, REQUEST, World

WEEK = "pat/model/week"


def remembering(world: World, **other: object) -> Answers:
    told = {"cache": LruCache(world.clock), "audit": world.sink, "ttl_s": 60.0}
    return Answers(**{**told, **other})


def erasing(world: World) -> Evidence:
    return Evidence(
        actor=NURSE,
        patient=ADA,
        operation=Operation.ERASE,
        correlation=REQUEST,
        at=world.clock.now(),
    )


def asked(cache: Cache, key: str = WEEK) -> int:
    miss = cache.get(key)
    assert isinstance(miss, Miss)
    return miss.stamp


def remember(cache: Cache, key: str = WEEK, value: bytes = b"answer") -> None:
    cache.fill(key, value, stamp=asked(cache, key), ttl_s=60.0)


def held(answers: Answers, owner=ADA) -> int:
    (holding,) = answers.holdings(owner)
    return holding.count


def test_what_is_said_about_one_is_not_told_about_another(world: World):
    answers = remembering(world)
    remember(answers.about(ADA).cache)

    assert answers.about(ADA).cache.get(WEEK) == Hit(b"answer")
    assert isinstance(answers.about(BEN).cache.get(WEEK), Miss)
    assert (held(answers), held(answers, BEN)) == (1, 0)


def test_how_long_answers_are_kept_is_told_to_who_keeps_them(world: World):
    assert remembering(world, ttl_s=7.0).about(ADA).ttl_s == 7.0


def test_what_has_expired_is_not_held(world: World):
    answers = remembering(world)
    remember(answers.about(ADA).cache)

    world.clock.advance(61)

    assert held(answers) == 0
    assert list(answers.traces(ADA)) == []


def test_an_answer_that_was_being_made_while_its_person_was_erased_is_not_kept(world: World):
    answers = remembering(world)
    cache = answers.about(ADA).cache
    stamp = asked(cache)

    assert answers.erase(ADA, limit=10, evidence=erasing(world)) == 0
    cache.fill(WEEK, b"late", stamp=stamp, ttl_s=60.0)

    assert held(answers) == 0
    assert isinstance(cache.get(WEEK), Miss)


def test_nothing_is_forgotten_without_its_record(world: World):
    answers = remembering(world, audit=SilentSink())
    remember(answers.about(ADA).cache)

    with pytest.raises(Unavailable):
        answers.erase(ADA, limit=10, evidence=erasing(world))

    assert held(answers) == 1


def test_a_key_that_was_invalidated_is_not_held(world: World):
    answers = remembering(world)
    cache = answers.about(ADA).cache
    remember(cache)

    cache.invalidate(WEEK)

    assert held(answers) == 0


def test_with_more_keys_than_are_known_the_oldest_answer_is_forgotten(world: World):
    cache = LruCache(world.clock)
    answers = remembering(world, cache=cache, most_keys=2)
    for owner, key in ((ADA, "a"), (BEN, "b"), (ADA, "c")):
        remember(answers.about(owner).cache, key)

    assert [trace.name for trace in answers.traces(ADA)] == ["c"]
    assert held(answers, BEN) == 1
    assert isinstance(answers.about(ADA).cache.get("a"), Miss)


def test_asking_again_keeps_a_key_known(world: World):
    answers = remembering(world, most_keys=2)
    for key in ("a", "b"):
        remember(answers.about(ADA).cache, key)
    answers.about(ADA).cache.get("a")
    remember(answers.about(ADA).cache, "c")

    assert sorted(trace.name for trace in answers.traces(ADA)) == ["a", "c"]


@pytest.mark.parametrize("field", ["ttl_s", "most_keys"])
def test_bounds_are_positive(world: World, field: str):
    with pytest.raises(ValueError, match=field):
        attrs.evolve(remembering(world), **{field: 0})

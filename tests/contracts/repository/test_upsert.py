"""Port Repository, sentence by sentence: what is stored where nothing is, or on a condition."""

import contextlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.domain.audit import verify_chain
from clarity.domain.streams import DayChunk
from clarity.domain.timeline import NaiveTime
from clarity.ports.entities import CHUNK, Entity, key_of
from clarity.ports.errors import AlreadyExists, NotFound, StaleVersion
from clarity.ports.query import (
    AnyOf,
    BadQuery,
    Compare,
    Comparison,
    Expression,
    Query,
    Stored,
    field,
)
from clarity.ports.repository import Delete, Put, Upsert
from tests.contracts.repository.harness import (
    ADA,
    BEN,
    Opener,
    RepositoryHarness,
    chunk,
    digest,
    everything,
    evidence,
    profile,
    result,
    trail_of,
)
from tests.support import strategies
from tests.support.clocks import START
from tests.support.evaluation import holds

KEY = key_of(chunk())
NEVER = AnyOf(())


def _upsert(world: RepositoryHarness, *changes: Upsert) -> tuple[int, ...]:
    return world.repository.commit(changes, evidence=evidence()).versions


def test_where_there_is_none_it_is_stored_whatever_the_condition(world: RepositoryHarness):
    assert _upsert(world, Upsert(chunk(), NEVER)) == (1,)
    assert world.repository.get(ADA, KEY) == Stored(chunk(), 1)


def test_without_a_condition_the_last_writer_wins(world: RepositoryHarness):
    versions = [_upsert(world, Upsert(chunk(level=level))) for level in range(3)]

    assert versions == [(1,), (2,), (3,)]
    assert world.repository.get(ADA, KEY) == Stored(chunk(level=2), 3)


def test_only_an_entity_that_meets_the_condition_is_replaced(world: RepositoryHarness):
    world.repository.commit([Put(chunk(level=1), 0)], evidence=evidence())
    source = field("source")

    with pytest.raises(StaleVersion) as refused:
        _upsert(world, Upsert(chunk(level=2), source.differs(digest(0))))
    assert refused.value.current == 1
    assert world.repository.get(ADA, KEY) == Stored(chunk(level=1), 1)
    assert _upsert(world, Upsert(chunk(level=2), source.equals(digest(0)))) == (2,)


def test_what_never_holds_replaces_nothing(world: RepositoryHarness):
    _upsert(world, Upsert(chunk(level=1), NEVER))

    with pytest.raises(StaleVersion) as refused:
        _upsert(world, Upsert(chunk(level=2), NEVER))

    assert refused.value.current == 1
    assert len(trail_of(world)) == 1


def test_the_newer_one_stays_in_whatever_order_they_come(world: RepositoryHarness):
    made = [result(START, at=START + timedelta(hours=hours)) for hours in (1, 3, 2, 3)]

    for one in made:
        newer = field("computed_at") < one.provenance.computed_at
        with contextlib.suppress(StaleVersion):
            _upsert(world, Upsert(one, newer))

    assert world.repository.get(ADA, key_of(made[0])) == Stored(made[1], 2)


def test_one_that_has_expired_is_none(world: RepositoryHarness):
    soon = world.clock.now() + timedelta(seconds=10)
    _upsert(world, Upsert(chunk(level=1), NEVER, soon))
    world.clock.advance(10)

    assert _upsert(world, Upsert(chunk(level=2), NEVER)) == (1,)
    assert world.repository.get(ADA, KEY) == Stored(chunk(level=2), 1)


def test_it_says_anew_when_the_entity_expires(world: RepositoryHarness):
    soon = world.clock.now() + timedelta(seconds=10)
    world.repository.commit([Put(chunk(), 0)], evidence=evidence())
    _upsert(world, Upsert(chunk(level=2), expires_at=soon))

    world.clock.advance(10)

    with pytest.raises(NotFound):
        world.repository.get(ADA, KEY)


def test_the_record_names_what_was_replaced(world: RepositoryHarness):
    _upsert(world, Upsert(chunk(level=1)))
    _upsert(world, Upsert(chunk(level=2)))

    first, second = (record.event.touched[0] for record in trail_of(world))
    assert (first.entity, first.before) == (str(KEY), "")
    assert second.before == first.after != second.after


def test_without_a_condition_it_replaces_what_is_damaged_and_the_record_names_it(
    world: RepositoryHarness,
):
    _upsert(world, Upsert(result(START)))
    world.damaged(result(START))

    assert _upsert(world, Upsert(result(START))) == (2,)

    assert world.repository.get(ADA, key_of(result(START))) == Stored(result(START), 2)
    first, second = (record.event.touched[0] for record in trail_of(world))
    assert second.before == first.after


def test_with_other_changes_it_happens_or_nothing_does(world: RepositoryHarness):
    world.repository.commit([Put(chunk(0), 0), Put(chunk(1), 0)], evidence=evidence())
    wanted = [Upsert(chunk(0, level=5)), Upsert(chunk(1, level=5), NEVER), Upsert(chunk(2))]

    with pytest.raises(StaleVersion):
        _upsert(world, *wanted)
    assert [one.version for one in everything(world.repository, Query(DayChunk, ADA))] == [1, 1]

    done = world.repository.commit(
        [wanted[0], Delete(key_of(chunk(1)), 1), wanted[2]], evidence=evidence()
    )
    assert done.versions == (2, 0, 1)


def test_of_several_conflicts_the_first_is_told(world: RepositoryHarness):
    world.repository.commit([Put(chunk(0), 0), Put(chunk(1), 0)], evidence=evidence())

    with pytest.raises(StaleVersion):
        world.repository.commit([Upsert(chunk(0), NEVER), Put(chunk(1), 0)], evidence=evidence())
    with pytest.raises(AlreadyExists):
        world.repository.commit([Put(chunk(1), 0), Upsert(chunk(0), NEVER)], evidence=evidence())


def test_the_same_request_again_is_answered_though_the_condition_no_longer_holds(
    world: RepositoryHarness,
):
    told = evidence(key="k", request=digest())
    change = Upsert(chunk(level=2), NEVER)
    first = world.repository.commit([change], evidence=told)

    assert world.repository.commit([change], evidence=told) == first
    assert world.repository.get(ADA, KEY).version == 1


def test_what_must_be_unique_is_taken_and_let_go_of_with_it(world: RepositoryHarness):
    _upsert(world, Upsert(profile("old@x")))
    _upsert(world, Upsert(profile("new@x")))

    with pytest.raises(AlreadyExists) as refused:
        world.repository.commit([Upsert(profile("new@x"))], evidence=evidence(BEN))
    assert refused.value.field == "email"
    world.repository.commit([Upsert(profile("old@x"))], evidence=evidence(BEN))


def test_two_changes_of_one_key_are_refused(world: RepositoryHarness):
    with pytest.raises(ValueError, match="one key"):
        world.repository.commit([Upsert(chunk()), Put(chunk(), 0)], evidence=evidence())


@pytest.mark.parametrize(
    "when", [field("nothing") < 1, field("coverage") < 1, field("day").begins_with("2003")]
)
def test_a_condition_that_no_store_can_ask_is_refused_when_it_is_built(when: Expression):
    with pytest.raises(BadQuery):
        Upsert(chunk(), when)


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(NaiveTime):
        Upsert(chunk(), expires_at=START.replace(tzinfo=None))


@given(data=st.data())
def test_an_entity_is_replaced_when_the_condition_holds_of_it_and_only_then(
    opened: Opener, data: st.DataObject
):
    stored: Entity = data.draw(strategies.chunks())
    when = data.draw(strategies.conditions(CHUNK, [stored]))
    new = attrs.evolve(stored, device=data.draw(strategies.texts()))
    with opened() as world:
        world.repository.commit([Put(stored, 0)], evidence=evidence())

        try:
            (version,) = _upsert(world, Upsert(new, when))
        except StaleVersion as refused:
            version = -refused.current

    assert version == (2 if holds(when, stored) else -1)


ROUNDS = 5


def test_of_eight_writers_at_once_the_newest_stays_and_versions_count_what_happened(
    world: RepositoryHarness,
):
    def write(writer: int) -> int:
        done = 0
        for number in range(ROUNDS):
            at = START + timedelta(seconds=number * 8 + writer)
            newer = Compare("computed_at", Comparison.LT, at)
            try:
                _upsert(world, Upsert(result(START, at=at), newer))
            except StaleVersion:
                continue
            done += 1
        return done

    with ThreadPoolExecutor(8) as pool:
        done = sum(pool.map(write, range(8)))

    kept = world.repository.get(ADA, key_of(result(START)))
    trail = trail_of(world)
    assert kept.entity.provenance.computed_at == START + timedelta(seconds=ROUNDS * 8 - 1)
    assert kept.version == done == len(trail)
    assert verify_chain(trail, head=world.trail.head(ADA)).seq == done

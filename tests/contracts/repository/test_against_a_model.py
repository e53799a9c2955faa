"""Port Repository against a plain dict: any sequence of commits, queries and passing time."""

from datetime import datetime, timedelta

import attrs
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from clarity.domain.audit import verify_chain
from clarity.domain.identity import PatientRef
from clarity.domain.streams import DayChunk
from clarity.ports.entities import Key, key_of
from clarity.ports.errors import AlreadyExists, IdempotencyMismatch, NotFound, StaleVersion
from clarity.ports.query import Query, Stored
from clarity.ports.repository import Change, Committed, Delete, Evidence, Put
from tests.contracts.repository.harness import (
    ADA,
    BEN,
    Opener,
    chunk,
    digest,
    everything,
    evidence,
    trail_of,
)

PEOPLE = st.sampled_from([ADA, BEN])
NUMBERS = st.integers(0, 2)
WEEK = timedelta(days=7)


@attrs.frozen
class Kept:
    """What the model knows of one entity."""

    stored: Stored[DayChunk]
    expires_at: datetime | None


@attrs.frozen
class Answered:
    """What the model knows of a request that came with a key."""

    owner: PatientRef
    request: str
    until: datetime
    answer: Committed


@attrs.frozen(kw_only=True)
class Wish:
    """A commit that the machine tries; `slip` makes it one version too old."""

    owner: PatientRef
    numbers: tuple[int, ...]
    level: int
    slip: int
    life_s: int | None
    deletes: bool
    key: str
    request: str


WISHES = st.builds(
    Wish,
    owner=PEOPLE,
    numbers=st.sets(NUMBERS, max_size=2).map(sorted).map(tuple),
    level=st.integers(0, 9),
    slip=st.sampled_from([0, 0, 0, 1]),
    life_s=st.none() | st.integers(1, 600_000),
    deletes=st.booleans(),
    key=st.sampled_from(["", "", "k", "l"]),
    request=st.integers(0, 1).map(digest),
)


class RepositoryMachine(RuleBasedStateMachine):
    """The model: entities by owner and key, chain lengths, answered requests."""

    opener: Opener

    @initialize()
    def opened(self) -> None:
        self.context = self.opener()
        self.world = self.context.__enter__()
        self.kept: dict[tuple[PatientRef, Key], Kept] = {}
        self.lengths = {ADA: 0, BEN: 0}
        self.answered: dict[str, Answered] = {}

    def teardown(self) -> None:
        if hasattr(self, "context"):
            self.context.__exit__(None, None, None)

    def _version(self, owner: PatientRef, key: Key) -> int:
        kept = self.kept.get((owner, key))
        if kept is None or (kept.expires_at and kept.expires_at <= self.world.clock.now()):
            return 0
        return kept.stored.version

    def _refusal(self, evidence_: Evidence, changes: list[Change]) -> type[Exception] | None:
        known = self.answered.get(evidence_.idempotency_key)
        if known and self.world.clock.now() < known.until:
            return IdempotencyMismatch
        for change in changes:
            key = change.key if isinstance(change, Delete) else key_of(change.entity)
            if self._version(evidence_.patient, key) != change.based_on:
                return StaleVersion if change.based_on else AlreadyExists
        return None

    @rule(wish=WISHES)
    def commit(self, wish: Wish) -> None:
        now = self.world.clock.now()
        until = None if wish.life_s is None else now + timedelta(seconds=wish.life_s)
        changes = [self._change(wish, number, until) for number in wish.numbers]
        said = evidence(wish.owner, key=wish.key, request=wish.request, at=now)
        known = self.answered.get(wish.key)
        if (
            known
            and known.owner == wish.owner
            and known.request == wish.request
            and now < known.until
        ):
            assert self.world.repository.commit(changes, evidence=said) == known.answer
            return
        refusal = self._refusal(said, changes)
        if refusal is not None:
            with pytest.raises(refusal):
                self.world.repository.commit(changes, evidence=said)
            return
        self._committed(said, changes)

    def _change(self, wish: Wish, number: int, until: datetime | None) -> Change:
        entity = chunk(number, level=wish.level)
        based_on = max(0, self._version(wish.owner, key_of(entity)) - wish.slip)
        if wish.deletes and based_on:
            return Delete(key_of(entity), based_on)
        return Put(entity, based_on, until)

    def _committed(self, said: Evidence, changes: list[Change]) -> None:
        done = self.world.repository.commit(changes, evidence=said)

        for change, version in zip(changes, done.versions, strict=True):
            self._apply(said.patient, change, version)
        self.lengths[said.patient] += 1
        assert done.head.seq == self.lengths[said.patient]
        if said.idempotency_key:
            self.answered[said.idempotency_key] = Answered(
                said.patient, said.request_digest, self.world.clock.now() + WEEK, done
            )

    def _apply(self, owner: PatientRef, change: Change, version: int) -> None:
        if isinstance(change, Delete):
            assert version == 0
            del self.kept[owner, change.key]
            return
        assert version == change.based_on + 1
        self.kept[owner, key_of(change.entity)] = Kept(
            Stored(change.entity, version), change.expires_at
        )

    @rule(seconds=st.sampled_from([1, 3_600, 300_000]))
    def time_passes(self, seconds: int) -> None:
        self.world.clock.advance(seconds)

    @rule(owner=PEOPLE, number=NUMBERS)
    def get(self, owner: PatientRef, number: int) -> None:
        key = key_of(chunk(number))
        try:
            stored = self.world.repository.get(owner, key)
        except NotFound:
            assert self._version(owner, key) == 0
        else:
            assert stored == self.kept[owner, key].stored

    @rule(owner=PEOPLE, size=st.integers(1, 3))
    def query(self, owner: PatientRef, size: int) -> None:
        found = everything(self.world.repository, Query(DayChunk, owner).page(size))

        expected = [
            kept.stored
            for (whose, key), kept in sorted(self.kept.items(), key=lambda item: item[0][1].parts)
            if whose == owner and self._version(whose, key)
        ]
        assert found == expected

    @invariant()
    def the_chains_are_whole(self) -> None:
        if not hasattr(self, "world"):
            return
        for owner, length in self.lengths.items():
            head = self.world.trail.head(owner)
            assert verify_chain(trail_of(self.world, owner), head=head).seq == length


def test_any_sequence_of_commits_agrees_with_the_model(opened: Opener):
    machine = type("Machine", (RepositoryMachine,), {"opener": staticmethod(opened)})
    profile = settings()

    run_state_machine_as_test(
        machine,
        settings=settings(
            profile, max_examples=max(10, profile.max_examples // 3), stateful_step_count=30
        ),
    )

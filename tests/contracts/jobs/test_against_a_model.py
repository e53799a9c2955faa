"""Ports Jobs and TenantJobs against a plain dict: jobs begin, end and go while pages are turned."""

from datetime import datetime, timedelta

import attrs
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    initialize,
    multiple,
    rule,
    run_state_machine_as_test,
)

from clarity.domain.identity import Actor, PatientId, PatientRef, TenantId
from clarity.domain.jobs import Job, JobState
from clarity.ports.errors import CURSOR_LIFE, AlreadyExists, BadCursor, NotFound
from clarity.ports.jobs import JobPage
from tests.contracts.jobs.harness import NURSE, Opener, job

DOCTOR = attrs.evolve(NURSE, id="doctor")
ELSEWHERE = attrs.evolve(NURSE, tenant=TenantId("clinic#"))
ACTORS = st.sampled_from([NURSE, DOCTOR, ELSEWHERE])
TENANTS = [NURSE.tenant, ELSEWHERE.tenant]
OTHERS = st.sampled_from([None, None, NURSE, DOCTOR, ELSEWHERE])
"""Who speaks of a job; mostly whoever began it."""

NAMES = st.lists(
    st.sampled_from(["a", "a#", "%23", "b", "c", "d"]), min_size=1, max_size=4, unique=True
)
STATES = st.lists(
    st.sampled_from([JobState.RUNNING, JobState.DONE, JobState.FAILED]), min_size=1, max_size=3
)
LISTS = st.sampled_from([NURSE, DOCTOR, ELSEWHERE, *TENANTS])
LIMITS = st.integers(1, 3)


@attrs.frozen
class Bookmark:
    """
    What a page that had a cursor leaves to whoever goes on.

    Attributes:
        asked: an actor for all of theirs, a tenant for what never ended.
        last: when the last job that was given had started.
        given_at: when that was.
    """

    asked: Actor | TenantId
    cursor: str
    last: datetime
    given_at: datetime


class JobsMachine(RuleBasedStateMachine):
    """The model: each job as it was last kept, by tenant and id; no two start at one time."""

    opener: Opener
    begun = Bundle("begun")
    bookmarks = Bundle("bookmarks")

    @initialize()
    def opened(self) -> None:
        self.context = self.opener()
        self.world = self.context.__enter__()
        self.kept: dict[tuple[TenantId, str], Job] = {}

    def teardown(self) -> None:
        if hasattr(self, "context"):
            self.context.__exit__(None, None, None)

    def _fresh(self, actor: Actor, name: str, *, is_about_ada: bool = False) -> Job:
        ada = PatientRef(actor.tenant, PatientId("ada")) if is_about_ada else None
        now = self.world.clock.now()
        return attrs.evolve(job(of=actor, patient=ada), id=name, started_at=now, heard_at=now)

    def _of(self, actor: Actor, name: str) -> Job | None:
        known = self.kept.get((actor.tenant, name))
        return known if known and known.actor == actor.id else None

    @rule(target=begun, actor=ACTORS, names=NAMES, is_about_ada=st.booleans())
    def begin(
        self, actor: Actor, names: list[str], is_about_ada: bool
    ) -> MultipleResults[tuple[Actor, str]]:
        for name in names:
            self.world.clock.advance(1)
            self._begin(self._fresh(actor, name, is_about_ada=is_about_ada))
        return multiple(*((actor, name) for name in names))

    def _begin(self, fresh: Job) -> None:
        place = (fresh.tenant, fresh.id)
        if place in self.kept:
            with pytest.raises(AlreadyExists):
                self.world.jobs.begin(fresh)
            return
        self.world.jobs.begin(fresh)
        self.kept[place] = fresh

    @rule(one=begun, other=OTHERS, states=STATES, between_s=st.sampled_from([0, 1, 3_600]))
    def works(
        self, one: tuple[Actor, str], other: Actor | None, states: list[JobState], between_s: int
    ) -> None:
        """Somebody says how far the job is, whether or not it is theirs, runs, or is there."""
        actor, name = other or one[0], one[1]
        for state in states:
            self.world.clock.advance(between_s)
            self._update(actor, name, state)
            self._get(actor, name)

    def _update(self, actor: Actor, name: str, state: JobState) -> None:
        known = self.kept.get((actor.tenant, name)) or self._fresh(actor, name)
        now = self.world.clock.now()
        word = attrs.evolve(known, actor=actor.id, state=state, done=known.done + 1, heard_at=now)
        mine = self._of(actor, name)
        if mine is None or mine.state is not JobState.RUNNING:
            with pytest.raises(NotFound):
                self.world.jobs.update(word)
            return
        self.world.jobs.update(word)
        self.kept[actor.tenant, name] = word

    def _get(self, actor: Actor, name: str) -> None:
        mine = self._of(actor, name)
        if mine is None:
            with pytest.raises(NotFound):
                self.world.jobs.get(actor, name)
            return
        assert self.world.jobs.get(actor, name) == mine

    @rule(one=begun, other=OTHERS)
    def remove(self, one: tuple[Actor, str], other: Actor | None) -> None:
        actor, name = other or one[0], one[1]
        if self._of(actor, name) is None:
            with pytest.raises(NotFound):
                self.world.jobs.remove(actor, name)
            return
        self.world.jobs.remove(actor, name)
        del self.kept[actor.tenant, name]

    @rule(one=begun, later_s=st.sampled_from([0, 1, 3_600]))
    def purge(self, one: tuple[Actor, str], later_s: int) -> None:
        """Of what ended before a time, which is often the very moment in which a job ended."""
        tenant, name = one[0].tenant, one[1]
        known = self.kept.get((tenant, name))
        heard_at = known.heard_at if known else self.world.clock.now()
        before = heard_at + timedelta(seconds=later_s)
        old = [
            place
            for place, known in self.kept.items()
            if known.tenant == tenant
            and known.state is not JobState.RUNNING
            and known.heard_at < before
        ]

        assert self.world.jobs.purge(tenant, ended_before=before) == len(old)
        for place in old:
            del self.kept[place]

    @rule(seconds=st.sampled_from([1, 3_600, 43_200]))
    def time_passes(self, seconds: int) -> None:
        self.world.clock.advance(seconds)

    @rule(target=bookmarks, asked=LISTS, limit=LIMITS)
    def reads_a_list(self, asked: Actor | TenantId, limit: int) -> MultipleResults[Bookmark]:
        """To its end; what was remembered of each page on the way stays good for a day."""
        rest, marks = self._listed(asked), []
        mark = self._turned(asked, rest, limit, None)
        while mark is not None:
            marks.append(mark)
            rest = rest[limit:]
            mark = self._turned(asked, rest, limit, mark)
        return multiple(*marks)

    @rule(target=bookmarks, mark=bookmarks, limit=LIMITS)
    def goes_on(self, mark: Bookmark, limit: int) -> MultipleResults[Bookmark]:
        if self.world.clock.now() - mark.given_at > CURSOR_LIFE:
            with pytest.raises(BadCursor):
                self._page(mark.asked, limit, mark.cursor)
            return multiple()
        rest = [one for one in self._listed(mark.asked) if self._is_behind(one, mark)]
        following = self._turned(mark.asked, rest, limit, mark)
        return multiple() if following is None else multiple(following)

    def _turned(
        self, asked: Actor | TenantId, expected: list[Job], limit: int, mark: Bookmark | None
    ) -> Bookmark | None:
        """What a page leaves; nothing lags and nobody else writes, so that no page is short."""
        page = self._page(asked, limit, mark.cursor if mark else None)
        assert list(page.jobs) == expected[:limit]
        if page.cursor is None:
            assert len(expected) <= limit
            return None
        assert page.jobs, "an empty page is the last"
        last = page.jobs[-1].started_at
        return Bookmark(asked, page.cursor, last, self.world.clock.now())

    def _page(self, asked: Actor | TenantId, limit: int, cursor: str | None) -> JobPage:
        if isinstance(asked, Actor):
            return self.world.jobs.of(asked, limit=limit, cursor=cursor)
        return self.world.jobs.unfinished(asked, limit=limit, cursor=cursor)

    def _listed(self, asked: Actor | TenantId) -> list[Job]:
        """All of an actor's, newest first, or all that never ended of a tenant, oldest first."""
        by_start = sorted(self.kept.values(), key=lambda known: known.started_at)
        if isinstance(asked, Actor):
            return [known for known in reversed(by_start) if known.is_of(asked)]
        return [
            known for known in by_start if known.tenant == asked and known.state is JobState.RUNNING
        ]

    def _is_behind(self, one: Job, mark: Bookmark) -> bool:
        if isinstance(mark.asked, Actor):
            return one.started_at < mark.last
        return one.started_at > mark.last


def test_any_sequence_of_words_about_jobs_agrees_with_the_model(opened: Opener):
    machine = type("Machine", (JobsMachine,), {"opener": staticmethod(opened)})
    profile = settings()

    run_state_machine_as_test(
        machine,
        settings=settings(
            profile, max_examples=max(5, profile.max_examples // 2), stateful_step_count=30
        ),
    )

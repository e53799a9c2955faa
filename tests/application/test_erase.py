from pathlib import Path
from zoneinfo import ZoneInfo

import attrs
import pytest

from clarity.application.erase import StillHeld
from clarity.application.read import Days
from clarity.domain.access import NotAllowed
from clarity.domain.audit import TOMBSTONE, Operation
from clarity.domain.jobs import JobState
from clarity.domain.profile import Details, EmailAddress
from clarity.domain.streams import DayChunk, StreamKind
from clarity.ports.entities import key_of
from clarity.ports.erasure import Erasable
from clarity.ports.errors import NotFound, Unavailable
from clarity.ports.query import Query
from clarity.ports.repository import Put
from tests.support.worlds import (
    ADA,
    BEN,
    CLERK,
    CLINIC,
    CORRELATION,
    STRANGER,
    World,
    day_of,
    evidence,
    opened,
    records_of,
    store_days,
)

NAME = "a name that nobody else has"
WHO = {"actor": CLERK, "correlation": CORRELATION}


def _count(world: World, patient=ADA) -> int:
    held = world.app.erase.held(patient, **WHO)
    return sum(holding.count for holdings in held.values() for holding in holdings)


def _fill(world: World) -> None:
    """Days, a result, a profile, a remembered request and a job of one person; a day of another."""
    store_days(world, ADA, count=200)
    store_days(world, BEN)
    world.core.repository().commit([Put(day_of(999), 0)], evidence=evidence(ADA, key="request-1"))
    world.app.analyze.run(Days(patient=ADA, stream=StreamKind.ACTIVITY), **WHO)
    details = Details(email=EmailAddress("ada@x"), name=NAME, zone=ZoneInfo("UTC"))
    world.app.keep_profile.run(details, patient=ADA, **WHO)
    list(world.app.export.run(ADA, **WHO))


def test_nothing_is_left_in_any_store():
    with opened() as world:
        _fill(world)
        assert _count(world) == 200 + 1 + 1 + 1 + 1 + 1

        erased = world.app.erase.run(ADA, **WHO)

        assert erased.removed == 205
        assert {h.count for holdings in erased.left.values() for h in holdings} == {0}
        assert {h.kind for holdings in erased.left.values() for h in holdings} == {
            "chunk",
            "result",
            "profile",
            "idempotency",
            "import",
            "job",
            "prediction",
        }


def test_who_was_erased_is_found_by_nobody_and_the_address_is_free():
    with opened() as world:
        _fill(world)
        world.app.erase.run(ADA, **WHO)

        assert world.app.find_patient.run(EmailAddress("ada@x"), **WHO) is None
        again = Details(email=EmailAddress("ada@x"), zone=ZoneInfo("UTC"))
        world.app.keep_profile.run(again, patient=BEN, **WHO)
        assert world.app.find_patient.run(EmailAddress("ada@x"), **WHO) == BEN


def test_nothing_can_be_read_afterwards_and_others_keep_theirs():
    with opened() as world:
        _fill(world)
        world.app.erase.run(ADA, **WHO)

        repository = world.core.repository()
        assert repository.query(Query(DayChunk, ADA)).items == ()
        with pytest.raises(NotFound):
            repository.get(ADA, key_of(day_of()))
        assert _count(world, BEN) == 1


def test_the_chain_stays_whole_and_ends_in_a_tombstone():
    with opened() as world:
        _fill(world)
        before = records_of(world)

        erased = world.app.erase.run(ADA, **WHO)

        after = records_of(world)
        assert after[: len(before)] == before
        assert after[-1] == erased.tombstone
        assert erased.tombstone.event.operation is Operation.ERASE
        assert erased.tombstone.event.touched[0].entity == TOMBSTONE
        verdicts = world.app.verify_trail.run(CLINIC, **WHO)
        assert all(verdict.broken is None for verdict in verdicts)


def test_the_files_of_the_store_do_not_hold_it_either(tmp_path: Path):
    worn = "a watch that nobody else wears"
    with opened(tmp_path / "s.db") as world:
        for number in range(300):
            put = Put(day_of(number, device=worn), 0)
            world.core.repository().commit([put], evidence=evidence(ADA))
        changed = Put(day_of(0, device=worn, level=4.0), 1)
        world.core.repository().commit([changed], evidence=evidence(ADA))
        details = Details(email=EmailAddress("ada@x"), name=NAME, zone=ZoneInfo("UTC"))
        world.app.keep_profile.run(details, patient=ADA, **WHO)
        assert all(_occurrences(tmp_path, told) > 0 for told in (worn, NAME))

        world.app.erase.run(ADA, **WHO)

        assert not any(_occurrences(tmp_path, told) for told in (worn, NAME))
    assert not any(_occurrences(tmp_path, told) for told in (worn, NAME))


def _occurrences(folder: Path, text: str) -> int:
    return sum(path.read_bytes().count(text.encode()) for path in folder.iterdir())


@attrs.define
class Failing(Erasable):
    """A store whose connection breaks after `calls` erasures."""

    inner: Erasable
    calls: int

    def holdings(self, owner):
        return self.inner.holdings(owner)

    def traces(self, owner):
        return self.inner.traces(owner)

    def erase(self, owner, *, limit, evidence):
        self.calls -= 1
        if self.calls < 0:
            raise Unavailable("the store")
        return self.inner.erase(owner, limit=min(limit, 20), evidence=evidence)


@pytest.mark.parametrize("calls", [0, 1, 5, 10, 11])
def test_an_interrupted_erasure_is_continued_by_the_same_call(calls: int):
    with opened() as world:
        _fill(world)
        whole = world.app.erase
        stores = {name: Failing(store, calls) for name, store in whole.stores.items()}
        with pytest.raises(Unavailable):
            attrs.evolve(whole, stores=stores).run(ADA, **WHO)
        gone = 205 - _count(world)
        assert gone == min(20 * calls, 204)
        assert world.app.jobs.run(actor=CLERK, limit=1, cursor=None)[0][0].state is JobState.FAILED

        erased = whole.run(ADA, **WHO)

        assert erased.removed == 205 - gone
        assert _count(world) == 0
        tombs = [
            r for r in records_of(world) if r.event.touched[:1] == erased.tombstone.event.touched
        ]
        assert len(tombs) == 1


@attrs.frozen
class Refilled(Erasable):
    """A store into which somebody keeps writing."""

    inner: Erasable
    world: World

    def holdings(self, owner):
        return self.inner.holdings(owner)

    def traces(self, owner):
        return self.inner.traces(owner)

    def erase(self, owner, *, limit, evidence):
        gone = self.inner.erase(owner, limit=limit, evidence=evidence)
        if not gone:
            store_days(self.world, owner)
        return gone


def test_what_is_stored_meanwhile_is_told_instead_of_success():
    with opened() as world:
        store_days(world)
        whole = world.app.erase
        stores = {"repository": Refilled(whole.stores["repository"], world)}

        with pytest.raises(StillHeld, match="1 things are held again"):
            attrs.evolve(whole, stores=stores).run(ADA, **WHO)

        assert TOMBSTONE not in {t.entity for r in records_of(world) for t in r.event.touched}


@attrs.define
class FilledWhenCounted(Erasable):
    """A store into which somebody writes right after it was counted empty, so many times."""

    inner: Erasable
    world: World
    times: int

    def holdings(self, owner):
        counted = self.inner.holdings(owner)
        if self.times and not any(one.count for one in counted):
            self.times -= 1
            store_days(self.world, owner)
        return counted

    def traces(self, owner):
        return self.inner.traces(owner)

    def erase(self, owner, *, limit, evidence):
        return self.inner.erase(owner, limit=limit, evidence=evidence)


def test_what_was_stored_between_the_count_and_the_tombstone_goes_too():
    with opened() as world:
        store_days(world)
        whole = world.app.erase
        store = FilledWhenCounted(whole.stores["repository"], world, times=1)

        erased = attrs.evolve(whole, stores={"repository": store}).run(ADA, **WHO)

        assert erased.removed == 2
        assert records_of(world)[-1] == erased.tombstone
        assert _count(world) == 0


def test_a_tombstone_before_which_something_was_stored_is_no_success():
    with opened() as world:
        store_days(world)
        whole = world.app.erase
        store = FilledWhenCounted(whole.stores["repository"], world, times=99)

        with pytest.raises(StillHeld, match="1 things are held again"):
            attrs.evolve(whole, stores={"repository": store}).run(ADA, **WHO)


def test_erasing_twice_removes_nothing_more():
    with opened() as world:
        _fill(world)
        world.app.erase.run(ADA, **WHO)

        assert world.app.erase.run(ADA, **WHO).removed == 0


def test_an_erasure_is_a_job_that_does_not_name_the_person():
    with opened() as world:
        _fill(world)
        world.app.erase.run(ADA, **WHO)

        ((listed, *rest), _) = world.app.jobs.run(actor=CLERK, limit=10, cursor=None)
        assert (listed.state, listed.job.done, listed.job.patient) == (JobState.DONE, 205, None)
        assert rest == []


def test_another_tenants_patient_is_refused():
    with opened() as world:
        store_days(world)
        for call in (
            lambda: world.app.erase.held(ADA, actor=STRANGER, correlation=CORRELATION),
            lambda: world.app.erase.run(ADA, actor=STRANGER, correlation=CORRELATION),
        ):
            with pytest.raises(NotAllowed):
                call()

        assert _count(world) == 1

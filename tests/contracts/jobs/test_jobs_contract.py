"""Port Jobs, sentence by sentence."""

from datetime import timedelta
from importlib import resources
from zoneinfo import ZoneInfo

import attrs
import pytest

from clarity.domain.exact import WrongType
from clarity.domain.identity import TenantId
from clarity.domain.jobs import Job, JobState
from clarity.domain.timeline import NamelessZone
from clarity.ports.errors import CURSOR_LIFE, AlreadyExists, BadCursor, NotFound
from tests.contracts.jobs.harness import ADA, NURSE, JobsHarness, job
from tests.support.clocks import START

OTHERS = (
    attrs.evolve(NURSE, id="doctor"),
    attrs.evolve(NURSE, id="Nurse"),
    attrs.evolve(NURSE, tenant=TenantId("clinic2")),
)


def _all(world: JobsHarness, *, limit: int) -> list[Job]:
    page = world.jobs.of(NURSE, limit=limit, cursor=None)
    found = list(page.jobs)
    while page.cursor is not None:
        page = world.jobs.of(NURSE, limit=limit, cursor=page.cursor)
        found += page.jobs
    return found


def test_a_job_comes_back_as_it_was_kept(world: JobsHarness):
    kept = attrs.evolve(job(patient=ADA), done=3, total=1 << 70)
    world.jobs.begin(kept)

    assert world.jobs.get(NURSE, kept.id) == kept


HALF = "\ud800"
"""Half a surrogate pair, which no store can keep."""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", HALF),
        ("id", f"job-{HALF}"),
        ("id", None),
        ("id", 5),
        ("actor", HALF),
        ("actor", NURSE),
        ("problem", HALF),
        ("kind", "export"),
        ("state", "running"),
        ("patient", "ada"),
        ("tenant", "clinic"),
        ("done", True),
        ("total", 1.0),
        ("started_at", "2003-05-01"),
        ("heard_at", None),
    ],
    ids=ascii,
)
def test_a_job_is_of_the_types_that_it_declares(name: str, value: object):
    with pytest.raises(WrongType, match=rf"Job\.{name}"):
        attrs.evolve(job(), **{name: value})


def test_a_job_in_a_zone_without_a_name_is_refused_and_not_kept(world: JobsHarness):
    with (resources.files("tzdata.zoneinfo.Europe") / "Oslo").open("rb") as file:
        nameless = ZoneInfo.from_file(file)

    with pytest.raises(NamelessZone):
        world.jobs.begin(attrs.evolve(job(), started_at=START.astimezone(nameless)))

    assert _all(world, limit=9) == []


@pytest.mark.parametrize("name", [HALF, f"job-{HALF}", None, 5, b"job-0"], ids=ascii)
def test_a_job_is_asked_for_by_text(world: JobsHarness, name: object):
    for asking in (world.jobs.get, world.jobs.remove):
        with pytest.raises(WrongType, match="the id of a job"):
            asking(NURSE, name)


@pytest.mark.parametrize("limit", [None, "9", 9.0, True], ids=repr)
def test_a_page_holds_a_whole_number_of_jobs(world: JobsHarness, limit: object):
    with pytest.raises(WrongType, match="the limit"):
        world.jobs.of(NURSE, limit=limit, cursor=None)
    with pytest.raises(WrongType, match="the limit"):
        world.jobs.unfinished(NURSE.tenant, limit=limit, cursor=None)


def test_an_id_is_taken_once_in_a_tenant(world: JobsHarness):
    world.jobs.begin(job())

    with pytest.raises(AlreadyExists):
        world.jobs.begin(attrs.evolve(job(), actor="doctor"))
    world.jobs.begin(job(of=OTHERS[2]))

    assert world.jobs.get(NURSE, "job-0") == job()


def test_an_update_replaces_what_was_kept(world: JobsHarness):
    world.jobs.begin(job())
    ahead = job().progressed(4, total=9, at=START)

    world.jobs.update(ahead)

    assert world.jobs.get(NURSE, "job-0") == ahead


@pytest.mark.parametrize(
    "end",
    [lambda j: j.finished(at=START), lambda j: j.failed("x", at=START)],
    ids=["done", "failed"],
)
def test_an_end_is_for_good(world: JobsHarness, end):
    ended = end(job())
    world.jobs.begin(job())
    world.jobs.update(ended)

    for change in (job(), job().progressed(9, total=None, at=START), end(job())):
        with pytest.raises(NotFound):
            world.jobs.update(change)
    assert world.jobs.get(NURSE, "job-0") == ended


def test_what_was_never_begun_cannot_be_updated(world: JobsHarness):
    world.jobs.begin(job(of=OTHERS[2]))

    with pytest.raises(NotFound):
        world.jobs.update(job())
    with pytest.raises(NotFound):
        world.jobs.get(NURSE, "job-0")


@pytest.mark.parametrize("other", OTHERS, ids=lambda actor: f"{actor.tenant}-{actor.id}")
def test_a_job_of_somebody_else_is_not_there(world: JobsHarness, other):
    world.jobs.begin(job())

    with pytest.raises(NotFound):
        world.jobs.get(other, "job-0")
    assert world.jobs.of(other, limit=10, cursor=None).jobs == ()


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8, 1_000])
def test_pages_hold_every_job_once_newest_first(world: JobsHarness, limit: int):
    for number in range(7):
        world.jobs.begin(job(number))
        world.jobs.begin(job(100 + number, of=OTHERS[number % 2]))

    assert _all(world, limit=limit) == [job(number) for number in reversed(range(7))]


def test_a_job_that_is_begun_meanwhile_loses_none(world: JobsHarness):
    for number in range(4):
        world.jobs.begin(job(number))
    first = world.jobs.of(NURSE, limit=2, cursor=None)
    world.jobs.begin(job(4))

    second = world.jobs.of(NURSE, limit=2, cursor=first.cursor)

    assert [one.id for one in (*first.jobs, *second.jobs)] == ["job-3", "job-2", "job-1", "job-0"]


def test_a_cursor_is_good_for_a_day_and_no_longer(world: JobsHarness):
    for number in range(3):
        world.jobs.begin(job(number))
    cursor = world.jobs.of(NURSE, limit=2, cursor=None).cursor
    world.clock.advance(CURSOR_LIFE.total_seconds())

    assert [one.id for one in world.jobs.of(NURSE, limit=2, cursor=cursor).jobs] == ["job-0"]
    world.clock.advance(1)
    with pytest.raises(BadCursor, match="expired"):
        world.jobs.of(NURSE, limit=2, cursor=cursor)


def test_a_cursor_is_good_for_its_actor_alone(world: JobsHarness):
    for number in range(3):
        world.jobs.begin(job(number))
    cursor = world.jobs.of(NURSE, limit=1, cursor=None).cursor

    for actor, changed in ((OTHERS[0], cursor), (OTHERS[2], cursor), (NURSE, f"{cursor}A")):
        with pytest.raises(BadCursor):
            world.jobs.of(actor, limit=1, cursor=changed)


@pytest.mark.parametrize("cursor", [5, b"AAAA"])
def test_a_cursor_that_is_no_text_is_refused(world: JobsHarness, cursor: object):
    with pytest.raises(BadCursor, match="is no text"):
        world.jobs.of(NURSE, limit=1, cursor=cursor)


@pytest.mark.parametrize("limit", [0, 1_001])
def test_a_page_has_a_size(world: JobsHarness, limit: int):
    with pytest.raises(ValueError, match="1 to"):
        world.jobs.of(NURSE, limit=limit, cursor=None)


def _kept(world: JobsHarness, *jobs: Job) -> None:
    for one in jobs:
        world.jobs.begin(attrs.evolve(one, state=JobState.RUNNING))
        if one.state is not JobState.RUNNING:
            world.jobs.update(one)


def test_jobs_that_ended_before_a_time_are_removed_and_counted(world: JobsHarness):
    later = START + timedelta(days=1)
    old = [job(number, patient=ADA).finished(at=START) for number in range(60)]
    recent = job(100).failed("x", at=later)
    running = job(101)
    foreign = job(102, of=OTHERS[2]).finished(at=START)
    _kept(world, *old, recent, running, foreign)

    assert world.jobs.purge(NURSE.tenant, ended_before=later) == 60
    assert world.jobs.purge(NURSE.tenant, ended_before=later) == 0
    assert _all(world, limit=100) == [running, recent]
    assert world.jobs.get(OTHERS[2], foreign.id) == foreign


def test_whoever_owns_them_the_jobs_of_a_tenant_are_purged(world: JobsHarness):
    _kept(world, *(job(n, of=OTHERS[n]).finished(at=START) for n in range(2)))

    assert world.jobs.purge(NURSE.tenant, ended_before=START + timedelta(seconds=1)) == 2

"""Port TenantJobs, sentence by sentence: the jobs of a tenant that never ended."""

import attrs
import pytest

from clarity.domain.identity import TenantId
from clarity.domain.jobs import Job
from clarity.ports.errors import CURSOR_LIFE, BadCursor, NotFound
from tests.contracts.jobs.harness import ADA, NURSE, JobsHarness, job
from tests.support.clocks import START

DOCTOR = attrs.evolve(NURSE, id="doctor")
ELSEWHERE = attrs.evolve(NURSE, tenant=TenantId("clinic2"))


def _unfinished(world: JobsHarness, *, limit: int = 100, of: TenantId = NURSE.tenant) -> list[Job]:
    found: list[Job] = []
    cursor: str | None = None
    while True:
        page = world.jobs.unfinished(of, limit=limit, cursor=cursor)
        found += page.jobs
        cursor = page.cursor
        if cursor is None:
            return found


def test_where_nothing_was_begun_nothing_is_unfinished(world: JobsHarness):
    assert _unfinished(world) == []


@pytest.mark.parametrize("limit", [1, 2, 3, 8, 9, 10, 1_000])
def test_pages_hold_every_unfinished_job_once_oldest_first(world: JobsHarness, limit: int):
    begun = [job(number, of=DOCTOR if number % 3 else NURSE) for number in range(9)]
    for one in (*begun, job(100, of=ELSEWHERE)):
        world.jobs.begin(one)

    assert _unfinished(world, limit=limit) == begun
    assert _unfinished(world, limit=limit, of=ELSEWHERE.tenant) == [job(100, of=ELSEWHERE)]


@pytest.mark.parametrize(
    "end",
    [lambda j: j.finished(at=START), lambda j: j.failed("x", at=START)],
    ids=["done", "failed"],
)
def test_a_job_that_has_ended_is_not_among_them(world: JobsHarness, end):
    for number in range(3):
        world.jobs.begin(job(number))
    world.jobs.update(end(job(1)))

    assert _unfinished(world) == [job(0), job(2)]


def test_they_are_given_as_they_were_last_kept(world: JobsHarness):
    world.jobs.begin(job(patient=ADA))
    ahead = job(patient=ADA).progressed(4, total=9, at=START)
    world.jobs.update(ahead)

    assert _unfinished(world) == [ahead]


def test_one_that_ends_between_two_pages_hides_no_other(world: JobsHarness):
    for number in range(5):
        world.jobs.begin(job(number))
    first = world.jobs.unfinished(NURSE.tenant, limit=2, cursor=None)
    for number in (0, 1, 2):
        world.jobs.update(job(number).finished(at=START))
    world.jobs.begin(job(5))

    rest = world.jobs.unfinished(NURSE.tenant, limit=100, cursor=first.cursor)

    assert [one.id for one in rest.jobs] == ["job-3", "job-4", "job-5"]


def test_one_that_begins_where_a_page_ended_with_jobs_that_are_gone_is_not_hidden(
    world: JobsHarness,
):
    for number in range(3):
        world.jobs.begin(job(number))
    first = world.jobs.unfinished(NURSE.tenant, limit=2, cursor=None)
    for number in (1, 2):
        world.jobs.remove(NURSE, f"job-{number}")
    world.jobs.begin(job(3))

    rest = world.jobs.unfinished(NURSE.tenant, limit=2, cursor=first.cursor)

    assert rest.jobs == (job(3),)


def test_ids_that_look_like_keys_are_told_apart(world: JobsHarness):
    odd = [attrs.evolve(job(n), id=id_) for n, id_ in enumerate(["a", "a#b", "$", "%23", "#"])]
    for one in odd:
        world.jobs.begin(one)

    assert _unfinished(world, limit=2) == odd


def test_a_cursor_is_good_for_its_tenant_alone(world: JobsHarness):
    for number in range(3):
        world.jobs.begin(job(number))
    cursor = world.jobs.unfinished(NURSE.tenant, limit=1, cursor=None).cursor

    for tenant, changed in ((ELSEWHERE.tenant, cursor), (NURSE.tenant, f"{cursor}A")):
        with pytest.raises(BadCursor):
            world.jobs.unfinished(tenant, limit=1, cursor=changed)
    with pytest.raises(BadCursor):
        world.jobs.of(NURSE, limit=1, cursor=cursor)


def test_a_cursor_is_good_for_a_day_and_no_longer(world: JobsHarness):
    for number in range(3):
        world.jobs.begin(job(number))
    cursor = world.jobs.unfinished(NURSE.tenant, limit=2, cursor=None).cursor
    world.clock.advance(CURSOR_LIFE.total_seconds())

    assert world.jobs.unfinished(NURSE.tenant, limit=2, cursor=cursor).jobs == (job(2),)
    world.clock.advance(1)
    with pytest.raises(BadCursor, match="expired"):
        world.jobs.unfinished(NURSE.tenant, limit=2, cursor=cursor)


@pytest.mark.parametrize("limit", [0, 1_001])
def test_a_page_has_a_size(world: JobsHarness, limit: int):
    with pytest.raises(ValueError, match="1 to"):
        world.jobs.unfinished(NURSE.tenant, limit=limit, cursor=None)


def test_a_removed_job_is_gone_for_everybody_and_its_work_learns_it(world: JobsHarness):
    for number in range(3):
        world.jobs.begin(job(number, patient=ADA))
    world.jobs.update(job(2, patient=ADA).finished(at=START))

    for number in (1, 2):
        world.jobs.remove(NURSE, f"job-{number}")

    assert _unfinished(world) == [job(0, patient=ADA)]
    assert world.jobs.of(NURSE, limit=9, cursor=None).jobs == (job(0, patient=ADA),)
    for call in (world.jobs.get, world.jobs.remove):
        with pytest.raises(NotFound):
            call(NURSE, "job-1")
    with pytest.raises(NotFound):
        world.jobs.update(job(1, patient=ADA).progressed(1, total=None, at=START))


@pytest.mark.parametrize(
    "other", [DOCTOR, ELSEWHERE], ids=lambda actor: f"{actor.tenant}-{actor.id}"
)
def test_a_job_of_somebody_else_cannot_be_removed(world: JobsHarness, other):
    world.jobs.begin(job())

    with pytest.raises(NotFound):
        world.jobs.remove(other, "job-0")
    assert world.jobs.get(NURSE, "job-0") == job()


def test_an_id_that_was_removed_may_be_used_again(world: JobsHarness):
    world.jobs.begin(job())
    world.jobs.remove(NURSE, "job-0")
    world.jobs.begin(job(of=DOCTOR))

    assert _unfinished(world) == [job(of=DOCTOR)]

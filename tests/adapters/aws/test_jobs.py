"""What the contract cannot see of jobs in tables: what lies in the index, and what stays behind."""

from collections.abc import Iterator

import pytest

from clarity.adapters.aws._operations import Op
from clarity.adapters.local.clock import SystemClock
from clarity.ports.errors import Corrupt
from tests.contracts.jobs.harness import NURSE, job
from tests.contracts.repository.harness import ADA, evidence
from tests.support.clocks import START
from tests.support.dynamodb import World, items_of, put_item, world_on
from tests.support.engines import running


@pytest.fixture(params=["moto", "ministack"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    with world_on(running(request.param), SystemClock()) as opened:
        yield opened


def _scanned(world: World, **more: str) -> list[dict]:
    return world.connection.run(
        Op(
            operation="scan",
            parameters={"TableName": world.connection.table("main"), **more},
            decode=lambda answer: answer["Items"],
            table="main",
            reads=True,
        )
    )


def test_only_jobs_that_run_are_in_the_index(world: World):
    for number in range(3):
        world.jobs.begin(job(number))
    world.jobs.update(job(0).progressed(1, total=None, at=START))
    world.jobs.update(job(1).finished(at=START))
    world.jobs.update(job(2).failed("x", at=START))

    (item,) = _scanned(world, IndexName="gs1")

    assert item["pk"] == {"S": "JOB#clinic#job-0"}
    assert item["gs1pk"]["S"].startswith("J#running#clinic#")
    assert item["gs1sk"]["S"].endswith("#job-0")


def test_the_index_spreads_the_jobs_of_a_tenant(world: World):
    for number in range(24):
        world.jobs.begin(job(number))

    assert {item["gs1pk"]["S"][-1] for item in _scanned(world, IndexName="gs1")} == set("0123")


def test_a_place_that_names_no_job_is_damage(world: World):
    world.jobs.begin(job())
    (place,) = items_of(world, "JOBS#clinic#nurse")
    put_item(world, {**place, "sk": {"S": "1#$!"}})

    with pytest.raises(Corrupt, match="the place of a job"):
        world.jobs.of(NURSE, limit=9, cursor=None)


def test_a_place_says_by_its_key_which_job_it_is_of(world: World):
    world.jobs.begin(job())
    (place,) = items_of(world, "JOBS#clinic#nurse")
    put_item(world, {"pk": place["pk"], "sk": place["sk"], "id": {"N": "5"}})

    assert world.jobs.of(NURSE, limit=9, cursor=None).jobs == (job(),)


def test_a_damaged_job_goes_with_its_person_from_where_it_is_listed_too(world: World):
    world.jobs.begin(job(patient=ADA))
    (item,) = items_of(world, "JOB#clinic#job-0")
    put_item(world, {**item, "state": {"S": "?"}})

    assert world.jobs.erase(ADA, limit=9, evidence=evidence()) == 1
    assert _scanned(world) == []


def test_a_job_about_a_person_under_a_place_that_is_no_id_goes(world: World):
    world.jobs.begin(job(patient=ADA))
    (place,) = items_of(world, "JOBP#clinic#ada")
    put_item(world, {**place, "sk": {"S": "$!"}})

    assert world.jobs.erase(ADA, limit=9, evidence=evidence()) == 2
    assert world.jobs.holdings(ADA)[0].count == 0


def test_a_removed_job_leaves_nothing_behind(world: World):
    world.jobs.begin(job())
    world.jobs.remove(NURSE, "job-0")

    assert _scanned(world) == []

from datetime import timedelta

import pytest

from clarity.adapters.local import jobs as module
from clarity.adapters.local.jobs import SqliteJobs
from clarity.adapters.local.store import open_store
from clarity.ports.errors import Corrupt
from tests.contracts.jobs.harness import NURSE, job
from tests.support.clocks import START


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"id":""}', b"\xff"])
def test_a_damaged_job_is_told_instead_of_guessed(body: bytes):
    with open_store(None, busy_timeout_s=1) as store:
        jobs = SqliteJobs(store)
        jobs.begin(job())
        with store.writing() as connection:
            connection.execute("UPDATE job SET body = ?", [body])

        with pytest.raises(Corrupt, match="a stored job"):
            jobs.get(NURSE, "job-0")


def test_more_jobs_than_are_looked_at_at_once_are_purged(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "AT_ONCE", 3)
    with open_store(None, busy_timeout_s=1) as store:
        jobs = SqliteJobs(store)
        for number in range(10):
            jobs.begin(job(number))
            if number != 4:
                jobs.update(job(number).finished(at=START))

        assert jobs.purge(NURSE.tenant, ended_before=START + timedelta(seconds=1)) == 9
        assert jobs.of(NURSE, limit=10, cursor=None).jobs == (job(4),)


def test_unfinished_jobs_are_found_by_an_index_of_their_own():
    with open_store(None, busy_timeout_s=1) as store, store.reading() as connection:
        plan = connection.execute(
            f"EXPLAIN QUERY PLAN {module.UNFINISHED}", ("clinic", 0, 10)
        ).fetchall()

    told = " ".join(row[3] for row in plan)
    assert "USING INDEX job_unfinished (tenant=? AND number>?)" in told
    assert "TEMP B-TREE" not in told

import pytest

from clarity.adapters.local.jobs import SqliteJobs
from clarity.adapters.local.store import open_store
from clarity.ports.errors import Corrupt
from tests.contracts.jobs.harness import NURSE, job


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"id":""}', b"\xff"])
def test_a_damaged_job_is_told_instead_of_guessed(body: bytes):
    with open_store(None, busy_timeout_s=1) as store:
        jobs = SqliteJobs(store)
        jobs.begin(job())
        with store.writing() as connection:
            connection.execute("UPDATE job SET body = ?", [body])

        with pytest.raises(Corrupt, match="a stored job"):
            jobs.get(NURSE, "job-0")

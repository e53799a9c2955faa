from collections.abc import Iterator

import pytest

from tests.contracts.jobs.harness import OPENERS, JobsHarness


@pytest.fixture(params=OPENERS)
def world(request: pytest.FixtureRequest) -> Iterator[JobsHarness]:
    with OPENERS[request.param]() as fresh:
        yield fresh

from collections.abc import Iterator

import pytest

from tests.contracts.jobs.harness import OPENERS, JobsHarness, Opener


@pytest.fixture(scope="session", params=OPENERS)
def opened(request: pytest.FixtureRequest) -> Opener:
    return OPENERS[request.param]


@pytest.fixture
def world(opened: Opener) -> Iterator[JobsHarness]:
    with opened() as fresh:
        yield fresh

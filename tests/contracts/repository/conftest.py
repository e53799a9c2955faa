from collections.abc import Iterator

import pytest

from tests.contracts.repository.harness import OPENERS, Opener, RepositoryHarness


@pytest.fixture(scope="session", params=OPENERS)
def opened(request: pytest.FixtureRequest) -> Opener:
    return OPENERS[request.param]


@pytest.fixture
def world(opened: Opener) -> Iterator[RepositoryHarness]:
    with opened() as fresh:
        yield fresh

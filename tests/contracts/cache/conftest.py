from collections.abc import Iterator

import pytest

from tests.contracts.cache.harness import OPENERS, CacheHarness, Opener


@pytest.fixture(scope="session", params=OPENERS)
def opened(request: pytest.FixtureRequest) -> Opener:
    return OPENERS[request.param]


@pytest.fixture
def world(opened: Opener) -> Iterator[CacheHarness]:
    with opened() as fresh:
        yield fresh

from collections.abc import Iterator

import pytest

from tests.contracts.clock.harness import OPENERS, ClockHarness, Opener


@pytest.fixture(scope="session", params=OPENERS)
def opened(request: pytest.FixtureRequest) -> Opener:
    return OPENERS[request.param]


@pytest.fixture
def world(opened: Opener) -> Iterator[ClockHarness]:
    with opened() as fresh:
        yield fresh

from collections.abc import Iterator

import pytest

from tests.contracts.metrics.harness import OPENERS, MetricsHarness, Opener


@pytest.fixture(scope="session", params=OPENERS)
def opened(request: pytest.FixtureRequest) -> Opener:
    return OPENERS[request.param]


@pytest.fixture
def world(opened: Opener) -> Iterator[MetricsHarness]:
    with opened() as fresh:
        yield fresh

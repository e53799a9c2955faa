from collections.abc import Iterator

import pytest

from tests.contracts.tracing.harness import OPENERS, Opener, TracingHarness


@pytest.fixture(scope="session", params=OPENERS)
def opened(request: pytest.FixtureRequest) -> Opener:
    return OPENERS[request.param]


@pytest.fixture
def world(opened: Opener) -> Iterator[TracingHarness]:
    with opened() as fresh:
        yield fresh

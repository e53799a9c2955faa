from collections.abc import Iterator

import pytest

from tests.contracts.ids.harness import OPENERS, IdsHarness, Opener


@pytest.fixture(scope="session", params=OPENERS)
def opened(request: pytest.FixtureRequest) -> Opener:
    return OPENERS[request.param]


@pytest.fixture
def world(opened: Opener) -> Iterator[IdsHarness]:
    with opened() as fresh:
        yield fresh

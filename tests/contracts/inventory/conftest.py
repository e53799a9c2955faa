from collections.abc import Iterator

import pytest

from tests.contracts.inventory.harness import OPENERS, InventoryHarness, Opener


@pytest.fixture(scope="session", params=OPENERS)
def opened(request: pytest.FixtureRequest) -> Opener:
    return OPENERS[request.param]


@pytest.fixture
def world(opened: Opener) -> Iterator[InventoryHarness]:
    with opened() as fresh:
        yield fresh

from collections.abc import Iterator

import pytest

from tests.contracts.model_registry.harness import OPENERS, ModelRegistryHarness, Opener


@pytest.fixture(scope="session", params=OPENERS)
def opened(request: pytest.FixtureRequest) -> Opener:
    return OPENERS[request.param]


@pytest.fixture
def world(opened: Opener) -> Iterator[ModelRegistryHarness]:
    with opened() as fresh:
        yield fresh

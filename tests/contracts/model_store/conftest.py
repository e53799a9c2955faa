from collections.abc import Iterator

import pytest

from tests.contracts.model_store.harness import OPENERS, ModelStoreHarness, Opener


@pytest.fixture(scope="session", params=OPENERS)
def opened(request: pytest.FixtureRequest) -> Opener:
    return OPENERS[request.param]


@pytest.fixture
def world(opened: Opener) -> Iterator[ModelStoreHarness]:
    with opened() as fresh:
        yield fresh

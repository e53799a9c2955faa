from collections.abc import Iterator

import pytest

from tests.contracts.weights_files.harness import OPENERS, WeightsHarness


@pytest.fixture(params=OPENERS)
def world(request: pytest.FixtureRequest) -> Iterator[WeightsHarness]:
    with OPENERS[request.param]() as fresh:
        yield fresh

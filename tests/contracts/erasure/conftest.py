from collections.abc import Iterator

import pytest

from tests.contracts.erasure.harness import OPENERS, ErasureHarness


@pytest.fixture(params=OPENERS)
def world(request: pytest.FixtureRequest) -> Iterator[ErasureHarness]:
    with OPENERS[request.param]() as fresh:
        yield fresh

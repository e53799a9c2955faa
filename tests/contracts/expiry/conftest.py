from collections.abc import Iterator

import pytest

from tests.contracts.expiry.harness import OPENERS, ExpiryHarness


@pytest.fixture(params=OPENERS)
def world(request: pytest.FixtureRequest) -> Iterator[ExpiryHarness]:
    with OPENERS[request.param]() as fresh:
        yield fresh

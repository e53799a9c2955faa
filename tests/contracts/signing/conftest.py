from collections.abc import Iterator

import pytest

from tests.contracts.signing.harness import OPENERS, SigningHarness


@pytest.fixture(params=OPENERS)
def world(request: pytest.FixtureRequest) -> Iterator[SigningHarness]:
    with OPENERS[request.param]() as fresh:
        yield fresh

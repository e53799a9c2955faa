from collections.abc import Iterator

import pytest

from tests.contracts.bulk.harness import OPENERS, BulkHarness


@pytest.fixture(params=OPENERS)
def world(request: pytest.FixtureRequest) -> Iterator[BulkHarness]:
    with OPENERS[request.param]() as opened:
        yield opened

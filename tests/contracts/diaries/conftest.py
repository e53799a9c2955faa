from collections.abc import Iterator

import pytest

from tests.contracts.diaries.harness import OPENERS, DiariesHarness


@pytest.fixture(params=OPENERS)
def world(request: pytest.FixtureRequest) -> Iterator[DiariesHarness]:
    with OPENERS[request.param]() as fresh:
        yield fresh

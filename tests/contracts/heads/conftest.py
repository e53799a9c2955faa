from collections.abc import Iterator

import pytest

from tests.contracts.heads.harness import OPENERS, HeadsHarness


@pytest.fixture(params=OPENERS)
def world(request: pytest.FixtureRequest) -> Iterator[HeadsHarness]:
    with OPENERS[request.param]() as fresh:
        yield fresh

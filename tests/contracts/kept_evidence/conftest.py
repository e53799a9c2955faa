from collections.abc import Iterator

import pytest

from tests.contracts.kept_evidence.harness import OPENERS, KeptHarness


@pytest.fixture(params=OPENERS)
def world(request: pytest.FixtureRequest) -> Iterator[KeptHarness]:
    with OPENERS[request.param]() as fresh:
        yield fresh

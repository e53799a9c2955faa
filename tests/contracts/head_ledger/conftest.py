from collections.abc import Iterator

import pytest

from tests.contracts.head_ledger.harness import OPENERS, LedgerHarness


@pytest.fixture(params=OPENERS)
def world(request: pytest.FixtureRequest) -> Iterator[LedgerHarness]:
    with OPENERS[request.param]() as fresh:
        yield fresh

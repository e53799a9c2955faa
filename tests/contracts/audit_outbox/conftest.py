from collections.abc import Iterator

import pytest

from tests.contracts.audit_outbox.harness import OPENERS, Opener, OutboxHarness


@pytest.fixture(scope="session", params=OPENERS)
def opened(request: pytest.FixtureRequest) -> Opener:
    return OPENERS[request.param]


@pytest.fixture
def world(opened: Opener) -> Iterator[OutboxHarness]:
    with opened() as fresh:
        yield fresh

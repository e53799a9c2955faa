from collections.abc import Iterator

import pytest

from tests.contracts.audit_log.harness import OPENERS, LogHarness, Opener


@pytest.fixture(scope="session", params=OPENERS)
def opened(request: pytest.FixtureRequest) -> Opener:
    return OPENERS[request.param]


@pytest.fixture
def world(opened: Opener) -> Iterator[LogHarness]:
    with opened() as fresh:
        yield fresh

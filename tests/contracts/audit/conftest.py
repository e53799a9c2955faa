from collections.abc import Iterator

import pytest

from tests.contracts.audit.harness import OPENERS, AuditHarness, Opener


@pytest.fixture(scope="session", params=OPENERS)
def opened(request: pytest.FixtureRequest) -> Opener:
    return OPENERS[request.param]


@pytest.fixture
def world(opened: Opener) -> Iterator[AuditHarness]:
    with opened() as fresh:
        yield fresh

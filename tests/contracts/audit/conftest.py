from collections.abc import Iterator

import pytest

from tests.contracts.audit.harness import OPENERS, READERS, AuditHarness, Opener


@pytest.fixture(scope="session", params=READERS)
def opened(request: pytest.FixtureRequest) -> Opener:
    return READERS[request.param]


@pytest.fixture
def world(opened: Opener) -> Iterator[AuditHarness]:
    with opened() as fresh:
        yield fresh


@pytest.fixture(params=OPENERS)
def contended(request: pytest.FixtureRequest) -> Iterator[AuditHarness]:
    """A world in which many may write at once."""
    with OPENERS[request.param]() as fresh:
        yield fresh

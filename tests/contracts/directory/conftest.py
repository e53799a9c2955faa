from collections.abc import Iterator

import pytest

from tests.contracts.directory.harness import OPENERS, DirectoryHarness, Opener


@pytest.fixture(scope="session", params=OPENERS)
def opened(request: pytest.FixtureRequest) -> Opener:
    return OPENERS[request.param]


@pytest.fixture
def world(opened: Opener) -> Iterator[DirectoryHarness]:
    with opened() as fresh:
        yield fresh

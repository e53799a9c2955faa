from collections.abc import Iterator

import pytest

from tests.contracts.directory.harness import OPENERS, READERS, DirectoryHarness, Opener


@pytest.fixture(scope="session", params=OPENERS)
def opened(request: pytest.FixtureRequest) -> Opener:
    return OPENERS[request.param]


@pytest.fixture(params=READERS)
def world(request: pytest.FixtureRequest) -> Iterator[DirectoryHarness]:
    with READERS[request.param]() as fresh:
        yield fresh


@pytest.fixture
def changing(opened: Opener) -> Iterator[DirectoryHarness]:
    """Where people are erased and contend, which takes transactions."""
    with opened() as fresh:
        yield fresh

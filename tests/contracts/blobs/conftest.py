from collections.abc import Iterator

import pytest

from tests.contracts.blobs.harness import OPENERS, BlobsHarness, Opener


@pytest.fixture(scope="session", params=OPENERS)
def opened(request: pytest.FixtureRequest) -> Opener:
    return OPENERS[request.param]


@pytest.fixture
def world(opened: Opener) -> Iterator[BlobsHarness]:
    with opened() as fresh:
        yield fresh

from collections.abc import Iterator

import pytest

from tests.contracts.downloads.harness import OPENERS, DownloadsHarness


@pytest.fixture(params=OPENERS)
def world(request: pytest.FixtureRequest) -> Iterator[DownloadsHarness]:
    with OPENERS[request.param]() as fresh:
        yield fresh

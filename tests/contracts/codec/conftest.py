from collections.abc import Iterator

import pytest

from tests.contracts.codec.harness import OPENERS, CodecHarness, Opener


@pytest.fixture(scope="session", params=OPENERS)
def opened(request: pytest.FixtureRequest) -> Opener:
    return OPENERS[request.param]


@pytest.fixture
def world(opened: Opener) -> Iterator[CodecHarness]:
    with opened() as fresh:
        yield fresh

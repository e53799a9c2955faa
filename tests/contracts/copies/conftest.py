from collections.abc import Iterator

import pytest

from tests.contracts.copies.harness import DENYING, MAKING_FILES, OPENERS, CopiesHarness


def _fresh(request: pytest.FixtureRequest) -> Iterator[CopiesHarness]:
    with OPENERS[request.param]() as world:
        yield world


@pytest.fixture(params=OPENERS)
def world(request: pytest.FixtureRequest) -> Iterator[CopiesHarness]:
    """Every adapter."""
    yield from _fresh(request)


@pytest.fixture(params=MAKING_FILES)
def copying(request: pytest.FixtureRequest) -> Iterator[CopiesHarness]:
    """Those whose copies are files."""
    yield from _fresh(request)


@pytest.fixture(params=DENYING)
def denying(request: pytest.FixtureRequest) -> Iterator[CopiesHarness]:
    """Those that deny such copies."""
    yield from _fresh(request)

from collections.abc import Iterator

import pytest

from tests.application.world import World, opened


@pytest.fixture
def world() -> Iterator[World]:
    with opened() as fresh:
        yield fresh

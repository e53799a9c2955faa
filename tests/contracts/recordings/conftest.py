"""One reader and a table that it knows, for every reader and format."""

import pytest

from tests.support.readers import FILE_OPENERS, OPENERS


@pytest.fixture(params=FILE_OPENERS, scope="session")
def file_harness(request):
    return FILE_OPENERS[request.param]()


@pytest.fixture(params=OPENERS, scope="session")
def harness(request):
    return OPENERS[request.param]()


@pytest.fixture
def openers():
    return OPENERS | FILE_OPENERS

from collections.abc import Iterator

import pytest

from tests.support.engines import running
from tests.support.fault_proxy import FaultProxy, fault_proxy


@pytest.fixture(scope="module")
def proxy() -> Iterator[FaultProxy]:
    with fault_proxy(running("ministack")) as faulty:
        yield faulty

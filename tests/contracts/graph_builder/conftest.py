import pytest

from clarity.ports.engine import GraphBuilder
from tests.contracts.graph_builder.harness import OPENERS


@pytest.fixture(params=OPENERS)
def graphs(request: pytest.FixtureRequest) -> GraphBuilder:
    return OPENERS[request.param]()

import pytest

from clarity.ports.report import Renderer
from tests.contracts.renderer.harness import OPENERS


@pytest.fixture(scope="session", params=sorted(OPENERS))
def renderer(request: pytest.FixtureRequest) -> Renderer:
    return OPENERS[request.param]()

import pytest

from clarity.ports.engine import Engine
from tests.contracts.engine.harness import OPENERS


def _marks(opener: str) -> list[pytest.MarkDecorator]:
    return [pytest.mark.torch] if opener.startswith("torch") else []


@pytest.fixture(
    scope="session", params=[pytest.param(name, marks=_marks(name)) for name in OPENERS]
)
def engine(request: pytest.FixtureRequest) -> Engine:
    return OPENERS[request.param]()

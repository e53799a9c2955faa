import pytest

from clarity.ports.engine import Engine
from tests.contracts.engine.harness import GPU_OPENERS, OPENERS


def _marks(opener: str) -> list[pytest.MarkDecorator]:
    torch = [pytest.mark.torch] if opener.startswith("torch") else []
    return [*torch, *([pytest.mark.gpu] if opener in GPU_OPENERS else [])]


@pytest.fixture(
    scope="session",
    params=[pytest.param(name, marks=_marks(name)) for name in (*OPENERS, *GPU_OPENERS)],
)
def engine(request: pytest.FixtureRequest) -> Engine:
    return (OPENERS | GPU_OPENERS)[request.param]()

import pytest

from clarity.domain.pat.variants import Variant
from tests.contracts.predictor.harness import (
    GPU_OPENERS,
    LENGTHS,
    OPENERS,
    PredictorHarness,
    harness,
)


def _marks(opener: str) -> list[pytest.MarkDecorator]:
    torch = [pytest.mark.torch] if opener.startswith("torch") else []
    return [*torch, *([pytest.mark.gpu] if opener in GPU_OPENERS else [])]


@pytest.fixture(
    scope="session",
    params=[
        pytest.param((opener, variant), id=f"{opener}-{variant}", marks=_marks(opener))
        for opener in (*OPENERS, *GPU_OPENERS)
        for variant in LENGTHS
    ],
)
def world(request: pytest.FixtureRequest) -> PredictorHarness:
    opener, variant = request.param
    return harness(opener, Variant(variant))

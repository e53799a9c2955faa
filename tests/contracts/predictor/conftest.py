import pytest

from clarity.domain.pat.variants import Variant
from tests.contracts.predictor.harness import LENGTHS, OPENERS, PredictorHarness, harness


def _marks(opener: str) -> list[pytest.MarkDecorator]:
    return [pytest.mark.torch] if opener.startswith("torch") else []


@pytest.fixture(
    scope="session",
    params=[
        pytest.param((opener, variant), id=f"{opener}-{variant}", marks=_marks(opener))
        for opener in OPENERS
        for variant in LENGTHS
    ],
)
def world(request: pytest.FixtureRequest) -> PredictorHarness:
    opener, variant = request.param
    return harness(opener, Variant(variant))

import pytest

from clarity.ports.model_files import BundleArrays
from tests.contracts.bundle_arrays.harness import OPENERS


@pytest.fixture(params=OPENERS)
def arrays(request: pytest.FixtureRequest) -> BundleArrays:
    return OPENERS[request.param]()

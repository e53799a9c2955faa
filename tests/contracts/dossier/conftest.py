import pytest

from clarity.ports.dossier import DossierRenderer
from tests.contracts.dossier.harness import OPENERS


@pytest.fixture(scope="session", params=OPENERS)
def renderer(request: pytest.FixtureRequest) -> DossierRenderer:
    return OPENERS[request.param]()

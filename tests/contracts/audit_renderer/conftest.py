import pytest

from clarity.ports.report import AuditRenderer
from tests.contracts.audit_renderer.harness import OPENERS


@pytest.fixture(scope="session", params=OPENERS)
def renderer(request: pytest.FixtureRequest) -> AuditRenderer:
    return OPENERS[request.param]()

import importlib
import pkgutil

import pytest

import clarity.adapters
from clarity.domain.pat.variants import Variant
from clarity.ports.predictor import Predictor
from tests.contracts.predictor.harness import OPENERS, harness


def _name(kind: type) -> str:
    """By name, because attrs makes a class with slots anew and the first one lingers."""
    return f"{kind.__module__}.{kind.__qualname__}"


@pytest.mark.torch
def test_every_adapter_of_the_port_is_under_its_contract():
    for module in pkgutil.walk_packages(clarity.adapters.__path__, "clarity.adapters."):
        importlib.import_module(module.name)
    opened = {_name(type(harness(opener, Variant.S).predictor)) for opener in OPENERS}

    adapters = {_name(kind) for kind in Predictor.__subclasses__()}

    ours = ("clarity.adapters.", "clarity.application.")
    assert {name for name in adapters if name.startswith(ours)} == opened

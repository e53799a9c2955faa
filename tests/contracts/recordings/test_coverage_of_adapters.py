"""No reader is outside the contract."""

import importlib
import pkgutil

import clarity.adapters.files
from clarity.ports.recordings import Recordings


def _below(kind):
    return {below for direct in kind.__subclasses__() for below in {direct, *_below(direct)}}


def test_every_reader_is_under_contract(openers):
    for module in pkgutil.iter_modules(clarity.adapters.files.__path__):
        importlib.import_module(f"clarity.adapters.files.{module.name}")

    under_contract = {type(opener().reader) for opener in openers.values()}

    assert _below(Recordings) == under_contract

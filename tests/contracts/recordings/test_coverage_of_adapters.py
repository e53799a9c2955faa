"""No reader is outside the contract."""

import importlib
import pkgutil

import clarity.adapters.files
from clarity.ports.recordings import Recordings


def _below(kind):
    return {below for direct in kind.__subclasses__() for below in {direct, *_below(direct)}}


def _name(kind):
    """By name: attrs makes a class with slots anew, and tests make readers of their own."""
    return f"{kind.__module__}.{kind.__qualname__}"


def test_every_reader_is_under_contract(openers):
    for module in pkgutil.iter_modules(clarity.adapters.files.__path__):
        importlib.import_module(f"clarity.adapters.files.{module.name}")

    under_contract = {_name(type(opener().reader)) for opener in openers.values()}

    ours = {_name(kind) for kind in _below(Recordings)}
    assert {name for name in ours if name.startswith("clarity.")} == under_contract

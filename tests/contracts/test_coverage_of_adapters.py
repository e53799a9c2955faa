"""No adapter is outside the contract of its port, and no port is without one."""

import importlib
import pkgutil
from typing import Protocol

import attrs
import pytest

import clarity.adapters
import clarity.ports
from tests.contracts.openers import OPENED


def _modules(package) -> list[object]:
    names = [
        found.name for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    ]
    return [importlib.import_module(name) for name in names]


def _below(kind: type) -> set[type]:
    return {below for direct in kind.__subclasses__() for below in {direct, *_below(direct)}}


def _name(kind: type) -> str:
    """By name, because attrs makes a class with slots anew and the first one lingers."""
    return f"{kind.__module__}.{kind.__qualname__}"


def _shipped(kinds: set[type]) -> set[str]:
    return {name for name in map(_name, kinds) if name.startswith("clarity.adapters.")}


def uncovered(port: type, opened: set[type]) -> set[str]:
    """The adapters of `port` that are in the product and not among `opened`."""
    return _shipped(_below(port)) - _shipped(opened)


@pytest.mark.torch
@pytest.mark.parametrize("port", OPENED, ids=lambda port: port.__name__)
def test_every_adapter_is_under_contract(port: type):
    _modules(clarity.adapters)
    opened = {type(adapter) for adapter in OPENED[port]()}

    assert opened
    assert uncovered(port, opened) == set()


def test_every_port_has_a_contract():
    ports = {
        kind.__name__
        for module in _modules(clarity.ports)
        for kind in vars(module).values()
        if isinstance(kind, type) and Protocol in kind.__bases__
    }

    assert ports == {port.__name__ for port in OPENED}


class Shelf(Protocol):
    """A port of this test alone."""


@attrs.frozen
class Known(Shelf):
    """An adapter that the openers yield."""


@attrs.frozen
class Forgotten(Known):
    """An adapter below another one that they do not."""


Known.__module__ = Forgotten.__module__ = "clarity.adapters.local.shelf"


def test_an_adapter_outside_its_contract_is_seen():
    assert uncovered(Shelf, {Known, Forgotten}) == set()
    assert uncovered(Shelf, {Known}) == {"clarity.adapters.local.shelf.Forgotten"}

"""No use case can be called without saying who acts."""

import inspect
from importlib import import_module
from pathlib import Path

import clarity
from clarity.application.reports import Order
from clarity.domain.identity import Actor

FOLDER = Path(clarity.__file__).parent / "application"
WITHOUT_DATA = {"BuildBundle", "Health", "OpenBundle"}
"""Files of models and answers of dependencies; they touch nobody's data and give none."""


def _use_cases() -> dict[str, type]:
    modules = [
        import_module(f"clarity.application.{path.stem}") for path in FOLDER.glob("[a-z]*.py")
    ]
    return {
        name: of
        for module in modules
        for name, of in vars(module).items()
        if inspect.isclass(of) and of.__module__ == module.__name__ and hasattr(of, "run")
    }


def _names_its_actor(use_case: type) -> bool:
    kinds = {p.annotation for p in inspect.signature(use_case.run).parameters.values()}
    return Actor in kinds or Order in kinds


def test_every_use_case_takes_an_actor():
    found = _use_cases()

    assert len(found) > 6
    assert {name for name, of in found.items() if not _names_its_actor(of)} == WITHOUT_DATA


def test_an_order_names_its_actor():
    assert Order.__annotations__["actor"] is Actor

"""
Adapters that are imported and made when they are first asked.

What a process never does (signing, drawing, reading files) then costs it neither time nor memory:
a server that only predicts is smaller by a fifth.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from dependency_injector import providers

from clarity.application.first_use import imported, named

__all__ = ["adapter", "late", "port"]

T = TypeVar("T")


def adapter(path: str) -> Callable[..., Any]:
    """Makes what has that name in `clarity.adapters`, imported no earlier than that."""
    return named(f"clarity.adapters.{path}")


def port(path: str) -> Callable[[], type[Any]]:
    """Imports the port with that name in `clarity.ports`, no earlier than it is called."""
    return partial(imported, f"clarity.ports.{path}")


def late(of: Callable[[], type[T]], make: Callable[[], T]) -> providers.Provider[T]:
    """
    Gives an adapter of the port that hands every call on to the one of `make`, made at the first.

    Args:
        of: imports the port, which has methods alone.
        make: imports and makes the real adapter; called once, whichever threads ask.
    """
    return providers.ThreadSafeSingleton(
        _handing_on, of, providers.ThreadSafeSingleton(make).provider
    )


def _handing_on(of: Callable[[], type[T]], made: Callable[[], T]) -> T:
    port = of()
    abstract: frozenset[str] = getattr(port, "__abstractmethods__", frozenset())
    members: dict[str, Any] = {name: _handed_on(name, made) for name in abstract}
    kind: type[T] = type(f"Late{port.__name__}", (port,), {"__slots__": (), **members})
    return kind()


def _handed_on(name: str, made: Callable[[], object]) -> Callable[..., Any]:
    def method(_: object, /, *args: Any, **kwargs: Any) -> Any:
        return getattr(made(), name)(*args, **kwargs)

    return method

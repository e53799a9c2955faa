"""
Adapters that are imported and made when they are first asked.

What a process never does (signing, drawing, reading files) then costs it neither time nor memory:
a server that only predicts is smaller by a fifth.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from dependency_injector import providers

from clarity.application.first_use import named

__all__ = ["adapter", "late"]

T = TypeVar("T")


def adapter(path: str) -> Callable[..., Any]:
    """Makes what has that name in `clarity.adapters`, imported no earlier than that."""
    return named(f"clarity.adapters.{path}")


def late(port: type[T], make: Callable[[], T]) -> providers.Provider[T]:
    """
    Gives an adapter of the port that hands every call on to the one of `make`, made at the first.

    Args:
        port: with methods alone.
        make: imports and makes the real adapter; called once, whichever threads ask.
    """
    made = providers.ThreadSafeSingleton(make)
    abstract: frozenset[str] = getattr(port, "__abstractmethods__", frozenset())
    members: dict[str, Any] = {name: _handed_on(name, made) for name in abstract}
    kind = type(f"Late{port.__name__}", (port,), {"__slots__": (), **members})
    return providers.ThreadSafeSingleton(kind)


def _handed_on(name: str, made: Callable[[], object]) -> Callable[..., Any]:
    def method(_: object, /, *args: Any, **kwargs: Any) -> Any:
        return getattr(made(), name)(*args, **kwargs)

    return method

"""
Parts of an application that are made when they are first read.

Making a use case imports what it works with. What a process never asks for then costs it neither
time nor memory.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Generic, Protocol, Self, TypeVar, overload

__all__ = ["FirstUse", "Made", "named"]

T = TypeVar("T")


def named(path: str) -> Callable[..., Any]:
    """Makes what has that full name; its module is imported no earlier than that."""
    module, name = path.rsplit(".", 1)

    def made(*parts: Any, **others: Any) -> Any:
        return getattr(import_module(module), name)(*parts, **others)

    return made


class Made(dict[str, Any]):
    """
    What was made so far, by name; what is not there yet is made when it is asked for.

    Threads that ask at once may each make it, and all get the same one.
    """

    def __init__(self, makers: Mapping[str, Callable[[], Any]]) -> None:
        super().__init__()
        self._makers = makers

    def __missing__(self, name: str) -> Any:
        return self.setdefault(name, self._makers[name]())

    def everything(self) -> Mapping[str, Any]:
        """All that can be made, made by now: nobody waits for an import later."""
        return {name: self[name] for name in self._makers}


class Holder(Protocol):
    """Has its parts in `made`."""

    @property
    def made(self) -> Made: ...


class FirstUse(Generic[T]):
    """A part of that type, under the name of the attribute."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, holder: None, owner: type) -> Self: ...

    @overload
    def __get__(self, holder: Holder, owner: type) -> T: ...

    def __get__(self, holder: Holder | None, owner: type) -> Self | T:
        if holder is None:
            return self
        part: T = holder.made[self._name]
        return part

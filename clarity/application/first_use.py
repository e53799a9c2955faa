"""
Parts of an application that are made when they are first read.

Making a use case imports what it works with. What a process never asks for then costs it neither
time nor memory.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Generic, Protocol, Self, TypeVar, overload

__all__ = ["FirstUse", "Made", "imported", "kind", "named"]

T = TypeVar("T")


def imported(path: str) -> Any:
    """What has that full name; its module is imported now, if it was not before."""
    module, name = path.rsplit(".", 1)
    return getattr(import_module(module), name)


def named(path: str) -> Callable[..., Any]:
    """Makes what has that full name; its module is imported no earlier than that."""

    def made(*parts: Any, **others: Any) -> Any:
        return imported(path)(*parts, **others)

    return made


class _StandsFor(type):
    """Of a class that stands for another one, imported when it is asked about an instance."""

    full_name: str

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, imported(cls.full_name))


def kind(path: str) -> type:
    """A class whose instances are those of the one with that full name, as `isinstance` says."""
    return _StandsFor(path.rsplit(".", 1)[1], (), {"full_name": path})


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

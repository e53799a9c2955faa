"""
Fields that hold exactly the type that they declare.

What is nearly of it is not taken: a truth value is no whole number, a time no date, 60.0 not 60. A
store writes what a field declares; of anything else it could not read back what it wrote.
"""

import re
import types
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final, Union, get_args, get_origin

import attrs
import numpy as np

from clarity.domain.errors import DomainError

__all__ = ["WrongType", "exactly", "exactly_typed", "is_unicode", "require", "whole"]

Check = Callable[[Any], bool]
Validator = Callable[[object, "attrs.Attribute[Any]", Any], None]

QUALIFIERS: Final = re.compile(r"\w+\.(?=\w)")
"""The modules in the text of a type."""


@attrs.define(eq=False)
class WrongType(DomainError):
    """A field was given a value of another type than it declares."""

    code: ClassVar[str] = "value.wrong-type"
    field: str
    expected: str

    def __str__(self) -> str:
        return f"{self.field} is not exactly of the type {self.expected}; convert it before"


def whole(value: "int | np.integer[Any]") -> int:
    """A whole number of numpy as the same number of Python; anything else as it is."""
    return int(value) if isinstance(value, np.integer) else value


def is_unicode(text: str) -> bool:
    """Whether `text` can be written in UTF-8; half a surrogate pair cannot."""
    return text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text)


def require(value: object, wanted: type, what: str) -> None:
    """
    Nothing, when `value` is exactly of the class `wanted`; `what` names it.

    Raises:
        WrongType: it is of another.
    """
    if type(value) is not wanted:
        raise WrongType(what, wanted.__name__)


def exactly(hint: Any) -> Validator:
    """
    A validator that refuses values of any other type than `hint`, with `WrongType`.

    Args:
        hint: a class, a union of classes, or a tuple, mapping or array with the types of its parts;
            those of an array are left to its converter.

    Raises:
        TypeError: such a type cannot be told.
    """
    if isinstance(hint, type):
        return _of_class(hint)
    fits, expected = _check(hint), QUALIFIERS.sub("", str(hint))

    def refuse_others(instance: object, attribute: "attrs.Attribute[Any]", value: Any) -> None:
        if not fits(value):
            raise _wrong(instance, attribute, expected)

    return refuse_others


def _of_class(hint: type) -> Validator:
    """One call for most fields, since days are made by the thousand."""

    def refuse_others(instance: object, attribute: "attrs.Attribute[Any]", value: Any) -> None:
        if type(value) is not hint:
            raise _wrong(instance, attribute, hint.__name__)

    return refuse_others


def _wrong(instance: object, attribute: "attrs.Attribute[Any]", expected: str) -> WrongType:
    return WrongType(f"{type(instance).__name__}.{attribute.name}", expected)


def exactly_typed(
    _: type[Any], fields: list["attrs.Attribute[Any]"]
) -> list["attrs.Attribute[Any]"]:
    """For `field_transformer` of attrs: every field is asked for its type before its own rules."""
    return [_typed(field) for field in fields]


def _typed(field: "attrs.Attribute[Any]") -> "attrs.Attribute[Any]":
    asked = exactly(field.type)
    own = field.validator
    return field.evolve(validator=asked if own is None else attrs.validators.and_(asked, own))


def _check(hint: Any) -> Check:
    origin, args = get_origin(hint), get_args(hint)
    if isinstance(hint, type):
        return lambda value: type(value) is hint
    if origin in (Union, types.UnionType) and all(isinstance(one, type) for one in args):
        return _one_of(frozenset(args))
    if origin is tuple:
        return _tuple(args)
    if origin is Mapping:
        return _mapping(*args)
    if origin is np.ndarray:
        return lambda value: type(value) is np.ndarray
    raise TypeError(f"a value of {hint} cannot be told from others")


def _one_of(classes: frozenset[type]) -> Check:
    return lambda value: type(value) in classes


def _tuple(args: tuple[Any, ...]) -> Check:
    if args[-1] is Ellipsis:
        of_part = _check(args[0])
        return lambda value: type(value) is tuple and all(map(of_part, value))
    checks = tuple(map(_check, args))
    return lambda value: (
        type(value) is tuple
        and len(value) == len(checks)
        and all(check(part) for check, part in zip(checks, value, strict=True))
    )


def _mapping(key: Any, value: Any) -> Check:
    of_key, of_value = _check(key), _check(value)
    return lambda held: (
        isinstance(held, Mapping) and all(map(of_key, held)) and all(map(of_value, held.values()))
    )

"""
The wire form of entities: JSON, one key per attribute, derived from the attrs classes.

- datetime: ISO 8601 with offset; in an IANA zone followed by its name, `...+02:00[Europe/Oslo]`;
- date: ISO 8601; zone: its IANA name; enum: its value; tuple: array;
- float: a number; what JSON has no number for is `{"float": "nan"}`, `"inf"` or `"-inf"`;
- int: a number; beyond 64 bits `{"int": "..."}`;
- the values of a day chunk are no JSON: `items.py` packs them beside it.
"""

import math
from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import Enum
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

import cattrs
import numpy as np
import numpy.typing as npt
from cattrs.gen import make_dict_unstructure_fn, override

from clarity.domain.findings import Parameter
from clarity.domain.streams import DayChunk
from clarity.domain.timeline import zone_name

__all__ = ["make_converter"]

Floats = npt.NDArray[np.float64]


def make_converter() -> cattrs.Converter:
    """The converter between entities and the JSON form that the module describes."""
    converter = cattrs.Converter(forbid_extra_keys=True)
    converter.register_unstructure_hook(float, _float_out)
    converter.register_unstructure_hook(int, _int_out)
    for plain, read in PLAIN.items():
        converter.register_structure_hook(plain, _reading(plain, read))
    converter.register_structure_hook(Parameter, lambda value, _: _parameter_in(value))
    converter.register_unstructure_hook(datetime, _time_out)
    converter.register_structure_hook(datetime, lambda value, _: _time_in(value))
    converter.register_unstructure_hook(date, date.isoformat)
    converter.register_structure_hook(date, lambda value, _: date.fromisoformat(value))
    converter.register_unstructure_hook(ZoneInfo, zone_name)
    converter.register_structure_hook(ZoneInfo, lambda value, _: ZoneInfo(value))
    converter.register_unstructure_hook(Enum, lambda member: member.value)
    converter.register_structure_hook_func(lambda type_: type_ == Floats, _as_it_is)
    converter.register_unstructure_hook(
        DayChunk, make_dict_unstructure_fn(DayChunk, converter, values=override(omit=True))
    )
    return converter


def _as_it_is(value: object, _: object) -> object:
    return value


def _reading(
    plain: type, read: Callable[[object], object]
) -> Callable[[object, Callable[[object], object]], object]:
    """Reads values of exactly that type; subclasses, which are enums, are made by their class."""
    return lambda value, type_: read(value) if type_ is plain else type_(value)


def _float_out(value: float) -> object:
    return value if math.isfinite(value) else {"float": str(value)}


def _float_in(value: object) -> float:
    match value:
        case {"float": str(text)}:
            return float(text)
        case float() | int():
            return float(value)
        case _:
            raise ValueError("no number")


def _int_out(value: int) -> object:
    return value if -(1 << 63) <= value < (1 << 63) else {"int": str(value)}


def _int_in(value: object) -> int:
    match value:
        case {"int": str(text)}:
            return int(text)
        case int() if not isinstance(value, bool):
            return value
        case _:
            raise ValueError("no whole number")


def _text_in(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value


def _truth_in(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError("neither true nor false")
    return value


PLAIN: Final[Mapping[type, Callable[[object], object]]] = MappingProxyType(
    {float: _float_in, int: _int_in, str: _text_in, bool: _truth_in}
)
"""How values that JSON nearly has are read: strictly, without turning one type into another."""


def _parameter_in(value: object) -> Parameter:
    match value:
        case {"float": _}:
            return _float_in(value)
        case {"int": _}:
            return _int_in(value)
        case None | str() | bool() | int() | float():
            return value
        case _:
            raise ValueError("no parameter")


def _time_out(time: datetime) -> str:
    if isinstance(time.tzinfo, ZoneInfo):
        return f"{time.isoformat()}[{zone_name(time.tzinfo)}]"
    return time.isoformat()


def _time_in(value: str) -> datetime:
    """The same wall-clock time if the zone still has that offset then; else the same instant."""
    text, _, zone_name = value.removesuffix("]").partition("[")
    time = datetime.fromisoformat(text)
    if not zone_name:
        return time
    zone = ZoneInfo(zone_name)
    for fold in (0, 1):
        local = time.replace(tzinfo=zone, fold=fold)
        if local.utcoffset() == time.utcoffset():
            return local
    return time.astimezone(zone)

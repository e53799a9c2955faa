"""
Attribute values made from attrs classes, exactly and back; one pair of functions per class.

| type | on the wire |
|---|---|
| str, enum, zone, Decimal, UUID, date | S: the text, value, IANA name, all digits, hex, ISO date |
| int | N, above 38 digits S |
| float | N where DynamoDB keeps it exactly; -0.0, infinities, NaN and extremes S, as hex |
| bool, None, bytes | BOOL, NULL, B |
| datetime | S: ISO with offset, `*` in the second pass of a fold, [zone] |
| tuple, frozenset | L, a set in order of its text |
| mapping with text keys | M, in order of the keys |
| attrs class | M of its fields |
| union of plain types | as its member; floats M {"float": N}, long ints M {"int": S} |

Decoding takes bytes as base64 text, as it is on the wire, or as bytes. Arguments are never changed.
"""

import math
import types
import typing
from binascii import a2b_base64
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, Final, TypeVar, Union, get_args, get_origin
from uuid import UUID
from zoneinfo import ZoneInfo

import attrs

from clarity.adapters.aws._operations import Attribute, Item
from clarity.domain.errors import DomainError
from clarity.domain.timeline import zone_name
from clarity.ports.errors import Corrupt

__all__ = ["MALFORMED", "EntityCodec", "Undecodable", "codec_of", "told"]

T = TypeVar("T")

Encode = Callable[[Any], Attribute]
Decode = Callable[[Attribute], Any]

LARGEST: Final = 1e126
"""Numbers of DynamoDB are below this (service quota), and above or equal to `SMALLEST`."""
SMALLEST: Final = 1e-130
MAX_DIGITS: Final = 38
UNNAMED: Final = "$"


class Undecodable(Exception):
    """An attribute is not of the form that its field is written in."""


MALFORMED: Final = (
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
    IndexError,
    StopIteration,
    DomainError,
)
"""What reading an attribute of another form raises."""


@attrs.frozen
class EntityCodec:
    """
    Writes and reads one class.

    Attributes:
        type: the class.
        fields: name, writer and reader of every field that is kept.
        read: makes the value of an item and of fields that are not kept.
    """

    type: type[Any]
    fields: tuple[tuple[str, Encode, Decode], ...]
    read: Callable[..., Any] = attrs.field(init=False, repr=False)

    @read.default
    def _compiled(self) -> Callable[..., Any]:
        return _reader(self.type, {name: read for name, _, read in self.fields})

    def encode(self, value: object) -> Item:
        """The fields of `value` as attributes, in the order of the class."""
        return {name: encode(getattr(value, name)) for name, encode, _ in self.fields}

    def decode(self, item: Mapping[str, Attribute], **given: object) -> Any:
        """
        The value whose fields are `item`, with the fields that are not kept `given`.

        Raises:
            Undecodable: an attribute is missing, of another form, or refused by the class.
        """
        try:
            return self.read(item, **given)
        except MALFORMED as error:
            raise Undecodable from error


@cache
def codec_of(cls: type[Any], *, without: tuple[str, ...] = ()) -> EntityCodec:
    """
    The codec of an attrs class, made once.

    Args:
        cls: the class.
        without: fields that are kept elsewhere.

    Raises:
        TypeError: a field is of a type that has no wire form.
    """
    hints = typing.get_type_hints(cls)
    kept = [f.name for f in attrs.fields(cls) if f.init and f.name not in without]
    return EntityCodec(cls, tuple((name, *_pair(hints[name])) for name in kept))


def told(cls: type[T], item: Mapping[str, Attribute], what: str) -> T:
    """
    What an item says of the fields of `cls`, whatever else it holds.

    Raises:
        Corrupt: one of them is missing or of another form; `what` is damaged.
    """
    named: Any = cls
    try:
        value: T = codec_of(named).decode(item)
    except Undecodable as error:
        raise Corrupt(what) from error
    return value


def _pair(hint: Any) -> tuple[Encode, Decode]:
    if hint in PLAIN:
        return PLAIN[hint]
    origin = get_origin(hint)
    if origin is not None:
        return _compound(origin, get_args(hint), hint)
    if isinstance(hint, type) and issubclass(hint, Enum):
        members = {member.value: member for member in hint}
        return lambda v: {"S": v.value}, lambda a: members[a["S"]]
    if isinstance(hint, type) and attrs.has(hint):
        codec = codec_of(hint)
        return lambda v: {"M": codec.encode(v)}, lambda a: codec.decode(a["M"])
    raise TypeError(f"{hint} has no wire form")


def _compound(origin: Any, args: tuple[Any, ...], hint: Any) -> tuple[Encode, Decode]:
    if origin in (Union, types.UnionType):
        return _union(args)
    if origin is tuple:
        return _tuple(args)
    if origin is frozenset:
        return _set(args[0])
    if origin in (Mapping, dict) and args[0] is str:
        return _mapping(args[1])
    raise TypeError(f"{hint} has no wire form")


def _int(value: int) -> Attribute:
    text = str(value)
    return {"N": text} if len(text) <= MAX_DIGITS else {"S": text}


def _float(value: float) -> Attribute:
    if SMALLEST <= abs(value) < LARGEST or (value == 0 and math.copysign(1, value) > 0):
        return {"N": repr(value)}
    return {"S": value.hex()}


def _to_float(attribute: Attribute) -> float:
    text = attribute.get("N")
    return float(text) if text is not None else float.fromhex(attribute["S"])


def _datetime(value: datetime) -> Attribute:
    text = value.isoformat() + ("*" if value.fold else "")
    if isinstance(value.tzinfo, ZoneInfo):
        return {"S": f"{text}[{zone_name(value.tzinfo)}]"}
    return {"S": text}


def _to_datetime(attribute: Attribute) -> datetime:
    """The same wall-clock time if the zone still has that offset then; else the same instant."""
    whole = attribute["S"]
    if whole[-1] not in "]*":
        return datetime.fromisoformat(whole)
    text, _, name = whole.removesuffix("]").partition("[")
    moment = datetime.fromisoformat(text.removesuffix("*")).replace(fold=int(text.endswith("*")))
    if not name:
        return moment
    local = moment.replace(tzinfo=ZoneInfo(name))
    return local if local.utcoffset() == moment.utcoffset() else moment.astimezone(ZoneInfo(name))


def _to_bytes(attribute: Attribute) -> bytes:
    value = attribute["B"]
    return value if isinstance(value, bytes) else a2b_base64(value, strict_mode=True)


def _to_bool(attribute: Attribute) -> bool:
    value = attribute["BOOL"]
    if not isinstance(value, bool):
        raise TypeError("a truth value is true or false")
    return value


def _to_int(attribute: Attribute) -> int:
    text = attribute.get("N")
    return int(text if text is not None else attribute["S"])


def _to_text(attribute: Attribute) -> str:
    text = attribute["S"]
    if not isinstance(text, str):
        raise TypeError("a text is a text")
    return text


INLINE: Final[Mapping[Decode, str]] = {
    _to_float: 'float(a["N"]) if "N" in (a := item["{0}"]) else hexadecimal(a["S"])',
    _to_int: 'int(a["N"]) if "N" in (a := item["{0}"]) else int(a["S"])',
}
"""Readers of many fields, written out to save their calls."""

CALL: Final = 'read_{0}(item["{0}"])'


def _reader(cls: type[Any], fields: Mapping[str, Decode]) -> Callable[..., Any]:
    """
    A function of an item and the fields that are not kept, compiled for the class.

    The texts are joined once: that refuses what is none, faster than asking each.
    """
    texts = [name for name, read in fields.items() if read is _to_text]
    others = {name: read for name, read in fields.items() if read is not _to_text}
    lines = ["def read(item, **given):"]
    lines += [f'    text_{name} = item["{name}"]["S"]' for name in texts]
    lines.append(f'    "".join([{", ".join(f"text_{name}" for name in texts)}])')
    values = [f"{name}=text_{name}" for name in texts]
    values += [f"{name}={INLINE.get(read, CALL).format(name)}" for name, read in others.items()]
    lines.append(f"    return make({', '.join([*values, '**given'])})")
    module = compile("\n".join(lines), f"<reader of {cls.__name__}>", "exec")
    code = next(one for one in module.co_consts if isinstance(one, types.CodeType))
    known = {f"read_{name}": read for name, read in others.items()}
    return types.FunctionType(code, {**known, "make": cls, "hexadecimal": float.fromhex})


PLAIN: Final[Mapping[Any, tuple[Encode, Decode]]] = {
    str: (lambda v: {"S": v}, _to_text),
    int: (_int, _to_int),
    float: (_float, _to_float),
    bool: (lambda v: {"BOOL": v}, _to_bool),
    bytes: (lambda v: {"B": v}, _to_bytes),
    Decimal: (lambda v: {"S": str(v)}, lambda a: Decimal(a["S"])),
    UUID: (lambda v: {"S": v.hex}, lambda a: UUID(a["S"])),
    date: (lambda v: {"S": v.isoformat()}, lambda a: date.fromisoformat(a["S"])),
    datetime: (_datetime, _to_datetime),
    ZoneInfo: (lambda v: {"S": zone_name(v)}, lambda a: ZoneInfo(a["S"])),
    type(None): (lambda _: {"NULL": True}, lambda _: None),
}
"""Types that need nothing else."""


def _union(members: tuple[Any, ...]) -> tuple[Encode, Decode]:
    rest = [member for member in members if member is not type(None)]
    if len(rest) == 1 and len(rest) < len(members):
        return _optional(rest[0])
    for member in members:
        if member not in MEMBERS:
            raise TypeError(f"{member} cannot be told apart in a union")
    return (
        lambda v: MEMBERS[type(v)](v),
        lambda a: _told_apart(*next(iter(a.items()))),
    )


def _told_apart(mark: str, value: Any) -> object:
    if mark == "M":
        ((tag, inner),) = value.items()
        return TAGGED[tag](inner)
    return PLAIN[MARKS[mark]][1]({mark: value})


def _int_in_union(value: int) -> Attribute:
    plain = _int(value)
    return plain if "N" in plain else {"M": {"int": plain}}


MEMBERS: Final[Mapping[Any, Encode]] = {
    bool: PLAIN[bool][0],
    bytes: PLAIN[bytes][0],
    float: lambda v: {"M": {"float": _float(v)}},
    int: _int_in_union,
    str: PLAIN[str][0],
    type(None): PLAIN[type(None)][0],
}
"""How the members of a union are written so that their marks tell them apart."""

MARKS: Final[Mapping[str, Any]] = {
    "BOOL": bool,
    "B": bytes,
    "N": int,
    "S": str,
    "NULL": type(None),
}
TAGGED: Final[Mapping[str, Decode]] = {"float": _to_float, "int": _to_int}


def _optional(member: Any) -> tuple[Encode, Decode]:
    encode, decode = _pair(member)
    return (
        lambda v: {"NULL": True} if v is None else encode(v),
        lambda a: None if "NULL" in a else decode(a),
    )


def _tuple(args: tuple[Any, ...]) -> tuple[Encode, Decode]:
    if len(args) == 2 and args[1] is Ellipsis:
        encode, decode = _pair(args[0])
        return (
            lambda v: {"L": [encode(each) for each in v]},
            lambda a: tuple(decode(each) for each in a["L"]),
        )
    pairs = [_pair(arg) for arg in args]
    return (
        lambda v: {"L": [e(each) for (e, _), each in zip(pairs, v, strict=True)]},
        lambda a: tuple(d(each) for (_, d), each in zip(pairs, a["L"], strict=True)),
    )


def _set(arg: Any) -> tuple[Encode, Decode]:
    encode, decode = _pair(arg)
    return (
        lambda v: {"L": sorted((encode(each) for each in v), key=str)},
        lambda a: frozenset(decode(each) for each in a["L"]),
    )


def _mapping(arg: Any) -> tuple[Encode, Decode]:
    encode, decode = _pair(arg)
    return (
        lambda v: {"M": {_named(key): encode(v[key]) for key in sorted(v)}},
        lambda a: {name.removeprefix(UNNAMED): decode(each) for name, each in a["M"].items()},
    )


def _named(key: str) -> str:
    """A name in a map, which DynamoDB does not allow to be empty."""
    return UNNAMED + key if not key or key.startswith(UNNAMED) else key

"""
Forms of items: what their attributes are called, which is paid for with every item.

| attribute of a day chunk | form 1 | form 2 |
|---|---|---|
| stream, day, zone, epoch_s, unit | so | a, b, c, e, u |
| device, placement | so | i, p |
| source | text | o: bytes, where the text is hexadecimal |
| coverage, comparable | f_coverage | k |
| values | values | y |

Other kinds have a form for each schema, and the names of their fields. All forms are read for ever,
the last is written; which it is says `s`.
"""

import re
from binascii import a2b_base64
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import attrs

from clarity.adapters.aws._operations import Attribute, Item
from clarity.ports.entities import CHUNK, EntitySpec

__all__ = ["FORMS", "Form", "form_of", "full", "slim"]

HEXADECIMAL: Final = re.compile("([0-9a-f]{2})+")


@attrs.frozen(kw_only=True)
class Form:
    """
    The last form of a kind.

    Attributes:
        number: of the form; those before have lower ones.
        schema: of the entities that it holds.
        names: shorter names of attributes.
        packed: attributes whose hexadecimal text is held as bytes; they cannot be compared there.
    """

    number: int
    schema: int
    names: Mapping[str, str] = attrs.field(factory=dict, hash=False)
    packed: frozenset[str] = frozenset()


FORMS: Final[Mapping[str, Form]] = MappingProxyType(
    {
        CHUNK.kind: Form(
            number=2,
            schema=1,
            names={
                "stream": "a",
                "day": "b",
                "zone": "c",
                "epoch_s": "e",
                "unit": "u",
                "device": "i",
                "placement": "p",
                "source": "o",
                "f_coverage": "k",
                "values": "y",
            },
            packed=frozenset({"source"}),
        )
    }
)
"""The last form of each kind that has several."""


def form_of(spec: EntitySpec) -> Form:
    """The form that is written."""
    return FORMS.get(spec.kind) or Form(number=spec.schema, schema=spec.schema)


def slim(spec: EntitySpec, item: Item) -> Item:
    """The item in the last form, from its attributes under their full names."""
    form = form_of(spec)
    return {
        form.names.get(name, name): _as_bytes(value) if name in form.packed else value
        for name, value in item.items()
    }


def full(spec: EntitySpec, item: Item) -> Item:
    """The attributes of an item of any form under their full names."""
    form = form_of(spec)
    if int(item["s"]["N"]) < form.number:
        return item
    names = {short: name for name, short in form.names.items()}
    named = {names.get(name, name): value for name, value in item.items()}
    return {n: _as_text(value) if n in form.packed else value for n, value in named.items()}


def _as_bytes(attribute: Attribute) -> Attribute:
    text = str(attribute["S"])
    return {"B": bytes.fromhex(text)} if HEXADECIMAL.fullmatch(text) else attribute


def _as_text(attribute: Attribute) -> Attribute:
    if "B" not in attribute:
        return attribute
    value = attribute["B"]
    raw = value if isinstance(value, bytes) else a2b_base64(value, strict_mode=True)
    return {"S": raw.hex()}

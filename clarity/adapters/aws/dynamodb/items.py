"""
Entities as items: a short header, the fields, the packed values of a day; with a digest over it.

| attribute | what |
|---|---|
| pk, sk | keys (`keys.py`) |
| v, s | version of the entity; number of the form (`forms.py`, where names are shortened) |
| d | SHA-256 over keys, form, fields and values |
| x, ttl | from when on it is gone: microseconds, exact; seconds, for DynamoDB's own removal |
| taken | what the owner has alone in the tenant (`unique.py`) |
| values | packed values of a day chunk |
| values_at | where they lie instead when they are large (`payloads.py`) |
| f_... | fields that queries name and that are no attribute of the class, in comparable form |
| the rest | the fields of the class (`codec.py`) |
"""

import hashlib
import hmac
import struct
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

import attrs
import orjson

from clarity.adapters.aws._operations import Attribute, Item
from clarity.adapters.aws.dynamodb.codec import MALFORMED, EntityCodec, Undecodable, codec_of, told
from clarity.adapters.aws.dynamodb.forms import form_of, full, slim
from clarity.adapters.aws.dynamodb.keys import former_key_text, key_of_text, key_text, owner_pk
from clarity.adapters.aws.dynamodb.payloads import PACKED, Outgoing, Payloads
from clarity.domain.identity import PatientRef
from clarity.domain.streams import DayChunk
from clarity.ports.codec import ChunkCodec
from clarity.ports.entities import Entity, EntitySpec, Key, Scalar, key_of, spec_of
from clarity.ports.errors import Corrupt, DamagedEntity, TooNew
from clarity.ports.query import Stored

__all__ = [
    "Encoded",
    "EntityItems",
    "comparable",
    "digest_of",
    "expired",
    "expiry",
    "filter_name",
    "item_size",
    "micros",
    "version_of",
]

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICRO: Final = timedelta(microseconds=1)
SECOND_US: Final = 1_000_000

ADDED: Final[Mapping[tuple[str, int], Item]] = MappingProxyType(
    {
        ("chunk", 1): {},
        ("result", 1): {"no_nights": {"L": []}, "rests": {"L": []}},
        ("result", 2): {},
    }
)
"""
For (kind, form) the fields that came with the next form, as they are where nobody told them.

- chunk 2: none, other names.
- result 2: evenings without a night, and main rests.
- result 3: none, another key.
"""

VERSION: Final = "the version of a stored item"

SIGN: Final = 1 << 63
ALL_BITS: Final = (1 << 64) - 1


@attrs.frozen(kw_only=True)
class Encoded:
    """
    An entity, ready to be stored under a version.

    Attributes:
        key: its key.
        pk: partition key.
        sk: sort key.
        item: all attributes but version and expiry.
        digest: SHA-256 of the content, the same wherever a payload lies.
        outgoing: what must be in the blob store before the item is written.
    """

    key: Key
    pk: str
    sk: str
    item: Item
    digest: bytes
    outgoing: Outgoing | None = None


def micros(time: datetime) -> int:
    """Microseconds since 1970-01-01T00:00Z, exact."""
    return (time - EPOCH) // MICRO


def comparable(value: Scalar) -> Attribute:
    """
    The value in a form that DynamoDB orders as Python does.

    A float becomes eight bytes that sort as the numbers do, since DynamoDB's numbers end at 1e126.
    """
    match value:
        case str():
            return {"S": value}
        case datetime():
            return {"N": str(micros(value))}
        case date():
            return {"S": value.isoformat()}
        case int():
            return {"N": str(value)}
        case _:
            return {"B": _sortable(value)}


def _sortable(value: float) -> bytes:
    (bits,) = struct.unpack(">Q", struct.pack(">d", value or 0.0))
    flipped = bits ^ (ALL_BITS if bits & SIGN else SIGN)
    return struct.pack(">Q", flipped)


def filter_name(spec: EntitySpec, field: str) -> str:
    """The attribute that holds a field of `spec` in comparable form, in items of the last form."""
    name = field if field in _plain_names(spec) else f"f_{field}"
    return form_of(spec).names.get(name, name)


def _plain_names(spec: EntitySpec) -> frozenset[str]:
    comparable_as_kept = {n for n, f in spec.fields.items() if f.type in (str, int, date)}
    return frozenset(comparable_as_kept & {name for name, _, _ in _codec(spec).fields})


def _codec(spec: EntitySpec) -> EntityCodec:
    cls: Any = spec.type
    return codec_of(cls, without=(PACKED,) if cls is DayChunk else ())


def expiry(at: datetime | None) -> Item:
    """The attributes that say from when on an item is gone."""
    if at is None:
        return {}
    gone_us = micros(at)
    return {"x": {"N": str(gone_us)}, "ttl": {"N": str(-(-gone_us // SECOND_US))}}


def expired(item: Item, now_us: int) -> bool:
    """
    The item is gone, though DynamoDB may not have removed it yet.

    Raises:
        Corrupt: it cannot be told.
    """
    return "x" in item and _number(item, "x", "the expiry of a stored item") <= now_us


def version_of(item: Item | None, now_us: int) -> int:
    """
    The version that is stored; 0 when there is none.

    Raises:
        Corrupt: it cannot be told.
    """
    return 0 if item is None or expired(item, now_us) else _version(item)


def _version(item: Item) -> int:
    version = _number(item, "v", VERSION)
    if version < 1:
        raise Corrupt(VERSION)
    return version


def _number(item: Item, name: str, what: str) -> int:
    """A number that conditions ask for, which the text that looks like it is not."""
    try:
        return int(item[name]["N"])
    except MALFORMED as error:
        raise Corrupt(what) from error


def digest_of(item: Item) -> bytes:
    """
    The digest that is stored.

    Raises:
        Corrupt: there is none.
    """
    return told(_Digest, item, "the digest of a stored item").d


@attrs.frozen
class _Digest:
    d: bytes


@attrs.frozen
class EntityItems:
    """
    Turns entities into items and back.

    Attributes:
        chunks: packs the values of day chunks.
        payloads: where they lie.
    """

    chunks: ChunkCodec
    payloads: Payloads = attrs.field(factory=Payloads)

    def encode(self, owner: PatientRef, entity: Entity) -> Encoded:
        """
        The entity in the latest form.

        Raises:
            ValueError: a text of the entity is no Unicode.
            TooLarge: its key is too long, or its values are too large for an item and no blob
                store is known.
        """
        spec, key = spec_of(type(entity)), key_of(entity)
        pk, sk = owner_pk(owner), key_text(key)
        fields = _codec(spec).encode(entity)
        packed = b""
        if isinstance(entity, DayChunk):
            packed = self.chunks.pack(entity.values, context=_context(pk, sk))
        form = form_of(spec).number
        digest = _digest(pk, sk, form, fields, packed)
        item: Item = {
            "pk": {"S": pk},
            "sk": {"S": sk},
            "s": {"N": str(form)},
            "d": {"B": digest},
            **fields,
            **_filters(spec, entity),
        }
        outgoing = None
        if packed:
            place, outgoing = self.payloads.placed(pk, packed, f"the payload of {key}, bytes,")
            item |= place
        slimmed = slim(spec, item)
        return Encoded(key=key, pk=pk, sk=sk, item=slimmed, digest=digest, outgoing=outgoing)

    def decode(self, spec: EntitySpec, item: Item) -> Stored[Entity]:
        """
        The entity that was encoded, whichever version of clarity did it.

        Raises:
            DamagedEntity: the item is damaged, or lies under the key of another.
            TooNew: a later clarity wrote it.
            PortError: its payload lies in a blob store that refused.
        """
        try:
            return self._decoded(spec, item)
        except (Undecodable, *MALFORMED) as error:
            raise DamagedEntity(f"the stored {spec.kind}", spec.remedy) from error

    def _decoded(self, spec: EntitySpec, stored: Item) -> Stored[Entity]:
        form, known = int(stored["s"]["N"]), form_of(spec).number
        if form > known:
            raise TooNew(f"the stored {spec.kind}", known, form)
        item = full(spec, stored)
        pk, sk = item["pk"]["S"], item["sk"]["S"]
        codec, packed, given = _codec(spec), b"", {}
        if spec.type is DayChunk:
            packed = self.payloads.packed(item, f"the payload of {key_of_text(sk)}")
            given[PACKED] = self.chunks.unpack(packed, context=_context(pk, sk))
        later = _later(spec, form)
        entity: Entity = codec.decode({**item, **later}, **given)
        held = {name: each for name, each in codec.encode(entity).items() if name not in later}
        wanted = _digest(pk, sk, form, held, packed)
        place = former_key_text(key_of(entity), form)
        if place != sk or not hmac.compare_digest(digest_of(item), wanted):
            raise DamagedEntity(f"the stored {spec.kind}", spec.remedy)
        return Stored(entity, _version(item))


def _later(spec: EntitySpec, form: int) -> Item:
    """What an item of an earlier form has no word of, as it would be told of nothing."""
    fields: Item = {}
    for since in range(form, form_of(spec).number):
        fields |= ADDED[spec.kind, since]
    return fields


def _filters(spec: EntitySpec, entity: Entity) -> Item:
    kept = _plain_names(spec)
    return {f"f_{n}": comparable(f.of(entity)) for n, f in spec.fields.items() if n not in kept}


def _context(pk: str, sk: str) -> bytes:
    """Injective: no two entities of any patients share a context."""
    return f"{pk}\n{sk}".encode()


def _digest(pk: str, sk: str, form: int, fields: Item, packed: bytes) -> bytes:
    try:
        head = orjson.dumps([pk, sk, form, fields], default=bytes.hex)
    except orjson.JSONEncodeError as error:
        raise ValueError("the entity holds what cannot be stored") from error
    return hashlib.sha256(b"%d:%b%b" % (len(head), head, packed)).digest()


def item_size(item: Item) -> int:
    """Bytes of an item by the documented rules, names included."""
    return sum(len(name.encode()) + _size(value) for name, value in item.items())


def _size(attribute: Attribute) -> int:
    mark: str
    value: Any
    ((mark, value),) = attribute.items()
    match mark:
        case "S":
            return len(str(value).encode())
        case "N":
            return (len(str(value).lstrip("-0.")) + 1) // 2 + 1
        case "B":
            return len(bytes(value))
        case "L":
            return 3 + sum(1 + _size(each) for each in value)
        case "M":
            return 3 + sum(1 + len(n.encode()) + _size(each) for n, each in value.items())
        case _:
            return 1

"""
Entities as stored items: JSON and, for day chunks, the packed values; with a digest over both.

The version of the form stands beside the bytes (`EntitySpec.schema`); every version ever written is
read, the latest is written.
"""

import hashlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import attrs
import cattrs
import orjson

from clarity.adapters.local._codec import make_converter
from clarity.domain.errors import DomainError
from clarity.domain.identity import PatientRef
from clarity.domain.streams import DayChunk
from clarity.ports.codec import ChunkCodec
from clarity.ports.entities import Entity, EntitySpec, Key
from clarity.ports.errors import DamagedEntity, TooNew

__all__ = ["EntityCodec", "Item"]

Json = dict[str, object]

Upgrades = Mapping[tuple[str, int], Callable[[Json], Json]]

UPGRADES: Final[Upgrades] = MappingProxyType(
    {
        ("result", 1): lambda body: {**body, "no_nights": [], "rests": []},
        ("result", 2): lambda body: body,
    }
)
"""
- result 2: evenings without a night, and main rests.
- result 3: says the same, under a key with the end of its window.
"""


@attrs.frozen(kw_only=True)
class Item:
    """
    An entity as it lies in the store.

    Attributes:
        schema: version of the form.
        body: JSON.
        payload: packed values of a day chunk; empty for others.
        digest: SHA-256 over all of it.
    """

    schema: int
    body: bytes
    payload: bytes
    digest: bytes

    @property
    def size_bytes(self) -> int:
        """What the item takes."""
        return len(self.body) + len(self.payload) + len(self.digest)

    @property
    def is_whole(self) -> bool:
        """Whether the bytes are those that the digest was made of."""
        return self.digest == _digest(self.schema, self.body, self.payload)


@attrs.frozen
class EntityCodec:
    """
    Turns entities into items and back.

    Attributes:
        chunks: packs the values of day chunks.
        upgrades: for (kind, schema) how a body of that schema becomes one of the next.
    """

    chunks: ChunkCodec
    upgrades: Upgrades = UPGRADES
    converter: cattrs.Converter = attrs.field(factory=make_converter, repr=False)

    def encode(self, owner: PatientRef, key: Key, spec: EntitySpec, entity: Entity) -> Item:
        """
        The entity in the latest form.

        Raises:
            ValueError: a text of the entity is no Unicode.
        """
        try:
            body = orjson.dumps(self.converter.unstructure(entity))
        except orjson.JSONEncodeError as error:
            raise ValueError("the entity holds what cannot be stored") from error
        payload = b""
        if isinstance(entity, DayChunk):
            payload = self.chunks.pack(entity.values, context=_context(owner, key))
        digest = _digest(spec.schema, body, payload)
        return Item(schema=spec.schema, body=body, payload=payload, digest=digest)

    def decode(self, owner: PatientRef, key: Key, spec: EntitySpec, item: Item) -> Entity:
        """
        The entity that was encoded, whichever version of clarity did it.

        Raises:
            DamagedEntity: the bytes are damaged, or those of another form.
            TooNew: a later clarity wrote them.
        """
        if item.schema > spec.schema:
            raise TooNew(f"the stored {spec.kind}", spec.schema, item.schema)
        if not item.is_whole:
            raise DamagedEntity(f"the stored {spec.kind}", spec.remedy)
        try:
            body = self._latest(spec, item)
            if spec.type is DayChunk:
                body["values"] = self.chunks.unpack(item.payload, context=_context(owner, key))
            return self.converter.structure(body, spec.type)
        except (cattrs.BaseValidationError, DomainError, ValueError, KeyError, TypeError) as error:
            raise DamagedEntity(f"the stored {spec.kind}", spec.remedy) from error

    def _latest(self, spec: EntitySpec, item: Item) -> Json:
        body = orjson.loads(item.body)
        for schema in range(item.schema, spec.schema):
            body = self.upgrades[spec.kind, schema](body)
        return dict(body)


def _digest(schema: int, body: bytes, payload: bytes) -> bytes:
    framed = b"%d:%d:%b%b" % (schema, len(body), body, payload)
    return hashlib.sha256(framed).digest()


def _context(owner: PatientRef, key: Key) -> bytes:
    """Injective: no two entities of any patients share a context."""
    names = [str(owner.tenant), str(owner.patient), key.kind]
    return orjson.dumps([*names, *(str(part) for part in key.parts)])

"""What is stored: the kinds of entities, their keys, and the fields that queries may name."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import ClassVar, Final, TypeVar

import attrs

from clarity.domain.analysis.result import AnalysisResult
from clarity.domain.errors import DomainError
from clarity.domain.exact import WrongType, exactly_typed, is_unicode
from clarity.domain.profile import EmailAddress, Profile
from clarity.domain.streams import DayChunk
from clarity.domain.timeline import in_utc

__all__ = [
    "CHUNK",
    "ENTITIES",
    "PROFILE",
    "RESULT",
    "BadKey",
    "Entity",
    "EntitySpec",
    "Field",
    "Key",
    "Scalar",
    "Unique",
    "key_of",
    "of_email",
    "spec_for",
    "spec_of",
    "unique_of",
]

T = TypeVar("T")
V = TypeVar("V")

Scalar = str | int | float | date | datetime
"""What a field may hold and a query may compare with."""

Entity = DayChunk | AnalysisResult | Profile
"""Everything that a repository keeps for a patient."""


@attrs.define(eq=False)
class BadKey(DomainError):
    """A key names no kind of entity, or its parts are not those of its kind."""

    code: ClassVar[str] = "entity.bad-key"
    problem: str

    def __str__(self) -> str:
        return f"{self.problem}; ports/entities.py lists the kinds and their key fields"


PARTS: Final = "tuple[str | date | datetime, ...]"


def _in_utc(parts: Sequence[str | date]) -> tuple[str | date, ...]:
    """Instants in UTC, so that one instant is one key in whatever zone it is told."""
    if not isinstance(parts, tuple | list):
        raise WrongType("Key.parts", PARTS)
    return tuple(
        in_utc("a key", part) if isinstance(part, datetime) and part.tzinfo else part
        for part in parts
    )


def _unicode(_: object, __: "attrs.Attribute[str]", kind: str) -> None:
    if not is_unicode(kind):
        raise WrongType("Key.kind", "Unicode text")


def _all_unicode(_: object, __: object, parts: tuple[str | date, ...]) -> None:
    if not all(is_unicode(part) for part in parts if isinstance(part, str)):
        raise WrongType("Key.parts", "Unicode text")


@attrs.frozen(field_transformer=exactly_typed)
class Key:
    """
    Which entity of a patient: its kind and the values of its key fields, in order.

    `str(key)` names it in audit records; parts are escaped, so no two keys have one text. Times
    among the parts are kept in UTC.

    Raises:
        WrongType: the kind or a part is of another type, or text that is no Unicode.
        OutsideCalendar: a time with a zone is no instant in UTC.
    """

    kind: str = attrs.field(validator=_unicode)
    parts: tuple[str | date | datetime, ...] = attrs.field(
        converter=_in_utc, validator=_all_unicode
    )

    def __str__(self) -> str:
        return "/".join([self.kind, *(_escaped(part) for part in self.parts)])


def _escaped(part: str | date) -> str:
    text = part if isinstance(part, str) else part.isoformat()
    return text.replace("%", "%25").replace("/", "%2F").replace("#", "%23")


@attrs.frozen(kw_only=True)
class Field:
    """A field that queries may name: its type and how it is read off the entity."""

    type: type[Scalar]
    of: Callable[[Entity], Scalar]


@attrs.frozen(kw_only=True)
class EntitySpec:
    """
    How one kind of entity is kept.

    Attributes:
        kind: name in keys and audit records.
        type: the class.
        schema: version of the stored form; written with every item.
        key: names of the fields that make the key, in order; entities sort by them.
        fields: what queries may name, key fields included.
        unique: what no two patients of a tenant may have alike, by name; as the text that decides.
        remedy: what to do when one is damaged.
    """

    kind: str
    type: type[Entity]
    schema: int
    key: tuple[str, ...]
    fields: Mapping[str, Field] = attrs.field(hash=False)
    unique: Mapping[str, Callable[[Entity], str]] = attrs.field(factory=dict, hash=False)
    remedy: str = "keep it and restore from a backup"


@attrs.frozen
class Unique:
    """
    One value that no two patients of a tenant may have alike.

    Attributes:
        field: the name of what it is, in errors and keys.
        value: the text that decides; never part of an error or of a key.
    """

    field: str
    value: str = attrs.field(repr=False)


def _reading(type_: type[T], read: Callable[[T], V]) -> Callable[[Entity], V]:
    """Reads a field off entities of one class and refuses those of any other."""

    def of(entity: Entity) -> V:
        if not isinstance(entity, type_):
            raise TypeError(f"a field of {type_.__name__} was read off another entity")
        return read(entity)

    return of


def _chunk(read: Callable[[DayChunk], Scalar]) -> Callable[[Entity], Scalar]:
    return _reading(DayChunk, read)


def _result(read: Callable[[AnalysisResult], Scalar]) -> Callable[[Entity], Scalar]:
    return _reading(AnalysisResult, read)


CHUNK: Final = EntitySpec(
    kind="chunk",
    type=DayChunk,
    schema=1,
    key=("stream", "day"),
    fields=MappingProxyType(
        {
            "stream": Field(type=str, of=_chunk(lambda c: c.stream.value)),
            "day": Field(type=date, of=_chunk(lambda c: c.day)),
            "zone": Field(type=str, of=_chunk(lambda c: c.zone.key)),
            "epoch_s": Field(type=int, of=_chunk(lambda c: c.epoch_s)),
            "unit": Field(type=str, of=_chunk(lambda c: c.unit.value)),
            "device": Field(type=str, of=_chunk(lambda c: c.device)),
            "placement": Field(type=str, of=_chunk(lambda c: c.placement.value)),
            "coverage": Field(type=float, of=_chunk(lambda c: c.coverage)),
            "source": Field(type=str, of=_chunk(lambda c: c.source)),
        }
    ),
)

RESULT: Final = EntitySpec(
    kind="result",
    type=AnalysisResult,
    schema=3,
    key=("kind", "window_end", "fingerprint"),
    fields=MappingProxyType(
        {
            "kind": Field(type=str, of=_result(lambda r: r.kind)),
            "fingerprint": Field(type=str, of=_result(lambda r: r.provenance.fingerprint)),
            "window_start": Field(type=datetime, of=_result(lambda r: r.window.start)),
            "window_end": Field(type=datetime, of=_result(lambda r: r.window.end)),
            "computed_at": Field(type=datetime, of=_result(lambda r: r.provenance.computed_at)),
            "clarity_version": Field(type=str, of=_result(lambda r: r.provenance.clarity_version)),
        }
    ),
    remedy="analyze the same again, which replaces it",
)

EMAIL: Final = "email"

PROFILE: Final = EntitySpec(
    kind="profile",
    type=Profile,
    schema=1,
    key=(),
    fields=MappingProxyType(
        {
            "zone": Field(type=str, of=_reading(Profile, lambda p: p.details.zone.key)),
            "created_at": Field(type=datetime, of=_reading(Profile, lambda p: p.created_at)),
        }
    ),
    unique=MappingProxyType({EMAIL: _reading(Profile, lambda p: p.details.email.folded)}),
)
"""One per patient, so that its key has no parts; the e-mail address is not for queries to name."""

ENTITIES: Final = (CHUNK, RESULT, PROFILE)
"""Every kind that a store must be able to keep."""


def spec_of(type_: type[object]) -> EntitySpec:
    """
    The spec of that class of entities.

    Raises:
        WrongType: it is the class of none.
    """
    for spec in ENTITIES:
        if spec.type is type_:
            return spec
    raise WrongType("entity", " | ".join(spec.type.__name__ for spec in ENTITIES))


def spec_for(key: Key) -> EntitySpec:
    """
    The spec of the kind that `key` names.

    Raises:
        BadKey: there is no such kind, or the parts are of other number or types.
        WrongType: it is no key.
    """
    if not isinstance(key, Key):
        raise WrongType("the key", "Key")
    for spec in ENTITIES:
        if spec.kind == key.kind:
            wanted = [spec.fields[name].type for name in spec.key]
            if [type(part) for part in key.parts] != wanted or not _are_instants(key.parts):
                raise BadKey(f"a key of {spec.kind} has the parts {', '.join(spec.key)}")
            return spec
    raise BadKey("the key names no kind of entity")


def _are_instants(parts: Sequence[str | date]) -> bool:
    """Whether every time among the parts has a zone."""
    return all(part.tzinfo is UTC for part in parts if isinstance(part, datetime))


def key_of(entity: Entity) -> Key:
    """The key under which `entity` is kept."""
    spec = spec_of(type(entity))
    parts = tuple(spec.fields[name].of(entity) for name in spec.key)
    return Key(spec.kind, tuple(p for p in parts if isinstance(p, str | date)))


def unique_of(entity: Entity) -> tuple[Unique, ...]:
    """What of `entity` no other patient of the tenant may have alike."""
    return tuple(Unique(name, read(entity)) for name, read in spec_of(type(entity)).unique.items())


def of_email(email: EmailAddress) -> Unique:
    """What the profile with that e-mail address has alone in its tenant."""
    return Unique(EMAIL, email.folded)

"""
Which model: names, versions in semantic order, aliases and how they moved.

A version is immutable and names a bundle by its digest. What moves is an alias: every move is kept,
so that it is known what an alias meant at any time and what to roll back to.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Final

import attrs

from clarity.domain.errors import DomainError
from clarity.domain.identity import PatientId
from clarity.domain.timeline import NaiveTime
from clarity.domain.versions import SemanticVersion

__all__ = [
    "CHALLENGER",
    "CHAMPION",
    "REGISTRY_SUBJECT",
    "AliasHistory",
    "AliasMove",
    "BadModelName",
    "Direction",
    "ModelRef",
    "ModelSelector",
    "ModelShelf",
    "ModelUnknown",
    "ModelVersion",
    "NothingToRollBack",
    "Stage",
    "VersionInUse",
]

NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,62}")
DIGEST: Final = re.compile(r"[0-9a-f]{64}")
CHAMPION: Final = "champion"
"""The alias that serves unless another version is asked for."""
CHALLENGER: Final = "challenger"
"""The alias of what is tried beside the champion."""
REGISTRY_SUBJECT: Final = PatientId("clarity:model-registry")
"""The subject of a tenant's audit chain that tells of model changes; never a person."""


class Stage(StrEnum):
    """How far a version has come; follows from the aliases, so the two cannot disagree."""

    REGISTERED = "registered"
    STAGING = "staging"
    PRODUCTION = "production"
    RETIRED = "retired"


class Direction(StrEnum):
    """Why an alias moved."""

    PROMOTE = "promote"
    ROLLBACK = "rollback"


@attrs.define(eq=False)
class BadModelName(DomainError):
    """A text cannot name a model or an alias."""

    code: ClassVar[str] = "model.bad-name"
    what: str

    def __str__(self) -> str:
        return (
            f"{self.what} is 1 to 63 lower-case letters, digits and hyphens and starts with a "
            "letter; a version is chosen with NAME:VERSION, an alias with NAME@ALIAS"
        )


@attrs.define(eq=False)
class ModelUnknown(DomainError):
    """No version is registered for what was asked."""

    code: ClassVar[str] = "model.unknown"
    wanted: str

    def __str__(self) -> str:
        return (
            f"no model {self.wanted} is registered and none is invented; add one with "
            "`clarity models add FILE --name NAME --version VERSION --scaler ... --licence ...` "
            "and put it into service with `clarity models promote NAME:VERSION`"
        )


@attrs.define(eq=False)
class NothingToRollBack(DomainError):
    """An alias has no earlier version."""

    code: ClassVar[str] = "model.nothing-to-roll-back"
    model: str
    alias: str

    def __str__(self) -> str:
        return (
            f"{self.model}@{self.alias} has no earlier version; promote the version that is wanted"
        )


@attrs.define(eq=False)
class VersionInUse(DomainError):
    """An alias points at the version that was to be removed."""

    code: ClassVar[str] = "model.version-in-use"
    version: str
    alias: str

    def __str__(self) -> str:
        return f"{self.version} serves as {self.alias}; promote another version first"


def _named(_: object, attribute: "attrs.Attribute[str]", value: str) -> None:
    if not NAME.fullmatch(value):
        raise BadModelName(f"the name of a {attribute.name}")


def _aware(_: object, attribute: "attrs.Attribute[datetime]", value: datetime) -> None:
    if value.tzinfo is None:
        raise NaiveTime(attribute.name)


_digest = attrs.validators.matches_re(DIGEST.pattern, re.NOFLAG, re.fullmatch)


@attrs.frozen
class ModelRef:
    """
    Exactly which model: what a result names.

    Attributes:
        model: its name.
        version: its version.
        digest: SHA-256 (hex) of its manifest, which holds the digests of all its files.
    """

    model: str = attrs.field(validator=_named)
    version: SemanticVersion
    digest: str = attrs.field(validator=_digest)

    def __str__(self) -> str:
        return f"{self.model}:{self.version}"


@attrs.frozen(kw_only=True)
class ModelVersion:
    """
    One registered version; never changes.

    Attributes:
        ref: its name, version and digest.
        added_at: when, aware.
        added_by: id of the actor.
    """

    ref: ModelRef
    added_at: datetime = attrs.field(validator=_aware)
    added_by: str


@attrs.frozen
class ModelSelector:
    """
    Which model is wanted: an exact version, or whatever an alias means at that moment.

    Attributes:
        model: its name.
        version: the exact version; None to go by the alias.
        alias: the alias, used when there is no version.
    """

    model: str = attrs.field(validator=_named)
    version: SemanticVersion | None = None
    alias: str = attrs.field(default=CHAMPION, validator=_named)

    @classmethod
    def parse(cls, text: str) -> "ModelSelector":
        """
        `NAME` (its champion), `NAME@ALIAS` or `NAME:VERSION`.

        Raises:
            BadModelName, BadVersion: it is none of these.
        """
        name, colon, version = text.partition(":")
        if colon:
            return cls(name, SemanticVersion.parse(version))
        name, at, alias = text.partition("@")
        return cls(name, None, alias) if at else cls(name)

    def __str__(self) -> str:
        return f"{self.model}@{self.alias}" if self.version is None else self._exact()

    def _exact(self) -> str:
        return f"{self.model}:{self.version}"


@attrs.frozen(kw_only=True)
class AliasMove:
    """
    One move of an alias.

    Attributes:
        model: whose alias.
        alias: which.
        revision: its number, 1 for the first; two moves never share one.
        version: where it points since.
        direction: forward, or back.
        actor: id of who moved it.
        at: when, aware.
    """

    model: str = attrs.field(validator=_named)
    alias: str = attrs.field(validator=_named)
    revision: int = attrs.field(validator=attrs.validators.ge(1))
    version: SemanticVersion
    direction: Direction
    actor: str
    at: datetime = attrs.field(validator=_aware)


@attrs.frozen(kw_only=True)
class AliasHistory:
    """
    Where an alias has pointed, from its first move on.

    Attributes:
        model: whose alias.
        alias: which.
        moves: all moves, revision 1 first; empty when it never pointed anywhere.
    """

    model: str = attrs.field(validator=_named)
    alias: str = attrs.field(validator=_named)
    moves: tuple[AliasMove, ...] = ()

    def __attrs_post_init__(self) -> None:
        """The moves are numbered from 1 without a gap."""
        if [move.revision for move in self.moves] != list(range(1, len(self.moves) + 1)):
            raise ValueError("the moves of an alias are numbered from 1 without a gap")

    @property
    def revision(self) -> int:
        """Number of the last move, 0 before the first."""
        return len(self.moves)

    @property
    def current(self) -> SemanticVersion | None:
        """Where the alias points; None before the first move."""
        return self.moves[-1].version if self.moves else None

    def previous(self) -> SemanticVersion:
        """
        Where a rollback leads: to another version always, rolling back twice to the one before.

        Promoting the version that serves already is nothing to roll back from.

        Raises:
            NothingToRollBack: the alias has no earlier version.
        """
        stack: list[SemanticVersion] = []
        for move in self.moves:
            back = move.direction is Direction.ROLLBACK
            while back and stack and stack[-1] != move.version:
                stack.pop()
            if stack[-1:] != [move.version]:
                stack.append(move.version)
        if len(stack) < 2:
            raise NothingToRollBack(self.model, self.alias)
        return stack[-2]


def _in_order(versions: Iterable[ModelVersion]) -> tuple[ModelVersion, ...]:
    return tuple(sorted(versions, key=lambda known: known.ref.version))


def _by_alias(histories: Iterable[AliasHistory]) -> tuple[AliasHistory, ...]:
    return tuple(sorted(histories, key=lambda history: history.alias))


@attrs.frozen(kw_only=True)
class ModelShelf:
    """
    All that is registered under one name at one moment.

    Attributes:
        model: the name.
        versions: in semantic order.
        histories: of its aliases, by name.
    """

    model: str = attrs.field(validator=_named)
    versions: tuple[ModelVersion, ...] = attrs.field(default=(), converter=_in_order)
    histories: tuple[AliasHistory, ...] = attrs.field(default=(), converter=_by_alias)

    def exact(self, version: SemanticVersion) -> ModelVersion:
        """
        The registered version.

        Raises:
            ModelUnknown: it is not registered.
        """
        found = [known for known in self.versions if known.ref.version == version]
        if not found:
            raise ModelUnknown(str(ModelSelector(self.model, version)))
        return found[0]

    def wanted(self, selector: ModelSelector) -> ModelVersion:
        """
        What the selector means at this moment.

        Raises:
            ModelUnknown: no such version, or the alias points nowhere.
        """
        version = selector.version or self.history(selector.alias).current
        if version is None:
            raise ModelUnknown(str(selector))
        return self.exact(version)

    def history(self, alias: str) -> AliasHistory:
        """Where the alias has pointed; without moves when it never pointed anywhere."""
        found = [history for history in self.histories if history.alias == alias]
        return found[0] if found else AliasHistory(model=self.model, alias=alias)

    def aliases_of(self, version: SemanticVersion) -> tuple[str, ...]:
        """The aliases that point at the version."""
        return tuple(h.alias for h in self.histories if h.current == version)

    def stage_of(self, version: SemanticVersion) -> Stage:
        """How far the version has come, by the aliases."""
        aliases = self.aliases_of(version)
        if CHAMPION in aliases:
            return Stage.PRODUCTION
        if aliases:
            return Stage.STAGING
        moved = any(move.version == version for h in self.histories for move in h.moves)
        return Stage.RETIRED if moved else Stage.REGISTERED

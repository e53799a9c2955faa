"""Versions and aliases as small objects in S3."""

import re
import secrets
from typing import Final

import attrs

from clarity.adapters.aws._errors import ConditionFailed
from clarity.adapters.aws.s3._records import (
    WHAT,
    Noted,
    moves_bytes,
    read_moves,
    read_version,
    version_bytes,
)
from clarity.adapters.aws.s3.bucket import Bucket, Held, Listed
from clarity.domain.models import AliasHistory, AliasMove, ModelRef, ModelShelf, ModelVersion
from clarity.ports.errors import (
    AlreadyExists,
    Corrupt,
    NotFound,
    StaleVersion,
    TooLarge,
    Unavailable,
)
from clarity.ports.model_registry import ModelRegistry

__all__ = ["S3ModelRegistry"]

VERSION_KEY: Final = re.compile(r"models/([a-z0-9-]+)/versions/([^/]+)\.json")
ALIAS_KEY: Final = re.compile(r"models/([a-z0-9-]+)/aliases/([a-z0-9-]+)\.json")

LARGEST_RECORD: Final = 16 * 1024 * 1024
"""An alias moves some ten thousand times before its record is as large."""

ROUNDS: Final = 256
"""How often others may be first before it is given up; one of them succeeds in every round."""


@attrs.frozen(kw_only=True)
class S3ModelRegistry(ModelRegistry):
    """
    `models/<model>/versions/<version>.json` and `models/<model>/aliases/<alias>.json`.

    A version is written on the condition that there is none and never changed. An alias holds all
    its moves and is replaced on the condition that it is the one that was read. What was read is
    kept in memory under its etag, so looking at a shelf costs one listing when nothing changed.

    Attributes:
        bucket: where models lie.
    """

    bucket: Bucket
    _versions: dict[str, tuple[str, ModelVersion]] = attrs.field(
        factory=dict, init=False, eq=False, repr=False
    )
    _histories: dict[str, tuple[str, AliasHistory]] = attrs.field(
        factory=dict, init=False, eq=False, repr=False
    )

    def register(self, version: ModelVersion) -> None:
        """See `ModelRegistry.register`."""
        nonce = secrets.token_hex(16)
        key, data = _version_key(version.ref), version_bytes(version, nonce=nonce)
        for _ in range(ROUNDS):
            try:
                self.bucket.create(key, data)
            except ConditionFailed as error:
                held = self._held(key)
                if held is None:
                    continue
                if read_version(held.data)[1] != nonce:
                    raise AlreadyExists(f"model {version.ref}") from error
            return
        raise Unavailable(WHAT)

    def unregister(self, ref: ModelRef) -> None:
        """See `ModelRegistry.unregister`."""
        self.bucket.remove(_version_key(ref))

    def names(self) -> tuple[str, ...]:
        """See `ModelRegistry.names`."""
        named = (VERSION_KEY.fullmatch(listed.key) for listed in self.bucket.listed("models/"))
        return tuple(sorted({name[1] for name in named if name}))

    def shelf(self, model: str) -> ModelShelf:
        """See `ModelRegistry.shelf`."""
        empty = ModelShelf(model=model)
        there = list(self.bucket.listed(f"models/{model}/"))
        versions = [self._version(one) for one in there if VERSION_KEY.fullmatch(one.key)]
        histories = [self._history(one) for one in there if ALIAS_KEY.fullmatch(one.key)]
        return attrs.evolve(
            empty,
            versions=tuple(version for version in versions if version),
            histories=tuple(history for history in histories if history),
        )

    def move(self, move: AliasMove) -> None:
        """See `ModelRegistry.move`."""
        nonce = secrets.token_hex(16)
        key = f"models/{move.model}/aliases/{move.alias}.json"
        for _ in range(ROUNDS):
            held = self._held(key)
            moves = read_moves(held.data) if held else ()
            if _is_in(moves, move, nonce):
                return
            if len(moves) != move.revision - 1:
                raise StaleVersion(f"{move.model}@{move.alias}", len(moves))
            if self._written(key, moves_bytes([*moves, (move, nonce)]), held):
                return
        raise Unavailable(WHAT)

    def _written(self, key: str, data: bytes, based_on: Held | None) -> bool:
        """Whether the record has this content now and was, until then, what was read."""
        try:
            if based_on is None:
                self.bucket.create(key, data)
            else:
                self.bucket.replace(key, data, etag=based_on.etag)
        except ConditionFailed:
            return False
        return True

    def _version(self, listed: Listed) -> ModelVersion | None:
        known = self._versions.get(listed.key)
        if known is not None and known[0] == listed.etag:
            return known[1]
        held = self._held(listed.key)
        if held is None:  # unregistered since it was listed
            return None
        version, _ = read_version(held.data)
        self._versions[listed.key] = (held.etag, version)
        return version

    def _history(self, listed: Listed) -> AliasHistory | None:
        known = self._histories.get(listed.key)
        if known is not None and known[0] == listed.etag:
            return known[1]
        held = self._held(listed.key)
        if held is None:
            return None
        history = _history_of(listed.key, held.data)
        self._histories[listed.key] = (held.etag, history)
        return history

    def _held(self, key: str) -> Held | None:
        try:
            return self.bucket.read(key, most=LARGEST_RECORD)
        except NotFound:
            return None
        except TooLarge as error:
            raise Corrupt(WHAT) from error


def _version_key(ref: ModelRef) -> str:
    return f"models/{ref.model}/versions/{ref.version}.json"


def _history_of(key: str, data: bytes) -> AliasHistory:
    _, model, _, name = key.split("/")
    try:
        return AliasHistory(
            model=model,
            alias=name.removesuffix(".json"),
            moves=tuple(move for move, _ in read_moves(data)),
        )
    except ValueError as error:
        raise Corrupt(WHAT) from error


def _is_in(moves: tuple[Noted, ...], move: AliasMove, nonce: str) -> bool:
    """The move was written, although the answer to its writing was lost."""
    return len(moves) >= move.revision and moves[move.revision - 1][1] == nonce

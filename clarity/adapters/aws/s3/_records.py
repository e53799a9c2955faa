"""Versions and alias moves as JSON."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

from clarity.domain.errors import DomainError
from clarity.domain.models import AliasMove, Direction, ModelRef, ModelVersion
from clarity.domain.versions import SemanticVersion
from clarity.ports.errors import Corrupt

__all__ = ["WHAT", "Noted", "moves_bytes", "read_moves", "read_version", "version_bytes"]

T = TypeVar("T")

WHAT: Final = "the registry of models"
SCHEMA: Final = 1

Noted = tuple[AliasMove, str]
"""A move and the word that its writer knows it by."""


def version_bytes(version: ModelVersion, *, nonce: str) -> bytes:
    """The record of a version; `nonce` is the word that its writer knows it by."""
    return _json(
        {
            "schema": SCHEMA,
            "nonce": nonce,
            "model": version.ref.model,
            "version": str(version.ref.version),
            "digest": version.ref.digest,
            "added_at": version.added_at.isoformat(),
            "added_by": version.added_by,
        }
    )


def read_version(data: bytes) -> tuple[ModelVersion, str]:
    """
    The version and the word of its writer.

    Raises:
        Corrupt: the bytes are no record of a version.
    """
    return _read(data, _version)


def moves_bytes(moves: Sequence[Noted]) -> bytes:
    """The record of an alias: all its moves, the first one first."""
    return _json({"schema": SCHEMA, "moves": [_move_content(*noted) for noted in moves]})


def read_moves(data: bytes) -> tuple[Noted, ...]:
    """
    All moves of an alias.

    Raises:
        Corrupt: the bytes are no record of an alias.
    """
    return _read(data, _moves)


def _read(data: bytes, decode: Callable[[Any], T]) -> T:
    try:
        return decode(_known(json.loads(data)))
    except (DomainError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise Corrupt(WHAT) from error


def _known(content: Any) -> Any:
    if content["schema"] != SCHEMA:
        raise ValueError("a record of another schema")
    return content


def _version(content: Any) -> tuple[ModelVersion, str]:
    version = SemanticVersion.parse(content["version"])
    known = ModelVersion(
        ref=ModelRef(content["model"], version, content["digest"]),
        added_at=datetime.fromisoformat(content["added_at"]),
        added_by=content["added_by"],
    )
    return known, content["nonce"]


def _move_content(move: AliasMove, nonce: str) -> dict[str, str | int]:
    return {
        "nonce": nonce,
        "model": move.model,
        "alias": move.alias,
        "revision": move.revision,
        "version": str(move.version),
        "direction": move.direction.value,
        "actor": move.actor,
        "at": move.at.isoformat(),
    }


def _moves(content: Any) -> tuple[Noted, ...]:
    return tuple((_move(one), one["nonce"]) for one in content["moves"])


def _move(content: Any) -> AliasMove:
    return AliasMove(
        model=content["model"],
        alias=content["alias"],
        revision=content["revision"],
        version=SemanticVersion.parse(content["version"]),
        direction=Direction(content["direction"]),
        actor=content["actor"],
        at=datetime.fromisoformat(content["at"]),
    )


def _json(content: dict[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True, ensure_ascii=False).encode() + b"\n"

"""Versions and alias moves as small files that are written once."""

import json
import re
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import attrs

from clarity.adapters.local._files import create, listed, make_folder, sync, translated
from clarity.domain.errors import DomainError
from clarity.domain.models import (
    AliasHistory,
    AliasMove,
    Direction,
    ModelRef,
    ModelShelf,
    ModelVersion,
)
from clarity.domain.versions import SemanticVersion
from clarity.ports.errors import AlreadyExists, Corrupt, StaleVersion
from clarity.ports.model_registry import ModelRegistry

__all__ = ["DirectoryModelRegistry"]

WHAT: Final = "the registry of models"
SCHEMA: Final = 1
RECORD: Final = re.compile(r"[^.].*\.json")

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class DirectoryModelRegistry(ModelRegistry):
    """
    `versions/<model>/<version>.json` and `aliases/<model>/<alias>/<revision>.json`.

    Every file is created once and never changed. Compare-and-set is the creation of the file of the
    next revision, which the file system grants to one of many; there are no locks to be left over.

    Attributes:
        root: the folder; made when something is registered.
    """

    root: Path

    def register(self, version: ModelVersion) -> None:
        """See `ModelRegistry.register`."""
        with translated(WHAT):
            try:
                create(self.root, self._version_file(version.ref), _version_bytes(version))
            except FileExistsError as error:
                raise AlreadyExists(f"model {version.ref}") from error

    def unregister(self, ref: ModelRef) -> None:
        """See `ModelRegistry.unregister`."""
        with translated(WHAT):
            path = self._version_file(ref)
            make_folder(path.parent)
            path.unlink(missing_ok=True)
            sync(path.parent)

    def names(self) -> tuple[str, ...]:
        """See `ModelRegistry.names`."""
        with translated(WHAT):
            folders = _folders(self.root / "versions")
            return tuple(folder.name for folder in folders if _records(folder))

    def shelf(self, model: str) -> ModelShelf:
        """See `ModelRegistry.shelf`."""
        empty = ModelShelf(model=model)
        with translated(WHAT):
            versions = _read_all(_records(self.root / "versions" / model), _version)
            aliases = _folders(self.root / "aliases" / model)
            return attrs.evolve(
                empty,
                versions=versions,
                histories=tuple(_history(model, folder) for folder in aliases),
            )

    def move(self, move: AliasMove) -> None:
        """See `ModelRegistry.move`."""
        folder = self.root / "aliases" / move.model / move.alias
        with translated(WHAT):
            current = len(_records(folder))
            if current == move.revision - 1 and self._created(folder, move):
                return
            current = len(_records(folder))
        raise StaleVersion(f"{move.model}@{move.alias}", current)

    def _created(self, folder: Path, move: AliasMove) -> Path | None:
        path = folder / f"{move.revision:08}.json"
        try:
            create(self.root, path, _move_bytes(move))
        except FileExistsError:
            return None
        return path

    def _version_file(self, ref: ModelRef) -> Path:
        return self.root / "versions" / ref.model / f"{ref.version}.json"


def _records(folder: Path) -> list[Path]:
    return [path for path in listed(folder) if RECORD.fullmatch(path.name)]


def _folders(folder: Path) -> list[Path]:
    return [path for path in listed(folder) if path.is_dir()]


def _history(model: str, folder: Path) -> AliasHistory:
    moves = _read_all(_records(folder), _move)
    try:
        return AliasHistory(model=model, alias=folder.name, moves=moves)
    except ValueError as error:
        raise Corrupt(WHAT) from error


def _read_all(paths: Iterable[Path], decode: Callable[[Any], T]) -> tuple[T, ...]:
    found = []
    for path in paths:
        try:
            found.append(decode(json.loads(path.read_bytes())))
        except FileNotFoundError:  # unregistered since it was listed
            continue
        except (DomainError, ValueError, LookupError, TypeError, RecursionError) as error:
            raise Corrupt(WHAT) from error
    return tuple(found)


def _version_bytes(version: ModelVersion) -> bytes:
    return _json(
        {
            "schema": SCHEMA,
            "model": version.ref.model,
            "version": str(version.ref.version),
            "digest": version.ref.digest,
            "added_at": version.added_at.isoformat(),
            "added_by": version.added_by,
        }
    )


def _version(content: Any) -> ModelVersion:
    version = SemanticVersion.parse(content["version"])
    return ModelVersion(
        ref=ModelRef(content["model"], version, content["digest"]),
        added_at=datetime.fromisoformat(content["added_at"]),
        added_by=content["added_by"],
    )


def _move_bytes(move: AliasMove) -> bytes:
    return _json(
        {
            "schema": SCHEMA,
            "model": move.model,
            "alias": move.alias,
            "revision": move.revision,
            "version": str(move.version),
            "direction": move.direction.value,
            "actor": move.actor,
            "at": move.at.isoformat(),
        }
    )


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


def _json(content: dict[str, str | int]) -> bytes:
    return json.dumps(content, sort_keys=True, indent=1, ensure_ascii=False).encode() + b"\n"

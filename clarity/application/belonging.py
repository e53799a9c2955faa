"""Which files may be of one person, and which only share a name."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from enum import StrEnum
from pathlib import PurePath
from typing import ClassVar, Final

import attrs

from clarity.domain.errors import DomainError
from clarity.ports.recordings import Recording, Source
from clarity.ports.report import Origin

__all__ = [
    "Found",
    "LabelBy",
    "Mark",
    "SameFolder",
    "SameName",
    "by_folder",
    "by_name",
    "digest_of",
    "folder_name",
    "mark_of",
    "origin_of",
    "sharing_a_name",
]

PIECE_BYTES: Final = 1 << 20
"""How much of a file is in memory while its digest is made, bytes."""

PACKED: Final = frozenset({".gz", ".zip"})
"""Endings that stand behind another one."""

Mark = tuple[str, str, str]
"""What tells a file from all others: its name, a digest of its folder's path, and its digest."""


class LabelBy(StrEnum):
    """What names the person of a file that does not say whose it is."""

    FILE = "file"
    FOLDER = "folder"


@attrs.define(eq=False)
class SameName(DomainError):
    """Files of one name lie in different folders and do not say whose they are."""

    code: ClassVar[str] = "ingest.same-name"

    def __str__(self) -> str:
        return (
            "files of this name lie in different folders, and nothing in them says whose they "
            "are; say --label-by folder when each folder is of one person, --label-by file when "
            "equal names are one person, or --patient when all are of one"
        )


@attrs.define(eq=False)
class SameFolder(DomainError):
    """Folders of one name, which shall name the person, lie in different places."""

    code: ClassVar[str] = "ingest.same-folder"

    def __str__(self) -> str:
        return (
            "folders of this name lie in different places, and nothing says that they are of one "
            "person; rename one of them, or give the files of one person --patient"
        )


@attrs.frozen
class Found:
    """A recording in a file, not stored yet."""

    source: Source
    origin: Origin
    recording: Recording


def mark_of(source: Source, digest: str) -> Mark:
    """What tells the file from all others; the folder is not named."""
    folder = _folder(source)
    told = hashlib.sha256(str(folder).encode()).hexdigest() if folder.parts else ""
    return (PurePath(source.name).name, told, digest)


def origin_of(source: Source, recordings: Sequence[Recording]) -> Origin:
    """The file in which these recordings were found."""
    name, folder, digest = mark_of(source, recordings[0].digest)
    return Origin(name=name, folder=folder, digest=digest, recordings=len(recordings))


def digest_of(source: Source) -> str:
    """SHA-256 (hex) of the bytes; empty when they cannot be read."""
    digest = hashlib.sha256()
    try:
        with source.open() as file:
            while piece := file.read(PIECE_BYTES):
                digest.update(piece)
    except OSError:
        return ""
    return digest.hexdigest()


def folder_name(source: Source) -> str:
    """The name of the folder in which the file lies; empty when it lies in none."""
    return _folder(source).name


def _folder(source: Source) -> PurePath:
    return PurePath(source.folder) if source.folder else PurePath(source.name).parent


def by_folder(sources: Iterable[Source]) -> tuple[tuple[Source, ...], ...]:
    """The files that lie in folders of one name, together; in their order."""
    return _together(sources, folder_name)


def by_name(sources: Iterable[Source]) -> tuple[tuple[Source, ...], ...]:
    """The files that have one name but for folder and ending, together; in their order."""
    return _together(sources, _stem)


def _together(
    sources: Iterable[Source], of: Callable[[Source], str]
) -> tuple[tuple[Source, ...], ...]:
    together: dict[str, list[Source]] = defaultdict(list)
    for source in sources:
        together[of(source)].append(source)
    return tuple(tuple(some) for some in together.values())


def _stem(source: Source) -> str:
    path = PurePath(PurePath(source.name).name)
    while path.suffix.casefold() in PACKED:
        path = path.with_suffix("")
    return path.stem


def sharing_a_name(
    found: Sequence[Found],
    known: Mapping[str, Collection[Origin]],
    *,
    by: LabelBy,
    moved: Collection[str] = (),
) -> frozenset[Origin]:
    """
    Files that have their label from a name, as others in other folders have.

    Args:
        found: in the files that are read now.
        known: files that went into what is held already, by the label of the person.
        by: whose name that is, of the file or of its folder.
        moved: digests of files that may lie elsewhere now.
    """
    is_named = _is_named if by is LabelBy.FILE else _is_anyhow
    by_label: dict[str, set[Origin]] = defaultdict(set)
    for one in found:
        label = one.recording.participant
        if one.origin.digest not in moved and is_named(one.origin, label):
            by_label[label].add(one.origin)
    return frozenset(
        origin
        for label, origins in by_label.items()
        for origin in _elsewhere(origins, [o for o in known.get(label, ()) if is_named(o, label)])
    )


def _elsewhere(origins: Collection[Origin], known: Collection[Origin]) -> set[Origin]:
    """Those of other folders than the known ones; all when none is known and they differ."""
    new = {one for one in origins if one.folder}
    homes = {one.folder for one in known if one.folder}
    if homes:
        return {one for one in new if one.folder not in homes}
    return new if len({one.folder for one in new}) > 1 else set()


def _is_anyhow(_: Origin, __: str) -> bool:
    """Whatever the file is called, its folder names the person."""
    return True


def _is_named(origin: Origin, label: str) -> bool:
    """Whether the label is the file's name without its endings."""
    return origin.name == label or origin.name.startswith(f"{label}.")

"""What lies in an output folder: reports of earlier runs, and which names are taken."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

import attrs

from clarity.application.read import Days
from clarity.ports.report import Entry, Origin

__all__ = ["Shelf", "sorted_by_label"]

UNSAFE: Final = re.compile(r"[^A-Za-z0-9_-]+")
"""What does not belong into the name of a folder; documents have a dot and folders have none."""

NUMBER: Final = re.compile(r"([0-9]+)")


@attrs.define
class Shelf:
    """
    The reports in an output folder, by whose stream they tell of.

    Attributes:
        entries: of earlier runs and, once they are made, of this one.
        folders: names of folders that are taken, in small letters.
        labels: that are taken.
        origins: files that went into what is held, by the person as the store knows them.
    """

    entries: dict[Days, Entry]
    folders: set[str]
    labels: set[str] = attrs.field(init=False, factory=set)
    origins: dict[str, list[Origin]] = attrs.field(init=False, factory=dict)

    def __attrs_post_init__(self) -> None:
        """What is there is known."""
        for key, entry in self.entries.items():
            self.put(key, entry)

    def put(self, key: Days, entry: Entry) -> None:
        """The report has its place."""
        self.entries[key] = entry
        self.labels.add(entry.participant)
        self.origins.setdefault(str(key.patient.patient), []).extend(entry.made_of.origins)

    def label_for(self, key: Days, *, streams: int) -> str:
        """
        How the person is called in the report: as before, and nobody else is called so.

        Args:
            key: whose stream.
            streams: how many of the person's streams are reported.
        """
        if key in self.entries:
            return self.entries[key].participant
        label = str(key.patient.patient)
        if streams > 1:
            label = f"{label} ({key.stream})"
        while label in self.labels:
            label = f"{label} ({key.stream})"
        return label

    def folder_for(self, label: str) -> str:
        """A folder for the documents that nobody has; it is taken from now on."""
        plain = UNSAFE.sub("_", label).strip("_") or "participant"
        name, count = plain, 2
        while name.casefold() in self.folders:
            name, count = f"{plain}-{count}", count + 1
        self.folders.add(name.casefold())
        return name

    def at_root(self) -> Iterator[Days]:
        """Whose documents lie in the output folder itself."""
        return (key for key, entry in self.entries.items() if not entry.folder)

    def cleared(self, key: Days) -> str:
        """The folder into which documents go that lie in the output folder itself."""
        folder = self.folder_for(self.entries[key].participant)
        self.entries[key] = attrs.evolve(self.entries[key], folder=folder)
        return folder


def sorted_by_label(entries: Iterable[Entry]) -> list[Entry]:
    """By label, numbers in it by size."""
    return sorted(entries, key=lambda entry: _natural(entry.participant))


def _natural(label: str) -> list[str | int]:
    parts = NUMBER.split(label.casefold())
    return [int(part) if place % 2 else part for place, part in enumerate(parts)]

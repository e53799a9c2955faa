"""An order on its way: file by file, person by person, beside what earlier runs did."""

from collections import Counter
from collections.abc import Collection, Generator, Iterator, Sequence
from typing import Final

import attrs

from clarity.application.belonging import (
    Found,
    LabelBy,
    SameFolder,
    SameName,
    origin_of,
    sharing_a_name,
)
from clarity.application.diaries import diary_of, of_strangers
from clarity.application.earlier import Earlier
from clarity.application.orders import Kept, Moved, Order, Read, Rendered
from clarity.application.parts import Part, part_of, sources
from clarity.application.person_reports import PersonReports
from clarity.application.read import Days
from clarity.application.shelf import Shelf
from clarity.domain.actigraphy.days import STREAM_OF_UNIT
from clarity.domain.errors import ClarityError
from clarity.domain.identity import PatientId, PatientRef
from clarity.ports.recordings import Recording, Source
from clarity.ports.report import Entry, Origin, Refused

__all__ = ["Batch", "BatchStep"]

BatchStep = Read | Refused | Moved | Kept | Rendered

MANY: Final = 2
"""Of more people than one."""


@attrs.define
class Batch:
    """
    How far an order is.

    Attributes:
        make: what makes the reports.
        shelf: the reports in the output folder.
        earlier: what earlier runs did of the same files.
        groups: files that may be of one person.
        parts: what files brought so far, by whose stream.
        done: participants, in the order in which they were done.
        again: those of whom another file came after their report.
        refused: what was not analyzed.
        folders: that were given to participants of this order.
        people: how many people it may be about, as far as that is known.
        is_alone: whether a single participant has the output folder for themselves.
        moved: digests of files of earlier runs, which may lie elsewhere now.
    """

    make: PersonReports
    shelf: Shelf
    earlier: Earlier
    groups: tuple[tuple[Source, ...], ...]
    parts: dict[Days, list[Part]] = attrs.field(factory=dict)
    done: dict[Days, Entry] = attrs.field(factory=dict)
    again: dict[Days, None] = attrs.field(factory=dict)
    refused: list[Refused] = attrs.field(factory=list)
    folders: dict[Days, str] = attrs.field(factory=dict)
    people: int = MANY
    is_alone: bool = False
    moved: frozenset[str] = attrs.field(init=False)

    @moved.default
    def _of_earlier_runs(self) -> frozenset[str]:
        origins = (one for some in self.shelf.origins.values() for one in some)
        return frozenset(origin.digest for origin in origins)

    @property
    def order(self) -> Order:
        """What was asked."""
        return self.make.order

    def steps(self) -> Iterator[BatchStep]:
        """Everything but the summary; see `ReportRecordings.run`."""
        for step in self._steps():
            if isinstance(step, Refused):
                self.refused.append(step)
            yield step

    def _steps(self) -> Iterator[BatchStep]:
        for group in self.groups:
            yield from self._group(group)
        for key in self.again:
            yield self._reported(key, self.done[key].participant, self.done[key].folder)
        people = {str(key.patient.patient) for key in self.parts}
        if people:
            yield from of_strangers(self.order.diary, people)

    def _group(self, group: Sequence[Source]) -> Iterator[BatchStep]:
        """All files of a group are read, then everybody in them is stored and reported."""
        found = yield from self._found(group)
        brought = yield from self._by_stream(found)
        kept = [key for source in group for key in self.earlier.keys_of(source)]
        keys = {*brought, *kept}
        yield from self._root_cleared(keys)
        for key in kept:
            yield from self._kept(key)
        streams = Counter(key.patient for key in keys)
        if len(self.groups) == 1:
            self.people = len(streams) + len(self.refused)
            self.is_alone = len(keys) == 1 and not self.shelf.entries
        for key, some in brought.items():
            label = self.shelf.label_for(key, streams=streams[key.patient])
            yield from self._person(key, some, label)

    def _found(self, group: Sequence[Source]) -> Generator[BatchStep, None, list[Found]]:
        found: list[Found] = []
        for source in group:
            if self.earlier.is_whole(source):
                yield Read(source.name, 0)
                continue
            try:
                recordings = self.make.ingest.read(source, options=self.order.reading(source))
            except ClarityError as error:
                yield Refused(source=source.name, code=error.code, reason=str(error))
                continue
            origin = origin_of(source, recordings)
            found += [Found(source, origin, recording) for recording in recordings]
            yield Read(source.name, len(recordings))
        return found

    def _by_stream(
        self, found: Sequence[Found]
    ) -> Generator[BatchStep, None, dict[Days, list[Found]]]:
        """What is new of each stream of each person; what cannot be told apart is refused."""
        shared = self._sharing(found)
        problem = SameName() if self.order.doubtful is LabelBy.FILE else SameFolder()
        for source in dict.fromkeys(one.source for one in found if one.origin in shared):
            yield _refused(source.name, "", problem)
        brought: dict[Days, list[Found]] = {}
        for one in found:
            if one.origin in shared:
                continue
            try:
                key = _key(one.recording, self.order)
            except ClarityError as error:
                yield _refused(one.source.name, one.recording.participant, error)
                continue
            if key not in self.earlier.keys_of(one.source):
                brought.setdefault(key, []).append(one)
        return brought

    def _sharing(self, found: Sequence[Found]) -> frozenset[Origin]:
        by = self.order.doubtful
        if by is None:
            return frozenset()
        return sharing_a_name(found, self.shelf.origins, by=by, moved=self.moved)

    def _root_cleared(self, keys: Collection[Days]) -> Iterator[Moved]:
        """Documents that lie in the output folder itself make room for those of several."""
        for key in tuple(self.shelf.at_root()):
            if len(self.groups) > 1 or set(keys) - {key}:
                yield Moved(self.shelf.cleared(key))

    def _kept(self, key: Days) -> Iterator[Kept]:
        if key not in self.done:
            entry = self.shelf.entries[key]
            self.parts[key] = [part_of(entry, key.patient)]
            self.done[key] = entry
            yield Kept(entry)

    def _person(self, key: Days, found: Sequence[Found], label: str) -> Iterator[BatchStep]:
        """What the group holds of one stream of a person is stored, then reported."""
        parts: list[Part] = []
        for one in found:
            try:
                parts.append(self.make.stored(one, key.patient))
            except ClarityError as error:
                yield _refused(one.source.name, str(key.patient.patient), error)
        if not parts:
            return
        self.parts.setdefault(key, []).extend(parts)
        if key in self.done:
            self.again[key] = None
            return
        yield self._reported(key, label, self._folder(key, label))

    def _reported(self, key: Days, label: str, folder: str) -> Rendered | Refused:
        parts, person = self.parts[key], str(key.patient.patient)
        try:
            diary = diary_of(self.order.diary, person, people=self.people)
            step = self.make.rendered(parts, label=label, folder=folder, diary=diary)
        except ClarityError as error:
            return _refused(sources(parts), person, error)
        self.shelf.put(key, step.entry)
        self.done[key] = step.entry
        return step

    def _folder(self, key: Days, label: str) -> str:
        """That of before; the output folder itself for one who is alone there; else a new one."""
        if key in self.shelf.entries:
            return self.shelf.entries[key].folder
        if self.is_alone:
            return ""
        if key not in self.folders:
            self.folders[key] = self.shelf.folder_for(label)
        return self.folders[key]


def _key(recording: Recording, order: Order) -> Days:
    patient = PatientRef(order.actor.tenant, PatientId(recording.participant))
    return Days(patient=patient, stream=STREAM_OF_UNIT[recording.series.unit])


def _refused(source: str, participant: str, error: ClarityError) -> Refused:
    return Refused(source=source, participant=participant, code=error.code, reason=str(error))

"""What is asked of the reports of a folder, and the steps in which it is answered."""

import hashlib
from collections.abc import Mapping

import attrs

from clarity.application.ask_model import ModelQuestion
from clarity.application.belonging import LabelBy, by_folder, by_name, digest_of, folder_name
from clarity.domain.identity import Actor, CorrelationId
from clarity.domain.sleep.diary import DiaryNight
from clarity.ports.recordings import ReadOptions, Source
from clarity.ports.report import Document, Entry, Refused, Report

__all__ = ["Kept", "Moved", "Order", "Read", "Rendered", "Step", "Summary"]


@attrs.frozen(kw_only=True)
class Order:
    """
    What to make reports of, for whom.

    Attributes:
        sources: the files.
        options: what the caller knows better than the files.
        patient: label of the person, instead of the one that a file gives; of a file of several
            people it goes before each label.
        label_by: what names the person: the file's name where the file does not say whose it is,
            or the folder's name; None for the file's name, and to refuse files of one name in
            different folders.
        diary: nights of the people, for those who kept one.
        model: what to ask a model about each recording; None for nothing.
        settings: what the caller chose, shown in the report.
        earlier: the results.json of each participant that lie in the output folder, by the folder
            that holds them; empty for the output folder itself.
        actor: who asks.
        correlation: ties the audit records together.
    """

    sources: tuple[Source, ...]
    options: ReadOptions
    patient: str | None = attrs.field(default=None, repr=False)
    label_by: LabelBy | None = None
    diary: tuple[DiaryNight, ...] = attrs.field(default=(), repr=False)
    model: ModelQuestion | None = None
    settings: Mapping[str, str] = attrs.field(factory=dict, hash=False)
    earlier: Mapping[str, bytes] = attrs.field(factory=dict, hash=False, repr=False)
    actor: Actor
    correlation: CorrelationId

    @property
    def person(self) -> str | None:
        """Whose all files are, when the caller says so."""
        return self.patient or self.options.participant

    @property
    def doubtful(self) -> LabelBy | None:
        """Whose equal names are no proof of one person; None where the caller says they are."""
        if self.person is not None or self.label_by is LabelBy.FILE:
            return None
        return self.label_by or LabelBy.FILE

    @property
    def groups(self) -> tuple[tuple[Source, ...], ...]:
        """Files that may be of one person, together; a report is made when they are in."""
        if self.person is not None:
            return (self.sources,)
        if self.label_by is LabelBy.FOLDER:
            return by_folder(self.sources)
        return by_name(self.sources)

    def reading(self, source: Source) -> ReadOptions:
        """The options with the label of the person, if the caller gives one."""
        label = self.person
        if label is None and self.label_by is LabelBy.FOLDER:
            label = folder_name(source) or None
        return attrs.evolve(self.options, participant=label)

    def recipe(self) -> str:
        """SHA-256 (hex) of all but the files that a report depends on beside its analyses."""
        options = attrs.astuple(attrs.evolve(self.options, wear=None))
        wear = None if self.options.wear is None else digest_of(self.options.wear)
        told = (options, wear, self.patient, self.label_by, self.model, *self.settings.items())
        return hashlib.sha256(repr(told).encode()).hexdigest()


@attrs.frozen
class Read:
    """A file was read; nothing of it is stored yet. `people` reports come of it."""

    source: str
    people: int


@attrs.frozen
class Moved:
    """Documents that lay in the output folder itself belong into `folder` from now on."""

    folder: str = attrs.field(repr=False)


@attrs.frozen
class Rendered:
    """A participant is done; the documents belong into the folder of `entry`."""

    entry: Entry
    report: Report
    documents: tuple[Document, ...]


@attrs.frozen
class Kept:
    """An earlier run did this participant, and nothing has changed since."""

    entry: Entry


@attrs.frozen
class Summary:
    """
    Everything is done.

    Attributes:
        entries: the participants of this order, in the order in which they were done.
        others: participants of earlier orders, who stand in the documents too.
        gone: participants of earlier orders who do not, since the store holds their results no
            more.
        refused: what was not analyzed, and why.
        documents: over all participants.
    """

    entries: tuple[Entry, ...]
    others: tuple[Entry, ...]
    gone: tuple[str, ...] = attrs.field(repr=False)
    refused: tuple[Refused, ...]
    documents: tuple[Document, ...]


Step = Read | Refused | Moved | Kept | Rendered | Summary

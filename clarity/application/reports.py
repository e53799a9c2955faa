"""Files in, documents out: ingest, analyze and render, one participant after the other."""

from collections.abc import Iterator

import attrs

from clarity.application.analyze import Analyze
from clarity.application.ask_model import AskModel
from clarity.application.batch import Batch
from clarity.application.diaries import diary_of
from clarity.application.earlier import Earlier, earlier_of
from clarity.application.ingest import Ingest
from clarity.application.orders import Order, Step, Summary
from clarity.application.person_reports import PersonReports
from clarity.application.read import Days
from clarity.application.shelf import Shelf, sorted_by_label
from clarity.domain.errors import ClarityError
from clarity.domain.identity import PatientRef
from clarity.ports.errors import Corrupt
from clarity.ports.report import Entry, Renderer

__all__ = ["ReportRecordings"]


@attrs.frozen(kw_only=True)
class ReportRecordings:
    """Makes the documents of a folder of recordings; what cannot be used is refused in words."""

    ingest: Ingest
    analyze: Analyze
    ask: AskModel
    renderer: Renderer

    def run(self, order: Order) -> Iterator[Step]:
        """
        The steps of the work, each when it is done; the last one is the summary.

        A participant is reported when all files are in that may be theirs, and once more at the
        end when another file proves to be theirs too. What an earlier run did of these files in
        the same way is kept as it is and not read again. A file that cannot be read, or a person
        of a file who cannot be stored or analyzed, becomes a `Refused` and does not keep the
        others from being done. A recording that is no input for the model that was asked for is
        reported with the reason.

        Raises:
            ModelUnknown, ClarityError: the model that was asked for is not there or was refused;
                then nothing is done.
            PortError: the store cannot say whether it holds the results of earlier runs.
        """
        if order.model is not None:
            self.ask.require(order.model.selector)
        shelf = self._shelf(order)
        make = PersonReports(
            ingest=self.ingest,
            analyze=self.analyze,
            ask=self.ask,
            renderer=self.renderer,
            order=order,
            recipe=order.recipe(),
        )
        batch = Batch(make, shelf, _earlier(make, shelf), order.groups)
        yield from batch.steps()
        yield self._summary(batch)

    def _shelf(self, order: Order) -> Shelf:
        entries: dict[Days, Entry] = {}
        for folder, results in sorted(order.earlier.items()):
            try:
                entry = self.renderer.entry(results, folder=folder)
            except Corrupt:
                continue
            patient = PatientRef(order.actor.tenant, entry.made_of.patient)
            entries.setdefault(Days(patient=patient, stream=entry.made_of.stream), entry)
        return Shelf(entries, {folder.casefold() for folder in order.earlier})

    def _summary(self, batch: Batch) -> Summary:
        others = {key: one for key, one in batch.shelf.entries.items() if key not in batch.done}
        held = [one for key, one in others.items() if self._holds(key, one, batch.order)]
        told = sorted_by_label([*batch.done.values(), *held])
        return Summary(
            entries=tuple(batch.done.values()),
            others=tuple(sorted_by_label(held)),
            gone=tuple(
                entry.participant
                for entry in sorted_by_label(one for one in others.values() if one not in held)
            ),
            refused=tuple(batch.refused),
            documents=self.renderer.batch(told, batch.refused),
        )

    def _holds(self, key: Days, entry: Entry, order: Order) -> bool:
        try:
            return self.analyze.holds(key.patient, entry.fingerprint, actor=order.actor)
        except Corrupt:
            return False


def _earlier(make: PersonReports, shelf: Shelf) -> Earlier:
    """What is done already; with a model nothing is, since an alias may mean another one now."""
    order = make.order
    if order.model is not None or not shelf.entries:
        return Earlier()

    def is_current(key: Days, entry: Entry) -> bool:
        person, people = str(key.patient.patient), max(len(order.groups), len(shelf.entries))
        try:
            diary = diary_of(order.diary, person, people=people)
            return make.is_current(entry, key.patient, diary)
        except ClarityError:
            return False

    return earlier_of(order.sources, shelf.entries, is_current)

"""Files in, documents out: ingest, analyze and render, one participant after the other."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Final

import attrs

from clarity.application.analyze import Analyze
from clarity.application.ask_model import AskModel
from clarity.application.diaries import diary_of, of_strangers
from clarity.application.ingest import Ingest, Ingested
from clarity.application.read import Days
from clarity.domain.actigraphy.regrid import RegridReport
from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.errors import ClarityError
from clarity.domain.identity import Actor, CorrelationId, PatientId, PatientRef
from clarity.domain.models import ModelSelector
from clarity.domain.pat.answer import ModelReply
from clarity.domain.sleep.diary import Diary, DiaryNight
from clarity.ports.recordings import ReadOptions, Recording, Source
from clarity.ports.report import Document, Refused, Renderer, Report

__all__ = ["Order", "Rendered", "ReportRecordings", "Step", "Stored", "Summary"]

UNSAFE: Final = re.compile(r"[^A-Za-z0-9_-]+")
"""What does not belong into the name of a folder; documents have a dot and folders have none."""


@attrs.frozen(kw_only=True)
class Order:
    """
    What to make reports of, for whom.

    Attributes:
        sources: the files.
        options: what the caller knows better than the files.
        patient: label of the person, instead of the one that a file gives; of a file of several
            people it goes before each label.
        diary: nights of the people, for those who kept one.
        model: which model to ask about each recording; None for none.
        settings: what the caller chose, shown in the report.
        actor: who asks.
        correlation: ties the audit records together.
    """

    sources: tuple[Source, ...]
    options: ReadOptions
    patient: str | None = attrs.field(default=None, repr=False)
    diary: tuple[DiaryNight, ...] = attrs.field(default=(), repr=False)
    model: ModelSelector | None = None
    settings: Mapping[str, str] = attrs.field(factory=dict, hash=False)
    actor: Actor
    correlation: CorrelationId

    @property
    def reading(self) -> ReadOptions:
        """The options with the label of the person, if there is one."""
        return attrs.evolve(self.options, participant=self.patient or self.options.participant)


@attrs.frozen
class Stored:
    """A file was read and its recordings are in the store."""

    source: str
    ingested: tuple[Ingested, ...]


@attrs.frozen
class Rendered:
    """A participant is done; the documents belong into `folder` (empty: the output folder)."""

    report: Report
    folder: str = attrs.field(repr=False)
    documents: tuple[Document, ...]


@attrs.frozen
class Summary:
    """Everything is done; the documents over all participants."""

    reports: tuple[Report, ...]
    refused: tuple[Refused, ...]
    documents: tuple[Document, ...]


Step = Stored | Refused | Rendered | Summary


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

        Files of one participant are merged and reported once. A file that cannot be read or
        analyzed becomes a `Refused` and does not keep the others from being done. A recording that
        is no input for the model that was asked for is reported with the reason.

        Raises:
            ModelUnknown, ClarityError: the model that was asked for is not there or was refused;
                then nothing is done.
        """
        if order.model is not None:
            self.ask.require(order.model)
        refused: list[Refused] = []
        streams: dict[Days, list[_Part]] = {}
        for source in order.sources:
            step = self._stored(source, order)
            yield step
            if isinstance(step, Refused):
                refused.append(step)
                continue
            for one in step.ingested:
                streams.setdefault(_whole(one.days), []).append(_Part(source.name, one))
        yield from self._rendered(_labelled(streams), refused, order)

    def _stored(self, source: Source, order: Order) -> Stored | Refused:
        try:
            found = self.ingest.read(source, options=order.reading)
            people = [(PatientRef(order.actor.tenant, PatientId(r.participant)), r) for r in found]
            return Stored(source.name, tuple(self._ingested(*one, order) for one in people))
        except ClarityError as error:
            return Refused(source=source.name, code=error.code, reason=str(error))

    def _ingested(self, patient: PatientRef, recording: Recording, order: Order) -> Ingested:
        return self.ingest.run(
            recording, patient=patient, actor=order.actor, correlation=order.correlation
        )

    def _rendered(
        self, together: Mapping[str, Sequence["_Part"]], refused: list[Refused], order: Order
    ) -> Iterator[Step]:
        people = {_person(parts) for parts in together.values()}
        unread = len(refused)
        folders = _folders(tuple(together))
        reports: list[Report] = []
        for label, parts in together.items():
            try:
                diary = diary_of(order.diary, _person(parts), people=people, refused=unread)
                report = self._report(label, parts, order, diary)
            except ClarityError as error:
                step = Refused(source=_sources(parts), code=error.code, reason=str(error))
                refused.append(step)
                yield step
                continue
            reports.append(report)
            yield Rendered(report, folders[label], self.renderer.participant(report))
        for stranger in of_strangers(order.diary, people) if people else ():
            refused.append(stranger)
            yield stranger
        documents = self.renderer.batch(reports, refused, folders=folders)
        yield Summary(tuple(reports), tuple(refused), documents)

    def _report(
        self, label: str, parts: Sequence["_Part"], order: Order, diary: Diary | None
    ) -> Report:
        days = _all_days([part.ingested for part in parts])
        analyzed = self.analyze.run(
            days, actor=order.actor, correlation=order.correlation, diary=diary
        )
        return Report(
            participant=label,
            source=_sources(parts),
            series=analyzed.series,
            result=analyzed.result,
            notices=_notices([part.ingested for part in parts]),
            settings=order.settings,
            made_at=analyzed.result.provenance.computed_at,
            model=self._reply(analyzed.series, days.patient, order),
        )

    def _reply(
        self, series: ActivitySeries, patient: PatientRef, order: Order
    ) -> ModelReply | None:
        if order.model is None:
            return None
        return self.ask.run(
            series,
            selector=order.model,
            patient=patient,
            actor=order.actor,
            correlation=order.correlation,
        )


@attrs.frozen
class _Part:
    source: str
    ingested: Ingested


def _person(parts: Sequence[_Part]) -> str:
    return str(parts[0].ingested.days.patient.patient)


def _sources(parts: Sequence[_Part]) -> str:
    return ", ".join(dict.fromkeys(PurePath(part.source).name for part in parts))


def _whole(days: Days) -> Days:
    return attrs.evolve(days, first=None, last=None)


def _labelled(streams: Mapping[Days, list[_Part]]) -> dict[str, list[_Part]]:
    """The parts by participant; who brings several streams is told apart by stream."""
    people = Counter(days.patient for days in streams)
    labelled: dict[str, list[_Part]] = {}
    for days, parts in streams.items():
        label = str(days.patient.patient)
        if people[days.patient] > 1:
            label = f"{label} ({days.stream})"
        while label in labelled:
            label = f"{label} ({days.stream})"
        labelled[label] = parts
    return labelled


def _all_days(parts: Sequence[Ingested]) -> Days:
    firsts = [part.days.first for part in parts if part.days.first is not None]
    lasts = [part.days.last for part in parts if part.days.last is not None]
    return attrs.evolve(parts[0].days, first=min(firsts), last=max(lasts))


def _notices(parts: Sequence[Ingested]) -> tuple[str, ...]:
    texts = [notice.text for part in parts for notice in part.recording.notices]
    for part in parts:
        counted = _counted(part.recording.report) | {
            "epochs replaced other values stored before": part.changed
        }
        texts += [f"{count:,} {what}" for what, count in counted.items() if count]
    return tuple(dict.fromkeys(texts))


def _counted(report: RegridReport) -> dict[str, int]:
    return {
        "samples repeat an epoch; one of each was kept": report.duplicates,
        "samples contradict an earlier one of their epoch; the last counts": report.conflicts,
        "samples came out of order and were sorted by time": report.out_of_order,
        "times in the hour that the clock change skips were moved forward": report.in_gap,
        "times lie in the hour that the clock change repeats": report.in_fold,
    }


def _folders(labels: Sequence[str]) -> dict[str, str]:
    """A folder per participant, none when there is only one; different people never share one."""
    if len(labels) == 1:
        return {labels[0]: ""}
    folders: dict[str, str] = {}
    taken: set[str] = set()
    for label in labels:
        plain = UNSAFE.sub("_", label).strip("_") or "participant"
        name, count = plain, 2
        while name.casefold() in taken:
            name, count = f"{plain}-{count}", count + 1
        taken.add(name.casefold())
        folders[label] = name
    return folders

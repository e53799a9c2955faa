"""One participant: what files hold is stored, analyzed and drawn."""

from collections.abc import Sequence
from typing import Final

import attrs

from clarity.application.analyze import Analyze
from clarity.application.ask_model import AskModel
from clarity.application.belonging import Found
from clarity.application.ingest import Ingest
from clarity.application.orders import Order, Rendered
from clarity.application.parts import (
    Part,
    all_days,
    made_of,
    notices,
    part_of,
    sources,
    stored_part,
)
from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.identity import PatientRef
from clarity.domain.pat.answer import ModelReply
from clarity.domain.sleep.diary import Diary
from clarity.ports.report import RESULTS, Entry, Renderer, Report

__all__ = ["PersonReports"]

REPLACED: Final = "the result stored before was damaged; it was computed again and replaced"


@attrs.frozen(kw_only=True)
class PersonReports:
    """
    Stores what files hold of a person, and makes the person's report.

    Attributes:
        order: what was asked.
        recipe: digest of how it is done; see `Order.recipe`.
    """

    ingest: Ingest
    analyze: Analyze
    ask: AskModel
    renderer: Renderer
    order: Order
    recipe: str

    def stored(self, found: Found, patient: PatientRef) -> Part:
        """
        What the recording brought; it is in the store.

        Raises:
            ClarityError: it is refused, as by `Ingest`.
        """
        ingested = self.ingest.run(
            found.recording,
            patient=patient,
            actor=self.order.actor,
            correlation=self.order.correlation,
        )
        return stored_part(found.origin, ingested)

    def rendered(
        self, parts: Sequence[Part], *, label: str, folder: str, diary: Diary | None
    ) -> Rendered:
        """
        The documents about what is stored of the days of these parts.

        Args:
            parts: of one stream of one person.
            label: how the person is called.
            folder: where the documents go.
            diary: when the person was in bed, if that is known.

        Raises:
            ClarityError: it cannot be analyzed, as by `Analyze`.
        """
        report = self._report(parts, label, diary)
        documents = self.renderer.participant(report)
        (results,) = (one.content for one in documents if one.name == RESULTS)
        return Rendered(self.renderer.entry(results, folder=folder), report, documents)

    def is_current(self, entry: Entry, patient: PatientRef, diary: Diary | None) -> bool:
        """Whether this order would make the same report again of what is stored."""
        return entry.made_of.recipe == self.recipe and self.analyze.is_current(
            part_of(entry, patient).days, entry.fingerprint, actor=self.order.actor, diary=diary
        )

    def _report(self, parts: Sequence[Part], label: str, diary: Diary | None) -> Report:
        days = all_days(parts)
        analyzed = self.analyze.run(
            days, actor=self.order.actor, correlation=self.order.correlation, diary=diary
        )
        return Report(
            participant=label,
            source=sources(parts),
            series=analyzed.series,
            result=analyzed.result,
            notices=(*notices(parts), *([REPLACED] if analyzed.replaced_damaged else [])),
            replaced=sum(part.replaced for part in parts),
            settings=self.order.settings,
            made_at=analyzed.result.provenance.computed_at,
            made_of=made_of(parts, self.recipe),
            model=self._reply(analyzed.series, days.patient),
        )

    def _reply(self, series: ActivitySeries, patient: PatientRef) -> ModelReply | None:
        if self.order.model is None:
            return None
        return self.ask.run(
            series,
            question=self.order.model,
            patient=patient,
            actor=self.order.actor,
            correlation=self.order.correlation,
        )

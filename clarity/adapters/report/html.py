"""Reports as self-contained HTML pages, with the files for other programs beside them."""

from collections.abc import Sequence

import attrs

from clarity.adapters.report.csv_files import nights_csv, refused_csv, summary_csv
from clarity.adapters.report.json_file import batch_json, entry_of, loaded, results_json
from clarity.adapters.report.pages import index_page, report_page, row_of
from clarity.domain.identity import BadIdentifier
from clarity.ports.errors import Corrupt
from clarity.ports.report import RESULTS, Document, Entry, Refused, Renderer, Report

__all__ = ["HtmlRenderer"]


@attrs.frozen
class HtmlRenderer(Renderer):
    """
    Draws report.html, of one or of many, without script and without anything from the network.

    Every text is escaped, and a page carries a policy that forbids the browser to load anything.
    """

    def participant(self, report: Report) -> tuple[Document, ...]:
        """See `Renderer.participant`."""
        results = results_json(report)
        return (
            Document("report.html", report_page(report)),
            Document("nights.csv", nights_csv([loaded(results)])),
            Document(RESULTS, results),
        )

    def entry(self, results: bytes, *, folder: str) -> Entry:
        """See `Renderer.entry`."""
        try:
            entry, told = entry_of(results, folder=folder), loaded(results)
            row_of(entry, told), summary_csv([told]), nights_csv([told])
        except (ValueError, TypeError, KeyError, AttributeError, BadIdentifier) as error:
            raise Corrupt("a results.json") from error
        return entry

    def batch(self, entries: Sequence[Entry], refused: Sequence[Refused]) -> tuple[Document, ...]:
        """See `Renderer.batch`."""
        told = Document("refused.csv", refused_csv(refused))
        if not entries:
            return (told,)
        results = [loaded(entry.results) for entry in entries]
        tables = (Document("summary.csv", summary_csv(results)), told)
        if any(not entry.folder for entry in entries):
            return tables
        return (
            Document("report.html", index_page(entries, refused)),
            Document("nights.csv", nights_csv(results)),
            Document(RESULTS, batch_json(entries, refused)),
            *tables,
        )

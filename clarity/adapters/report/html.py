"""Reports as self-contained HTML pages, with the files for other programs beside them."""

from collections.abc import Mapping, Sequence

import attrs

from clarity.adapters.report.csv_files import nights_csv, refused_csv, summary_csv
from clarity.adapters.report.json_file import batch_json, results_json
from clarity.adapters.report.pages import index_page, report_page
from clarity.ports.report import Document, Refused, Renderer, Report

__all__ = ["HtmlRenderer"]


@attrs.frozen
class HtmlRenderer(Renderer):
    """
    Draws report.html, of one or of many, without script and without anything from the network.

    Every text is escaped, and a page carries a policy that forbids the browser to load anything.
    """

    def participant(self, report: Report) -> tuple[Document, ...]:
        """See `Renderer.participant`."""
        return (
            Document("report.html", report_page(report)),
            Document("results.json", results_json(report)),
            Document("nights.csv", nights_csv([report])),
        )

    def batch(
        self, reports: Sequence[Report], refused: Sequence[Refused], *, folders: Mapping[str, str]
    ) -> tuple[Document, ...]:
        """See `Renderer.batch`."""
        tables = (
            Document("summary.csv", summary_csv(reports)),
            Document("refused.csv", refused_csv(refused)),
        )
        if "" in folders.values():
            return tables
        return (
            Document("report.html", index_page(reports, refused, folders=folders)),
            Document("results.json", batch_json(reports, refused, folders=folders)),
            Document("nights.csv", nights_csv(reports)),
            *tables,
        )

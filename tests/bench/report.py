"""What drawing a report costs: time and size for two weeks and for 45 days."""

from functools import partial

from clarity.adapters.report.html import HtmlRenderer
from tests.bench.paired import Row, measured, table
from tests.support.reports import report, series

__all__ = ["rows"]


def rows() -> list[Row]:
    """All documents of a participant."""
    renderer = HtmlRenderer()
    found = []
    for days in (14, 45):
        drawn = report(recording=series(days=days))
        page = renderer.participant(drawn)[0].content
        taken = measured(partial(renderer.participant, drawn))
        found.append(
            taken.row(
                f"report.html, results.json and nights.csv of {days} days",
                remark=f"report.html has {len(page) / 1e3:.0f} kB",
            )
        )
    return found


if __name__ == "__main__":
    print(table(rows()))

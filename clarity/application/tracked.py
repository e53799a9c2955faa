"""Reports of a folder, with a job that tells how far they are."""

from collections.abc import Iterator

import attrs

from clarity.application.correlation import correlated
from clarity.application.jobs import TrackJobs
from clarity.application.orders import Order, Step, Summary
from clarity.application.reports import ReportRecordings
from clarity.domain.jobs import JobKind

__all__ = ["TrackedReports"]


@attrs.frozen(kw_only=True)
class TrackedReports:
    """Does what `reports` does, and keeps a job of it; the number of steps is known at the end."""

    reports: ReportRecordings
    track: TrackJobs

    @correlated
    def run(self, order: Order) -> Iterator[Step]:
        """
        The steps of `ReportRecordings.run`; the job is done before the summary is given.

        Raises:
            PortError: the job cannot be kept.
        """
        with self.track.running(
            JobKind.ANALYZE, actor=order.actor, correlation=order.correlation
        ) as progress:
            for step in self.reports.run(order):
                progress.advance()
                if isinstance(step, Summary):
                    break
                yield step
            else:
                return
        yield step

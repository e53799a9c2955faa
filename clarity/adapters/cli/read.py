"""`clarity read`: stored values, out again."""

import csv
import math
import sys
from datetime import UTC, datetime

import click

from clarity.adapters.cli.session import Session, pass_session
from clarity.application.read import Days
from clarity.domain.streams import DayChunk, StreamKind

__all__ = ["read"]


@click.command()
@click.argument("patient")
@click.option(
    "--stream",
    type=click.Choice([kind.value for kind in StreamKind]),
    default=StreamKind.ACTIVITY.value,
    show_default=True,
)
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="First local day.")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), help="Last local day, included.")
@pass_session
def read(
    session: Session, patient: str, stream: str, first: datetime | None, last: datetime | None
) -> None:
    """
    Write what is stored of PATIENT as CSV: local time, value, unit.

    Missing epochs have an empty value. The read is recorded in the audit trail.
    """
    days = Days(
        patient=session.patient(patient),
        stream=StreamKind(stream),
        first=first.date() if first else None,
        last=last.date() if last else None,
    )
    out = csv.writer(sys.stdout, lineterminator="\n")
    with session.open() as app:
        out.writerow(["time", "value", "unit"])
        correlation = app.ids.correlation()
        cursor: str | None = None
        while True:
            page = app.read.run(days, actor=session.acting, correlation=correlation, cursor=cursor)
            for stored in page.items:
                out.writerows(_rows(stored.entity))
            cursor = page.cursor
            if cursor is None:
                break


def _rows(chunk: DayChunk) -> list[list[str]]:
    return [
        [
            datetime.fromtimestamp(chunk.start_s + i * chunk.epoch_s, UTC)
            .astimezone(chunk.zone)
            .isoformat(),
            "" if math.isnan(value) else repr(value).removesuffix(".0"),
            chunk.unit.value,
        ]
        for i, value in enumerate(chunk.values.tolist())
    ]

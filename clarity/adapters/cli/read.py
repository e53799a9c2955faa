"""`clarity read`: stored values, out again."""

import csv
import math
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import click

from clarity.adapters.cli.session import Session, json_option, pass_session
from clarity.adapters.cli.standard_output import standard_output
from clarity.application.clarity import Clarity
from clarity.application.read import Days, NothingOfStream
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
@json_option
@pass_session
def read(
    session: Session, patient: str, stream: str, first: datetime | None, last: datetime | None
) -> None:
    """
    Write what is stored of PATIENT as CSV: local time, value, unit.

    Missing epochs have an empty value. With --json it is an array of days, each with its values in
    order and null where one is missing. The read is recorded in the audit trail. Exit codes: 0
    written, 1 nothing is stored of that person, stream and time.
    """
    days = Days(
        patient=session.patient(patient),
        stream=StreamKind(stream),
        first=first.date() if first else None,
        last=last.date() if last else None,
    )
    with session.open() as app:
        chunks = _chunks(session, app, days)
        if session.as_json:
            session.answer([_day(chunk) for chunk in chunks])
        else:
            _write(chunks)


def _chunks(session: Session, app: Clarity, days: Days) -> Iterator[DayChunk]:
    """
    What is stored, page by page; every page is recorded before it is given.

    Raises:
        NothingOfStream: that is nothing.
        ClarityError: as by `ReadStream`.
    """
    correlation = app.ids.correlation()
    page = app.read.run(days, actor=session.acting, correlation=correlation)
    if not page.items:
        stored = app.read.streams(days.patient, actor=session.acting)
        raise NothingOfStream(days.stream, stored)
    yield from (stored.entity for stored in page.items)
    while page.cursor is not None:
        page = app.read.run(days, actor=session.acting, correlation=correlation, cursor=page.cursor)
        yield from (stored.entity for stored in page.items)


def _write(chunks: Iterable[DayChunk]) -> None:
    out = csv.writer(standard_output(), lineterminator="\n")
    for number, chunk in enumerate(chunks):
        if not number:
            out.writerow(["time", "value", "unit"])
        out.writerows(_rows(chunk))


def _day(chunk: DayChunk) -> dict[str, object]:
    return {
        "stream": chunk.stream.value,
        "day": chunk.day.isoformat(),
        "zone": chunk.zone.key,
        "start": _instant(chunk, 0),
        "epoch_s": chunk.epoch_s,
        "unit": chunk.unit.value,
        "device": chunk.device,
        "placement": chunk.placement.value,
        "values": [None if math.isnan(value) else value for value in chunk.values.tolist()],
    }


def _rows(chunk: DayChunk) -> list[list[str]]:
    return [
        [
            _instant(chunk, i),
            "" if math.isnan(value) else repr(value).removesuffix(".0"),
            chunk.unit.value,
        ]
        for i, value in enumerate(chunk.values.tolist())
    ]


def _instant(chunk: DayChunk, epoch: int) -> str:
    """The local time of the begin of an epoch."""
    at = datetime.fromtimestamp(chunk.start_s + epoch * chunk.epoch_s, UTC)
    return at.astimezone(chunk.zone).isoformat()

"""`clarity summary`: what each stream says of each day or week."""

import csv
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

import attrs
import click

from clarity.adapters.cli.session import Session, json_option, pass_session
from clarity.adapters.cli.standard_output import standard_output
from clarity.application.read import Days
from clarity.application.summarize import Period
from clarity.domain.streams import StreamKind
from clarity.domain.summaries import PeriodSummary

__all__ = ["summary"]

DAY: Final = click.DateTime(["%Y-%m-%d"])

AS_TABLE: Final = "clarity.summary.csv"
"""Whether a table is wanted, in `Context.meta`."""


def _remember(context: click.Context, _: click.Parameter, chosen: object) -> None:
    context.meta[AS_TABLE] = bool(chosen)


@attrs.frozen(kw_only=True)
class Row:
    """One value of one day or week, or why there is none; the names of the columns."""

    stream: str
    first: str
    last: str
    metric: str
    value: float | None
    unit: str
    coverage: float
    n_valid: int
    reason: str


@click.command()
@click.argument("patient")
@click.option(
    "--stream",
    "streams",
    multiple=True,
    type=click.Choice([kind.value for kind in StreamKind]),
    help="Only this stream; repeat.  [default: all]",
)
@click.option(
    "--by",
    type=click.Choice([period.value for period in Period]),
    default=Period.DAY.value,
    show_default=True,
    help="Local days, or weeks from Monday to Sunday.",
)
@click.option("--from", "first", type=DAY, help="First local day.")
@click.option("--to", "last", type=DAY, help="Last local day, included.")
@click.option(
    "--csv",
    is_flag=True,
    expose_value=False,
    callback=_remember,
    help="Answer as CSV on standard output.",
)
@json_option
@pass_session
def summary(
    session: Session,
    patient: str,
    streams: tuple[str, ...],
    by: str,
    first: datetime | None,
    last: datetime | None,
) -> None:
    """
    Sum up what is stored of PATIENT per day or week: totals, means, ranges, minutes of sleep.

    Every row says its unit and which share of the day or week was recorded; where that is too
    little there is a reason instead of a value. Every stream that is looked at is recorded in the
    audit trail. Exit codes: 0 answered, 1 refused.
    """
    as_table = click.get_current_context().meta[AS_TABLE]
    if as_table and session.as_json:
        raise click.UsageError("choose one of --json and --csv")
    wanted = [
        Days(
            patient=session.patient(patient),
            stream=stream,
            first=first.date() if first else None,
            last=last.date() if last else None,
        )
        for stream in ([StreamKind(name) for name in streams] or StreamKind)
    ]
    rows = _rows(session, wanted, Period(by))
    if session.as_json:
        session.answer([attrs.asdict(row) for row in rows])
    elif as_table:
        _write_csv(rows)
    else:
        _tell(session, rows)


def _rows(session: Session, wanted: Sequence[Days], by: Period) -> list[Row]:
    rows: list[Row] = []
    with session.open() as app:
        correlation = app.ids.correlation()
        for days in wanted:
            found = app.summarize.run(days, by=by, actor=session.acting, correlation=correlation)
            rows += _of(days.stream, found)
    return rows


def _of(stream: StreamKind, summaries: Sequence[PeriodSummary]) -> Iterator[Row]:
    for one in summaries:
        for finding in one.findings:
            yield Row(
                stream=stream.value,
                first=one.first.isoformat(),
                last=one.last.isoformat(),
                metric=finding.metric,
                value=finding.value,
                unit=finding.unit,
                coverage=finding.coverage,
                n_valid=finding.n_valid,
                reason=finding.reason,
            )


def _write_csv(rows: Sequence[Row]) -> None:
    out = csv.writer(standard_output(), lineterminator="\n")
    out.writerow([field.name for field in attrs.fields(Row)])
    out.writerows(attrs.astuple(row) for row in rows)


def _tell(session: Session, rows: Sequence[Row]) -> None:
    for row in rows:
        value = row.reason if row.value is None else f"{_shown(row.value)} {row.unit}"
        click.echo(
            f"{row.first}  {row.last}  {row.stream:<11} {row.metric:<9} "
            f"{row.coverage:>5.0%}  {value}"
        )
    if not rows:
        session.say("nothing is stored for this patient, stream and window")


def _shown(value: float) -> str:
    return f"{value:,.1f}".removesuffix(".0")

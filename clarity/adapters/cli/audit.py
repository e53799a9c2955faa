"""`clarity audit`: what happened to whose data, and whether the trail is whole."""

from datetime import UTC, datetime
from typing import NoReturn

import click

from clarity.adapters.cli.audit_export import export, public_key
from clarity.adapters.cli.audit_heads import sign, verify
from clarity.adapters.cli.audit_recover import recover
from clarity.adapters.cli.audit_ship import ship
from clarity.adapters.cli.session import Session, pass_session
from clarity.adapters.cli.standard_output import standard_output
from clarity.ports.audit import AuditFilter
from clarity.ports.report import AuditFormat

__all__ = ["audit"]

Period = tuple[datetime | None, datetime | None]


class PeriodType(click.ParamType[Period]):
    """
    `SINCE..UNTIL`: dates or instants, either may be left out, UNTIL is excluded.

    Without an offset they are in UTC.
    """

    name = "since..until"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Period:
        """The two instants, None for an open end."""
        since, dots, until = str(value).partition("..")
        try:
            return (_instant(since), _instant(until)) if dots else self._bad(param, ctx)
        except ValueError:
            return self._bad(param, ctx)

    def _bad(self, param: click.Parameter | None, ctx: click.Context | None) -> NoReturn:
        self.fail("write it like 2026-01-01..2026-02-01, both in UTC", param, ctx)


def _instant(text: str) -> datetime | None:
    if not text:
        return None
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


@click.group()
def audit() -> None:
    """Ask the audit trail."""


for command in (export, public_key, recover, ship, sign, verify):
    audit.add_command(command)


@audit.command()
@click.option(
    "--format",
    "format_",
    type=click.Choice([name.value for name in AuditFormat]),
    default=AuditFormat.CSV.value,
    show_default=True,
)
@click.option("--patient", help="Only records about this patient.")
@click.option("--by", "actor", help="Only records of this actor.")
@click.option(
    "--entity",
    metavar="KEY",
    help="Only records that touched this entity, named as in the column entities: "
    "chunk/STREAM/DAY, for example chunk/steps/2016-04-13.",
)
@click.option(
    "--period",
    type=PeriodType(),
    default="..",
    help="Only records from SINCE on and before UNTIL, for example 2026-01-01..2026-02-01 (UTC).",
)
@pass_session
def report(
    session: Session,
    format_: str,
    patient: str | None,
    actor: str | None,
    entity: str | None,
    period: Period,
) -> None:
    """Write the matching audit records to standard output."""
    wanted = AuditFilter(
        tenant=session.tenant,
        patient=session.patient(patient) if patient else None,
        actor=actor,
        entity=entity,
        since=period[0],
        until=period[1],
    )
    out = standard_output().buffer
    with session.open() as app:
        records = app.audit_report.run(
            wanted, actor=session.acting, correlation=app.ids.correlation()
        )
        for piece in app.audit_renderer.render(records, format_=AuditFormat(format_)):
            out.write(piece)
    out.flush()

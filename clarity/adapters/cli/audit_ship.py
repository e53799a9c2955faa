"""`clarity audit ship`: the trail told to a log outside the store."""

import attrs
import click

from clarity.adapters.cli.exits import Exit
from clarity.adapters.cli.session import Session, json_option, pass_session
from clarity.application.ship_audit import Pace
from clarity.domain.errors import ClarityError

__all__ = ["ship"]


@click.command()
@click.option(
    "--to",
    required=True,
    envvar="CLARITY_AUDIT_LOG",
    metavar="LOG",
    help="File that gets JSON lines, or cloudwatch://REGION/GROUP.",
)
@click.option(
    "--limit-s",
    type=click.FloatRange(min=0.0, min_open=True),
    default=60.0,
    show_default=True,
    help="Begin nothing new after so many seconds.",
)
@json_option
@pass_session
def ship(session: Session, to: str, limit_s: float) -> None:
    """
    Tell the audit records of every tenant that LOG has not got yet.

    Patients are told as pseudonyms, and nothing of their data. Interrupted or refused, the same
    command continues; what is told twice has the same id. Exit codes: 0 everything is in the log,
    1 refused, 6 some is left because the log did not answer or the time was over.
    """
    telling = attrs.evolve(session, settings={**session.settings, "audit_log": to})
    try:
        with telling.open() as app:
            shipment = app.ship_audit.run(Pace(limit_s=limit_s))
    except ClarityError as error:
        session.fail(error)
    if session.as_json:
        session.answer(attrs.asdict(shipment))
    else:
        click.echo(f"{shipment.records:,} records told")
    if not shipment.is_complete:
        session.say(f"not everything was told: {shipment.problem}")
        raise click.exceptions.Exit(Exit.UNHEALTHY)

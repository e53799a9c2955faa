"""`clarity store`: what is there, and what comes in by bulk."""

from typing import Final
from urllib.parse import quote

import attrs
import click

from clarity.adapters.cli.bring import import_
from clarity.adapters.cli.copies import backup, check, erase_again, purge, restore
from clarity.adapters.cli.exits import Exit
from clarity.adapters.cli.session import Session, json_option, pass_session

__all__ = ["store"]


CREATE: Final = "create=yes"
"""Ends the address of tables that are to be made."""


@click.group()
def store() -> None:
    """Look at the store, fill it, copy it, keep it small."""


for command in (import_, backup, restore, erase_again, check, purge):
    store.add_command(command)


@store.command()
@json_option
@pass_session
def status(session: Session) -> None:
    """How much is stored, and where."""
    with session.open() as app:
        stock = app.status.run(
            session.tenant, actor=session.acting, correlation=app.ids.correlation()
        )
    if session.as_json:
        session.answer(attrs.asdict(stock) | {"entities": dict(stock.entities)})
        return
    click.echo(f"store          {stock.location}")
    click.echo(f"layout         version {stock.schema}")
    if stock.size_bytes is not None:
        click.echo(f"size           {stock.size_bytes:,} bytes")
    click.echo(f"tenant         {session.tenant}")
    click.echo(f"patients       {stock.patients:,}")
    for kind, count in stock.entities:
        click.echo(f"{kind:<14} {count:,}")
    click.echo(f"audit records  {stock.audit_records:,}")


@store.command("create-tables")
@click.option("--region", default="eu-west-1", envvar="AWS_REGION", help="Region of the tables.")
@click.option(
    "--endpoint-url",
    metavar="URL",
    help="Address of the engine on this machine; without it those of --store are made.",
)
@click.option("--table-prefix", default="clarity-", help="Stands before every table's name.")
@json_option
@pass_session
def create_tables(
    session: Session, region: str, endpoint_url: str | None, table_prefix: str
) -> None:
    """Make the DynamoDB tables that are missing on an engine on this machine."""
    address = session.store.removesuffix(f"&{CREATE}")
    if endpoint_url is not None:
        address = f"dynamodb://{region}/{table_prefix}?endpoint={quote(endpoint_url, safe=':/')}"
    if not address.startswith("dynamodb://"):
        raise click.UsageError("Name the engine with --endpoint-url, or its tables with --store.")
    with session.opener({"store": _to_be_made(address)}) as app:
        health = app.health.run()
    if session.as_json:
        session.answer({"store": address, "ok": all(one.ok for one in health)})
    for one in health:
        if not one.ok:
            session.say(f"{one.name}: {one.detail}")
    if not all(one.ok for one in health):
        raise click.exceptions.Exit(Exit.UNHEALTHY)
    if not session.as_json:
        click.echo(f"the tables are ready; use them with --store '{address}'")


def _to_be_made(address: str) -> str:
    joint = "&" if "?" in address else "?"
    return f"{address}{joint}{CREATE}"

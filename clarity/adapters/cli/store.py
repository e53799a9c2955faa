"""`clarity store`: what is there."""

import attrs
import click

from clarity.adapters.cli.copies import backup, check, purge, restore
from clarity.adapters.cli.session import Session, json_option, pass_session

__all__ = ["store"]


@click.group()
def store() -> None:
    """Look at the store, copy it, keep it small."""


for command in (backup, restore, check, purge):
    store.add_command(command)


@store.command()
@json_option
@pass_session
def status(session: Session) -> None:
    """How much is stored, and where."""
    with session.open() as app:
        stock = app.status.run(session.tenant, actor=session.acting)
    if session.as_json:
        session.answer(attrs.asdict(stock) | {"entities": dict(stock.entities)})
        return
    click.echo(f"store          {stock.location}")
    click.echo(f"layout         version {stock.schema}")
    click.echo(f"size           {stock.size_bytes:,} bytes")
    click.echo(f"tenant         {session.tenant}")
    click.echo(f"patients       {stock.patients:,}")
    for kind, count in stock.entities:
        click.echo(f"{kind:<14} {count:,}")
    click.echo(f"audit records  {stock.audit_records:,}")

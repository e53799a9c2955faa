"""`clarity formats`: what can be read."""

import click

from clarity.adapters.cli.session import Session, json_option, pass_session

__all__ = ["formats"]


@click.command()
@json_option
@pass_session
def formats(session: Session) -> None:
    """List the formats that are told apart by their content, most specific first."""
    with session.open_in_memory() as app:
        known = app.ingest.recordings.formats()
    if session.as_json:
        session.answer([{"id": f.id, "title": f.title, "holds": f.holds} for f in known])
        return
    for one in known:
        click.echo(f"{one.id:<16} {one.title}")
        click.echo(f"{'':<16} {one.holds}")

"""`clarity health`: does everything answer?"""

import click

from clarity.adapters.cli.exits import Exit
from clarity.adapters.cli.session import Session, json_option, pass_session

__all__ = ["health"]


@click.command()
@json_option
@pass_session
def health(session: Session) -> None:
    """Ask every dependency whether it works."""
    with session.open() as app:
        results = app.health.run()
    if session.as_json:
        session.answer(
            [
                {"name": r.name, "ok": r.ok, "latency_s": r.latency_s, "detail": r.detail}
                for r in results
            ]
        )
    else:
        for r in results:
            click.echo(
                f"{'ok ' if r.ok else 'BAD'}  {r.name:<12} {r.latency_s * 1e3:7.1f} ms  {r.detail}"
            )
    if not all(r.ok for r in results):
        raise click.exceptions.Exit(Exit.UNHEALTHY)

"""`clarity audit recover`: what was seen while the trail was away, put into it."""

import click

from clarity.adapters.cli.session import Session, json_option, pass_session
from clarity.domain.errors import ClarityError

__all__ = ["recover"]


@click.command()
@json_option
@pass_session
def recover(session: Session) -> None:
    """
    Put into the trail what was seen while it could not be written, by those who broke glass.

    Every command tries that when it opens the store; this one says if it worked. For all tenants;
    it shows whose data it was to nobody. Exit codes: 0 nothing waits any more, 1 refused, it waits
    on.
    """
    try:
        with session.open() as app:
            app.recover_evidence.run()
    except ClarityError as error:
        session.fail(error)
    if session.as_json:
        session.answer({"waiting": 0})
        return
    click.echo("nothing waits any more")

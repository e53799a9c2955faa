"""`clarity streams`: what is held of a person, from when to when."""

import click

from clarity.adapters.cli.session import Session, json_option, pass_session
from clarity.domain.errors import ClarityError

__all__ = ["streams"]


@click.command()
@click.argument("patient")
@json_option
@pass_session
def streams(session: Session, patient: str) -> None:
    """
    Tell which streams are held of PATIENT, with their first and last day.

    The look is recorded in the audit trail. Exit codes: 0 told, 1 refused.
    """
    try:
        with session.open() as app:
            held = app.streams_held.run(
                session.patient(patient), actor=session.acting, correlation=app.ids.correlation()
            )
    except ClarityError as error:
        session.fail(error)
    if session.as_json:
        session.answer(
            [
                {"stream": one.stream.value, "first": str(one.first), "last": str(one.last)}
                for one in held
            ]
        )
        return
    for one in held:
        click.echo(f"{one.stream.value:<12} {one.first} to {one.last}")
    if not held:
        session.say(f"nothing is held of {patient}")

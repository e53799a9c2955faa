"""`clarity profile`: who a person is, and who has an e-mail address."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from clarity.adapters.cli.session import Session, json_option, pass_session
from clarity.domain.errors import ClarityError
from clarity.domain.profile import Details, EmailAddress, Profile
from clarity.ports.errors import NotFound

__all__ = ["profile"]


def _zone(_: click.Context, __: click.Parameter, name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise click.BadParameter(f"{name!r} is no IANA time zone, such as Europe/Oslo") from error


@click.group()
def profile() -> None:
    """Keep who people are and find them by e-mail; every look is in the audit trail."""


@profile.command("set")
@click.argument("patient")
@click.option("--email", required=True, help="Nobody else in the tenant may have it.")
@click.option("--name", default="", help="How the person is called.")
@click.option("--birth-year", type=int, help="For the age.")
@click.option("--zone", default="UTC", show_default=True, callback=_zone, help="IANA time zone.")
@json_option
@pass_session
def set_(
    session: Session, patient: str, email: str, name: str, birth_year: int | None, zone: ZoneInfo
) -> None:
    """
    Keep the profile of PATIENT; what is not given is forgotten.

    An e-mail address that the person had before is free at once. Exit codes: 0 kept, 1 refused.
    """
    try:
        details = Details(email=EmailAddress(email), name=name, birth_year=birth_year, zone=zone)
        with session.making().open() as app:
            kept = app.keep_profile.run(
                details,
                patient=session.patient(patient),
                actor=session.acting,
                correlation=app.ids.correlation(),
            )
    except ClarityError as error:
        session.fail(error)
    _tell(session, patient, kept)


@profile.command()
@click.argument("patient")
@json_option
@pass_session
def show(session: Session, patient: str) -> None:
    """Show the profile of PATIENT. Exit codes: 0 shown, 1 there is none, or refused."""
    try:
        with session.open() as app:
            kept = app.read_profile.run(
                session.patient(patient),
                actor=session.acting,
                correlation=app.ids.correlation(),
            )
    except ClarityError as error:
        session.fail(error)
    _tell(session, patient, kept)


@profile.command()
@click.argument("email")
@json_option
@pass_session
def find(session: Session, email: str) -> None:
    """Tell who has the address EMAIL. Exit codes: 0 told, 1 nobody has it, or refused."""
    try:
        with session.open() as app:
            found = app.find_patient.run(
                EmailAddress(email), actor=session.acting, correlation=app.ids.correlation()
            )
    except ClarityError as error:
        session.fail(error)
    if found is None:
        session.fail(NotFound("a profile with this email"))
    if session.as_json:
        session.answer({"patient": str(found.patient)})
        return
    click.echo(str(found.patient))


def _tell(session: Session, patient: str, kept: Profile) -> None:
    told = {
        "patient": patient,
        "email": kept.details.email.text,
        "name": kept.details.name,
        "birth_year": kept.details.birth_year,
        "zone": kept.details.zone.key,
        "created_at": kept.created_at.isoformat(),
    }
    if session.as_json:
        session.answer(told)
        return
    for name, value in told.items():
        click.echo(f"{name:<12} {'' if value is None else value}".rstrip())

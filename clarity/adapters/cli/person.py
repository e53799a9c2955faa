"""`clarity export` and `clarity erase`: everything held about a person, handed out or forgotten."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click

from clarity.adapters.cli.session import Session, json_option, pass_session
from clarity.adapters.cli.words import spoken
from clarity.adapters.cli.writing import scatter
from clarity.application.erase import Erased
from clarity.domain.errors import ClarityError
from clarity.domain.identity import Purpose
from clarity.ports.erasure import Holding

__all__ = ["erase", "export"]

FOLDER: Final = click.Path(file_okay=False, path_type=Path)

OUT_OF_REACH: Final = (
    "out of reach and untouched: reports and dossiers written to folders, backups of the store, "
    "the recordings themselves, and for at most an hour what other running programs remember of a "
    "model's answers; the audit chain stays, it holds names and digests but no health data"
)


@click.command()
@click.argument("patient")
@click.option("--out", required=True, type=FOLDER, help="Where the files go.")
@json_option
@pass_session
def export(session: Session, patient: str, out: Path) -> None:
    """
    Write everything that is held about PATIENT as JSON and CSV.

    Day chunks with their values, results with their findings, jobs about the person, the names of
    whatever else is held and the whole audit chain; contents.json counts them and is written last.
    Done on the patient's request unless --purpose says that it is for treatment. The export is
    recorded in the audit trail before anything is handed out. Exit codes: 0 written, 1 refused.
    """
    try:
        with session.open() as app:
            pieces = app.export.run(
                session.patient(patient),
                actor=session.acting_for(Purpose.PATIENT_REQUEST),
                correlation=app.ids.correlation(),
            )
            names = scatter(pieces, out)
    except ClarityError as error:
        session.fail(error)
    if session.as_json:
        session.answer({"out": spoken(out), "files": names})
        return
    session.say(f"{len(names)} files about {patient}")
    click.echo(spoken(out))


@click.command()
@click.argument("patient")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@pass_session
def erase(session: Session, patient: str, *, yes: bool) -> None:
    """
    Forget PATIENT: remove everything that the stores hold, and count until nothing is left.

    Done on the patient's request unless --purpose says that it is for operations. Interrupted, the
    same command continues. The audit chain stays and ends in a tombstone; files that left the store
    (reports, dossiers, backups) are out of reach. Exit codes: 0 nothing is left, 1 refused or
    something is still held, 130 not confirmed.
    """
    owner = session.patient(patient)
    try:
        with session.open() as app:
            actor, correlation = session.acting_for(Purpose.PATIENT_REQUEST), app.ids.correlation()
            held = app.erase.held(owner, actor=actor, correlation=correlation)
            _confirm(session, held, yes=yes)
            erased = app.erase.run(owner, actor=actor, correlation=correlation)
    except ClarityError as error:
        session.fail(error)
    _tell(session, erased)


def _confirm(session: Session, held: Mapping[str, tuple[Holding, ...]], *, yes: bool) -> None:
    session.say(f"held: {_in_words(held)}")
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError("nobody is there to ask; say --yes")
    click.confirm("Remove all of it? This cannot be undone", abort=True, err=True)


def _in_words(held: Mapping[str, tuple[Holding, ...]]) -> str:
    counts = [f"{one.count:,} {one.kind}" for each in held.values() for one in each if one.count]
    return ", ".join(counts) or "nothing"


def _tell(session: Session, erased: Erased) -> None:
    if session.as_json:
        session.answer(
            {
                "removed": erased.removed,
                "left": {
                    store: {one.kind: one.count for one in holdings}
                    for store, holdings in erased.left.items()
                },
                "tombstone": erased.tombstone.seq,
                "out_of_reach": OUT_OF_REACH,
            }
        )
        return
    click.echo(f"{erased.removed:,} removed, {_in_words(erased.left)} left")
    session.say(OUT_OF_REACH)

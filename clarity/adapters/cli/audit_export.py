"""`clarity audit export` and `key`: the trail in a signed file, and what proves it elsewhere."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import attrs
import click

from clarity.adapters.cli.exits import Exit
from clarity.adapters.cli.session import Session, json_option, pass_session
from clarity.adapters.cli.words import spoken
from clarity.adapters.cli.writing import stream
from clarity.application.clarity import Clarity
from clarity.domain.audit import BrokenChain
from clarity.domain.audit_export import BrokenExport, Signed
from clarity.domain.errors import ClarityError
from clarity.ports.errors import Unavailable
from clarity.ports.heads import NotSigned

__all__ = ["FILE", "export", "proved", "public_key", "start_of", "verify_file"]

FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
NEW_FILE: Final = click.Path(dir_okay=False, path_type=Path)

LONGEST_LINE: Final = 16 << 20
"""Longest line of an exported trail that is looked at, bytes; a record has a few hundred."""

LARGEST_KEY: Final = 16_384  # bytes; a PEM key has about 120


@click.command()
@click.option("--out", required=True, type=NEW_FILE, help="File to write; replaced if it is there.")
@click.option("--patient", multiple=True, metavar="ID", help="Only this patient's chain; repeat.")
@json_option
@pass_session
def export(session: Session, out: Path, patient: tuple[str, ...]) -> None:
    """
    Write the audit trail with signed heads into one file.

    `clarity audit verify --export FILE --key PUBLIC` proves it anywhere, without this store. The
    private key lies beside the store and never leaves it. The export is itself recorded in every
    chain that it holds. Exit codes: 0 written, 1 refused, 5 a chain was tampered with.
    """
    try:
        size_bytes = _exported(session, out, patient)
    except BrokenChain as error:
        session.fail(error, Exit.TAMPERED)
    except ClarityError as error:
        session.fail(error)
    if session.as_json:
        session.answer({"out": spoken(out), "size_bytes": size_bytes})
        return
    session.say(f"{size_bytes:,} bytes; send them with the key of `clarity audit key`")
    click.echo(spoken(out))


def _exported(session: Session, out: Path, patients: Sequence[str]) -> int:
    with session.open() as app:
        lines = app.export_trail.run(
            session.tenant,
            patients=[session.patient(label) for label in patients] or None,
            actor=session.acting,
            correlation=app.ids.correlation(),
        )
        return stream(lines, out)


@click.command("key")
@pass_session
def public_key(session: Session) -> None:
    """Write the public key that proves exported trails (PEM) to standard output."""
    with session.open() as app:
        click.echo(app.export_trail.public_key().decode(), nl=False)


def verify_file(session: Session, file: Path, key: Path) -> None:
    """Say whether the exported trail is as it was signed; leaves with code 5 when it is not."""
    try:
        with session.open_in_memory() as app:
            statement = proved(app, file, start_of(key)).statement
    except (BrokenExport, NotSigned) as error:
        session.fail(error, Exit.TAMPERED)
    except ClarityError as error:
        session.fail(error)
    if session.as_json:
        session.answer(attrs.asdict(statement) | {"whole": True})
        return
    click.echo(
        f"whole: {statement.chains} chains, {statement.records} records of {statement.tenant}, "
        f"exported {statement.at}"
    )


def proved(app: Clarity, file: Path, key: bytes) -> Signed:
    """
    What was signed about the exported trail in `file`.

    Raises:
        BrokenExport, NotSigned: it is not as it was signed with that key.
        PortError: the file or key cannot be used.
    """
    return app.verify_export.run(_lines(file), public_key=key)


def start_of(key: Path) -> bytes:
    """
    The content of a file with a key.

    Raises:
        Unavailable: it cannot be read.
    """
    try:
        with key.open("rb") as file:
            return file.read(LARGEST_KEY)
    except OSError as error:
        raise Unavailable(f"the key {key.name}") from error


def _lines(file: Path) -> Iterator[bytes]:
    """The lines, none of them longer than any that clarity writes."""
    try:
        with file.open("rb") as trail:
            yield from iter(lambda: trail.readline(LONGEST_LINE), b"")
    except OSError as error:
        raise Unavailable(f"the exported trail {file.name}") from error

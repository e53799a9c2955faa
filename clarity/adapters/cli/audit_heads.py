"""`clarity audit sign` and `verify`: the ends of the chains signed, and everything held to them."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

import attrs
import click

from clarity.adapters.cli.audit_export import FILE, proved, start_of, verify_file
from clarity.adapters.cli.exits import Exit
from clarity.adapters.cli.session import Session, json_option, pass_session
from clarity.application.audit_trail import ChainVerdict
from clarity.application.clarity import Clarity
from clarity.domain.access import require_tenant
from clarity.domain.audit import ChainHead
from clarity.domain.audit_export import BrokenExport
from clarity.domain.identity import PatientRef, TenantId
from clarity.domain.signed_heads import BrokenLedger
from clarity.ports.heads import NotSigned

__all__ = ["heads_option", "over", "sign", "verify"]

FOLDER: Final = click.Path(file_okay=False, path_type=Path)

heads_option = click.option(
    "--heads",
    type=FOLDER,
    envvar="CLARITY_HEADS",
    help="Folder of the signed heads, best apart from the store.  [default: beside the store]",
)


@click.command()
@heads_option
@click.option(
    "--again-after",
    type=click.IntRange(1, 36_500),
    metavar="DAYS",
    help="Renew signatures over unchanged chains at that age.",
)
@click.option(
    "--after-restore",
    is_flag=True,
    help="The store was put back knowingly: earlier signed heads do not count any more.",
)
@json_option
@pass_session
def sign(
    session: Session, heads: Path | None, again_after: int | None, *, after_restore: bool
) -> None:
    """
    Sign the head of every audit chain that changed since it was last signed.

    For a schedule (cron, EventBridge). From then on `clarity audit verify` finds a chain whose end
    was cut off or that was written anew. A chain that was tampered with is told and not signed.
    Exit codes: 0 signed, 1 refused, 5 a chain or the signed heads were tampered with.
    """
    try:
        with over(session, heads).open() as app:
            if after_restore:
                done = app.sign_heads.after_restore(session.tenant, actor=session.acting)
            else:
                age = None if again_after is None else timedelta(days=again_after)
                done = app.sign_heads.run(session.tenant, again_after=age, actor=session.acting)
    except (BrokenLedger, NotSigned) as error:
        session.fail(error, Exit.TAMPERED)
    if session.as_json:
        told = {"signed": done.signed, "unchanged": done.unchanged, "entries": done.entries}
        session.answer({**told, "broken": [_as_json(verdict) for verdict in done.broken]})
    else:
        _tell_broken(done.broken)
        click.echo(f"{done.signed} heads signed, {done.unchanged} unchanged")
    if done.broken:
        raise click.exceptions.Exit(Exit.TAMPERED)


@click.command()
@click.option("--export", "file", type=FILE, help="Prove this exported trail; needs --key.")
@click.option("--against", type=FILE, help="Hold the store to this trail, exported earlier.")
@click.option("--key", type=FILE, help="Public key (PEM) as `clarity audit key` writes it.")
@heads_option
@json_option
@pass_session
def verify(
    session: Session, file: Path | None, against: Path | None, key: Path | None, heads: Path | None
) -> None:
    """
    Recompute every chain of the store, or prove an exported trail without the store.

    The chains are held to the heads that `clarity audit sign` signed, and with --against to those
    of an earlier export. With --key all of them must be signed by that key, else by the one beside
    the store. With --export and --key nothing but the two files is used. Exit codes: 0 whole, 1 the
    trail could not be read, 5 tampered with.
    """
    if file is not None:
        if key is None or against is not None:
            raise click.UsageError("--export goes with --key alone")
        verify_file(session, file, key)
        return
    try:
        with over(session, heads).open() as app:
            verdicts = _verdicts(session, app, against, key)
    except (BrokenExport, BrokenLedger, NotSigned) as error:
        session.fail(error, Exit.TAMPERED)
    _tell(session, verdicts)


def over(session: Session, heads: Path | None) -> Session:
    """The session with the signed heads in that folder, if one is given."""
    if heads is None:
        return session
    return attrs.evolve(session, settings={**session.settings, "heads": str(heads)})


def _verdicts(
    session: Session, app: Clarity, against: Path | None, key: Path | None
) -> tuple[ChainVerdict, ...]:
    public_key = None if key is None else start_of(key)
    return app.verify_trail.run(
        session.tenant,
        actor=session.acting,
        correlation=app.ids.correlation(),
        against={} if against is None else _heads_in(session, app, against, public_key),
        public_key=public_key,
    )


def _heads_in(
    session: Session, app: Clarity, file: Path, key: bytes | None
) -> Mapping[PatientRef, ChainHead]:
    """
    The heads of an exported trail of the session's tenant.

    Raises:
        NotAllowed: it is of another tenant.
        BrokenExport, NotSigned, PortError: it cannot be relied on.
    """
    signed = proved(app, file, key or app.export_trail.public_key())
    require_tenant(session.acting, TenantId(signed.statement.tenant))
    return signed.heads


def _tell(session: Session, verdicts: Sequence[ChainVerdict]) -> None:
    broken = [verdict for verdict in verdicts if verdict.broken is not None]
    if session.as_json:
        session.answer([_as_json(verdict) for verdict in verdicts])
    else:
        _tell_broken(broken)
        records = sum(verdict.records for verdict in verdicts)
        click.echo(f"{len(verdicts)} chains, {records} records, {len(broken)} broken")
        if held := sum(verdict.signed > 0 for verdict in verdicts):
            session.say(f"{held} of them held to heads that were signed earlier")
    if broken:
        raise click.exceptions.Exit(Exit.TAMPERED)


def _tell_broken(broken: Sequence[ChainVerdict]) -> None:
    for verdict in broken:
        click.echo(f"TAMPERED  {verdict.patient.patient}: {verdict.broken}")


def _as_json(verdict: ChainVerdict) -> dict[str, str | int | bool]:
    return {
        "patient": str(verdict.patient.patient),
        "records": verdict.records,
        "signed": verdict.signed,
        "whole": verdict.broken is None,
        "problem": "" if verdict.broken is None else str(verdict.broken),
    }

"""`clarity store backup`, `restore`, `check` and `purge`."""

from pathlib import Path
from typing import Final

import attrs
import click

from clarity.adapters.cli.audit_heads import heads_option, over
from clarity.adapters.cli.exits import Exit
from clarity.adapters.cli.session import Session, json_option, pass_session
from clarity.application.clarity import Clarity
from clarity.application.erase_again import ErasedAgain
from clarity.application.retention_rules import ALL, RetentionRules
from clarity.domain.identity import CorrelationId, Purpose
from clarity.domain.signed_heads import BrokenLedger
from clarity.ports.copies import Checkup
from clarity.ports.heads import NotSigned

__all__ = ["backup", "check", "erase_again", "purge", "restore"]

FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
NEW_FILE: Final = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("to", type=NEW_FILE)
@json_option
@pass_session
def backup(session: Session, to: Path) -> None:
    """
    Copy the store into the new file TO, while others go on writing, and check the copy.

    Done in the role of an operator, as the copy holds the data of all tenants.
    The key that signs audit exports lies beside the store and is not copied. Exit codes: 0 copied
    and sound, 1 refused; then there is no file.
    """
    with session.open() as app:
        checkup = app.keep.back_up(to, actor=session.operating, correlation=app.ids.correlation())
    _tell(session, checkup, str(to))


@click.command()
@click.argument("backup", type=FILE)
@click.option("--force", is_flag=True, help="Replace the content of the store that is there.")
@heads_option
@json_option
@pass_session
def restore(session: Session, backup: Path, heads: Path | None, *, force: bool) -> None:
    """
    Make the store of a BACKUP, which is checked first; name the store with --store.

    Done in the role of an operator. A store that is there is left as it is unless --force is given.
    The restored store's audit trail says that it was restored. Who was erased after the backup was
    made is back with it: of the tenant, those whose erasure the signed heads tell of are erased
    again (of further tenants `store erase-again` does that). Exit codes: 0 restored, 1 refused;
    then nothing was changed; 5 restored, but the signed heads were tampered with or are by another
    key.
    """
    if not session.store:
        raise click.UsageError("say where: clarity --store PATH store restore BACKUP")
    to = Path(session.store)
    with session.open_in_memory() as app:
        put = app.keep.replace if force and _is_there(to) else app.keep.restore
        checkup = put(backup, to=to, actor=session.operating)
    with over(session, heads).open() as app:
        correlation = app.ids.correlation()
        app.keep.restored(actor=session.operating, correlation=correlation)
        again = _erased_again(session, app, correlation)
    _tell_again(session, again)
    _tell(session, checkup, str(to), erased_again=len(again.patients))


def _is_there(path: Path) -> bool:
    """Whether a file is seen there; what hinders the look hinders the restore, which says it."""
    try:
        return path.is_file()
    except OSError:
        return False


@click.command("erase-again")
@heads_option
@json_option
@pass_session
def erase_again(session: Session, heads: Path | None) -> None:
    """
    Erase again whom the restore of an older backup brought back, by the signed heads.

    For right after a restore, for each tenant but the one that `store restore` was called for; not
    later, when people may have come back themselves. For the purpose of operations. Exit codes: 0
    done, 1 refused; the same command continues; 5 the signed heads cannot be relied on.
    """
    with over(session, heads).open() as app:
        again = _erased_again(session, app, app.ids.correlation())
    _tell_again(session, again)
    if session.as_json:
        session.answer({"erased_again": len(again.patients)})


@click.command()
@json_option
@pass_session
def check(session: Session) -> None:
    """
    Check the structure, every stored item and every audit chain, of all tenants.

    Done in the role of an operator. Exit codes: 0 sound, 1 damaged, 5 an audit chain was tampered
    with.
    """
    with session.open() as app:
        checkup = app.keep.check(actor=session.operating, correlation=app.ids.correlation())
    _tell(session, checkup, "sound" if checkup.is_sound else "NOT SOUND")
    if checkup.tampered:
        raise click.exceptions.Exit(Exit.TAMPERED)
    if checkup.damage:
        raise click.exceptions.Exit(Exit.FAILED)


@click.command()
@click.option(
    "--retention-days",
    "rules",
    default="",
    envvar="CLARITY_RETENTION_DAYS",
    metavar="RULES",
    help="Ages in days, like activity=730,results=3650,all=1825 (setting retention_days).",
)
@click.option(
    "--older-than",
    type=click.IntRange(1, 36_500),
    metavar="DAYS",
    help="One age for everything, instead of the rules.",
)
@json_option
@pass_session
def purge(session: Session, rules: str, older_than: int | None) -> None:
    """
    Remove what has expired, what is older than its rule allows, and old ended jobs.

    For the purpose of operations. Without rules, days and results are kept. Jobs stay for 90 days
    after they ended (setting `job_days`). It is in the audit trail. Exit codes: 0 removed, 1
    refused; the same command continues.
    """
    chosen = {"retention_days": rules} if rules else {}
    with attrs.evolve(session, settings={**session.settings, **chosen}).open() as app:
        purged = app.retention.run(
            session.tenant,
            rules=None if older_than is None else RetentionRules({ALL: older_than}),
            actor=session.acting_for(Purpose.OPERATIONS),
            correlation=app.ids.correlation(),
        )
    if session.as_json:
        session.answer(attrs.asdict(purged))
        return
    click.echo(
        f"{purged.expired:,} expired, {purged.removed:,} too old, {purged.jobs:,} jobs removed"
    )


def _erased_again(session: Session, app: Clarity, correlation: CorrelationId) -> ErasedAgain:
    try:
        actor = session.acting_for(Purpose.OPERATIONS)
        return app.erase_again.run(session.tenant, actor=actor, correlation=correlation)
    except (BrokenLedger, NotSigned) as error:
        session.fail(error, Exit.TAMPERED)


def _tell_again(session: Session, again: ErasedAgain) -> None:
    if again.known_until is None:
        session.say(
            "no signed heads are known: who was erased after the backup was made is back; "
            "erase them again"
        )
        return
    session.say(
        f"{len(again.patients)} people erased again; erasures after "
        f"{again.known_until:%Y-%m-%d %H:%M %Z} are not known, erase those again"
    )


def _tell(session: Session, checkup: Checkup, what: str, **more: int) -> None:
    if session.as_json:
        session.answer(attrs.asdict(checkup) | {"what": what, **more})
        return
    for one in checkup.damage:
        session.say(f"damaged: {one}")
    if checkup.tampered:
        session.say(f"TAMPERED: {checkup.tampered} chains; see `clarity audit verify`")
    session.say(
        f"{checkup.items:,} items, {checkup.chains:,} chains, {checkup.records:,} audit records"
    )
    click.echo(what)

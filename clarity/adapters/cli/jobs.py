"""`clarity jobs`: how far your long work is, and what work of the tenant never ended."""

from typing import Final, Protocol

import click

from clarity.adapters.cli.session import Session, json_option, pass_session
from clarity.application.jobs import ListedJob
from clarity.domain.errors import ClarityError
from clarity.domain.identity import Actor
from clarity.domain.jobs import JobState

__all__ = ["jobs"]

PAGE: Final = 200


class Pages(Protocol):
    """Jobs page by page."""

    def __call__(
        self, *, actor: Actor, limit: int, cursor: str | None
    ) -> tuple[tuple[ListedJob, ...], str | None]:
        """One page, and where the next starts."""


STALE: Final = "its process seems to be dead; run the same command again, it continues"


@click.group()
def jobs() -> None:
    """Look at your long work: analyses, exports, erasures. Others' work is not shown."""


@jobs.command("list")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="Most jobs.")
@click.option(
    "--open", "unfinished", is_flag=True, help="Jobs of everybody that never ended, oldest first."
)
@json_option
@pass_session
def list_(session: Session, limit: int, *, unfinished: bool) -> None:
    """
    List your jobs, newest first.

    Of others' jobs that never ended it is not told whom they are about. Exit codes: 0 listed, 1 the
    store cannot be read.
    """
    try:
        with session.open() as app:
            pages = app.unfinished_jobs.run if unfinished else app.jobs.run
            found = _listed(session, pages, limit)
    except ClarityError as error:
        session.fail(error)
    if session.as_json:
        session.answer([_as_json(one) for one in found])
        return
    for one in found:
        click.echo(_line(one))
    if not found:
        session.say("no job is open" if unfinished else "you have no jobs in this store")


@jobs.command()
@click.argument("job")
@json_option
@pass_session
def show(session: Session, job: str) -> None:
    """Show one of your jobs. Exit codes: 0 shown, 1 you have no such job."""
    try:
        with session.open() as app:
            found = app.jobs.one(job, actor=session.acting)
    except ClarityError as error:
        session.fail(error)
    if session.as_json:
        session.answer(_as_json(found))
        return
    for name, value in _as_json(found).items():
        click.echo(f"{name:<12} {'' if value is None else value}")


@jobs.command()
@click.argument("job")
@json_option
@pass_session
def remove(session: Session, job: str) -> None:
    """
    Remove one of your jobs; work that still runs stops, and what it did stays.

    Exit codes: 0 removed, 1 you have no such job.
    """
    try:
        with session.open() as app:
            app.jobs.remove(job, actor=session.acting)
    except ClarityError as error:
        session.fail(error)
    if session.as_json:
        session.answer({"removed": job})
        return
    session.say(f"job {job} is removed")


def _listed(session: Session, pages: Pages, limit: int) -> list[ListedJob]:
    found: list[ListedJob] = []
    cursor: str | None = None
    while len(found) < limit:
        size = min(PAGE, limit - len(found))
        page, cursor = pages(actor=session.acting, limit=size, cursor=cursor)
        found += page
        if cursor is None:
            break
    return found


def _line(one: ListedJob) -> str:
    job = one.job
    total = "" if job.total is None else f" of {job.total:,}"
    why = STALE if one.state is JobState.STALE else job.problem
    started = f"{job.started_at:%Y-%m-%d %H:%M}"
    return f"{job.id}  {started}  {job.kind:<8} {one.state:<8} {job.done:,}{total}  {why}".rstrip()


def _as_json(one: ListedJob) -> dict[str, str | int | None]:
    job = one.job
    return {
        "id": job.id,
        "kind": job.kind.value,
        "state": one.state.value,
        "done": job.done,
        "total": job.total,
        "patient": None if job.patient is None else str(job.patient.patient),
        "started_at": job.started_at.isoformat(),
        "heard_at": job.heard_at.isoformat(),
        "problem": job.problem,
        "advice": STALE if one.state is JobState.STALE else "",
        "correlation": str(job.correlation),
    }

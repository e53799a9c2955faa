"""`clarity jobs`: how far your long work is."""

from typing import Final

import click

from clarity.adapters.cli.session import Session, json_option, pass_session
from clarity.application.jobs import ListedJob
from clarity.domain.errors import ClarityError
from clarity.domain.jobs import JobState

__all__ = ["jobs"]

PAGE: Final = 200

STALE: Final = "its process seems to be dead; run the same command again, it continues"


@click.group()
def jobs() -> None:
    """Look at your long work: analyses, exports, erasures. Others' work is not shown."""


@jobs.command("list")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="Most jobs.")
@json_option
@pass_session
def list_(session: Session, limit: int) -> None:
    """List your jobs, newest first. Exit codes: 0 listed, 1 the store cannot be read."""
    try:
        found = _newest(session, limit)
    except ClarityError as error:
        session.fail(error)
    if session.as_json:
        session.answer([_as_json(one) for one in found])
        return
    for one in found:
        click.echo(_line(one))
    if not found:
        session.say("you have no jobs in this store")


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


def _newest(session: Session, limit: int) -> list[ListedJob]:
    found: list[ListedJob] = []
    cursor: str | None = None
    with session.open() as app:
        while len(found) < limit:
            size = min(PAGE, limit - len(found))
            page, cursor = app.jobs.run(actor=session.acting, limit=size, cursor=cursor)
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

"""The command `clarity`: options that all commands share, and the commands."""

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import click

from clarity.adapters.cli.analyze import analyze, demo
from clarity.adapters.cli.audit import audit
from clarity.adapters.cli.exits import Exit
from clarity.adapters.cli.formats import formats
from clarity.adapters.cli.health import health
from clarity.adapters.cli.jobs import jobs
from clarity.adapters.cli.models import models
from clarity.adapters.cli.person import erase, export
from clarity.adapters.cli.profile import profile
from clarity.adapters.cli.read import read
from clarity.adapters.cli.session import Opener, Session, current, login_name
from clarity.adapters.cli.standard_output import NoOutput, answering
from clarity.adapters.cli.store import store
from clarity.adapters.cli.streams import streams
from clarity.adapters.cli.summary import summary
from clarity.domain.errors import ClarityError
from clarity.domain.identity import Purpose, Role, TenantId

__all__ = ["run"]

F = TypeVar("F", bound=Callable[..., Any])

CHOSEN: Final = "clarity.chosen"
"""Where settings chosen by options lie in `Context.meta`."""

EPILOG = """\b
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 some files refused, 4 all files refused,
5 the audit trail was tampered with, 6 a dependency is unhealthy, 130 interrupted.
Colors are off when NO_COLOR is set or the output is no terminal."""


class Commands(click.Group):
    """The commands; what one of them cannot do is said as its session speaks."""

    def invoke(self, ctx: click.Context) -> object:
        """The command's answer, or the error in words and the exit code."""
        try:
            with answering():
                return super().invoke(ctx)
        except NoOutput:
            raise
        except ClarityError as error:
            if not isinstance(ctx.obj, Session):
                raise
            current(ctx).fail(error)


def _version(context: click.Context, _: click.Parameter, asked: object) -> None:
    """Tells the version of the application that is opened, which is the one in its results."""
    if asked:
        with context.obj({"store": ":memory:"}) as app:
            click.echo(f"clarity, version {app.analyze.clarity_version}")
        context.exit()


def _chosen(context: click.Context, parameter: click.Parameter, value: object) -> None:
    """The option is a setting of the same name; none when it was not given."""
    if value is not None:
        context.meta.setdefault(CHOSEN, {})[parameter.name] = str(value)


def _said(context: click.Context, parameter: click.Parameter, value: str) -> None:
    """What is said about the request itself, by the name of the option."""
    context.meta[f"clarity.{parameter.name}"] = value


def _limit(name: str, variable: str, said: str) -> Callable[[F], F]:
    return click.option(
        name,
        type=click.IntRange(min=1),
        envvar=variable,
        expose_value=False,
        callback=_chosen,
        help=said,
    )


@click.group(cls=Commands, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_version,
    help="Tell the version and leave.",
)
@click.option(
    "--store",
    default="",
    envvar="CLARITY_STORE",
    metavar="PATH",
    help="Store file; `analyze` and `demo` use DIR/clarity.db, others the one in your home. "
    "Commands that only look at a store do not make one.",
)
@click.option(
    "--blobs",
    envvar="CLARITY_BLOBS",
    metavar="PATH",
    expose_value=False,
    callback=_chosen,
    help="Folder or s3://BUCKET/PREFIX?region=REGION for what is too large for an item of tables.",
)
@click.option(
    "--tenant", default="local", envvar="CLARITY_TENANT", help="Organization whose data is meant."
)
@click.option(
    "--actor", default=None, envvar="CLARITY_ACTOR", help="Who acts; your login name unless given."
)
@click.option(
    "--purpose",
    type=click.Choice([purpose.value for purpose in Purpose]),
    default=None,
    envvar="CLARITY_PURPOSE",
    help="Why; decides what is allowed and is written into the audit trail.  "
    "[default: what the command is for; research where it is for anything]",
)
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    default=None,
    envvar="CLARITY_ROLE",
    help="In which role; what concerns all tenants of the store (backup, restore, check) is for an "
    "operator.  [default: operator for these, member for all else]",
)
@click.option(
    "--break-glass",
    default="",
    metavar="REASON",
    expose_value=False,
    callback=_said,
    help="For treatment: look even while the audit trail cannot be written. The look is kept and "
    "goes into the trail later, with REASON, which names no health data.",
)
@_limit("--max-file-bytes", "CLARITY_MAX_FILE_BYTES", "Most unpacked bytes of a recording.")
@_limit("--max-file-values", "CLARITY_MAX_FILE_VALUES", "Most values of a recording.")
@click.option(
    "--log-json",
    "log",
    envvar="CLARITY_LOG",
    metavar="FILE",
    expose_value=False,
    callback=_chosen,
    help="Add what happens to FILE as JSON lines, patients as pseudonyms.",
)
@click.pass_context
def cli(
    context: click.Context,
    *,
    store: str,
    tenant: str,
    actor: str | None,
    purpose: str | None,
    role: str | None,
) -> None:
    """Sleep and rest-activity analyses of wearable recordings, with an audit trail."""
    context.obj = Session(
        opener=context.obj,
        store=store,
        tenant=TenantId(tenant),
        actor=actor or login_name(),
        purpose=Purpose(purpose) if purpose else None,
        role=Role(role) if role else None,
        break_glass=context.meta["clarity.break_glass"],
        settings=context.meta.get(CHOSEN, {}),
    )


for command in (
    *(analyze, demo, formats, read, streams, summary, profile, export, erase),
    *(jobs, store, audit, health, models),
):
    cli.add_command(command)


def run(opener: Opener, arguments: Sequence[str] | None = None) -> int:
    """Run the command line and give its exit code; never raises for what a user can cause."""
    try:
        status = cli.main(args=arguments, obj=opener, prog_name="clarity", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted; what was stored is whole, run the command again", err=True)
        return Exit.INTERRUPTED
    except ClarityError as error:
        click.echo(f"error [{error.code}]: {error}", err=True)
        return Exit.FAILED
    return status if isinstance(status, int) else Exit.DONE

"""What every command needs: who acts, which store, and how to speak."""

import getpass
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final, NoReturn

import attrs
import click
import orjson

from clarity.adapters.cli.exits import Exit
from clarity.adapters.cli.standard_output import standard_output
from clarity.adapters.cli.words import printable
from clarity.application.clarity import Clarity
from clarity.domain.errors import ClarityError
from clarity.domain.identity import Actor, PatientId, PatientRef, Purpose, Role, TenantId

__all__ = ["Opener", "Session", "current", "json_option", "login_name", "pass_session"]

CURRENT: Final = "clarity.session"
"""Where the session of the command that runs lies in `Context.meta`."""

Opener = Callable[[Mapping[str, str]], AbstractContextManager[Clarity]]
"""Opens the application for settings given as text, as they come from options."""


@attrs.frozen(kw_only=True)
class Session:
    """
    One invocation of the command line.

    Attributes:
        opener: opens the application.
        store: path of the store, empty for the default.
        tenant: organization whose data is meant.
        actor: id of who acts; the login name unless given.
        purpose: why, as far as that was said.
        role: whether the actor runs the store, as far as that was said.
        break_glass: why data must be seen even while the trail cannot be written; empty if not.
        makes: whether the command makes a store that is not there.
        as_json: whether answers and errors are for machines.
        settings: what a command chose beside the store.
    """

    opener: Opener
    store: str
    tenant: TenantId
    actor: str
    purpose: Purpose | None = None
    role: Role | None = None
    break_glass: str = ""
    makes: bool = False
    as_json: bool = False
    settings: Mapping[str, str] = attrs.field(factory=dict)

    @property
    def acting(self) -> Actor:
        """Who acts, for the use cases; for research unless a purpose was said."""
        return self.acting_for(Purpose.RESEARCH)

    def acting_for(self, usual: Purpose, *, role: Role = Role.MEMBER) -> Actor:
        """Who acts, for what is usual and in that role unless something else was said."""
        return Actor(
            id=self.actor,
            tenant=self.tenant,
            purpose=self.purpose or usual,
            role=self.role or role,
            break_glass=self.break_glass,
        )

    @property
    def operating(self) -> Actor:
        """Who acts, for commands about a whole store."""
        return self.acting_for(Purpose.OPERATIONS, role=Role.OPERATOR)

    def patient(self, label: str) -> PatientRef:
        """The patient of that label in the session's tenant."""
        return PatientRef(self.tenant, PatientId(label))

    def open(self, default_store: Path | None = None) -> AbstractContextManager[Clarity]:
        """
        The application on the chosen store, else on `default_store`, else on the user's own.

        Raises:
            NoStore: it is not there, and the command does not make one.
        """
        store = self.store or str(default_store or "")
        named = {"store": store} if store else {}
        missing = "make" if self.makes else "refuse"
        return self.opener({**self.settings, **named, "if_missing": missing})

    def making(self) -> "Session":
        """The session of a command that makes a store that is not there."""
        return attrs.evolve(self, makes=True)

    def open_in_memory(self) -> AbstractContextManager[Clarity]:
        """The application on a store that leaves nothing behind."""
        return self.opener({"store": ":memory:"})

    def say(self, text: str) -> None:
        """A line for people, on standard error, so that standard output stays clean."""
        click.echo(printable(text), err=True)

    def answer(self, content: object) -> None:
        """One JSON document on standard output."""
        options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS
        out = standard_output().buffer
        out.write(orjson.dumps(content, option=options) + b"\n")
        out.flush()

    def fail(self, error: ClarityError, exit_code: Exit = Exit.FAILED) -> NoReturn:
        """Say what is wrong and leave."""
        if self.as_json:
            self.answer({"error": {"code": error.code, "message": printable(str(error))}})
        self.say(f"error [{error.code}]: {error}")
        raise click.exceptions.Exit(exit_code)


pass_session = click.make_pass_decorator(Session)


def _for_machines(context: click.Context, _: click.Parameter, chosen: object) -> None:
    if chosen:
        context.obj = context.meta[CURRENT] = attrs.evolve(context.obj, as_json=True)


def current(context: click.Context) -> Session:
    """The session as the command below `context` has it."""
    session: Session = context.meta.get(CURRENT, context.obj)
    return session


json_option = click.option(
    "--json",
    is_flag=True,
    expose_value=False,
    callback=_for_machines,
    help="Answer and errors as JSON on standard output.",
)


def login_name() -> str:
    """Who is logged in, `unknown` where the machine does not say."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"

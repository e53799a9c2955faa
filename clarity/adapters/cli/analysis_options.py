"""How a command's analyses score, rescore and assess, as options."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

import attrs
import click

from clarity.adapters.cli.session import Session
from clarity.domain.actigraphy.intensity import CUT_POINTS
from clarity.domain.analysis.choice import Choice
from clarity.domain.analysis.wear_choice import WearChoice
from clarity.domain.errors import DomainError
from clarity.domain.sleep.webster import RescoringForm

__all__ = ["analysis_options", "chosen_analyses", "with_analyses"]

F = TypeVar("F", bound=Callable[..., Any])

META: Final = "clarity.analysis"


def _remember(context: click.Context, parameter: click.Parameter, value: object) -> None:
    if value and parameter.name is not None:
        context.meta.setdefault(META, {})[parameter.name] = str(value)


def _scoring(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
    try:
        Choice(scoring=value or "")
    except DomainError as unknown:
        raise click.BadParameter(str(unknown)) from unknown
    _remember(context, parameter, value)


OPTIONS: Final = (
    click.option(
        "--scoring",
        metavar="NAME",
        expose_value=False,
        callback=_scoring,
        help=(
            "Score sleep by cole-kripke, sadeh, scripps, oakley-20, -40, -80 or -auto as "
            "published, or as a vendor scales it (cole-kripke/actilife, sadeh/actilife, "
            "cole-kripke/activity-index); the usual one of the device unless given."
        ),
    ),
    click.option(
        "--rescoring",
        type=click.Choice([form.value for form in RescoringForm]),
        expose_value=False,
        callback=_remember,
        help="Then Webster's rescoring: short sleep beside long wake becomes wake.",
    ),
    click.option(
        "--wear-rule",
        type=click.Choice([rule.value for rule in WearChoice]),
        expose_value=False,
        callback=_remember,
        help=(
            "What counts as not worn: 90 min of zeros (choi, unless given), 60 min (troiano), or "
            "nothing (none)."
        ),
    ),
    click.option(
        "--cut-points",
        type=click.Choice(list(CUT_POINTS)),
        expose_value=False,
        callback=_remember,
        help=(
            "Where moderate activity (MVPA) begins, in counts per minute of an ActiGraph at the "
            "hip; troiano-2008, where it fits, unless given."
        ),
    ),
)


def analysis_options(command: F) -> F:
    """The command with the options that say how the built-in analyses work."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def chosen_analyses(context: click.Context) -> dict[str, str]:
    """The options that were given, for the reader of a report to see."""
    return {f"--{name.replace('_', '-')}": value for name, value in _given(context).items()}


def with_analyses(session: Session, context: click.Context) -> Session:
    """The session, over analyses that work as the options say."""
    return attrs.evolve(session, settings={**session.settings, **_given(context)})


def _given(context: click.Context) -> dict[str, str]:
    given: dict[str, str] = context.meta.get(META, {})
    return given

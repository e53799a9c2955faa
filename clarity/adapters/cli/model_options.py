"""Which model a command asks, and where models are kept."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

import attrs
import click

from clarity.adapters.cli.models import DTYPES, ENGINES, MODEL
from clarity.adapters.cli.session import Session
from clarity.application.ask_model import ModelQuestion
from clarity.domain.pat.answer import Augmentation

__all__ = ["asked_model", "model_options", "told_question", "with_models"]

F = TypeVar("F", bound=Callable[..., Any])

META: Final = "clarity.model"
SETTINGS: Final = ("models", "model_keys", "model_engine", "model_device", "model_dtype")


def _remember(context: click.Context, parameter: click.Parameter, value: object) -> None:
    if value and parameter.name is not None:
        context.meta.setdefault(META, {})[parameter.name] = value


OPTIONS: Final = (
    click.option(
        "--model",
        type=MODEL,
        expose_value=False,
        callback=_remember,
        help="Ask this model too: NAME for its champion, NAME@ALIAS or NAME:VERSION.",
    ),
    click.option(
        "--explain",
        is_flag=True,
        expose_value=False,
        callback=_remember,
        help="Tell where the model looked, too; takes some seconds a recording.",
    ),
    click.option(
        "--rotations",
        is_flag=True,
        expose_value=False,
        callback=_remember,
        help="Ask about the week begun on each of its days, and give the mean.",
    ),
    click.option(
        "--models",
        envvar="CLARITY_MODELS",
        metavar="PATH",
        expose_value=False,
        callback=_remember,
        help="Where models are kept; in your home unless given.",
    ),
    click.option(
        "--model-keys",
        envvar="CLARITY_MODEL_KEYS",
        metavar="PATH",
        expose_value=False,
        callback=_remember,
        help="Folder with public keys, one of which must have signed the model.",
    ),
    click.option(
        "--model-engine",
        type=ENGINES,
        envvar="CLARITY_MODEL_ENGINE",
        expose_value=False,
        callback=_remember,
        help="What runs the model; onnx unless given.",
    ),
    click.option(
        "--model-device",
        envvar="CLARITY_MODEL_DEVICE",
        metavar="DEVICE",
        expose_value=False,
        callback=_remember,
        help="Where torch runs it, for example cuda; cpu unless given.",
    ),
    click.option(
        "--model-dtype",
        type=DTYPES,
        envvar="CLARITY_MODEL_DTYPE",
        expose_value=False,
        callback=_remember,
        help="Precision of torch; float32 unless given. Less is faster on accelerators, and said.",
    ),
)


def model_options(command: F) -> F:
    """The command with the options that say which model to ask."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def asked_model(context: click.Context) -> ModelQuestion | None:
    """
    What to ask the model that was named, None when none was.

    Raises:
        click.UsageError: something is asked of no model.
    """
    given = context.meta.get(META, {})
    lost = [f"--{name}" for name in ("explain", "rotations") if name in given]
    if "model" in given:
        return ModelQuestion(
            selector=given["model"],
            augmentation=Augmentation.DAY_ROTATIONS if "rotations" in given else Augmentation.NONE,
            explained="explain" in given,
        )
    if lost:
        raise click.UsageError(f"give --model with {' and '.join(lost)}")
    return None


def told_question(question: ModelQuestion | None) -> dict[str, str]:
    """The question as settings of a report."""
    if question is None:
        return {}
    chosen = {
        "--explain": question.explained,
        "--rotations": question.augmentation is Augmentation.DAY_ROTATIONS,
    }
    return {"--model": str(question.selector)} | {
        name: "yes" for name, value in chosen.items() if value
    }


def with_models(session: Session, context: click.Context) -> Session:
    """The session, over the models that the options say; a store that is not there is made."""
    given = context.meta.get(META, {})
    chosen = {name: str(given[name]) for name in SETTINGS if name in given}
    return attrs.evolve(session.making(), settings={**session.settings, **chosen})

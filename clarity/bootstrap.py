"""
The composition root: settings become a container, the container becomes the object to embed.

Only the profiles import adapters, each inside the function that needs them; `main` imports the
command line.
"""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from dependency_injector import providers

from clarity.application.clarity import Clarity
from clarity.container import Core
from clarity.domain.errors import ClarityError
from clarity.profiles.aws import aws
from clarity.profiles.embedded import embedded
from clarity.settings import Profile, Settings

if TYPE_CHECKING:
    from clarity.domain.analysis.plugin import Analysis

_log = logging.getLogger(__name__)

__all__ = ["PROFILES", "main", "open_clarity", "open_core"]

PROFILES: Final[Mapping[Profile, Callable[[Settings], Core]]] = {
    Profile.EMBEDDED: embedded,
    Profile.AWS: aws,
}


@contextmanager
def open_core(
    settings: Settings, *, analyses: Sequence[Analysis] = (), replacing: Sequence[Analysis] = ()
) -> Iterator[Core]:
    """The container of the chosen profile, its resources open inside the block."""
    core = PROFILES[settings.profile](settings)
    core.registered.override(providers.Object(tuple(analyses)))
    core.replacing.override(providers.Object(tuple(replacing)))
    core.check_dependencies()
    try:
        core.init_resources()
        yield core
    finally:
        core.shutdown_resources()


@contextmanager
def open_clarity(
    settings: Settings | None = None,
    *,
    analyses: Sequence[Analysis] = (),
    replacing: Sequence[Analysis] = (),
) -> Iterator[Clarity]:
    """
    Everything that clarity does, open inside the block; safe to share between threads.

    Args:
        settings: what was chosen; the defaults when None.
        analyses: of the embedding program, run after the built-in and installed ones.
        replacing: of the embedding program, each in the place of the built-in one of its id.

    Raises:
        PortError: the store cannot be opened; the text says what to do.
        ClarityError: a model that is to be loaded in advance is refused.
        BadPlugin: an installed plugin does not load, an id is taken, or there is none to replace.
    """
    with open_core(settings or Settings(), analyses=analyses, replacing=replacing) as core:
        _require_analyses(core)
        app = core.clarity()
        app.models.loader.start()
        with core.log_lines(), core.shipping():
            _recover(app)
            yield app


def _require_analyses(core: Core) -> None:
    """What comes to the built-in analyses fits them; where nothing does, none is imported."""
    if any((core.registered(), core.replacing(), core.offered())):
        core.analyses()


def _recover(app: Clarity) -> None:
    """What was kept while the trail was away is in it, or the log says that it waits on."""
    try:
        app.recover_evidence.run()
    except ClarityError as error:
        _log.error("break-glass-waits", extra={"code": error.code})


def _end_as_interrupted() -> None:
    """
    A process that is told to end does so as one that is interrupted, and takes its drafts with it.

    What is ignored stays ignored, as `nohup` asks for.
    """
    for said in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(said) is signal.SIG_DFL:
            signal.signal(said, signal.default_int_handler)


def main() -> int:
    """The command `clarity`; gives its exit code."""
    _end_as_interrupted()
    from clarity.adapters.cli.app import run
    from clarity.plain_settings import settings_from

    return run(lambda mapping: open_clarity(settings_from(mapping)))

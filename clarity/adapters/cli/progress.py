"""A progress bar on long work, only where a person is watching."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

__all__ = ["Advance", "progress"]


class Advance(Protocol):
    """Says that one more step is done, and what it was about."""

    def __call__(self, what: str) -> None:
        """One more step is done."""
        ...


def _unseen(what: str) -> None:
    """Nobody is watching."""


@contextmanager
def progress(total: int) -> Iterator[Advance]:
    """
    A bar on standard error for `total` steps; nothing when that is no terminal.

    The bar respects NO_COLOR.
    """
    if total < 2 or not sys.stderr.isatty():
        yield _unseen
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total)

        def advance(what: str) -> None:
            bar.update(task, advance=1, description=what)

        yield advance

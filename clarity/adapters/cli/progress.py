"""A progress bar on long work, only where a person is watching."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

__all__ = ["Advance", "progress"]


class Advance(Protocol):
    """Says that one more step is done, what it was about, and how many more came to light."""

    def __call__(self, what: str, more: int = 0) -> None:
        """One more step is done, and `more` are to be done than was known."""
        ...


def _unseen(what: str, more: int = 0) -> None:
    """Nobody is watching."""


@contextmanager
def progress(total: int) -> Iterator[Advance]:
    """
    A bar on standard error for `total` steps; nothing while that is one, or where no terminal is.

    The bar respects NO_COLOR.
    """
    if not sys.stderr.isatty():
        yield _unseen
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    task = bar.add_task("", total=total)

    def advance(what: str, more: int = 0) -> None:
        known = (bar.tasks[0].total or 0) + more
        bar.update(task, total=known, advance=1, description=what)
        if known > 1:
            bar.start()

    try:
        if total > 1:
            bar.start()
        yield advance
    finally:
        bar.stop()

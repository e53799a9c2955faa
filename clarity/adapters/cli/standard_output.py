"""Where answers go."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar, TextIO

import attrs

from clarity.domain.errors import ClarityError

__all__ = ["NoOutput", "answering", "standard_output"]


@attrs.define(eq=False)
class NoOutput(ClarityError):
    """An answer could not be written."""

    code: ClassVar[str] = "cli.no-output"
    problem: str

    def __str__(self) -> str:
        return (
            f"standard output cannot be written ({self.problem}); send it somewhere else and run "
            f"the command again"
        )


def standard_output() -> TextIO:
    """
    Standard output.

    Raises:
        NoOutput: it was closed before the command began.
    """
    if sys.stdout is None:
        raise NoOutput("it is closed")
    return sys.stdout


@contextmanager
def answering() -> Iterator[None]:
    """
    What the block writes to standard output is written when the block ends.

    Raises:
        BrokenPipeError: who read it went away.
        NoOutput: it cannot be written otherwise; what could not is dropped.
    """
    try:
        yield
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        if error.filename is not None:
            raise
        sys.stdout = None
        raise NoOutput(error.strerror or "") from error

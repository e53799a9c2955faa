"""Exit codes of the command line; stable, listed in `clarity --help`."""

from enum import IntEnum

__all__ = ["Exit"]


class Exit(IntEnum):
    """What a finished command says to the shell."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    SOME_REFUSED = 3
    ALL_REFUSED = 4
    TAMPERED = 5
    UNHEALTHY = 6
    INTERRUPTED = 130

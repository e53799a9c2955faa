"""Which analyses installed packages offer; none of them is loaded."""

from importlib.metadata import EntryPoint, entry_points
from typing import Final

__all__ = ["PLUGINS", "offered"]

PLUGINS: Final = "clarity.analyses"
"""Entry point group under which packages offer analyses."""


def offered() -> tuple[EntryPoint, ...]:
    """By name."""
    return tuple(sorted(entry_points(group=PLUGINS), key=lambda point: point.name))

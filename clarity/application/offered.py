"""
Which analyses installed packages offer; none of them is loaded.

Asking the interpreter imports 38 modules and reads what every installed package says of itself, a
tenth of the time in which a fresh process opens clarity. So where no file can hold the group, it is
not asked.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING, Final

from clarity.application.first_use import named

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = ["PLUGINS", "offered"]

PLUGINS: Final = "clarity.analyses"
"""Entry point group under which packages offer analyses."""

PACKED: Final = (".egg", ".zip", ".whl")
"""Ends of places that keep what they say of themselves inside."""


def offered() -> tuple[EntryPoint, ...]:
    """By name."""
    if not _may_be_offered():
        return ()
    points = named("importlib.metadata.entry_points")(group=PLUGINS)
    return tuple(sorted(points, key=lambda point: point.name))


def _may_be_offered() -> bool:
    """Whether a package may offer some; certain only where none does."""
    finders = (finder for finder in sys.meta_path if finder is not PathFinder)
    if any(hasattr(finder, "find_distributions") for finder in finders):
        return True
    places = [Path(place) for place in sys.path if Path(place).exists()]
    packed = any(place.is_file() or place.suffix.lower() in PACKED for place in places)
    return packed or any(_may_name(said) for place in places for said in _said(place))


def _said(place: Path) -> Iterator[Path]:
    """What the packages in a folder say of their entry points."""
    for kind in ("dist-info", "egg-info"):
        yield from place.glob(f"*.{kind}/entry_points.txt")


def _may_name(said: Path) -> bool:
    try:
        return PLUGINS.encode() in said.read_bytes()
    except OSError:
        return True

"""Time zones as people type them."""

from difflib import get_close_matches
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from clarity.domain.timeline import UnknownZone, zone_named

__all__ = ["zone_of"]

MOST: Final = 3
"""More zones are not named."""


def zone_of(text: str) -> ZoneInfo:
    """
    The zone of that name.

    Raises:
        UnknownZone: there is none; names those that may be meant.
    """
    try:
        return zone_named(text)
    except UnknownZone as error:
        raise UnknownZone(text, _near(text)) from error


def _near(text: str) -> tuple[str, ...]:
    """Zones of that city or one that is written alike, whatever the case and the spaces."""
    cities = {name: _folded(name.rsplit("/", 1)[-1]) for name in sorted(available_timezones())}
    typed = _folded(text.rsplit("/", 1)[-1])
    alike = get_close_matches(typed, set(cities.values()), n=1, cutoff=0.75)
    known = [name for name, city in cities.items() if city in alike and "/" in name]
    return tuple(known[:MOST])


def _folded(name: str) -> str:
    return name.casefold().replace(" ", "_").replace("-", "_")

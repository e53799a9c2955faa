"""How long what is kept, as a setting says it: `activity=730,results=3650,all=1825`."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import attrs

from clarity.domain.streams import StreamKind

__all__ = ["ALL", "RESULTS", "RetentionRules", "rules_of"]

ALL: Final = "all"
"""Streams and results that have no rule of their own."""

RESULTS: Final = "results"

NAMES: Final = (*(kind.value for kind in StreamKind), RESULTS, ALL)
LONGEST_DAYS: Final = 36_500


def _known(_: object, __: object, days: Mapping[str, int]) -> None:
    for name, count in days.items():
        if name not in NAMES:
            raise ValueError(f"{name} is none of {', '.join(NAMES)}")
        if not 1 <= count <= LONGEST_DAYS:
            raise ValueError(f"{name} is kept for 1 to {LONGEST_DAYS} days")


@attrs.frozen
class RetentionRules:
    """
    Ages beyond which something is removed.

    Attributes:
        days: age in days by the name of a stream, `results` or `all`; what has no rule and falls
            under no `all` is kept.
    """

    days: Mapping[str, int] = attrs.field(factory=dict, hash=False, validator=_known)

    def age_of(self, name: str) -> timedelta | None:
        """How old the days of a stream, or results, may get; None without end."""
        days = self.days.get(name, self.days.get(ALL))
        return None if days is None else timedelta(days=days)

    @property
    def in_words(self) -> tuple[str, ...]:
        """The rules as they are said, in order."""
        return tuple(f"{name}={days}" for name, days in sorted(self.days.items()))


def rules_of(text: str) -> RetentionRules:
    """
    The rules that `text` says; none for an empty one.

    Raises:
        ValueError: a rule has another form, is said twice or about nothing that is known.
    """
    days: dict[str, int] = {}
    for rule in filter(None, text.split(",")):
        name, _, count = rule.strip().partition("=")
        if not count.isascii() or not count.isdigit():
            raise ValueError(f"a rule has the form NAME=DAYS, {rule.strip()} has not")
        if name in days:
            raise ValueError(f"{name} has two rules")
        days[name] = int(count)
    return RetentionRules(days)

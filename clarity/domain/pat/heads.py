"""What the scores of a network mean, as far as somebody said."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, Final

import attrs

from clarity.domain.errors import DomainError
from clarity.domain.pat.manifest import HeadSpec

__all__ = ["HeadTwice", "HeadUnknown", "described"]

SHOWN_CHARACTERS: Final = 80  # of a name that came from a file


def _listed(heads: Sequence[str]) -> str:
    return f"its heads are {', '.join(heads)}" if heads else "it has no heads"


@attrs.define(eq=False)
class HeadUnknown(DomainError):
    """What is described is no head of the network."""

    code: ClassVar[str] = "model.head-unknown"
    name: str
    heads: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"{self.name[:SHOWN_CHARACTERS]!r} is described and is no head of the network; "
            f"{_listed(self.heads)}: correct the name, or add the head with --head NAME=FILE"
        )


@attrs.define(eq=False)
class HeadTwice(DomainError):
    """Two heads, or two descriptions, have one name."""

    code: ClassVar[str] = "model.head-twice"
    what: str
    name: str
    heads: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"two {self.what} have the name {self.name[:SHOWN_CHARACTERS]!r} and neither counts "
            f"more; {_listed(self.heads)}: leave one out or name it otherwise"
        )


def described(heads: Sequence[str], specs: Sequence[HeadSpec]) -> tuple[HeadSpec, ...]:
    """
    The meaning of each head, in order; a head that nobody described is of unknown meaning.

    Args:
        heads: the names that the network has.
        specs: what somebody said of some of them, in any order.

    Raises:
        HeadTwice: a name stands twice among the heads, or among the descriptions.
        HeadUnknown: a description is of none of the heads.
    """
    known, names = {spec.name: spec for spec in specs}, tuple(dict.fromkeys(heads))
    _require_once("heads", heads, names)
    _require_once("descriptions", (spec.name for spec in specs), names)
    for name in known:
        if name not in names:
            raise HeadUnknown(name, names)
    return tuple(known.get(name, HeadSpec(name=name)) for name in names)


def _require_once(what: str, said: Iterable[str], heads: tuple[str, ...]) -> None:
    seen = set[str]()
    for name in said:
        if name in seen:
            raise HeadTwice(what, name, heads)
        seen.add(name)

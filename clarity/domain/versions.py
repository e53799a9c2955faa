"""Versions in semantic order."""

import re
from functools import total_ordering
from typing import ClassVar, Final

import attrs

from clarity.domain.errors import DomainError

__all__ = ["BadVersion", "SemanticVersion"]

NUMBER: Final = r"(\d{1,9})"
IDENTIFIER: Final = r"[0-9A-Za-z-]{1,32}"
VERSION: Final = re.compile(
    rf"v?{NUMBER}(?:\.{NUMBER})?(?:\.{NUMBER})?(?:-({IDENTIFIER}(?:\.{IDENTIFIER}){{0,7}}))?",
    re.ASCII,
)


@attrs.define(eq=False)
class BadVersion(DomainError):
    """A text is no semantic version."""

    code: ClassVar[str] = "model.bad-version"

    def __str__(self) -> str:
        return "a version is written like 1.2.3, 2.0.0-rc.1 or v10"


def _parts(text: str) -> tuple[str, ...]:
    return tuple(text.split(".")) if text else ()


@total_ordering
@attrs.frozen(order=False)
class SemanticVersion:
    """
    A version in the order of Semantic Versioning 2.0.0, so 10 comes after 9.

    Attributes:
        major: incompatible changes.
        minor: additions.
        patch: repairs.
        pre: identifiers of a pre-release; a release comes after its pre-releases.
    """

    major: int = attrs.field(validator=attrs.validators.ge(0))
    minor: int = attrs.field(default=0, validator=attrs.validators.ge(0))
    patch: int = attrs.field(default=0, validator=attrs.validators.ge(0))
    pre: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "SemanticVersion":
        """
        The version that `text` says; a leading v and missing zeros are allowed.

        Raises:
            BadVersion: it says none.
        """
        match = VERSION.fullmatch(text)
        if match is None:
            raise BadVersion
        major, minor, patch, pre = match.groups(default="")
        return cls(int(major), int(minor or 0), int(patch or 0), _parts(pre))

    def __str__(self) -> str:
        release = f"{self.major}.{self.minor}.{self.patch}"
        return f"{release}-{'.'.join(self.pre)}" if self.pre else release

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, SemanticVersion):
            return NotImplemented
        return self._rank() < other._rank()

    def _rank(self) -> tuple[int, int, int, bool, tuple[tuple[bool, int, str], ...]]:
        numbers = tuple(
            (False, int(part), part) if part.isdecimal() else (True, 0, part) for part in self.pre
        )
        return self.major, self.minor, self.patch, not self.pre, numbers

"""The root of every error that clarity raises on purpose."""

from typing import ClassVar

__all__ = ["ClarityError", "DomainError"]


class ClarityError(Exception):
    """
    Something that the caller can act on.

    `code` is stable across releases and meant for machines; the text says what is true and what
    to do about it, and never contains health data. Subclasses are attrs classes whose fields carry
    the facts and whose `__str__` builds the text from them.
    """

    code: ClassVar[str] = "clarity"


class DomainError(ClarityError):
    """The request or the data breaks a rule of the domain."""

    code: ClassVar[str] = "domain"

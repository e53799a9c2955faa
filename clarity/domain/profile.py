"""
Who a person is, as far as a backend must know to reach them and to read their data.

An e-mail address is kept as it was written; two spellings are one address when they are the same
after canonical caseless matching (Unicode 15, section 3.13, D145). Letters before the `@` could
mean two people by RFC 5321, section 2.4; no large provider makes that difference, and people do
not. What a provider alone ignores (dots, `+tag`) and the ASCII form of a domain of other letters
stay different.
"""

import unicodedata
from datetime import datetime
from typing import ClassVar, Final
from zoneinfo import ZoneInfo

import attrs

from clarity.domain.errors import DomainError
from clarity.domain.exact import exactly_typed
from clarity.domain.privacy import SENSITIVE
from clarity.domain.timeline import NaiveTime, zone_name

__all__ = ["BadEmail", "BadProfile", "Details", "EmailAddress", "Profile"]

MAX_EMAIL_LENGTH: Final = 254
"""Characters; a path of RFC 5321, section 4.5.3.1.3, without its angle brackets."""

MAX_NAME_LENGTH: Final = 200
"""Characters of a name to show."""

FIRST_BIRTH_YEAR: Final = 1875
"""The oldest person whose age is proved was born in this year."""


@attrs.define(eq=False)
class BadEmail(DomainError):
    """A text is no e-mail address."""

    code: ClassVar[str] = "profile.bad-email"
    problem: str

    def __str__(self) -> str:
        return f"the e-mail address {self.problem}; write it as name@domain"


@attrs.define(eq=False)
class BadProfile(DomainError):
    """What is said of a person cannot be true or cannot be shown."""

    code: ClassVar[str] = "profile.bad"
    problem: str

    def __str__(self) -> str:
        return f"{self.problem}; correct it or leave it out"


def _problem(text: str) -> str:
    name, at, domain = text.partition("@")
    if not (at and name and domain) or "@" in domain:
        return "has no name and domain around an @"
    if len(text) > MAX_EMAIL_LENGTH:
        return f"has more than {MAX_EMAIL_LENGTH} characters"
    if not text.isprintable() or " " in text:
        return "holds a space or a character that cannot be printed"
    return ""


def _stripped(text: str) -> str:
    """Without spaces around it; what is no text is left for the field to refuse."""
    return text.strip() if type(text) is str else text


def _is_address(_: object, __: "attrs.Attribute[str]", text: str) -> None:
    problem = _problem(text)
    if problem:
        raise BadEmail(problem)


@attrs.frozen(field_transformer=exactly_typed)
class EmailAddress:
    """An e-mail address as it was written, without spaces around it."""

    text: str = attrs.field(
        repr=False, metadata=SENSITIVE, converter=_stripped, validator=_is_address
    )

    @property
    def folded(self) -> str:
        """What all spellings of the address have in common."""
        decomposed = unicodedata.normalize("NFD", self.text)
        return unicodedata.normalize("NFD", decomposed.casefold())


def _is_name(_: object, __: "attrs.Attribute[str]", name: str) -> None:
    if len(name) > MAX_NAME_LENGTH:
        raise BadProfile(f"the name has more than {MAX_NAME_LENGTH} characters")
    if not name.isprintable():
        raise BadProfile("the name holds a character that cannot be printed")


def _has_name(_: object, __: "attrs.Attribute[ZoneInfo]", zone: ZoneInfo) -> None:
    zone_name(zone)


@attrs.frozen(kw_only=True, field_transformer=exactly_typed)
class Details:
    """
    What a person may say of themselves and change.

    Attributes:
        email: where they are reached; nobody else in the tenant has it.
        name: how they are called; empty when they did not say.
        birth_year: for the age; None when they did not say.
        zone: where they live, for days and nights.
    """

    email: EmailAddress = attrs.field(repr=False, metadata=SENSITIVE)
    name: str = attrs.field(default="", repr=False, metadata=SENSITIVE, validator=_is_name)
    birth_year: int | None = attrs.field(default=None, repr=False, metadata=SENSITIVE)
    zone: ZoneInfo = attrs.field(validator=_has_name)


def _aware(_: object, attribute: "attrs.Attribute[datetime]", value: datetime) -> None:
    if value.tzinfo is None:
        raise NaiveTime(attribute.name)


@attrs.frozen(kw_only=True, field_transformer=exactly_typed)
class Profile:
    """
    A person's details, and since when they are known.

    Attributes:
        details: as last changed.
        created_at: when the profile was first kept, aware.
    """

    details: Details
    created_at: datetime = attrs.field(validator=_aware)

    def __attrs_post_init__(self) -> None:
        """Nobody has a profile before they were born."""
        year = self.details.birth_year
        if year is not None and not FIRST_BIRTH_YEAR <= year <= self.created_at.year:
            raise BadProfile(f"the year of birth is not from {FIRST_BIRTH_YEAR} to now")

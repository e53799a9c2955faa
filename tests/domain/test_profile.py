"""Profiles: what is an address, which spellings are one, and what cannot be true of a person."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given

from clarity.domain.privacy import sensitive_fields
from clarity.domain.profile import BadEmail, BadProfile, Details, EmailAddress, Profile
from clarity.domain.timeline import NaiveTime
from tests.support import strategies

OSLO = ZoneInfo("Europe/Oslo")
ADA = Details(email=EmailAddress("Ada@Clinic.example"), name="Ada Berg", birth_year=1990, zone=OSLO)
NOW = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "no name and domain"),
        ("ada", "no name and domain"),
        ("@clinic", "no name and domain"),
        ("ada@", "no name and domain"),
        ("a@b@c", "has no name"),
        ("ada berg@clinic", "a space"),
        ("ada@cli\u200bnic", "cannot be printed"),
        ("ada@\ud800", "cannot be printed"),
        ("a" * 250 + "@b.de", "254 characters"),
    ],
)
def test_what_is_no_address_is_refused_without_repeating_it(text: str, problem: str):
    with pytest.raises(BadEmail, match=problem) as refused:
        EmailAddress(text)

    assert not text or text not in str(refused.value)


def test_the_longest_address_is_one():
    assert len(EmailAddress("a" * 248 + "@b.com").text) == 254


def test_an_address_stays_as_it_was_written_but_for_spaces_around_it():
    assert EmailAddress("  Ada@Clinic.example\n").text == "Ada@Clinic.example"


@pytest.mark.parametrize(
    "spelling",
    ["ada@clinic.example", "ADA@CLINIC.EXAMPLE", "Ada@clinic.Example", " ada@clinic.example "],
)
def test_spellings_of_one_address_are_one(spelling: str):
    assert EmailAddress(spelling).folded == ADA.email.folded


def test_composed_and_decomposed_letters_are_one():
    assert EmailAddress("\u00c9va@x").folded == EmailAddress("e\u0301va@x").folded


def test_what_a_provider_alone_ignores_makes_another_address():
    assert len({EmailAddress(f"{name}@x").folded for name in ("ab", "a.b", "ab+c")}) == 3


@given(email=strategies.emails())
def test_what_is_folded_stays_as_it_is(email: EmailAddress):
    assert EmailAddress(email.folded).folded == email.folded


@pytest.mark.parametrize(
    ("told", "problem"),
    [
        ({"name": "a" * 201}, "200 characters"),
        ({"name": "a\nb"}, "cannot be printed"),
    ],
)
def test_a_name_that_cannot_be_shown_is_refused(told: dict, problem: str):
    with pytest.raises(BadProfile, match=problem):
        Details(email=ADA.email, zone=OSLO, **told)


@pytest.mark.parametrize("year", [1_874, 2_027])
def test_nobody_is_born_before_all_others_or_after_now(year: int):
    details = Details(email=ADA.email, zone=OSLO, birth_year=year)

    with pytest.raises(BadProfile, match="from 1875 to now"):
        Profile(details=details, created_at=NOW)


@pytest.mark.parametrize("year", [None, 1_875, 2_026])
def test_a_year_of_birth_may_be_left_out(year: int | None):
    details = Details(email=ADA.email, zone=OSLO, birth_year=year)

    assert Profile(details=details, created_at=NOW).details.birth_year == year


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(NaiveTime):
        Profile(details=ADA, created_at=NOW.replace(tzinfo=None))


def test_what_tells_who_somebody_is_is_marked_and_not_shown():
    shown = repr(Profile(details=ADA, created_at=NOW))

    assert sensitive_fields(Details) == {"email", "name", "birth_year"}
    assert sensitive_fields(EmailAddress) == {"text"}
    assert sensitive_fields(Profile) == frozenset()
    assert not any(told in shown for told in ("Ada", "clinic", "1990"))

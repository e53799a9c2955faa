"""`clarity profile`: kept, shown and found, in words and for machines."""

from pathlib import Path

import pytest

from tests.adapters.cli.conftest import Command

ADA = ("profile", "set", "ada", "--email", "Ada@Clinic.example")


@pytest.fixture
def kept(clarity: Command) -> Command:
    """The command line over a store that holds the profile of one person."""
    told = ("--name", "Ada Berg", "--birth-year", 1990, "--zone", "Europe/Oslo")
    assert clarity(*ADA, *told).code == 0
    return clarity


def test_a_profile_is_shown_as_it_was_kept(kept: Command):
    said = kept("profile", "show", "ada", "--json")

    assert said.code == 0
    assert said.told.pop("created_at")
    assert {
        name: said.told[name] for name in ("patient", "email", "name", "birth_year", "zone")
    } == {
        "patient": "ada",
        "email": "Ada@Clinic.example",
        "name": "Ada Berg",
        "birth_year": 1990,
        "zone": "Europe/Oslo",
    }


def test_a_profile_in_words(kept: Command):
    lines = kept("profile", "show", "ada").out.splitlines()

    assert lines[:3] == [
        "patient      ada",
        "email        Ada@Clinic.example",
        "name         Ada Berg",
    ]


def test_what_is_not_given_again_is_forgotten(kept: Command):
    told = kept(*ADA, "--json").told

    assert (told["name"], told["birth_year"], told["zone"]) == ("", None, "UTC")


def test_an_address_finds_its_person(kept: Command):
    assert kept("profile", "find", "ADA@clinic.example").out == "ada\n"
    assert kept("profile", "find", "ada@clinic.example", "--json").told == {"patient": "ada"}


def test_an_address_that_nobody_has_is_said_without_repeating_it(kept: Command):
    said = kept("profile", "find", "ben@clinic.example")

    assert said.code == 1
    assert "port.not-found" in said.err
    assert "ben@" not in said.err


def test_an_address_that_somebody_else_has_is_refused(kept: Command):
    said = kept("profile", "set", "ben", "--email", "ada@clinic.example", "--json")

    assert said.code == 1
    assert said.told["error"]["code"] == "port.already-exists"
    assert "clinic.example" not in said.out + said.err


@pytest.mark.parametrize(
    ("arguments", "code", "problem"),
    [
        (("--email", "ada"), 1, "profile.bad-email"),
        (("--email", "a@b", "--birth-year", "1800"), 1, "profile.bad"),
        (("--email", "a@b", "--zone", "Mars/Olympus"), 2, "no IANA time zone"),
        ((), 2, "--email"),
    ],
)
def test_what_cannot_be_kept_is_refused(
    clarity: Command, arguments: tuple[str, ...], code: int, problem: str
):
    said = clarity("profile", "set", "ada", *arguments)

    assert said.code == code
    assert problem in said.err


def test_who_has_no_profile_is_said(clarity: Command, tmp_path: Path):
    said = clarity("--store", tmp_path / "new.db", "profile", "show", "ada")

    assert (said.code, said.out) == (1, "")

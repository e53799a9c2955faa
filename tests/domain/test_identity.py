"""Identifiers are printable text of reasonable length."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.domain.identity import (
    Actor,
    BadIdentifier,
    CorrelationId,
    PatientId,
    PatientRef,
    Purpose,
    TenantId,
)


@pytest.mark.parametrize("kind", [TenantId, PatientId, CorrelationId])
def test_an_identifier_reads_as_its_value(kind):
    assert str(kind("Åse 7/2#x")) == "Åse 7/2#x"


@pytest.mark.parametrize("kind", [TenantId, PatientId, CorrelationId])
@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("", "is empty"),
        (" a", "begins or ends with a space"),
        ("a ", "begins or ends with a space"),
        ("a\nb", "cannot be printed"),
        ("a\0", "cannot be printed"),
        ("x" * 129, "has 129 characters"),
        (7, "is not text"),
    ],
)
def test_a_bad_identifier_is_refused_in_words(kind, value, problem):
    with pytest.raises(BadIdentifier, match=f"{kind.__name__} .*{problem}.*; give 1 to 128"):
        kind(value)


@given(st.text(max_size=200))
def test_any_text_is_an_identifier_or_a_refusal(text):
    with contextlib.suppress(BadIdentifier):
        assert str(PatientId(text)) == text


def test_a_patient_is_not_shown_by_accident():
    assert "secret" not in repr(PatientRef(TenantId("clinic"), PatientId("secret")))


def test_an_actor_says_for_whom_and_why():
    actor = Actor(id="dr", tenant=TenantId("clinic"), purpose=Purpose.TREATMENT)

    assert actor.purpose == "treatment"
    with pytest.raises(BadIdentifier, match="Actor is empty"):
        Actor(id="", tenant=TenantId("clinic"), purpose=Purpose.RESEARCH)


def _breaking_glass(reason: str) -> Actor:
    tenant = TenantId("clinic")
    return Actor(id="dr", tenant=tenant, purpose=Purpose.TREATMENT, break_glass=reason)


@pytest.mark.parametrize("reason", ["", "unconscious, brought in at night", "x" * 128])
def test_an_actor_may_say_why_the_glass_is_broken(reason: str):
    assert _breaking_glass(reason).break_glass == reason


@pytest.mark.parametrize(
    ("reason", "problem"),
    [
        (" ", "begins or ends with a space"),
        ("a\0", "cannot be printed"),
        ("x" * 129, "has 129 characters"),
    ],
)
def test_a_reason_that_cannot_be_shown_is_refused_in_words(reason: str, problem: str):
    with pytest.raises(BadIdentifier, match=f"^the reason to break glass .*{problem}"):
        _breaking_glass(reason)


def test_identifiers_sort_by_value():
    assert TenantId("a") < TenantId("b")


def test_an_identifier_may_have_128_characters():
    assert str(PatientId("x" * 128)) == "x" * 128

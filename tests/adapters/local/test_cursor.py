"""Cursors: what they carry comes back, and nothing else is taken for one."""

import base64
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.adapters.local.cursor import MAX_LENGTH, place_of, signed
from clarity.ports.errors import CURSOR_LIFE, BadCursor
from tests.support.clocks import START

KEY, QUESTION = b"k" * 32, b"which days of ada"
PLACES = st.lists(st.text(max_size=9) | st.integers(-(1 << 53), 1 << 53), max_size=3)


def told(place: list[str | int]) -> str:
    return signed(place, question=QUESTION, key=KEY, now=START)


@given(place=PLACES)
def test_a_place_comes_back_as_it_was_signed(place: list[str | int]):
    assert place_of(told(place), question=QUESTION, key=KEY, now=START) == place


def test_the_form_of_a_cursor_is_for_ever():
    assert told(["activity", 7]) == "KfCBGJxub4WFCyhoxIzveFsxNzY3NjE0NDAwLCJhY3Rpdml0eSIsN10="


def test_a_cursor_goes_into_an_address_as_it_is():
    cursors = {told([text]) for text in ("~~~?", ">>>", "\N{SNOWMAN}" * 9, "a")}

    assert set("".join(cursors)) <= set(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_="
    )


@given(place=PLACES, data=st.data())
def test_a_changed_bit_is_refused(place: list[str | int], data: st.DataObject):
    raw = bytearray(base64.urlsafe_b64decode(told(place)))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))

    with pytest.raises(BadCursor, match="was changed or belongs to another question; start again"):
        place_of(base64.urlsafe_b64encode(raw).decode(), question=QUESTION, key=KEY, now=START)


@pytest.mark.parametrize(
    ("question", "key"), [(b"which days of ben", KEY), (QUESTION, b"l" * 32), (b"", KEY)]
)
def test_a_cursor_is_of_one_question_and_one_store(question: bytes, key: bytes):
    with pytest.raises(BadCursor, match="another question"):
        place_of(told(["x"]), question=question, key=key, now=START)


def test_a_question_cannot_run_into_the_place():
    """The length of the question is signed, so its end cannot be moved."""
    body = told([]).encode()
    shifted = signed([], question=QUESTION + b"[]"[:1], key=KEY, now=START).encode()

    assert body != shifted
    assert signed(["", 1], question=b"a", key=KEY, now=START) != signed(
        ["", 1], question=b"a[", key=KEY, now=START
    )


@pytest.mark.parametrize("cursor", ["", "a", "@@@@", "\N{SNOWMAN}", "AAAA AAAA", "+///" * 9])
def test_what_is_no_cursor_is_refused_in_words(cursor: str):
    with pytest.raises(BadCursor) as refused:
        place_of(cursor, question=QUESTION, key=KEY, now=START)

    assert refused.value.problem in {
        "is none that clarity made",
        "was changed or belongs to another question",
    }


@pytest.mark.parametrize("cursor", ["@@@@", "\N{SNOWMAN}", "AAAA AAAA"])
def test_what_is_not_even_written_like_one_is_said_to_be_none(cursor: str):
    with pytest.raises(BadCursor, match="is none that clarity made"):
        place_of(cursor, question=QUESTION, key=KEY, now=START)


def test_a_cursor_is_looked_at_up_to_a_length():
    long = told(["x" * 3 * MAX_LENGTH])

    with pytest.raises(BadCursor):
        place_of(long, question=QUESTION, key=KEY, now=START)
    fits = told(["x" * (MAX_LENGTH * 3 // 4 - 16 - len('[1767614400,""]'))])
    assert len(fits) == MAX_LENGTH
    assert place_of(fits, question=QUESTION, key=KEY, now=START)


def test_a_cursor_is_good_for_its_life_and_no_longer():
    cursor = told(["x"])

    later = {"question": QUESTION, "key": KEY}
    assert place_of(cursor, **later, now=START + CURSOR_LIFE) == ["x"]
    with pytest.raises(BadCursor, match="has expired"):
        place_of(cursor, **later, now=START + CURSOR_LIFE + timedelta(seconds=1))

"""Fields hold exactly the type that they declare."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import numpy as np
import numpy.typing as npt
import pytest

from clarity.domain.exact import WrongType, exactly, exactly_typed, is_unicode, whole

UTC_ZONE = ZoneInfo("UTC")


class Color(StrEnum):
    RED = "red"


class Text(str):
    __slots__ = ()


@pytest.fixture
def held() -> Callable[..., Any]:
    """A class whose fields are asked, made anew: what asks is chosen when a class is made."""

    @attrs.frozen(kw_only=True, field_transformer=exactly_typed)
    class Held:
        count: int = attrs.field(default=1, validator=attrs.validators.ge(1))
        share: float = 0.5
        name: str = ""
        day: date = date(2003, 5, 1)
        at: datetime | None = None
        color: Color = Color.RED
        pairs: tuple[tuple[int, str], ...] = ()
        settings: Mapping[str, int | None] = attrs.field(factory=dict)
        values: npt.NDArray[np.float64] = attrs.field(factory=lambda: np.zeros(1))
        zone: ZoneInfo = UTC_ZONE

    return Held


RIGHT = [
    {"count": 7},
    {"at": datetime(2003, 5, 1, tzinfo=UTC)},
    {"pairs": ((1, "a"), (2, "b"))},
    {"settings": {"a": 1, "b": None}},
]

WRONG = [
    ("count", "int", 60.0),
    ("count", "int", True),
    ("count", "int", "60"),
    ("count", "int", np.int64(60)),
    ("share", "float", 1),
    ("share", "float", np.float64(0.5)),
    ("name", "str", 5),
    ("name", "str", Text("x")),
    ("name", "str", Color.RED),
    ("day", "date", datetime(2003, 5, 1, tzinfo=UTC)),
    ("at", "datetime | None", date(2003, 5, 1)),
    ("color", "Color", "red"),
    ("pairs", "tuple[tuple[int, str], ...]", [(1, "a")]),
    ("pairs", "tuple[tuple[int, str], ...]", ((1, "a"), (2, 3))),
    ("pairs", "tuple[tuple[int, str], ...]", ((1,),)),
    ("pairs", "tuple[tuple[int, str], ...]", ([1, "a"],)),
    ("settings", "Mapping[str, int | None]", [("a", 1)]),
    ("settings", "Mapping[str, int | None]", ()),
    ("settings", "Mapping[str, int | None]", {"a": 1.0}),
    ("settings", "Mapping[str, int | None]", {1: 1}),
    ("values", "ndarray[tuple[Any, ...], dtype[float64]]", [0.0]),
    ("zone", "ZoneInfo", UTC),
]


@pytest.mark.parametrize("given", RIGHT, ids=repr)
def test_what_has_the_types_that_are_declared_is_held(
    held: Callable[..., Any], given: dict[str, Any]
):
    one = held(**given)

    assert {name: getattr(one, name) for name in given} == given


@pytest.mark.parametrize(("field", "expected", "given"), WRONG, ids=repr)
def test_any_other_type_is_refused_and_the_value_is_not_told(
    held: Callable[..., Any], field: str, expected: str, given: object
):
    with pytest.raises(WrongType) as refused:
        held(**{field: given})

    assert (refused.value.field, refused.value.expected) == (f"Held.{field}", expected)
    assert str(refused.value) == (
        f"Held.{field} is not exactly of the type {expected}; convert it before"
    )
    assert refused.value.code == "value.wrong-type"


def test_the_type_is_asked_before_the_rules_of_the_field(held: Callable[..., Any]):
    with pytest.raises(WrongType, match=r"Held\.count"):
        held(count=-1.0)
    with pytest.raises(ValueError, match="must be >= 1"):
        held(count=-1)


def test_a_changed_copy_is_asked_too(held: Callable[..., Any]):
    with pytest.raises(WrongType, match=r"Held\.name"):
        attrs.evolve(held(), name=None)


@pytest.mark.parametrize("hint", [list[int], "int", int | list[int]], ids=str)
def test_a_type_that_cannot_be_told_is_refused_where_it_is_declared(hint: object):
    with pytest.raises(TypeError, match=f"^a value of {re.escape(str(hint))} cannot be told from"):
        exactly(hint)


@pytest.mark.parametrize("number", [np.int64(1_800), np.uint8(200), np.int16(-3)])
def test_a_whole_number_of_numpy_is_the_same_number_of_python(number: np.integer[Any]):
    assert whole(number) == number
    assert type(whole(number)) is int


@pytest.mark.parametrize("other", [1_800.0, np.float64(60.0), True, np.True_, "60", None])
def test_nothing_else_becomes_a_whole_number(other: object):
    assert whole(other) is other


@pytest.mark.parametrize("text", ["", "ascii", "Åse 🏃", "\ud7ff", "\ue000"], ids=range(5))
def test_what_utf_8_can_write_is_unicode(text: str):
    assert is_unicode(text)
    assert text.encode("utf-8").decode("utf-8") == text


@pytest.mark.parametrize("text", ["\ud800", "a\udfff", "Åse \udabc!"], ids=range(3))
def test_half_a_surrogate_pair_is_no_unicode(text: str):
    assert not is_unicode(text)
    with pytest.raises(UnicodeEncodeError):
        text.encode("utf-8")

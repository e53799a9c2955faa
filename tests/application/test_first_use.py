"""What is made when it is first read: once, and only then."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

import attrs
import pytest

from clarity.application.first_use import FirstUse, Made


@attrs.frozen
class Kitchen:
    """An owner of this test."""

    made: Made
    bread: ClassVar[FirstUse[list[str]]] = FirstUse()


def kitchen(asked: list[str]) -> Kitchen:
    def bread() -> Any:
        asked.append("bread")
        return ["bread"]

    return Kitchen(Made({"bread": bread}))


def test_nothing_is_made_before_it_is_read_and_then_once():
    asked: list[str] = []

    home = kitchen(asked)

    assert asked == []
    assert home.bread is home.bread
    assert asked == ["bread"]


def test_everything_is_made_at_once_where_that_is_wanted():
    asked: list[str] = []
    home = kitchen(asked)

    everything = home.made.everything()

    assert asked == ["bread"]
    assert everything == {"bread": home.bread}


def test_each_owner_has_its_own():
    assert kitchen([]).bread is not kitchen([]).bread


def test_what_could_not_be_made_is_tried_again():
    turns = iter([ValueError("no flour")])

    def bread() -> str:
        for problem in turns:
            raise problem
        return "bread"

    home = Kitchen(Made({"bread": bread}))

    with pytest.raises(ValueError, match="no flour"):
        _ = home.bread
    assert home.bread == "bread"


def test_threads_that_read_at_once_get_the_same_one():
    home, gate = kitchen([]), threading.Barrier(8)

    def read(_: int) -> int:
        gate.wait()
        return id(home.bread)

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(read, range(8)))) == 1


def test_the_class_itself_tells_that_it_has_the_part():
    assert isinstance(Kitchen.bread, FirstUse)

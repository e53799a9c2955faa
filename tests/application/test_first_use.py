"""What is made when it is first read: once, and only then."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any, ClassVar

import attrs
import pytest

from clarity.application.first_use import FirstUse, Made, kind


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


def test_a_kind_is_known_by_its_instances_alone():
    window = kind("datetime.date")

    assert isinstance(date(2026, 1, 5), window)
    assert not isinstance("2026-01-05", window)
    assert window.__name__ == "date"


def test_a_kind_that_is_not_there_is_told_when_something_is_held_against_it():
    gone = kind("clarity.ports.gone.Gone")

    with pytest.raises(ModuleNotFoundError):
        isinstance(1, gone)

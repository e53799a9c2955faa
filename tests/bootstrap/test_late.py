"""What is made when it is first asked: once, whoever asks, and it is of its port."""

import threading
from abc import abstractmethod
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, runtime_checkable

import attrs
import pytest

from clarity.profiles.late import late


@runtime_checkable
class Bell(Protocol):
    """A port of this test."""

    @abstractmethod
    def ring(self, times: int, *, loud: str = "") -> str: ...

    @abstractmethod
    def stop(self) -> None: ...


@attrs.define(eq=False)
class Tower(Bell):
    """Its adapter."""

    made: list[str]

    def __attrs_post_init__(self) -> None:
        self.made.append("tower")

    def ring(self, times: int, *, loud: str = "") -> str:
        return f"{times} {loud}".strip()

    def stop(self) -> None:
        raise RuntimeError("it rings for ever")


def test_nothing_is_made_before_the_first_call_and_then_once():
    made: list[str] = []
    bell = late(lambda: Bell, lambda: Tower(made))()

    assert isinstance(bell, Bell)
    assert made == []
    assert (bell.ring(3), bell.ring(1, loud="very")) == ("3", "1 very")
    assert made == ["tower"]


def test_the_provider_gives_one_object():
    provider = late(lambda: Bell, lambda: Tower([]))

    assert provider() is provider()


def test_errors_are_those_of_the_real_one():
    bell = late(lambda: Bell, lambda: Tower([]))()

    with pytest.raises(RuntimeError, match="rings for ever"):
        bell.stop()


def test_threads_that_ask_at_once_get_the_same_one():
    made: list[str] = []
    bell = late(lambda: Bell, lambda: Tower(made))()
    gate = threading.Barrier(8)

    def ring(times: int) -> str:
        gate.wait()
        return bell.ring(times)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ring, range(8))) == [str(times) for times in range(8)]
    assert made == ["tower"]

"""What an alias means is believed for a stated time, and longer only while the registry is away."""

import threading
from collections.abc import Callable

import attrs
import pytest

from clarity.adapters.observability.metrics import MemoryMetrics, Series
from clarity.application.model_aliases import AliasBook, Freshness
from clarity.domain.models import (
    AliasHistory,
    AliasMove,
    Direction,
    ModelRef,
    ModelSelector,
    ModelShelf,
    ModelUnknown,
    ModelVersion,
)
from clarity.domain.versions import SemanticVersion
from clarity.ports.errors import Corrupt, Unavailable
from clarity.ports.model_registry import ModelRegistry
from tests.contracts.model_registry.harness import known
from tests.support.clocks import HandClock

TOY = ModelSelector("toy")


@attrs.define(eq=False)
class OneShelf(ModelRegistry):
    """A registry with one model whose champion can be set; counts how often it is asked."""

    clock: HandClock
    champion: str = "1.0.0"
    versions: tuple[str, ...] = ("1.0.0", "2.0.0")
    fault: Exception | None = None
    before: Callable[[], None] | None = None
    asked: int = 0

    def shelf(self, model: str) -> ModelShelf:
        self.asked += 1
        shelf = self.present()
        if self.before:
            self.before()
        if self.fault:
            raise self.fault
        return shelf

    def present(self) -> ModelShelf:
        move = AliasMove(
            model="toy",
            alias="champion",
            revision=1,
            version=SemanticVersion.parse(self.champion),
            direction=Direction.PROMOTE,
            actor="ann",
            at=self.clock.now(),
        )
        return ModelShelf(
            model="toy",
            versions=[known(version) for version in self.versions],
            histories=[AliasHistory(model="toy", alias="champion", moves=(move,))],
        )

    def names(self) -> tuple[str, ...]:
        return ("toy",)

    def register(self, version: ModelVersion) -> None:
        pytest.fail("whoever only asks what an alias means changes nothing")

    def unregister(self, ref: ModelRef) -> None:
        pytest.fail("whoever only asks what an alias means changes nothing")

    def move(self, move: AliasMove) -> None:
        pytest.fail("whoever only asks what an alias means changes nothing")


@attrs.define(eq=False)
class Desk:
    """A book over one shelf."""

    registry: OneShelf
    book: AliasBook
    metrics: MemoryMetrics

    def means(self, selector: ModelSelector = TOY) -> str:
        return str(self.book.meaning(selector).version)


@pytest.fixture
def desk() -> Desk:
    clock, metrics = HandClock(), MemoryMetrics()
    registry = OneShelf(clock)
    book = AliasBook(
        registry=registry,
        clock=clock,
        metrics=metrics,
        freshness=Freshness(believed_s=2.0, outage_s=60.0),
    )
    return Desk(registry, book, metrics)


def test_the_registry_is_asked_once_while_its_answer_is_believed(desk: Desk):
    assert [desk.means() for _ in range(5)] == ["1.0.0"] * 5

    assert desk.registry.asked == 1


def test_a_promotion_elsewhere_is_seen_when_the_answer_is_too_old(desk: Desk):
    desk.means()
    desk.registry.champion = "2.0.0"
    desk.registry.clock.advance(1.9)
    before = desk.means()
    desk.registry.clock.advance(0.1)

    assert (before, desk.means()) == ("1.0.0", "2.0.0")


def test_a_promotion_here_is_seen_at_once(desk: Desk):
    desk.means()
    desk.registry.champion = "2.0.0"
    desk.book.forget("toy")

    assert desk.means() == "2.0.0"


def test_a_change_of_another_model_forgets_nothing(desk: Desk):
    desk.means()
    desk.book.forget("game")
    desk.means()

    assert desk.registry.asked == 1


def test_an_answer_that_was_on_its_way_during_a_change_is_not_kept(desk: Desk):
    def promoted_meanwhile() -> None:
        desk.registry.before = None
        desk.registry.champion = "2.0.0"
        desk.book.forget("toy")

    desk.registry.before = promoted_meanwhile

    assert [desk.means(), desk.means()] == ["1.0.0", "2.0.0"]


def test_every_selector_has_an_answer_of_its_own(desk: Desk):
    exact = ModelSelector("toy", SemanticVersion.parse("2.0.0"))

    assert [desk.means(), desk.means(exact), desk.means()] == ["1.0.0", "2.0.0", "1.0.0"]
    assert desk.registry.asked == 2


def test_while_the_registry_is_away_its_last_answer_holds_and_its_age_is_told(desk: Desk):
    desk.means()
    desk.registry.fault = Unavailable("the registry")
    desk.registry.clock.advance(59.0)

    assert [desk.means() for _ in range(4)] == ["1.0.0"] * 4
    ages = desk.metrics.observed()[Series("model_alias_age_s", {})]
    assert (ages.count, ages.most) == (4, 59.0)


def test_a_registry_that_is_away_is_asked_once_per_believed_time(desk: Desk):
    desk.means()
    desk.registry.fault = Unavailable("the registry")
    for _ in range(10):
        desk.registry.clock.advance(1.0)
        desk.means()

    assert desk.registry.asked == 1 + 5


def test_after_the_longest_outage_its_error_is_told(desk: Desk):
    desk.means()
    desk.registry.fault = Unavailable("the registry")
    desk.registry.clock.advance(60.0)

    for _ in range(3):
        with pytest.raises(Unavailable):
            desk.means()


def test_after_the_outage_the_registry_is_believed_again(desk: Desk):
    desk.means()
    desk.registry.fault = Unavailable("the registry")
    desk.registry.clock.advance(30.0)
    desk.means()
    desk.registry.fault, desk.registry.champion = None, "2.0.0"
    desk.registry.clock.advance(2.0)

    assert desk.means() == "2.0.0"


def test_a_registry_that_was_never_reached_is_told(desk: Desk):
    desk.registry.fault = Unavailable("the registry")

    with pytest.raises(Unavailable):
        desk.means()


@pytest.mark.parametrize("fault", [Corrupt("a record"), ModelUnknown("toy")])
def test_an_error_that_is_no_outage_is_told_at_once_and_every_time(desk: Desk, fault: Exception):
    desk.means()
    desk.registry.fault = fault
    desk.registry.clock.advance(2.0)

    for _ in range(2):
        with pytest.raises(type(fault)):
            desk.means()


def test_a_version_that_was_removed_is_unknown_when_the_answer_is_too_old(desk: Desk):
    exact = ModelSelector("toy", SemanticVersion.parse("2.0.0"))
    desk.means(exact)
    desk.registry.versions = ("1.0.0",)
    desk.registry.clock.advance(2.0)

    with pytest.raises(ModelUnknown):
        desk.means(exact)


def test_while_one_caller_asks_again_the_others_go_by_the_last_answer(desk: Desk):
    desk.means()
    desk.registry.clock.advance(2.0)
    asking, answered = threading.Event(), threading.Event()

    def slow() -> None:
        asking.set()
        assert answered.wait(30.0)

    desk.registry.before = slow
    first = threading.Thread(target=desk.means)
    first.start()
    assert asking.wait(30.0)

    assert [desk.means() for _ in range(3)] == ["1.0.0"] * 3
    answered.set()
    first.join()
    assert desk.registry.asked == 2


def test_without_belief_the_registry_is_asked_every_time(desk: Desk):
    book = attrs.evolve(desk.book, freshness=Freshness(believed_s=0.0))

    book.meaning(TOY)
    book.meaning(TOY)
    desk.registry.fault = Unavailable("the registry")

    assert str(book.meaning(TOY).version) == "1.0.0"
    assert desk.registry.asked == 3


@pytest.mark.parametrize("times", [{"believed_s": -1.0}, {"outage_s": -1.0}])
def test_times_are_not_negative(times: dict[str, float]):
    with pytest.raises(ValueError, match=r"must be >= 0\.0"):
        Freshness(**times)

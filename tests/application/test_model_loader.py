import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import attrs
import pytest

from clarity.adapters.observability.metrics import Series
from clarity.application.model_aliases import Freshness
from clarity.application.models import LoadingStrategy, PATModelLoader, Residency
from clarity.domain.models import (
    AliasMove,
    ModelRef,
    ModelSelector,
    ModelShelf,
    ModelUnknown,
    ModelVersion,
)
from clarity.domain.pat.artifact import DigestMismatch
from clarity.domain.pat.bundle import BundleIncomplete
from clarity.domain.pat.manifest import GRAPH
from clarity.ports.errors import Corrupt, NotFound, Unavailable
from clarity.ports.model_registry import ModelRegistry
from tests.contracts.model_registry.harness import known
from tests.support.model_desk import ANN, CASE, Desk, desk
from tests.support.models import LENGTH, tiny_bundle
from tests.support.pat import random_batch


@attrs.define(eq=False)
class Away(ModelRegistry):
    """A registry that can be out of reach."""

    inner: ModelRegistry
    gone: bool = False

    def _there(self) -> ModelRegistry:
        if self.gone:
            raise Unavailable("the registry")
        return self.inner

    def register(self, version: ModelVersion) -> None:
        self._there().register(version)

    def unregister(self, ref: ModelRef) -> None:
        self._there().unregister(ref)

    def names(self) -> tuple[str, ...]:
        return self._there().names()

    def shelf(self, model: str) -> ModelShelf:
        return self._there().shelf(model)

    def move(self, move: AliasMove) -> None:
        self._there().move(move)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Desk]:
    with desk(tmp_path / "models") as opened:
        yield opened


def load(loader: PATModelLoader, text: str):
    return loader.load(ModelSelector.parse(text))


def test_a_model_that_nobody_added_is_refused_with_how_to_add_one(world: Desk):
    with pytest.raises(ModelUnknown, match="clarity models add"):
        load(world.loader(), "toy")

    assert world.engine.opened == 0


def test_a_model_loads_at_its_first_use_and_once(world: Desk):
    (ref,) = world.add("1.0.0")
    loader = world.loader()
    before = world.engine.opened

    assert not loader.is_loaded(ref)
    first = load(loader, "toy:1.0.0")
    again = load(loader, "toy:v1")

    assert first is again
    assert loader.is_loaded(ref)
    assert world.engine.opened == before + 1


def test_fifty_threads_that_ask_at_once_cause_one_load(world: Desk):
    world.add("1.0.0")
    loader = world.loader()
    before = world.engine.opened
    gate = threading.Barrier(50)

    def ask(_: int):
        gate.wait()
        return load(loader, "toy:1.0.0")

    with ThreadPoolExecutor(50) as pool:
        models = list(pool.map(ask, range(50)))

    assert world.engine.opened == before + 1
    assert len(set(map(id, models))) == 1


def test_a_failed_load_is_told_to_everyone_and_tried_again(world: Desk):
    (ref,) = world.add("1.0.0")
    loader = world.loader()
    file = world.root / "bundles" / ref.digest / GRAPH
    right = file.read_bytes()
    file.write_bytes(right[:-1] + b"x")
    gate = threading.Barrier(8)

    def ask(_: int) -> str:
        gate.wait()
        try:
            load(loader, "toy:1.0.0")
        except DigestMismatch as refusal:
            return refusal.code
        return "loaded"

    with ThreadPoolExecutor(8) as pool:
        outcomes = set(pool.map(ask, range(8)))
    file.write_bytes(right)

    assert outcomes == {"pat.digest-mismatch"}
    assert not loader.is_loaded(ref)
    assert load(loader, "toy:1.0.0").ref == ref


def test_a_model_is_not_loaded_before_its_self_test_is_over(world: Desk):
    (ref,) = world.add("1.0.0")
    loader = world.loader()
    seen = []
    world.engine.before = lambda: seen.append(loader.is_loaded(ref))

    load(loader, "toy:1.0.0")

    assert seen == [False]
    assert loader.is_loaded(ref)


def test_an_interrupted_load_leaves_nothing_behind(world: Desk):
    world.add("1.0.0")
    loader = world.loader()

    def interrupt() -> None:
        raise KeyboardInterrupt

    world.engine.before = interrupt
    with pytest.raises(KeyboardInterrupt):
        load(loader, "toy:1.0.0")
    world.engine.before = None

    assert load(loader, "toy:1.0.0").agreement.holds


def test_a_missing_file_and_a_missing_bundle_are_refused(world: Desk):
    one, two = world.add("1.0.0", "2.0.0")
    (world.root / "bundles" / one.digest / GRAPH).unlink()
    world.store.remove(two.digest)

    with pytest.raises(BundleIncomplete):
        load(world.loader(), "toy:1.0.0")
    with pytest.raises(NotFound):
        load(world.loader(), "toy:2.0.0")


def test_a_registry_that_gives_a_model_another_name_is_refused(world: Desk):
    (ref,) = world.add("1.0.0")
    world.registry.register(known("9.0.0", digest=ref.digest))

    with pytest.raises(Corrupt, match="record"):
        load(world.loader(), "toy:9.0.0")


def test_an_alias_means_the_version_it_points_at_now(world: Desk):
    world.add("v9", "v10")
    loader = world.loader()
    world.promote("toy:v9")
    first = load(loader, "toy").ref
    world.promote("toy:v10")

    assert (str(first), str(load(loader, "toy").ref)) == ("toy:9.0.0", "toy:10.0.0")


def test_no_more_models_stay_loaded_than_allowed_and_the_oldest_goes(world: Desk):
    one, two, three = world.add("1.0.0", "2.0.0", "3.0.0")
    loader = world.loader(residency=Residency(max_models=2))

    for text in ("toy:1.0.0", "toy:2.0.0", "toy:1.0.0", "toy:3.0.0"):
        load(loader, text)

    assert loader.loaded() == (one, three)
    assert not loader.is_loaded(two)
    assert world.metrics.counted()[Series("model_evictions", {})] == 1


def test_no_more_bytes_stay_loaded_than_allowed(world: Desk):
    one, two = world.add("1.0.0", "2.0.0")
    size_bytes = len(tiny_bundle("1.0.0").files[GRAPH])
    loader = world.loader(residency=Residency(max_bytes=size_bytes + 10))

    load(loader, "toy:1.0.0")
    load(loader, "toy:2.0.0")

    assert loader.loaded() == (two,)
    assert not loader.is_loaded(one)


def test_a_model_larger_than_the_bound_serves_and_is_let_go(world: Desk):
    world.add("1.0.0")
    loader = world.loader(residency=Residency(max_bytes=1))

    model = load(loader, "toy:1.0.0")

    assert model.predictor.predict(random_batch(1, LENGTH)).embeddings.shape == (1, 96)
    assert loader.loaded() == ()


def test_eager_loads_every_champion_at_the_start(world: Desk):
    toy, game = world.add("1.0.0")[0], world.add("1.0.0", model="game")[0]
    world.add("1.0.0", model="unused")
    world.promote("toy:1.0.0")
    world.promote("game:1.0.0")
    loader = world.loader(LoadingStrategy.EAGER)

    assert loader.start() == (game, toy)
    assert loader.loaded() == (game, toy)


def test_lazy_and_on_demand_load_nothing_at_the_start(world: Desk):
    world.add("1.0.0")
    world.promote("toy:1.0.0")

    for strategy in (LoadingStrategy.LAZY, LoadingStrategy.ON_DEMAND):
        loader = world.loader(strategy)
        assert loader.start() == ()
        assert loader.loaded() == ()


def test_on_demand_keeps_nothing(world: Desk):
    world.add("1.0.0")
    loader = world.loader(LoadingStrategy.ON_DEMAND)
    before = world.engine.opened

    load(loader, "toy:1.0.0")
    load(loader, "toy:1.0.0")

    assert loader.loaded() == ()
    assert world.engine.opened == before + 2


def test_eager_does_not_start_with_a_damaged_champion(world: Desk):
    (ref,) = world.add("1.0.0")
    world.promote("toy:1.0.0")
    (world.root / "bundles" / ref.digest / GRAPH).write_bytes(b"")

    with pytest.raises(DigestMismatch):
        world.loader(LoadingStrategy.EAGER).start()


def test_a_released_model_is_let_go_and_an_absent_one_is_no_error(world: Desk):
    (ref,) = world.add("1.0.0")
    loader = world.loader()
    load(loader, "toy:1.0.0")

    loader.release(ref)
    loader.release(ref)

    assert not loader.is_loaded(ref)


def test_a_model_in_flight_is_not_released(world: Desk):
    (ref,) = world.add("1.0.0")
    loader = world.loader()
    world.engine.before = lambda: loader.release(ref)

    load(loader, "toy:1.0.0")

    assert loader.is_loaded(ref)


def test_loads_are_counted_by_outcome_and_timed(world: Desk):
    (ref,) = world.add("1.0.0")
    loader = world.loader()
    world.engine.before = lambda: world.clock.advance(0.5)
    load(loader, "toy:1.0.0")
    loader.release(ref)
    (world.root / "bundles" / ref.digest / GRAPH).write_bytes(b"")
    with pytest.raises(DigestMismatch):
        load(loader, "toy:1.0.0")

    counted = world.metrics.counted()
    assert counted[Series("model_loads", {"outcome": "ok"})] == 1
    assert counted[Series("model_loads", {"outcome": "pat.digest-mismatch"})] == 1
    assert world.metrics.observed()[Series("model_load_s", {})].most == 0.5


def test_a_hot_swap_drops_no_request_and_every_answer_is_of_one_version(world: Desk):
    world.add("1.0.0", "2.0.0")
    loader = world.loader()
    world.promote("toy:1.0.0", loader=loader)
    batch = random_batch(1, LENGTH)
    expected = {
        version: load(loader, f"toy:{version}").predictor.predict(batch)
        for version in ("1.0.0", "2.0.0")
    }
    done = threading.Event()

    def ask() -> list[tuple[str, bool]]:
        answers = []
        while not done.is_set():
            model = load(loader, "toy")
            version = str(model.ref.version)
            answers.append((version, model.predictor.predict(batch) == expected[version]))
        return answers

    with ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(ask) for _ in range(4)]
        for text in ("toy:2.0.0", "toy:1.0.0", "toy:2.0.0"):
            world.promote(text, loader=loader)
        after = load(loader, "toy").ref
        done.set()
        answers = [answer for asked in asking for answer in asked.result()]

    assert answers
    assert all(right for _, right in answers)
    assert str(after) == "toy:2.0.0"


def test_a_loaded_model_serves_through_an_outage_of_the_registry(world: Desk):
    world.add("1.0.0")
    world.promote("toy:1.0.0")
    away = Away(world.registry)
    loader = attrs.evolve(
        world.loader(), registry=away, freshness=Freshness(believed_s=1.0, outage_s=60.0)
    )
    first = load(loader, "toy")
    away.gone = True
    world.clock.advance(59.0)

    assert load(loader, "toy") is first
    world.clock.advance(2.0)
    with pytest.raises(Unavailable):
        load(loader, "toy")


def test_what_was_warmed_is_answered_without_opening_anything(world: Desk):
    one, two = world.add("1.0.0", "2.0.0")
    world.promote("toy:1.0.0")
    loader = world.loader()

    warmed = loader.warm([ModelSelector("toy"), ModelSelector.parse("toy:2.0.0")])
    opened = world.engine.opened

    assert warmed == (one, two)
    assert (load(loader, "toy").ref, load(loader, "toy:2.0.0").ref) == (one, two)
    assert world.engine.opened == opened


def test_a_promotion_through_the_loader_is_seen_at_once_however_long_answers_are_believed(
    world: Desk,
):
    world.add("1.0.0", "2.0.0")
    loader = world.loader(freshness=Freshness(believed_s=3_600.0))
    seen = []
    for text in ("toy:1.0.0", "toy:2.0.0", "toy:1.0.0"):
        world.promote(text, loader=loader)
        seen.append(str(load(loader, "toy").ref))

    world.remover(loader).run(ModelSelector.parse("toy:2.0.0"), actor=ANN, correlation=CASE)

    assert seen == ["toy:1.0.0", "toy:2.0.0", "toy:1.0.0"]
    with pytest.raises(ModelUnknown):
        load(loader, "toy:2.0.0")

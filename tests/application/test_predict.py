import tracemalloc
from collections.abc import Iterator

import attrs
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clarity.adapters.local.cache import LruCache
from clarity.adapters.observability.metrics import Series
from clarity.application.pipeline import Draft, NotForWeeks, Step, each, standard_steps
from clarity.application.predict import PATPredictor, Remembering
from clarity.domain.errors import ClarityError
from clarity.domain.models import ModelSelector, ModelUnknown
from clarity.domain.pat.answer import Augmentation, PatAnswer
from clarity.domain.pat.preprocessing import UnusableWeek, day_rotations, standardized
from clarity.domain.pat.reference import trace
from clarity.domain.pat.variants import WEEK_MIN, Variant
from clarity.domain.streams import Unit, UnitMismatch
from tests.support.model_desk import ANN, CASE, Desk, desk
from tests.support.models import ANY_WEIGHTS, recipe, tiny_bundle
from tests.support.weeks import week

CONSTANT = attrs.evolve(week(), values=np.full((7, 1_440), 3.0))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk(tmp_path_factory.mktemp("predict") / "models") as opened:
        for version in ("1.0.0", "2.0.0"):
            bundle = tiny_bundle(version, length=WEEK_MIN)
            opened.register.run(bundle, actor=ANN, correlation=CASE)
        opened.promote("toy:1.0.0")
        yield opened


@pytest.fixture(scope="module")
def predictor(world: Desk) -> PATPredictor:
    return PATPredictor(
        loader=world.loader(),
        selector=ModelSelector.parse("toy"),
        clock=world.clock,
        metrics=world.metrics,
        weights=ANY_WEIGHTS,
        clarity_version="0.0.0",
    )


def scaled(seed: int) -> np.ndarray:
    given_week = week(seed)
    model_scaler = recipe().scaler
    return standardized(given_week.values, unit=given_week.unit, scaler=model_scaler).values


def bits(answer: PatAnswer | None) -> tuple[bytes, tuple[float, ...]]:
    assert answer is not None
    return answer.embedding.values.tobytes(), tuple(s.score for s in answer.heads.scores)


def test_an_answer_is_that_of_the_network_about_the_standardised_week(predictor: PATPredictor):
    answer = predictor.predict(week(3))

    expected = trace(recipe().encoder, scaled(3)).embedding
    error = np.linalg.norm(answer.embedding.values - expected) / np.linalg.norm(expected)
    assert error < 2e-6


def test_an_answer_says_where_it_comes_from(predictor: PATPredictor):
    provenance = predictor.predict(week()).provenance

    assert str(provenance.model) == "toy:1.0.0"
    assert provenance.model.digest == tiny_bundle("1.0.0", length=WEEK_MIN).digest
    assert provenance.variant is Variant.S
    assert provenance.scaler == "per_window_zscore"
    assert (provenance.unit, provenance.validated) == (Unit.COUNTS, True)
    assert (provenance.valid_days, provenance.imputed_fraction) == (7, 0.0)
    assert provenance.steps == ("preprocess", "embed", "heads", "calibrate")
    assert provenance.clarity_version == "0.0.0"


def test_heads_are_calibrated_only_where_the_model_says_how(predictor: PATPredictor):
    sleep, mood = predictor.predict(week()).heads.scores

    assert (sleep.head, sleep.probability, sleep.positive) == ("sleep", None, None)
    assert "no probability" in sleep.reason
    assert (mood.head, mood.task) == ("mood", "made up for tests")
    assert mood.probability is not None
    assert mood.positive is (mood.probability >= 0.5)


def test_steps_a_minute_are_answered_but_not_as_validated(predictor: PATPredictor):
    assert not predictor.predict(week(unit=Unit.STEPS_PER_MIN)).provenance.validated


def test_a_unit_that_is_no_activity_is_refused(predictor: PATPredictor):
    with pytest.raises(UnitMismatch):
        predictor.predict(week(unit=Unit.BEATS_PER_MIN))


def test_a_week_without_movement_is_refused_in_words(predictor: PATPredictor):
    with pytest.raises(UnusableWeek, match="constant"):
        predictor.predict(CONSTANT)


def test_what_the_preprocessing_did_not_look_at_is_not_validated(predictor: PATPredictor):
    own = each("own", lambda draft: attrs.evolve(draft, embedding=np.ones(96, np.float32)))
    without = attrs.evolve(predictor, pipeline=lambda _, __: (own,))

    assert not without.predict(week()).provenance.validated


def test_a_model_of_another_length_is_refused_before_the_first_week_is_read(
    world: Desk, predictor: PATPredictor
):
    world.add("3.0.0")
    short = attrs.evolve(predictor, selector=ModelSelector.parse("toy:3.0.0"))
    weeks = iter([week()])

    with pytest.raises(NotForWeeks, match=r"toy:3\.0\.0 reads 144 minutes and a week has 10080"):
        short.batch(weeks)
    with pytest.raises(NotForWeeks):
        short.ready()
    with pytest.raises(NotForWeeks):
        short.attention(week())
    assert len(list(weeks)) == 1


def test_without_a_model_the_text_says_how_to_add_one(predictor: PATPredictor):
    nobody = attrs.evolve(predictor, selector=ModelSelector.parse("nobody"))

    with pytest.raises(ModelUnknown, match="clarity models add"):
        nobody.predict(week())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=8)
@given(seeds=st.lists(st.integers(0, 3), min_size=1, max_size=5), group=st.integers(1, 5))
def test_an_answer_never_depends_on_the_others_in_its_batch(
    predictor: PATPredictor, seeds: list[int], group: int
):
    alone = [bits(predictor.predict(week(seed))) for seed in seeds]

    together = predictor.batch([week(seed) for seed in seeds], group=group)

    assert [bits(outcome.answer) for outcome in together] == alone


def test_a_week_that_is_refused_is_its_own_affair(predictor: PATPredictor):
    weeks = [week(1), CONSTANT, week(2), week(unit=Unit.RMSSD_MS)]

    outcomes = list(predictor.batch(weeks))

    assert [outcome.index for outcome in outcomes] == [0, 1, 2, 3]
    assert [outcome.refusal and outcome.refusal.code for outcome in outcomes] == [
        None,
        "pat.unusable-week",
        None,
        "unit.mismatch",
    ]
    assert bits(outcomes[2].answer) == bits(predictor.predict(week(2)))


def test_a_week_that_the_network_refuses_is_its_own_affair(predictor: PATPredictor):
    def wild(draft: Draft) -> Draft:
        if draft.week.values.max() < 1e6 or draft.input is None:
            return draft
        far = np.full(WEEK_MIN, 3e38, np.float32)
        return attrs.evolve(draft, input=attrs.evolve(draft.input, values=far))

    def pipeline(model, augmentation):
        first, *rest = standard_steps(model, augmentation)
        return (first, each("wild", wild), *rest)

    outcomes = list(
        attrs.evolve(predictor, pipeline=pipeline).batch([week(1), week(2, scale=1e6), week(3)])
    )

    assert [outcome.refusal and outcome.refusal.code for outcome in outcomes] == [
        None,
        "pat.prediction-not-finite",
        None,
    ]
    assert bits(outcomes[2].answer) == bits(predictor.predict(week(3)))


def test_an_empty_batch_has_no_outcomes(predictor: PATPredictor):
    assert list(predictor.batch([])) == []


def test_a_batch_without_a_model_or_with_empty_groups_is_refused_at_once(
    predictor: PATPredictor,
):
    def never() -> Iterator[object]:
        pytest.fail("a week was read")
        yield

    with pytest.raises(ModelUnknown):
        attrs.evolve(predictor, selector=ModelSelector.parse("nobody")).batch(never())
    with pytest.raises(ValueError, match="at least one"):
        predictor.batch(never(), group=0)


def test_a_batch_reads_its_weeks_group_by_group_and_tells_its_progress(predictor: PATPredictor):
    read, told = [], []

    def weeks():
        for seed in range(5):
            read.append(seed)
            yield week(seed % 2)

    outcomes = predictor.batch(weeks(), group=2, progress=told.append)
    next(outcomes)
    first_read = list(read)
    rest = list(outcomes)

    assert first_read == [0, 1]
    assert len(rest) == 4
    assert told == [2, 4, 5]


def test_the_memory_of_a_batch_does_not_grow_with_it(predictor: PATPredictor):
    def peak_bytes(count: int) -> int:
        weeks = (week(1) for _ in range(count))
        tracemalloc.start()
        for _ in predictor.batch(weeks, group=2):
            continue
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    peak_bytes(2)

    assert peak_bytes(12) < 1.2 * peak_bytes(4)


def test_a_batch_is_of_one_version_whatever_is_promoted_meanwhile(
    world: Desk, predictor: PATPredictor
):
    outcomes = predictor.batch((week(1) for _ in range(4)), group=1)
    versions = [next(outcomes).answer.provenance.model]
    world.promote("toy:2.0.0")
    versions += [outcome.answer.provenance.model for outcome in outcomes]
    after = predictor.predict(week(1)).provenance.model
    world.promote("toy:1.0.0")

    assert {str(version) for version in versions} == {"toy:1.0.0"}
    assert str(after) == "toy:2.0.0"


def test_day_rotations_are_the_mean_over_the_week_begun_on_each_day(predictor: PATPredictor):
    rotated = attrs.evolve(predictor, augmentation=Augmentation.DAY_ROTATIONS)

    answer = rotated.predict(week(5))

    (model,) = {predictor.loader.load(predictor.selector).predictor}
    seven = model.predict(day_rotations(scaled(5)))
    expected = seven.embeddings.mean(axis=0, dtype=np.float64).astype(np.float32)
    assert np.array_equal(answer.embedding.values, expected)
    mood = next(score for score in answer.heads.scores if score.head == "mood")
    assert mood.score == pytest.approx(seven.scores["mood"].mean(dtype=np.float64))
    assert answer.provenance.augmentation is Augmentation.DAY_ROTATIONS


def test_attention_says_how_much_each_patch_is_looked_at(predictor: PATPredictor):
    profile = predictor.attention(week(2))

    assert profile.values.shape == (1, 560)
    assert profile.values.sum() == pytest.approx(560.0)
    assert profile.patch_min == 18
    assert np.array_equal(profile.values, trace(recipe().encoder, scaled(2)).attention)
    assert str(profile.provenance.model) == "toy:1.0.0"


def test_attention_is_about_the_week_as_it_is_and_says_so(predictor: PATPredictor):
    rotating = attrs.evolve(predictor, augmentation=Augmentation.DAY_ROTATIONS)

    assert rotating.attention(week(2)) == predictor.attention(week(2))
    assert rotating.attention(week(2)).provenance.augmentation is Augmentation.NONE


def test_each_step_is_timed_under_its_name(world: Desk, predictor: PATPredictor):
    def slow(draft: Draft) -> Draft:
        world.clock.advance(2.0)
        return draft

    def pipeline(model, augmentation):
        return (*standard_steps(model, augmentation), each("slow", slow))

    answer = attrs.evolve(predictor, pipeline=pipeline).predict(week())

    observed = world.metrics.observed()
    assert answer.provenance.steps[-1] == "slow"
    assert observed[Series("pat_step_s", {"step": "slow"})].most == 2.0
    for name in ("preprocess", "embed", "heads", "calibrate"):
        assert Series("pat_step_s", {"step": name}) in observed


def test_weeks_are_counted_by_outcome(world: Desk, predictor: PATPredictor):
    def count(outcome: str) -> float:
        return world.metrics.counted().get(Series("pat_weeks", {"outcome": outcome}), 0.0)

    before = count("ok"), count("pat.unusable-week")
    list(predictor.batch([week(1), CONSTANT]))

    assert (count("ok"), count("pat.unusable-week")) == (before[0] + 1, before[1] + 1)


@pytest.mark.parametrize(
    ("names", "problem"),
    [(("embed",), "preprocessed before"), (("preprocess",), "makes an embedding")],
)
def test_a_pipeline_that_lacks_a_step_says_so(predictor: PATPredictor, names, problem):
    def pipeline(model, augmentation):
        steps: tuple[Step, ...] = standard_steps(model, augmentation)
        return tuple(step for step in steps if step.name in names)

    with pytest.raises(ValueError, match=problem):
        attrs.evolve(predictor, pipeline=pipeline).predict(week())


def test_an_error_that_is_not_of_clarity_is_not_swallowed(predictor: PATPredictor):
    def broken(_: Draft) -> Draft:
        raise ZeroDivisionError

    def pipeline(model, augmentation):
        return (each("broken", broken),)

    with pytest.raises(ZeroDivisionError):
        attrs.evolve(predictor, pipeline=pipeline).predict(week())


def test_remembered_answers_are_bit_equal_and_computed_once(world: Desk, predictor: PATPredictor):
    remembering = attrs.evolve(
        predictor, remembering=Remembering(cache=LruCache(world.clock), ttl_s=60.0)
    )
    weeks = [week(1), week(2), week(1)]

    first = [bits(o.answer) for o in remembering.batch(weeks)]
    second = [bits(o.answer) for o in remembering.batch(weeks)]

    assert first == second == [bits(o.answer) for o in predictor.batch(weeks)]


def test_a_refusal_is_an_error_of_clarity(predictor: PATPredictor):
    (outcome,) = predictor.batch([CONSTANT])

    assert isinstance(outcome.refusal, ClarityError)
    assert outcome.answer is None

from collections.abc import Iterator

import attrs
import numpy as np
import pytest

from clarity.adapters.local.cache import LruCache
from clarity.application.answers import Answers
from clarity.application.ask_model import AskModel, ModelQuestion
from clarity.application.bundles import LoadedModel
from clarity.application.pipeline import Step, standard_steps
from clarity.application.predict import PATPredictor
from clarity.domain.access import NotAllowed
from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.models import ModelSelector, ModelUnknown
from clarity.domain.pat.answer import Augmentation, ModelReply
from clarity.domain.pat.variants import WEEK_MIN
from clarity.domain.streams import Unit
from clarity.ports.errors import Unavailable
from tests.application.faults import SilentSink
from tests.application.world import ADA, BEN, NURSE, REQUEST, STRANGER, World
from tests.domain.analysis.made_up import recording
from tests.support.model_desk import ANN, CASE, Desk, desk
from tests.support.models import tiny_bundle

TOY = ModelSelector.parse("toy")
ASKED = ModelQuestion(selector=TOY)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk(tmp_path_factory.mktemp("ask") / "models") as opened:
        opened.register.run(tiny_bundle(length=WEEK_MIN), actor=ANN, correlation=CASE)
        opened.promote("toy:1.0.0")
        yield opened


@attrs.frozen(kw_only=True)
class Promoting:
    """A predictor during whose work somebody promotes another version."""

    inner: PATPredictor
    models: Desk

    def predictor(self) -> PATPredictor:
        return attrs.evolve(self.inner, pipeline=self.steps)

    def steps(self, model: LoadedModel, augmentation: Augmentation) -> tuple[Step, ...]:
        self.models.promote("toy:2.0.0")
        return standard_steps(model, augmentation)


def asking(world: World, models: Desk) -> AskModel:
    return AskModel(models.predictor, world.sink, world.clock)


def asked(world: World, models: Desk, series: ActivitySeries, **other: object) -> ModelReply:
    told = {"question": ASKED, "patient": ADA, "actor": NURSE, "correlation": REQUEST}
    return asking(world, models).run(series, **{**told, **other})


def test_an_answer_is_remembered_under_the_person_it_is_about(world: World, models: Desk):
    answers = Answers(LruCache(world.clock), world.sink, ttl_s=60.0)
    ask = attrs.evolve(asking(world, models), answers=answers)
    told = {"question": ASKED, "actor": NURSE, "correlation": REQUEST}
    for patient in (ADA, BEN):
        ask.run(recording(days=9), patient=patient, **told)

    again = ask.run(recording(days=9), patient=ADA, **told)

    alone = asked(world, models, recording(days=9))
    assert again.answer.embedding.values.tobytes() == alone.answer.embedding.values.tobytes()
    assert [one.count for one in (*answers.holdings(ADA), *answers.holdings(BEN))] == [1, 1]
    assert [trace.kind for trace in answers.traces(ADA)] == ["prediction"]


def test_a_model_answers_about_the_best_week(world: World, models: Desk):
    reply = asked(world, models, recording(days=9))

    assert (reply.selector, reply.code, reply.reason) == ("toy@champion", "", "")
    assert reply.answer is not None
    assert reply.answer.provenance.valid_days == 7
    assert {score.head for score in reply.answer.heads.scores} == {"sleep", "mood"}


def test_an_answer_is_recorded_with_the_model_that_gave_it(world: World, models: Desk):
    asked(world, models, recording(days=7))

    (event,) = world.events()
    (touched,) = event.touched
    assert event.operation.value == "predict"
    assert touched.entity == "model/toy:1.0.0"
    assert touched.after == tiny_bundle(length=WEEK_MIN).digest


def test_what_the_model_looked_at_is_told_where_it_was_asked_for_and_recorded(
    world: World, models: Desk
):
    question = attrs.evolve(ASKED, explained=True)

    reply = asked(world, models, recording(days=7), question=question)

    assert reply.attention is not None
    assert reply.attention.values.shape == (1, 560)
    (event,) = world.events()
    assert [touched.entity for touched in event.touched] == [
        "model/toy:1.0.0",
        "model/toy:1.0.0/attention",
    ]


def test_without_being_asked_for_no_attention_is_told(world: World, models: Desk):
    assert asked(world, models, recording(days=7)).attention is None


def test_a_week_begun_on_each_of_its_days_is_another_answer_that_says_so(
    world: World, models: Desk
):
    question = attrs.evolve(ASKED, augmentation=Augmentation.DAY_ROTATIONS)

    plain = asked(world, models, recording(days=7)).answer
    rotated = asked(world, models, recording(days=7), question=question).answer

    assert plain is not None
    assert rotated is not None
    assert rotated.provenance.augmentation is Augmentation.DAY_ROTATIONS
    assert plain.embedding.values.tolist() != rotated.embedding.values.tolist()


def test_attention_is_that_of_the_version_that_answered(world: World, models: Desk):
    if "2.0.0" not in {str(v.ref.version) for v in models.registry.shelf("toy").versions}:
        bundle = tiny_bundle("2.0.0", length=WEEK_MIN)
        models.register.run(bundle, actor=ANN, correlation=CASE)
    plain = asking(world, models)

    def predictor(selector: ModelSelector) -> PATPredictor:
        return Promoting(inner=plain.predictors(selector), models=models).predictor()

    use_case = attrs.evolve(plain, predictors=predictor)
    try:
        reply = use_case.run(
            recording(days=7),
            question=attrs.evolve(ASKED, explained=True),
            patient=ADA,
            actor=NURSE,
            correlation=REQUEST,
        )
    finally:
        models.promote("toy:1.0.0")

    assert reply.answer is not None
    assert reply.attention is not None
    assert str(reply.answer.provenance.model) == "toy:1.0.0"
    assert reply.attention.provenance.model == reply.answer.provenance.model


@pytest.mark.parametrize(
    ("series", "code"),
    [
        (recording(days=2), "week.too-little-wear"),
        (recording(days=7, unit=Unit.ENMO_MG), "unit.mismatch"),
        (recording(np.full(WEEK_MIN, 3.0)), "pat.unusable-week"),
        (recording(np.ones(7 * 288), epoch_s=300), "time.epoch-not-a-multiple"),
    ],
    ids=["too short", "another unit", "constant", "too coarse"],
)
def test_what_is_no_input_is_refused_in_words_and_leaves_no_record(
    world: World, models: Desk, series: ActivitySeries, code: str
):
    reply = asked(world, models, series)

    assert (reply.answer, reply.code) == (None, code)
    assert reply.reason
    assert world.events() == []


def test_when_the_trail_cannot_be_written_there_is_no_answer(world: World, models: Desk):
    with pytest.raises(Unavailable):
        asked(attrs.evolve(world, sink=SilentSink()), models, recording(days=7))


def test_another_tenant_is_refused(world: World, models: Desk):
    with pytest.raises(NotAllowed):
        asked(world, models, recording(days=7), actor=STRANGER)


def test_a_model_is_there_or_is_said_not_to_be(world: World, models: Desk):
    use_case = asking(world, models)

    use_case.require(TOY)
    with pytest.raises(ModelUnknown):
        use_case.require(ModelSelector.parse("nothing"))


def test_a_reply_has_an_answer_or_a_reason():
    with pytest.raises(ValueError, match="reason"):
        ModelReply(selector="toy")

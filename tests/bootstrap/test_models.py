"""Models in the embedded profile: opened late, loaded in advance only where that was chosen."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import attrs
import pytest
from dependency_injector import providers

from clarity.adapters.onnx.graphs import OnnxGraphs
from clarity.application.clarity import Clarity
from clarity.application.models import LoadingStrategy
from clarity.application.predict_async import AsyncPATPredictor, Lanes
from clarity.bootstrap import open_clarity, open_core
from clarity.domain.identity import Actor, PatientId, PatientRef, Purpose, TenantId
from clarity.domain.models import ModelRef, ModelSelector, ModelUnknown
from clarity.domain.pat.answer import Augmentation
from clarity.domain.pat.artifact import DigestMismatch
from clarity.domain.pat.bundle import VerifiedBundle
from clarity.domain.pat.manifest import GRAPH
from clarity.domain.pat.prediction import Floats, Prediction, Signature
from clarity.domain.pat.runtime import Precision, Runtime
from clarity.domain.pat.variants import WEEK_MIN
from clarity.ports.engine import DeviceMissing, Engine
from clarity.ports.model_files import ExtraMissing
from clarity.ports.predictor import Predictor
from clarity.settings import BadSettings, EngineKind, Settings
from tests.support.models import LENGTH, tiny_bundle
from tests.support.pat import golden, relative_error
from tests.support.weeks import week

ROOT = Path(__file__).resolve().parents[2]
ANN = Actor(id="ann", tenant=TenantId("clinic"), purpose=Purpose.OPERATIONS)
TOY = ModelSelector("toy")
HDF5 = b"\x89HDF\r\n\x1a\n" + bytes(64)
PROBE = """
import sys
from clarity.bootstrap import open_clarity
from clarity.settings import Settings
from clarity.domain.models import ModelSelector
from tests.support.weeks import week

with open_clarity(Settings(store=":memory:", models=sys.argv[1])) as app:
    opened = set(sys.modules)
    answer = app.models.predictor(ModelSelector("toy")).predict(week())
heavy = {"onnxruntime", "onnx", "h5py", "torch", "cryptography", "jinja2", "click", "rich"}
print(sorted(heavy & opened), sorted(heavy & set(sys.modules)), answer.provenance.model)
"""

ADD = """
import sys
from clarity.bootstrap import main

code = main()
print(code, sorted({"h5py", "onnx", "onnxruntime", "torch"} & set(sys.modules)))
"""


def settings(folder: Path, **chosen: object) -> Settings:
    return Settings(store=":memory:", models=str(folder), **chosen)


def serve(app: Clarity, version: str = "1.0.0") -> ModelRef:
    """The toy model in service."""
    ids = {"actor": ANN, "correlation": app.ids.correlation()}
    ref = app.models.register.run(tiny_bundle(version, length=WEEK_MIN), **ids).ref
    app.models.move.promote(ModelSelector.parse(str(ref)), **ids)
    return ref


def test_without_a_model_a_prediction_says_how_to_add_one(tmp_path: Path):
    with open_clarity(settings(tmp_path)) as app, pytest.raises(ModelUnknown, match="models add"):
        app.models.predictor(TOY).predict(week())


def test_a_promoted_model_answers_when_it_is_opened_again(tmp_path: Path):
    with open_clarity(settings(tmp_path)) as app:
        ref = serve(app)

    with open_clarity(settings(tmp_path)) as app:
        assert app.models.loader.loaded() == ()
        predictor = app.models.predictor(TOY, augmentation=Augmentation.DAY_ROTATIONS)
        answer = predictor.predict(week())

    assert answer.provenance.model == ref
    assert answer.provenance.augmentation is Augmentation.DAY_ROTATIONS


def test_serving_loads_the_runtime_when_it_is_asked_and_never_torch_or_a_converter(
    tmp_path: Path,
):
    with open_clarity(settings(tmp_path)) as app:
        serve(app)

    told = subprocess.run(
        [sys.executable, "-c", PROBE, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert told.strip() == "[] ['onnxruntime'] toy:1.0.0"


def test_a_keras_file_becomes_a_model_without_torch(tmp_path: Path):
    said = {"name": "toy", "version": "1", "scaler": "own", "licence": "made up", "length": LENGTH}
    options = [part for name, value in said.items() for part in (f"--{name}", str(value))]

    told = subprocess.run(
        [sys.executable, "-c", ADD, "models", "add", golden("PAT-S").encoder_file, *options],
        cwd=ROOT,
        env={**os.environ, "XDG_DATA_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert told.splitlines()[-1] == "0 ['h5py', 'onnx', 'onnxruntime']"


def test_eager_loads_champions_at_the_start_or_does_not_start(tmp_path: Path):
    eager = settings(tmp_path, model_loading=LoadingStrategy.EAGER)
    with open_clarity(settings(tmp_path)) as app:
        ref = serve(app)

    with open_clarity(eager) as app:
        assert app.models.loader.loaded() == (ref,)

    (tmp_path / "bundles" / ref.digest / GRAPH).write_bytes(b"")
    with pytest.raises(DigestMismatch), open_clarity(eager):
        pass


@pytest.mark.torch
@pytest.mark.parametrize("dtype", list(Precision))
def test_torch_serves_where_it_was_chosen_and_the_answer_says_so(tmp_path: Path, dtype: Precision):
    chosen = {"model_engine": EngineKind.TORCH, "model_dtype": dtype, "model_group": 2}
    with open_clarity(settings(tmp_path)) as app:
        serve(app)
        usual = app.models.predictor(TOY).predict(week())

    with open_clarity(settings(tmp_path, **chosen)) as app:
        answer = app.models.predictor(TOY).predict(week())

    runtime = answer.provenance.runtime
    assert runtime.engine.startswith("torch-")
    assert (runtime.device, runtime.precision, runtime.group) == ("cpu", dtype, 2)
    apart = relative_error(answer.embedding.values, usual.embedding.values)
    assert 0.0 < apart < (4e-6 if dtype is Precision.FLOAT32 else 1e-2)


@pytest.mark.torch
def test_a_device_that_is_not_there_is_told_and_nothing_else_serves_instead(tmp_path: Path):
    with open_clarity(settings(tmp_path)) as app:
        serve(app)
    nowhere = settings(tmp_path, model_engine=EngineKind.TORCH, model_device="nowhere")

    with open_clarity(nowhere) as app, pytest.raises(DeviceMissing, match="nowhere"):
        app.models.predictor(TOY).predict(week())


@pytest.mark.parametrize(
    "chosen",
    [{"model_device": "cuda"}, {"model_dtype": Precision.BFLOAT16}, {"model_group": 2}],
    ids=str,
)
def test_what_an_engine_cannot_do_is_no_setting_for_it(tmp_path: Path, chosen: dict[str, object]):
    with (
        pytest.raises(BadSettings, match="model_engine=torch"),
        open_clarity(settings(tmp_path, **chosen)),
    ):
        pass


def test_without_torch_the_engine_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "torch", None)
    for name in [name for name in sys.modules if name.startswith("clarity.adapters.torch")]:
        monkeypatch.delitem(sys.modules, name)

    with (
        open_clarity(settings(tmp_path, model_engine=EngineKind.TORCH)) as app,
        pytest.raises(ExtraMissing, match=r"clarity\[torch\]"),
    ):
        app.models.ports.engine()


@attrs.define(eq=False)
class CountingNetworks(Engine):
    """Counts the samples that its networks are asked about."""

    inner: Engine
    samples: int = 0

    @property
    def runtime(self) -> Runtime:
        return self.inner.runtime

    @property
    def reads(self) -> frozenset[str]:
        return self.inner.reads

    def open(self, bundle: VerifiedBundle) -> Predictor:
        return CountingNetwork(self, self.inner.open(bundle))


@attrs.frozen
class CountingNetwork(Predictor):
    """One of them."""

    engine: CountingNetworks
    inner: Predictor

    @property
    def signature(self) -> Signature:
        return self.inner.signature

    def predict(self, batch: Floats) -> Prediction:
        self.engine.samples += len(batch)
        return self.inner.predict(batch)


def test_a_week_that_was_asked_before_is_answered_without_the_network(tmp_path: Path):
    with open_core(settings(tmp_path)) as core:
        ports = core.model_ports()
        engine = CountingNetworks(ports.engine())
        core.model_ports.override(providers.Object(attrs.evolve(ports, engine=lambda: engine)))
        app = core.clarity()
        serve(app)
        proofs = engine.samples

        ada = core.answers().about(PatientRef(ANN.tenant, PatientId("ada")))
        predictor = attrs.evolve(app.models.predictor(TOY), remembering=ada)
        first, again, _ = map(predictor.predict, (week(), week(), week(1)))

    assert first == again
    assert engine.samples - proofs == 2


def test_awaited_predictions_run_on_as_many_cores_as_there_are_and_drop_none_during_promotions(
    tmp_path: Path,
):
    async def asked(app: Clarity) -> list[str]:
        async with app.models.awaitable(TOY) as server:
            asking = [asyncio.create_task(answers(server)) for _ in range(4)]
            for version in ("2.0.0", "1.0.0", "2.0.0", "1.0.0"):
                await asyncio.to_thread(promote, app, version)
                answer = await server.predict(week())
                assert str(answer.provenance.model.version) == version
            return [one for task in asking for one in await task]

    async def answers(server: AsyncPATPredictor) -> list[str]:
        said = [await server.predict(week(seed)) for seed in range(8)]
        return [str(answer.provenance.model.version) for answer in said]

    with open_clarity(settings(tmp_path, model_alias_s=3_600.0)) as app:
        serve(app)
        serve(app, "2.0.0")
        lanes = app.models.serving.lanes
        found = asyncio.run(asked(app))

    assert lanes.workers == len(os.sched_getaffinity(0))
    assert (lanes.together, lanes.delay_s) == (1, 0.0)
    assert len(found) == 4 * 8
    assert set(found) <= {"1.0.0", "2.0.0"}


def promote(app: Clarity, version: str) -> None:
    app.models.move.promote(
        ModelSelector.parse(f"toy:{version}"), actor=ANN, correlation=app.ids.correlation()
    )


def test_how_models_are_held_and_asked_is_a_matter_of_settings(tmp_path: Path):
    chosen = settings(
        tmp_path,
        model_workers=3,
        models_resident=2,
        models_resident_bytes=10,
        model_alias_s=5.0,
        model_alias_outage_s=50.0,
    )

    with open_clarity(chosen) as app:
        loader, lanes = app.models.loader, app.models.serving.lanes

    assert (loader.residency.max_models, loader.residency.max_bytes) == (2, 10)
    assert (loader.freshness.believed_s, loader.freshness.outage_s) == (5.0, 50.0)
    assert lanes.workers == 3


def test_an_accelerator_is_called_by_one_worker_with_a_whole_group(tmp_path: Path):
    chosen = {"model_engine": EngineKind.TORCH, "model_device": "cuda", "model_group": 32}

    with open_clarity(settings(tmp_path, **chosen)) as app:
        lanes = app.models.serving.lanes

    assert (lanes.workers, lanes.together) == (1, 32)


def test_other_lanes_can_be_given_for_one_predictor(tmp_path: Path):
    with open_clarity(settings(tmp_path)) as app:
        server = app.models.awaitable(TOY, lanes=Lanes(workers=7))

    assert server.lanes.workers == 7


def test_what_needs_an_extra_that_is_not_installed_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "h5py", None)
    for name in ("clarity.adapters.convert.keras", "clarity.adapters.convert.keras_reader"):
        monkeypatch.delitem(sys.modules, name, raising=False)

    with open_clarity(settings(tmp_path)) as app:
        assert isinstance(app.models.ports.graphs(), OnnxGraphs)
        with pytest.raises(ExtraMissing, match=r"clarity\[convert\]"):
            app.models.ports.weights.read(HDF5)

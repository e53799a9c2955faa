"""Models in the embedded profile: opened late, loaded in advance only where that was chosen."""

import subprocess
import sys
from pathlib import Path

import pytest

from clarity.adapters.onnx.graphs import OnnxGraphs
from clarity.application.clarity import Clarity
from clarity.application.models import LoadingStrategy
from clarity.bootstrap import open_clarity
from clarity.domain.identity import Actor, Purpose, TenantId
from clarity.domain.models import ModelRef, ModelSelector, ModelUnknown
from clarity.domain.pat.answer import Augmentation
from clarity.domain.pat.artifact import DigestMismatch
from clarity.domain.pat.manifest import GRAPH
from clarity.domain.pat.variants import WEEK_MIN
from clarity.ports.model_files import ExtraMissing
from clarity.settings import Settings
from tests.support.models import tiny_bundle
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
heavy = {"onnxruntime", "onnx", "h5py", "torch"}
print(sorted(heavy & opened), sorted(heavy & set(sys.modules)), answer.provenance.model)
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


def test_eager_loads_champions_at_the_start_or_does_not_start(tmp_path: Path):
    eager = settings(tmp_path, model_loading=LoadingStrategy.EAGER)
    with open_clarity(settings(tmp_path)) as app:
        ref = serve(app)

    with open_clarity(eager) as app:
        assert app.models.loader.loaded() == (ref,)

    (tmp_path / "bundles" / ref.digest / GRAPH).write_bytes(b"")
    with pytest.raises(DigestMismatch), open_clarity(eager):
        pass


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

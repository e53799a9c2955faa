"""`clarity analyze --model`: what a model says stands in the results, with its provenance."""

import json
from pathlib import Path

import pytest

from clarity.domain.pat.variants import WEEK_MIN
from tests.adapters.cli.conftest import Command, Said
from tests.adapters.cli.test_models import bundle_in
from tests.support.models import tiny_bundle
from tests.support.recordings import depresjon_table


@pytest.fixture
def toy(clarity: Command, tmp_path: Path) -> Path:
    """The folder of the models, with one that serves."""
    folder = bundle_in(tmp_path / "bundle", tiny_bundle(length=WEEK_MIN))
    where = tmp_path / "models"
    for command in (("add", folder), ("promote", "toy:1.0.0")):
        said = clarity("models", "--folder", where, *command)
        assert said.code == 0, said.err
    return where


def analyzed(clarity: Command, tmp_path: Path, *options: object, minutes: int = 11_000) -> Said:
    table = tmp_path / "ada.csv"
    table.write_text(depresjon_table(minutes))
    return clarity("analyze", table, "--out", tmp_path / "out", *options)


def results(tmp_path: Path) -> tuple[dict, str]:
    out = tmp_path / "out"
    return json.loads((out / "results.json").read_text()), (out / "report.html").read_text()


def test_without_asking_no_model_is_in_the_results(clarity: Command, tmp_path: Path):
    assert analyzed(clarity, tmp_path).code == 0

    told, page = results(tmp_path)
    assert told["model"] is None
    assert 'id="model"' not in page


def test_scores_come_with_provenance_and_are_not_called_probabilities(
    clarity: Command, toy: Path, tmp_path: Path
):
    said = analyzed(clarity, tmp_path, "--models", toy, "--model", "toy")

    told, page = results(tmp_path)
    assert said.code == 0, said.err
    assert told["settings"]["--model"] == "toy@champion"
    assert (told["model"]["asked"], told["model"]["reason"]) == ("toy@champion", "")
    assert told["model"]["provenance"]["model"] == "toy:1.0.0"
    assert told["model"]["provenance"]["scaler"] == "per_window_zscore"
    assert told["model"]["provenance"]["validated"] is True
    assert len(told["model"]["embedding"]) == 96
    heads = {head["head"]: head for head in told["model"]["heads"]}
    assert heads["sleep"]["probability"] is None
    assert 0 <= heads["mood"]["probability"] <= 1
    assert "Scores are not probabilities" in page
    assert "none: not calibrated" in page
    assert "toy:1.0.0 (PAT-S)" in page


@pytest.mark.torch
def test_another_engine_answers_where_it_was_chosen(clarity: Command, toy: Path, tmp_path: Path):
    engine = ("--model-engine", "torch", "--model-dtype", "bfloat16", "--model-device", "cpu")

    said = analyzed(clarity, tmp_path, "--models", toy, "--model", "toy", *engine)
    verified = clarity("models", "--folder", toy, "--engine", "torch", "verify", "--json")

    told, page = results(tmp_path)
    assert said.code == 0, said.err
    assert told["model"]["provenance"]["runtime"].split()[1:] == ["cpu", "bfloat16", "1"]
    assert "ran with less precision" in page
    assert verified.told[0]["runtime"].split()[1:] == ["cpu", "float32", "1"]


def test_a_device_without_its_engine_is_a_setting_that_does_not_fit(
    clarity: Command, toy: Path, tmp_path: Path
):
    said = analyzed(clarity, tmp_path, "--models", toy, "--model", "toy", "--model-device", "cuda")

    assert said.code != 0
    assert "[settings.bad]: model_device" in said.err


def test_where_the_model_looked_and_how_it_was_asked_stand_in_the_report(
    clarity: Command, toy: Path, tmp_path: Path
):
    asked = ("--models", toy, "--model", "toy", "--explain", "--rotations")

    said = analyzed(clarity, tmp_path, *asked)

    told, page = results(tmp_path)
    assert said.code == 0, said.err
    assert told["settings"]["--explain"] == told["settings"]["--rotations"] == "yes"
    assert told["model"]["provenance"]["augmentation"] == "day-rotations"
    attention = told["model"]["attention"]
    assert (attention["patch_min"], [len(one) for one in attention["layers"]]) == (18, [560])
    assert "Attention of the network over the week" in page
    assert "the mean of seven answers" in page
    store = tmp_path / "out" / "clarity.db"
    trail = clarity("--store", store, "audit", "report", "--patient", "ada").out
    assert "model/toy:1.0.0/attention" in trail


@pytest.mark.parametrize("option", ["--explain", "--rotations"])
def test_nothing_is_asked_of_no_model(clarity: Command, tmp_path: Path, option: str):
    said = analyzed(clarity, tmp_path, option)

    assert said.code == 2
    assert f"give --model with {option}" in said.err


def test_a_recording_that_is_no_input_is_reported_with_the_reason(
    clarity: Command, toy: Path, tmp_path: Path
):
    said = analyzed(clarity, tmp_path, "--models", toy, "--model", "toy:1", minutes=3_000)

    told, page = results(tmp_path)
    assert said.code == 0
    assert told["model"]["code"] == "week.too-little-wear"
    assert (told["model"]["embedding"], told["model"]["heads"]) == (None, [])
    assert "No answer: " in page
    assert told["findings"]


def test_the_prediction_is_in_the_trail(clarity: Command, toy: Path, tmp_path: Path):
    analyzed(clarity, tmp_path, "--models", toy, "--model", "toy")

    store = tmp_path / "out" / "clarity.db"
    assert ",predict," in clarity("--store", store, "audit", "report", "--patient", "ada").out


def test_a_model_that_is_not_there_is_refused_with_what_to_do(clarity: Command, tmp_path: Path):
    said = analyzed(clarity, tmp_path, "--model", "pat-s")

    assert said.code == 1
    assert said.err.startswith("error [model.unknown]: ")
    assert "clarity models add" in said.err
    assert not (tmp_path / "out" / "report.html").exists()


def test_a_model_of_another_length_is_refused_before_the_first_file(
    clarity: Command, toy: Path, tmp_path: Path
):
    short = bundle_in(tmp_path / "short", tiny_bundle("3.0.0"))
    clarity("models", "--folder", toy, "add", short)

    said = analyzed(clarity, tmp_path, "--models", toy, "--model", "toy:3")

    assert said.code == 1
    assert said.err.startswith("error [model.not-for-weeks]: ")
    assert not (tmp_path / "out" / "report.html").exists()


def test_a_model_must_be_signed_where_keys_are_named(clarity: Command, toy: Path, tmp_path: Path):
    keys = tmp_path / "keys"
    keys.mkdir()

    said = analyzed(clarity, tmp_path, "--models", toy, "--model-keys", keys, "--model", "toy")

    assert said.code == 1
    assert not (tmp_path / "out" / "report.html").exists()

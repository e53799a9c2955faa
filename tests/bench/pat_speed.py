"""
PAT on a CPU: against the arithmetic floor, torch, and the predecessor's way.

Random weights of the published shapes, weeks of 10,080 minutes, one thread a call unless said. The
floor is the operations of the folded network at the best rate that a dense product reached in this
run, whatever its size and library: one rate for all variants. Beside it stand the products of the
network itself, each alone, which are never as fast. Times against either are the fastest of many,
because whatever else runs on the machine only makes them longer. The rival is the predecessor's
network as it is described: eager torch, a separate projection for every head, an explicit softmax,
of one head after the other or of all at once. A remark names the goal where there is one: of times
against the floor, of batches and of a fresh process at most, of the others at least. MB are 10^6
bytes.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

import attrs
import numpy as np
import torch

from clarity.adapters.onnx.builder import AttentionForm, build_onnx
from clarity.adapters.onnx.predictor import OnnxPredictor, open_onnx
from clarity.adapters.torch.predictor import open_torch
from clarity.adapters.torch.trainable import TrainableEncoder
from clarity.bootstrap import open_clarity
from clarity.domain.identity import Actor, Purpose, TenantId
from clarity.domain.models import ModelSelector
from clarity.domain.pat.variants import WEEK_MIN, Variant
from clarity.domain.pat.weights import EncoderWeights
from clarity.settings import Settings
from tests.bench.eager import Eager, head_after_head, heads_together
from tests.bench.paired import Measured, Row, duration, header, measured, paired, table
from tests.bench.products import Floor, products_row
from tests.bench.side_by_side import PROCESSES, THREADS, side_by_side
from tests.support.models import BUILD, recipe
from tests.support.pat import random_batch, random_encoder, sha256

ROOT: Final = Path(__file__).parents[2]
REPEATS: Final = {Variant.S: 31, Variant.M: 15, Variant.L: 7}
EAGER_GOALS: Final = {Variant.S: "1.5 x", Variant.M: "1.5 x", Variant.L: "2.5 x"}
WEEK: Final = WEEK_MIN
ROUNDS: Final = 5  # times that the products are tried again, spread over the run
CALLS: Final = {Variant.S: 64, Variant.M: 12, Variant.L: 2}  # of each caller, when there are two
FIRST_ANSWERS: Final = 9
BATCH: Final = 32
BATCHES: Final = {Variant.S: 10, Variant.M: 5, Variant.L: 3}  # times that a batch is measured
ANN: Final = Actor(id="bench", tenant=TenantId("bench"), purpose=Purpose.OPERATIONS)

FIRST_ANSWER: Final = '''
import json, sys, time
class Absent:
    """What is not in the default install, but looked for by what is."""
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in sys.argv[3].split(","):
            raise ModuleNotFoundError(name=name)
sys.meta_path.insert(0, Absent())
from datetime import date
import numpy
from clarity import Settings, open_clarity
from clarity.domain.actigraphy.week import PatWeek
from clarity.domain.models import ModelSelector
from clarity.domain.streams import Placement, Unit
minutes = numpy.arange(10_080.0).reshape(7, 1440)
weeks = (
    PatWeek(
        values=200.0 + 200.0 * numpy.sin(minutes + number),
        first_date=date(2026, 1, 5),
        valid_days=7,
        imputed_fraction=0.0,
        unit=Unit.COUNTS,
        device="made up",
        placement=Placement.WRIST,
    )
    for number in range(int(sys.argv[2]))
)
with open_clarity(Settings(store=":memory:", models=sys.argv[1])) as app:
    answers = sum(one.answer is not None for one in app.models.predictor(ModelSelector("pat")).batch(weeks))
    answered_s = time.monotonic()
status = open("/proc/self/status").read()  # getrusage counts the parent before exec, too
peak = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
print(json.dumps({"answered_s": answered_s, "kib": int(peak), "torch": "torch" in sys.modules, "answers": answers}))
'''
"""Its weeks are made without numpy.random, which predicting does not load: 2 MB."""

NOT_DEFAULT: Final = ("pydantic", "pydantic_settings", "yaml", "werkzeug", "flask", "aiohttp")
"""Packages of the development environment that dependency-injector imports where they are there."""

NEVER_COMPILED: Final = "PYTHONDONTWRITEBYTECODE"


def opened(weights: EncoderWeights, form: AttentionForm = AttentionForm.EXPLICIT) -> OnnxPredictor:
    """The predictor as it is served."""
    model = build_onnx(weights, form=form)
    return open_onnx(model, sha256=sha256(model))


def in_turn(task: Callable[[], object], times: int) -> Callable[[], None]:
    """The task, several times."""

    def repeated() -> None:
        for _ in range(times):
            task()

    return repeated


def speed_rows(variant: Variant, floor: Floor) -> Iterator[Row]:
    """One sample on one thread, against everything."""
    weights, repeats = random_encoder(variant), REPEATS[variant]
    predictor = opened(weights)
    week = random_batch(1, WEEK)
    tensor = torch.from_numpy(week)

    def predicted() -> object:
        return predictor.predict(week)

    floor.tried()
    fastest_s = min(measured(predicted, repeats=3 * repeats).seconds)
    yield floor.row(variant, weights.architecture, fastest_s)
    yield products_row(variant, weights.architecture, fastest_s)
    portable = opened(weights, AttentionForm.PORTABLE)
    forms = paired(lambda: portable.predict(week), predicted, repeats=repeats)
    yield forms.row(f"{variant} portable graph / serving graph")
    folded = open_torch(weights)
    yield paired(lambda: folded.predict(week), predicted, repeats=repeats).row(
        f"{variant} torch folded SDPA / ONNX", remark="goal 1.3 x"
    )
    plain = TrainableEncoder(weights).eval()
    rivals = {
        "head after head": Eager(weights, head_after_head),
        "all heads at once": Eager(weights, heads_together),
    }
    with torch.inference_mode():
        yield paired(lambda: plain(tensor), predicted, repeats=repeats).row(
            f"{variant} torch SDPA as published / ONNX", remark="goal 1.3 x"
        )
        for how, rival in rivals.items():
            found = rival(tensor).numpy()
            assert np.allclose(found, predictor.predict(week).embeddings, rtol=1e-4, atol=1e-5)
            yield paired(partial(rival, tensor), predicted, repeats=repeats).row(
                f"{variant} predecessor's eager network, {how} / ONNX",
                remark=f"goal {EAGER_GOALS[variant]}",
            )


def sharing_rows(variant: Variant) -> Iterator[Row]:
    """Many samples: in a batch, and from two callers."""
    repeats = max(5, REPEATS[variant] // 3)
    predictor = opened(random_encoder(variant))
    weeks, week = random_batch(BATCH, WEEK), random_batch(1, WEEK)

    def alone() -> object:
        return predictor.predict(week)

    batch = paired(
        lambda: predictor.predict(weeks), in_turn(alone, BATCH), repeats=BATCHES[variant]
    )
    yield batch.row(f"{variant} batch of {BATCH} / {BATCH} single samples", remark="goal 1.05 x")
    calls = CALLS[variant]
    for what, goal, crew in (
        ("two callers on two cores", "goal 1.9 x", THREADS),
        ("two processes", "what the two cores give", PROCESSES),
    ):
        with side_by_side(in_turn(alone, calls), crew) as together:
            callers = paired(in_turn(alone, 2 * calls), together, repeats=repeats)
        yield callers.row(f"{variant} one caller / {what}, same work", remark=goal)


def served(variant: Variant, folder: Path) -> Path:
    """A folder of models in which one of the variant serves as `pat`."""
    where = folder / variant
    bundle = BUILD.run(
        attrs.evolve(recipe(model="pat", length=WEEK), encoder=random_encoder(variant))
    )
    with open_clarity(Settings(store=":memory:", models=str(where))) as app:
        asked = {"actor": ANN, "correlation": app.ids.correlation()}
        ref = app.models.register.run(bundle, **asked).ref
        app.models.move.promote(ModelSelector.parse(str(ref)), **asked)
    return where


def megabytes(kib: float) -> float:
    """MB (10^6 bytes) of so many KiB, as Linux counts memory."""
    return kib * 1_024 / 1e6


def installed(folder: Path) -> dict[str, str]:
    """An environment in which sources are compiled once, as an installer does, and not at each start."""
    compiled = {"PYTHONPYCACHEPREFIX": str(folder / "compiled")}
    inherited = {key: value for key, value in os.environ.items() if key != NEVER_COMPILED}
    return {**inherited, **compiled}


def process_rows(variant: Variant, folder: Path) -> Iterator[Row]:
    """A fresh process on the product's own path: registry, digests, self-test, week to embedding."""
    where, environment = served(variant, folder), installed(folder)

    def started(samples: int) -> dict[str, float]:
        arguments = [str(where), str(samples), ",".join(NOT_DEFAULT)]
        command = [sys.executable, "-c", FIRST_ANSWER, *arguments]
        began_s = time.monotonic()
        answer = subprocess.run(command, capture_output=True, check=True, cwd=ROOT, env=environment)
        told = json.loads(answer.stdout)
        assert told["answers"] == samples
        return {**told, "took_s": told["answered_s"] - began_s}

    started(1)
    first = [started(1) for _ in range(FIRST_ANSWERS)]
    assert not any(one["torch"] for one in first)
    took = Measured(seconds=tuple(one["took_s"] for one in first))
    peak = megabytes(max(one["kib"] for one in first))
    yield took.row(
        f"{variant} fresh process to first embedding",
        remark=f"fastest {duration(min(took.seconds))}; peak {peak:.0f} MB, no torch; goal 0.7 s "
        "and 100 MB (of 10^6 bytes)",
    )
    if variant is Variant.L:
        peak = megabytes(started(BATCH)["kib"])
        yield Row(
            what=f"{variant} peak memory of a batch of {BATCH}",
            figure=f"{peak:.0f} MB",
            remark="MB of 10^6 bytes; goal 400 MB",
        )


def rows() -> list[Row]:
    """Every figure."""
    torch.set_num_threads(1)
    floor, measures = Floor(), []
    for _ in range(ROUNDS - len(REPEATS)):
        floor.tried()
    with tempfile.TemporaryDirectory() as folder:
        for variant in REPEATS:
            measures += speed_rows(variant, floor)
            measures += sharing_rows(variant)
            measures += process_rows(variant, Path(folder))
    return measures


if __name__ == "__main__":
    print(header())
    print(table(rows()))

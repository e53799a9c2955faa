"""
PAT on a CPU: against the arithmetic floor, torch, and the predecessor's way.

Random weights of the published shapes, weeks of 10,080 minutes, one thread a call unless said. The
floor is one dense product with as many operations as the folded network, in the fastest sgemm at
hand. The rival is the predecessor's network as it is described: eager torch, a separate projection
for every head, an explicit softmax.
"""

import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from onnx import TensorProto, helper
from torch import Tensor
from torch.nn import functional

from clarity.adapters.onnx.builder import AttentionForm, build_onnx
from clarity.adapters.onnx.predictor import OnnxPredictor, open_onnx
from clarity.adapters.torch.predictor import open_torch
from clarity.adapters.torch.trainable import TrainableEncoder
from clarity.domain.pat.positions import positions
from clarity.domain.pat.variants import Variant
from clarity.domain.pat.weights import EncoderWeights
from tests.bench.paired import Measured, Row, header, measured, paired, table
from tests.support.pat import random_batch, random_encoder, sha256

ROOT = Path(__file__).parents[2]
REPEATS = {Variant.S: 31, Variant.M: 15, Variant.L: 7}
WEEK = 10_080
SIDE = 768  # of the square factor of the floor's product
CALLS = {Variant.S: 16, Variant.M: 6, Variant.L: 2}  # of each caller, when there are two
FIRST_ANSWERS = 9
BATCH = 32

FIRST_ANSWER = """
import json, sys, time
from pathlib import Path
began = time.perf_counter()
import numpy
from clarity.adapters.onnx.predictor import open_onnx
predictor = open_onnx(Path(sys.argv[1]).read_bytes(), sha256=sys.argv[2])
batch = numpy.random.default_rng(0).normal(size=(int(sys.argv[3]), 10080)).astype("float32")
predictor.predict(batch)
seconds = time.perf_counter() - began
status = Path("/proc/self/status").read_text()  # getrusage counts the parent before exec, too
peak = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
print(json.dumps({"s": seconds, "kib": int(peak), "torch": "torch" in sys.modules}))
"""


class EagerLoop:
    """The predecessor's network: one small product after the other, eagerly."""

    def __init__(self, weights: EncoderWeights) -> None:
        self.architecture = weights.architecture
        self.values = {
            name: torch.from_numpy(value.copy()) for name, value in weights.tensors.items()
        }
        placed = positions(self.architecture.tokens(WEEK)).astype(np.float32)
        self.positions = torch.from_numpy(placed)

    def __call__(self, batch: Tensor) -> Tensor:
        patches = batch.view(len(batch), -1, self.architecture.patch_min)
        tokens = patches @ self.values["dense/kernel"] + self.values["dense/bias"] + self.positions
        for number in range(1, self.architecture.layers + 1):
            tokens = self.block(f"encoder_layer_{number}", tokens)
        return tokens.mean(dim=1)

    def block(self, prefix: str, tokens: Tensor) -> Tensor:
        heads = [
            self.head(f"{prefix}_attention", tokens, head)
            for head in range(self.architecture.heads)
        ]
        kernel = self.values[f"{prefix}_attention/attention_output/kernel"].reshape(-1, 96)
        bias = self.values[f"{prefix}_attention/attention_output/bias"]
        attended = torch.cat(heads, dim=2) @ kernel + bias
        middle = self.normalized(f"{prefix}_norm1", tokens + attended)
        hidden = functional.relu(self.affine(f"{prefix}_ff1", middle))
        return self.normalized(f"{prefix}_norm2", middle + self.affine(f"{prefix}_ff2", hidden))

    def head(self, prefix: str, tokens: Tensor, head: int) -> Tensor:
        query, key, value = (
            tokens @ self.values[f"{prefix}/{part}/kernel"][:, head]
            + self.values[f"{prefix}/{part}/bias"][head]
            for part in ("query", "key", "value")
        )
        scores = query @ key.transpose(1, 2) / 96**0.5
        return torch.softmax(scores, dim=2) @ value

    def affine(self, prefix: str, tokens: Tensor) -> Tensor:
        return tokens @ self.values[f"{prefix}/kernel"] + self.values[f"{prefix}/bias"]

    def normalized(self, prefix: str, tokens: Tensor) -> Tensor:
        gamma, beta = self.values[f"{prefix}/gamma"], self.values[f"{prefix}/beta"]
        return functional.layer_norm(tokens, (96,), gamma, beta, 1e-6)


def opened(weights: EncoderWeights, form: AttentionForm = AttentionForm.CONTRIB) -> OnnxPredictor:
    """The predictor as it is served."""
    model = build_onnx(weights, form=form)
    return open_onnx(model, sha256=sha256(model))


def torch_product(rows: int) -> Callable[[], object]:
    """A product of (rows, 768) and (768, 768) by torch."""
    left, right, out = torch.rand(rows, SIDE), torch.rand(SIDE, SIDE), torch.empty(rows, SIDE)
    return lambda: torch.mm(left, right, out=out)


def runtime_product(rows: int) -> Callable[[], object]:
    """The same product by ONNX Runtime."""
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["a", "b"], ["c"])],
        "product",
        [
            helper.make_tensor_value_info("a", TensorProto.FLOAT, [rows, SIDE]),
            helper.make_tensor_value_info("b", TensorProto.FLOAT, [SIDE, SIDE]),
        ],
        [helper.make_tensor_value_info("c", TensorProto.FLOAT, [rows, SIDE])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    left, right = random_batch(rows, SIDE), random_batch(SIDE, SIDE)
    return lambda: session.run(["c"], {"a": left, "b": right})


def fastest_product() -> tuple[str, Callable[[int], Callable[[], object]]]:
    """The library whose product of one size takes less time."""
    products = {"torch": torch_product, "ONNX Runtime": runtime_product}
    name = min(products, key=lambda one: min(measured(products[one](1_024)).seconds))
    return name, products[name]


def in_turn(task: Callable[[], object], times: int) -> Callable[[], None]:
    """The task, several times."""

    def repeated() -> None:
        for _ in range(times):
            task()

    return repeated


def side_by_side(task: Callable[[], object], callers: int) -> Callable[[], None]:
    """The task in several threads at once."""

    def together() -> None:
        threads = [threading.Thread(target=task) for _ in range(callers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    return together


def speed_rows(
    variant: Variant, product: Callable[[int], Callable[[], object]], sgemm: str
) -> Iterator[Row]:
    """One sample on one thread, against everything."""
    weights, repeats = random_encoder(variant), REPEATS[variant]
    predictor = opened(weights)
    week = random_batch(1, WEEK)
    tensor = torch.from_numpy(week)
    flops = weights.architecture.folded_flops()

    def predicted() -> object:
        return predictor.predict(week)

    floor = paired(predicted, product(round(flops / (2 * SIDE**2))), repeats=repeats)
    rate = flops / floor.b.median_s / 1e9
    yield floor.row(f"{variant} / floor", remark=f"{rate:.1f} GFLOP/s by {sgemm}")
    portable = opened(weights, AttentionForm.PORTABLE)
    forms = paired(lambda: portable.predict(week), predicted, repeats=repeats)
    yield forms.row(f"{variant} portable graph / contrib graph")
    folded = open_torch(weights)
    yield paired(lambda: folded.predict(week), predicted, repeats=repeats).row(
        f"{variant} torch folded SDPA / ONNX"
    )
    plain = TrainableEncoder(weights).eval()
    rival = EagerLoop(weights)
    with torch.inference_mode():
        found = rival(tensor).numpy()
        assert np.allclose(found, predictor.predict(week).embeddings, rtol=1e-4, atol=1e-5)
        yield paired(lambda: plain(tensor), predicted, repeats=repeats).row(
            f"{variant} torch SDPA as published / ONNX"
        )
        yield paired(lambda: rival(tensor), predicted, repeats=repeats).row(
            f"{variant} predecessor's eager loop / ONNX"
        )


def sharing_rows(variant: Variant) -> Iterator[Row]:
    """Many samples: in a batch, and from two callers."""
    repeats = max(5, REPEATS[variant] // 3)
    predictor = opened(random_encoder(variant))
    weeks, week = random_batch(BATCH, WEEK), random_batch(1, WEEK)

    def alone() -> object:
        return predictor.predict(week)

    if variant is not Variant.L:
        batch = paired(lambda: predictor.predict(weeks), in_turn(alone, BATCH), repeats=repeats)
        yield batch.row(f"{variant} batch of {BATCH} / {BATCH} single samples")
    calls = CALLS[variant]
    callers = paired(
        in_turn(alone, 2 * calls), side_by_side(in_turn(alone, calls), 2), repeats=repeats
    )
    yield callers.row(f"{variant} one caller / two callers on two cores, same work")


def process_rows(variant: Variant, folder: Path) -> Iterator[Row]:
    """A fresh process from its start to the first embedding, and its memory."""
    model = build_onnx(random_encoder(variant))
    path = folder / f"{variant}.onnx"
    path.write_bytes(model)

    def started(samples: int) -> dict[str, float]:
        command = [sys.executable, "-c", FIRST_ANSWER, str(path), sha256(model), str(samples)]
        answer = subprocess.run(command, capture_output=True, check=True, cwd=ROOT)
        return json.loads(answer.stdout)

    first: list[dict[str, float]] = []
    whole = measured(lambda: first.append(started(1)), repeats=FIRST_ANSWERS)
    memory = max(one["kib"] for one in first) / 1024
    assert not any(one["torch"] for one in first)
    inside = Measured(seconds=tuple(one["s"] for one in first)).median_s
    yield whole.row(
        f"{variant} fresh process to first embedding",
        remark=f"of it {inside:.3f} s after the interpreter started; peak {memory:.0f} MiB, no torch",
    )
    if variant is Variant.L:
        peak = started(BATCH)["kib"] / 1024
        yield Row(what=f"{variant} peak memory of a batch of {BATCH}", figure=f"{peak:.0f} MiB")


def rows() -> list[Row]:
    """Every figure."""
    torch.set_num_threads(1)
    sgemm, product = fastest_product()
    measures: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        for variant in REPEATS:
            measures += speed_rows(variant, product, sgemm)
            measures += sharing_rows(variant)
            measures += process_rows(variant, Path(folder))
    return measures


if __name__ == "__main__":
    print(header())
    print(table(rows()))

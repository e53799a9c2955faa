"""What dense products take alone: the floor of everything that is made of them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import attrs
import numpy as np
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper

from clarity.adapters.onnx.builder import LARGEST_SCORES
from clarity.domain.pat.prediction import Floats
from clarity.domain.pat.variants import FEED_FORWARD, WEEK_MIN, WIDTH, Architecture, Variant
from tests.bench.paired import Row, duration, measured
from tests.support.pat import random_batch

__all__ = ["Floor", "products_row"]

FLOOR_GOALS: Final = {Variant.S: "1.25 x", Variant.M: "1.10 x", Variant.L: "1.15 x"}
PRODUCTS: Final = (
    (384, 256, 256),
    (768, 256, 256),
    (256, 768, 768),
    (512, 512, 512),
    (768, 768, 768),
    (1_024, 768, 768),
)
"""Rows, inner and columns of the products whose best rate is the floor's; all stay in the cache."""

PRODUCT_REPEATS: Final = 41


def torch_product(rows: int, inner: int, columns: int) -> Callable[[], object]:
    """A product by torch into memory that is there."""
    left, right = torch.rand(rows, inner), torch.rand(inner, columns)
    out = torch.empty(rows, columns)
    return lambda: torch.mm(left, right, out=out)


def packed_product(rows: int, inner: int, columns: int) -> Callable[[], object]:
    """The same product by ONNX Runtime, the second factor constant and so packed beforehand."""
    right = numpy_helper.from_array(random_batch(inner, columns), "b")
    return runtime_product({"a": random_batch(rows, inner)}, [right], (rows, columns))


def unpacked_product(rows: int, inner: int, columns: int) -> Callable[[], object]:
    """The same product by ONNX Runtime of two factors that are known only when it runs."""
    factors = {"a": random_batch(rows, inner), "b": random_batch(inner, columns)}
    return runtime_product(factors, [], (rows, columns))


def runtime_product(
    given: Mapping[str, Floats], constants: Sequence[TensorProto], shape: tuple[int, int]
) -> Callable[[], object]:
    """The product of `a` and `b` by a session of one thread, from and into memory that is there."""
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["a", "b"], ["c"])],
        "product",
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, factor.shape)
            for name, factor in given.items()
        ],
        [helper.make_tensor_value_info("c", TensorProto.FLOAT, shape)],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    out = np.empty(shape, np.float32)
    binding = session.io_binding()
    for name, factor in given.items():
        binding.bind_cpu_input(name, factor)
    binding.bind_output("c", "cpu", 0, np.float32, out.shape, out.ctypes.data)

    def multiplied() -> tuple[object, object]:
        session.run_with_iobinding(binding)
        return given, out  # the binding knows their addresses alone

    return multiplied


@attrs.define
class Floor:
    """The best rate of a dense product so far, operations a second, and which it was."""

    rate: float = 0.0
    by: str = ""

    def tried(self) -> None:
        """Every product was run again; the best rate of all so far is kept."""
        for library, product in (("torch", torch_product), ("ONNX Runtime", packed_product)):
            for shape in PRODUCTS:
                fastest_s = min(measured(product(*shape), repeats=PRODUCT_REPEATS).seconds)
                rows, inner, columns = shape
                rate = 2 * rows * inner * columns / fastest_s
                if rate > self.rate:
                    self.rate, self.by = rate, f"{library}, {rows} x {inner} x {columns}"

    def row(self, variant: Variant, architecture: Architecture, fastest_s: float) -> Row:
        """How many times as long as the floor the fastest run took."""
        floor_s = architecture.folded_flops() / self.rate
        return Row(
            what=f"{variant} / floor, fastest runs",
            figure=f"{fastest_s / floor_s:.3g} x",
            remark=f"{duration(fastest_s)} against {duration(floor_s)} at "
            f"{self.rate / 1e9:.1f} GFLOP/s ({self.by}); goal {FLOOR_GOALS[variant]}",
        )


def products(architecture: Architecture) -> Mapping[tuple[int, int, int], int]:
    """Rows, inner and columns of every product that the serving graph has, and how often."""
    tokens, attentions = architecture.tokens(WEEK_MIN), architecture.layers * architecture.heads
    parts = -(-(tokens**2) // LARGEST_SCORES)
    rows = -(-tokens // parts)
    return {
        (tokens, architecture.patch_min, WIDTH): 1,
        (rows, WIDTH, tokens): attentions * parts,
        (rows, tokens, WIDTH): attentions * parts,
        (rows, WIDTH, WIDTH): 2 * attentions * parts,
        (tokens, WIDTH, FEED_FORWARD): architecture.layers,
        (tokens, FEED_FORWARD, WIDTH): architecture.layers,
    }


def products_row(variant: Variant, architecture: Architecture, fastest_s: float) -> Row:
    """How many times as long as its products alone the fastest run took."""
    alone_s = sum(
        times * min(measured(unpacked_product(*shape), repeats=PRODUCT_REPEATS).seconds)
        for shape, times in products(architecture).items()
    )
    rate = architecture.folded_flops() / alone_s
    return Row(
        what=f"{variant} / its own products alone, fastest runs",
        figure=f"{fastest_s / alone_s:.3g} x",
        remark=f"{duration(fastest_s)} against {duration(alone_s)}: {rate / 1e9:.1f} GFLOP/s by "
        "ONNX Runtime in the shapes of the graph",
    )

"""
PAT on an accelerator: weeks a second against the products that the device can do, and whether it is right.

Random weights of the published shapes, weeks of 10,080 minutes in host memory, so copying to the
device and back is part of the figure. The floor is the folded network's operations at the best rate
of a square product measured on the device in the same run, at the same precision. Without a CUDA
device nothing is measured, and what was measured on one stays in docs/baseline.md.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import attrs
import numpy as np
import torch

from clarity.adapters.torch.predictor import KINDS, Execution, exact_products, open_torch
from clarity.domain.pat.parity import TOLERANCES, parity, parity_fixture, synthetic_batch
from clarity.domain.pat.prediction import Floats
from clarity.domain.pat.runtime import Precision
from clarity.domain.pat.variants import WEEK_MIN, Variant
from clarity.domain.pat.weights import EncoderWeights, HeadWeights
from clarity.ports.predictor import Predictor
from tests.bench.paired import NotHere, Row, measured
from tests.support.pat import random_batch, random_encoder, random_head

GROUPS: Final = {Variant.S: (32, 256), Variant.M: (32, 128), Variant.L: (8, 32)}
RUNS: Final = 4  # of the network in one measured call


@attrs.frozen(kw_only=True)
class Bench:
    """What is measured: on which device, and how large."""

    device: str = "cuda"
    length: int = WEEK_MIN
    sides: Sequence[int] = (4_096, 8_192, 16_384)
    products: int = 8
    groups: dict[Variant, tuple[int, ...]] = attrs.field(factory=lambda: GROUPS)
    repeats: int = 11


def product_rate(bench: Bench, precision: Precision) -> float:
    """Operations a second of the fastest square product on the device."""
    return max(_rate(bench, precision, side) for side in bench.sides)


def _rate(bench: Bench, precision: Precision, side: int) -> float:
    factor = torch.rand(side, side, device=bench.device).to(KINDS[precision])
    out = torch.empty_like(factor)

    def products() -> float:
        for _ in range(bench.products):
            torch.mm(factor, factor, out=out)
        return out[0, 0].item()  # waits for the device

    fastest_s = min(measured(products, repeats=bench.repeats).seconds)
    return bench.products * 2 * side**3 / fastest_s


def throughput_row(bench: Bench, weights: EncoderWeights, execution: Execution, rate: float) -> Row:
    """Weeks a second of groups of one size, against the floor."""
    predictor = open_torch(weights, length=bench.length, execution=execution)
    weeks = random_batch(RUNS * execution.group, bench.length)
    times = measured(lambda: predictor.predict(weeks), repeats=bench.repeats)
    floor_s = len(weeks) * weights.architecture.folded_flops(bench.length) / rate
    row = times.row("", per=len(weeks))
    per_second = len(weeks) / times.median_s
    return Row(
        what=f"{weights.architecture.variant} {execution.precision} groups of {execution.group} / floor",
        figure=f"{times.median_s / floor_s:.3g} x",
        remark=f"{per_second:,.0f} weeks/s, {row.figure} a week ({row.spread}); "
        f"floor at {rate / 1e12:.1f} TFLOP/s",
    )


def parity_row(
    bench: Bench, weights: EncoderWeights, heads: tuple[HeadWeights, ...], execution: Execution
) -> Row:
    """How far the device is from the float64 reference, and whether that is accepted."""
    predictor = open_torch(weights, heads, length=bench.length, execution=execution)
    fixture = parity_fixture(weights, heads, synthetic_batch(bench.length))
    agreement = parity(predictor.predict, fixture, precision=execution.precision)
    allowed = TOLERANCES[execution.precision]
    return Row(
        what=f"{weights.architecture.variant} {execution.precision} against the float64 reference",
        figure="accepted" if agreement.holds else "REFUSED",
        remark=f"embeddings {agreement.embedding_error:.1e} (allowed {allowed.embedding:.0e}), "
        f"scores {agreement.score_error:.1e} (allowed {allowed.score:.0e})",
    )


def equality_row(bench: Bench, weights: EncoderWeights, execution: Execution) -> Row:
    """Whether an answer depends on what else is in the group."""
    predictor = open_torch(weights, length=bench.length, execution=execution)
    weeks = random_batch(2 * execution.group + 1, bench.length)
    apart = _moved(predictor, weeks)
    return Row(
        what=f"{weights.architecture.variant} {execution.precision} groups of {execution.group}, "
        "a week alone and in a batch",
        figure="bit-equal" if not apart else f"{apart} of {len(weeks)} DIFFER",
    )


def _moved(predictor: Predictor, weeks: Floats) -> int:
    """How many weeks have another answer in the batch, or in another order, than alone."""
    together = predictor.predict(weeks).embeddings
    backwards = predictor.predict(weeks[::-1].copy()).embeddings[::-1]
    alone = np.concatenate([predictor.predict(week[np.newaxis]).embeddings for week in weeks])
    same = (together == alone).all(axis=1) & (backwards == alone).all(axis=1)
    return int(np.count_nonzero(~same))


def rows_on(bench: Bench) -> Iterator[Row]:
    """Every figure on one device."""
    exact_products()
    rates = {precision: product_rate(bench, precision) for precision in Precision}
    heads = (random_head("made_up"),)
    for variant, groups in bench.groups.items():
        weights = random_encoder(variant)
        for precision in Precision:
            for group in groups:
                execution = Execution(device=bench.device, precision=precision, group=group)
                yield throughput_row(bench, weights, execution, rates[precision])
            yield parity_row(bench, weights, heads, execution)
            yield equality_row(bench, weights, execution)


def rows() -> list[Row]:
    """
    Every figure.

    Raises:
        NotHere: there is no CUDA device.
    """
    if not torch.cuda.is_available():
        raise NotHere("CUDA device")
    named = Row(what="device", figure=torch.cuda.get_device_name())
    return [named, *rows_on(Bench())]

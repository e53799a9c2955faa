"""The bench of the accelerator runs, also where there is none."""

import pytest

from clarity.domain.pat.variants import Variant
from tests.bench.pat_gpu import Bench, rows, rows_on

pytestmark = pytest.mark.torch
SMALL = Bench(
    device="cpu",
    length=180,
    sides=(64,),
    products=1,
    groups={Variant.S: (2, 3), Variant.L: (2,)},
    repeats=2,
)


def test_every_variant_precision_and_group_is_measured_and_proved():
    found = {row.what: row.figure for row in rows_on(SMALL)}

    assert len(found) == 2 * (2 + 2) + 2 * (1 + 2)
    assert found["PAT-S float32 groups of 3 / floor"].endswith(" x")
    assert {found[what] for what in found if "reference" in what} == {"accepted"}
    assert {found[what] for what in found if "alone" in what} == {"bit-equal"}


def test_without_a_device_one_row_says_so(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)

    (row,) = rows()

    assert row.what == "no GPU on this machine"

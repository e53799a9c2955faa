"""The bench of the accelerator runs, also where there is none."""

from pathlib import Path

import pytest

from clarity.domain.pat.variants import Variant
from tests.bench.__main__ import main
from tests.bench.paired import NotHere
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


@pytest.fixture
def no_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)


@pytest.mark.usefixtures("no_device")
def test_without_a_device_there_are_no_rows():
    with pytest.raises(NotHere, match="CUDA device"):
        rows()


@pytest.mark.usefixtures("no_device")
def test_without_a_device_the_figures_of_one_stay_and_that_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    baseline = tmp_path / "baseline.md"
    baseline.write_text(kept := "before\n\n<!-- bench pat_gpu -->\n7 x\n<!-- end -->\n")

    main(["pat_gpu"], baseline=baseline)

    assert baseline.read_text() == kept
    assert capsys.readouterr().out == (
        "pat_gpu was not measured: there is no CUDA device here; its section stays as it is\n"
    )

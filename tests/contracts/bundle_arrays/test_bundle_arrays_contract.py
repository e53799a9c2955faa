"""Every sentence of `clarity.ports.model_files.BundleArrays`, for every adapter."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.domain.errors import ClarityError
from clarity.domain.pat.artifact import UnreadableModel
from clarity.domain.pat.parity import ParityFixture, parity_fixture
from clarity.domain.pat.preprocessing import CohortScaler
from clarity.domain.pat.variants import WEEK_MIN, Variant
from clarity.domain.streams import Unit
from clarity.ports.model_files import BundleArrays
from tests.contracts.bundle_arrays.harness import OPENERS
from tests.support.pat import random_batch, random_encoder, random_head

SCALER = CohortScaler(
    name="made-up/1",
    unit=Unit.COUNTS,
    mean=np.linspace(0.0, 9.0, WEEK_MIN),
    sd=np.linspace(1.0, 2.0, WEEK_MIN),
)


def fixture(*heads: str) -> ParityFixture:
    return parity_fixture(
        random_encoder(Variant.S), tuple(random_head(name) for name in heads), random_batch(2, 36)
    )


def test_an_adapter_is_the_port(arrays: BundleArrays):
    assert isinstance(arrays, BundleArrays)


@pytest.mark.parametrize("heads", [(), ("sleep",), ("sleep", "mood", "a_b")])
def test_a_fixture_is_read_as_it_is_written(arrays: BundleArrays, heads: tuple[str, ...]):
    expected = fixture(*heads)

    found = arrays.read_fixture(arrays.fixture_bytes(expected))

    assert found == expected
    assert list(found.expected.scores) == list(heads)


def test_a_scaler_is_read_as_it_is_written(arrays: BundleArrays):
    assert arrays.read_scaler(arrays.scaler_bytes(SCALER)) == SCALER


def test_the_same_arrays_give_the_same_bytes(arrays: BundleArrays):
    assert arrays.fixture_bytes(fixture("mood")) == arrays.fixture_bytes(fixture("mood"))
    assert arrays.scaler_bytes(SCALER) == arrays.scaler_bytes(SCALER)


def test_each_kind_is_none_of_the_other(arrays: BundleArrays):
    with pytest.raises(UnreadableModel):
        arrays.read_scaler(arrays.fixture_bytes(fixture()))
    with pytest.raises(UnreadableModel):
        arrays.read_fixture(arrays.scaler_bytes(SCALER))


READ: dict[str, Callable[[BundleArrays, bytes], object]] = {
    "fixture": lambda arrays, data: arrays.read_fixture(data),
    "scaler": lambda arrays, data: arrays.read_scaler(data),
}


@pytest.mark.parametrize("kind", READ)
@given(data=st.binary(max_size=200))
def test_other_bytes_are_refused(kind: str, data: bytes):
    for opener in OPENERS.values():
        with pytest.raises(UnreadableModel):
            READ[kind](opener(), data)


@given(share=st.floats(0.0, 0.999))
def test_what_is_cut_short_is_refused(share: float):
    for opener in OPENERS.values():
        data = opener().scaler_bytes(SCALER)

        with pytest.raises(ClarityError):
            opener().read_scaler(data[: int(share * len(data))])

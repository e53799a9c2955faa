import io
import zipfile
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.adapters.convert.npz import LARGEST_INSIDE, NpzArrays
from clarity.domain.errors import ClarityError
from clarity.domain.pat.artifact import UnreadableModel
from clarity.domain.pat.parity import ParityFixture, parity_fixture
from clarity.domain.pat.preprocessing import BadScaler, CohortScaler
from clarity.domain.pat.variants import WEEK_MIN, Variant
from clarity.domain.streams import Unit
from tests.support.pat import random_batch, random_encoder, random_head

ARRAYS = NpzArrays()
SCALER = CohortScaler(
    name="made-up/1",
    unit=Unit.COUNTS,
    mean=np.linspace(0.0, 9.0, WEEK_MIN),
    sd=np.linspace(1.0, 2.0, WEEK_MIN),
)
Arrays = dict[str, np.ndarray]


def fixture(*heads: str) -> ParityFixture:
    return parity_fixture(
        random_encoder(Variant.S), tuple(random_head(name) for name in heads), random_batch(2, 36)
    )


def unpacked(data: bytes) -> Arrays:
    with np.load(io.BytesIO(data)) as arrays:
        return {name: arrays[name] for name in arrays.files}


def packed(arrays: Arrays) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def zipped(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def test_numpy_reads_what_was_written():
    assert np.array_equal(unpacked(ARRAYS.scaler_bytes(SCALER))["mean"], SCALER.mean)


def test_a_scaler_that_numpy_wrote_is_read():
    assert ARRAYS.read_scaler(packed(unpacked(ARRAYS.scaler_bytes(SCALER)))) == SCALER


@pytest.mark.parametrize("name", ["name", "unit", "mean", "sd"])
def test_a_scaler_without_one_of_its_parts_is_refused(name: str):
    arrays = unpacked(ARRAYS.scaler_bytes(SCALER))
    del arrays[name]

    with pytest.raises(UnreadableModel, match="scaler"):
        ARRAYS.read_scaler(packed(arrays))


def test_a_scaler_in_an_unknown_unit_or_with_bad_numbers_is_refused():
    arrays = unpacked(ARRAYS.scaler_bytes(SCALER))

    with pytest.raises(UnreadableModel, match="is of none of the units counts, steps/min"):
        ARRAYS.read_scaler(packed(arrays | {"unit": np.array("miles")}))
    with pytest.raises(BadScaler):
        ARRAYS.read_scaler(packed(arrays | {"sd": np.zeros(WEEK_MIN)}))


@pytest.mark.parametrize("name", ["batch", "embeddings", "twin", "heads", "score_mood"])
def test_a_fixture_without_one_of_its_parts_is_refused(name: str):
    arrays = unpacked(ARRAYS.fixture_bytes(fixture("mood")))
    del arrays[name]

    with pytest.raises(UnreadableModel, match="self-test"):
        ARRAYS.read_fixture(packed(arrays))


def test_a_pickle_inside_is_never_opened():
    objects = io.BytesIO()
    np.save(objects, np.array([{"a": 1}], dtype=object), allow_pickle=True)

    with pytest.raises(UnreadableModel):
        ARRAYS.read_scaler(zipped({"name.npy": objects.getvalue()}))


def test_an_archive_that_unpacks_to_very_much_is_not_unpacked():
    bomb = zipped({"mean.npy": bytes(LARGEST_INSIDE + 1)})

    with pytest.raises(UnreadableModel, match="not unpacked"):
        ARRAYS.read_scaler(bomb)
    assert len(bomb) < LARGEST_INSIDE / 100


def test_an_archive_of_very_many_files_is_not_unpacked():
    with pytest.raises(UnreadableModel, match="not unpacked"):
        ARRAYS.read_fixture(zipped({f"{n}.npy": b"" for n in range(65)}))


def _claiming(shape: str, kind: str = "<f8") -> bytes:
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header


@pytest.mark.parametrize(
    "member",
    [
        b"",
        b"not numpy",
        b"\x93NUMPY\x02\x00" + bytes(8),
        _claiming("(1000000000000,)"),
        _claiming("(10,)"),
        _claiming("(0,)", "|O"),
        _claiming("(0,)", "<i8"),
        _claiming("(" * 300),
        _claiming(f"({'1,' * 600})"),
    ],
    ids=["empty", "text", "version", "huge", "short", "object", "integer", "deep", "long"],
)
def test_a_member_that_is_no_array_of_numbers_is_refused(member: bytes):
    with pytest.raises(UnreadableModel):
        ARRAYS.read_fixture(zipped({"batch.npy": member}))


CHANGES: dict[str, Callable[[bytes, int], bytes]] = {
    "flip": lambda data, at: data[:at] + bytes([data[at] ^ 64]) + data[at + 1 :],
    "cut": lambda data, at: data[:at],
    "double": lambda data, at: data[:at] + data,
}


@given(change=st.sampled_from(sorted(CHANGES)), share=st.floats(0.0, 0.999))
def test_only_errors_of_clarity_come_out_of_damaged_files(change: str, share: float):
    data = ARRAYS.fixture_bytes(fixture())
    damaged = CHANGES[change](data, int(share * len(data)))

    try:
        found = ARRAYS.read_fixture(damaged)
    except ClarityError:
        return

    assert found == fixture()

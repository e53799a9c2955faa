"""Shuffled and compressed days: which layout is chosen, hostile bytes, real recordings' size."""

import csv
import gzip
import lzma
import math
import struct
import zlib
from collections import defaultdict

import numpy as np
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from clarity.adapters.packing import _layouts
from clarity.adapters.packing.shuffle_zstd import LZMA, ShuffleZstdCodec
from clarity.ports.codec import MAX_VALUES
from clarity.ports.errors import Corrupt, PortError
from tests.support.shared import shared

CODEC = ShuffleZstdCodec()
GOLDEN = "634b0100000300000028b52ffd00003100000102ff0000ffbf8379cc"
"""[1, 2, missing] as form 1, written by the first version."""

GOLDEN_DENSE = "634b0280002c0100000000009a64897556f89601757c0cffffee078000fc83aa6e"
"""0 to 299 as form 2, written by the first version that had it."""


def _sealed(head: bytes, frame: bytes, context: bytes = b"") -> bytes:
    """Bytes whose checksum fits, whatever they say."""
    body = head + frame
    return body + struct.pack("<I", zlib.crc32(body, zlib.crc32(context)))


def _head(*, form: int = 1, code: int = 0, decimals: int = 0, count: int = 3) -> bytes:
    return struct.pack("<2sBBBI", b"cK", form, code, decimals, count)


def _dense(raw: bytes) -> bytes:
    return lzma.compress(raw, format=lzma.FORMAT_RAW, filters=LZMA)


def _frame(raw: bytes, **options: bool) -> bytes:
    return zstandard.ZstdCompressor(**options).compress(raw)


@pytest.mark.parametrize(
    ("values", "kind", "decimals"),
    [
        ([0.0, 65_534.0, math.nan], np.uint16, 0),
        ([65_535.0], np.int32, 0),
        ([-1.0, 32_767.0, math.nan], np.int16, 0),
        ([-32_768.0], np.int32, 0),
        ([0.125, 1.5], np.uint16, 3),
        ([-2.5], np.int16, 1),
        ([123_456.75], np.int32, 2),
        ([-(2.0**31) + 1], np.int32, 0),
        ([-(2.0**31)], np.float32, 0),
        ([-0.0], np.float32, 0),
        ([1.0 + 2.0**-20], np.float32, 0),
        ([1 / 3], np.float64, 0),
        ([], np.uint16, 0),
        ([math.nan], np.uint16, 0),
    ],
)
def test_the_smallest_exact_layout_is_chosen(values: list[float], kind: type, decimals: int):
    layout, _ = _layouts.fitting(np.array(values))

    assert (layout.dtype.type, layout.decimals) == (kind, decimals)


def test_a_slow_signal_is_stored_as_differences_and_counts_are_not():
    slow = CODEC.pack(np.round(60 + 20 * np.sin(np.arange(1_440) / 40)), context=b"")
    counts = np.random.default_rng(1).integers(0, 900, 1_440)
    quick = CODEC.pack(counts.astype(np.float64), context=b"")

    assert slow[3] & _layouts.DIFFERENCES
    assert not quick[3] & _layouts.DIFFERENCES


def test_the_first_form_is_read_for_ever():
    unpacked = CODEC.unpack(bytes.fromhex(GOLDEN), context=b"golden")

    assert unpacked.tolist()[:2] == [1.0, 2.0]
    assert math.isnan(unpacked[2])


def test_the_second_form_is_read_for_ever():
    unpacked = CODEC.unpack(bytes.fromhex(GOLDEN_DENSE), context=b"golden")

    assert unpacked.tolist() == list(range(300))


@given(st.lists(st.integers(0, 4_000).map(float), max_size=200), st.integers(0, 100))
def test_either_form_gives_the_values_back_and_the_smaller_is_taken(some: list[float], times: int):
    values = np.array(some * times)

    packed = CODEC.pack(values, context=b"c")

    assert CODEC.unpack(packed, context=b"c").tolist() == values.tolist()
    assert packed[2] in {1, 2}


def test_long_repetitions_stay_in_the_first_form_and_counts_take_the_second():
    repeated = CODEC.pack(np.arange(1_440.0) % 300, context=b"")
    counts = CODEC.pack(np.random.default_rng(1).geometric(0.01, 1_440) - 1.0, context=b"")

    assert (repeated[2], counts[2]) == (1, 2)


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"cK",
        _sealed(_head(form=0), _frame(bytes(6))),
        _sealed(_head(code=5), _frame(bytes(6))),
        _sealed(_head(decimals=5), _frame(bytes(6))),
        _sealed(b"xx" + _head()[2:], _frame(bytes(6))),
        _sealed(_head(count=MAX_VALUES + 1), _frame(bytes(6))),
        _sealed(_head(), b""),
        _sealed(_head(), b"no frame"),
        _sealed(_head(), _frame(bytes(5))),
        _sealed(_head(), _frame(bytes(7))),
        _sealed(_head(), _frame(bytes(6))[:-1]),
        _sealed(_head(), _frame(bytes(6))) + b"\0",
        _sealed(_head(form=2), b""),
        _sealed(_head(form=2), b"no frame"),
        _sealed(_head(form=2), b"\0" + bytes(100)),
        _sealed(_head(form=2), _frame(bytes(6))),
        _sealed(_head(form=2), _dense(bytes(5))),
        _sealed(_head(form=2), _dense(bytes(7))),
        _sealed(_head(form=1), _dense(bytes(6))),
    ],
)
def test_bytes_that_are_not_a_chunk_are_refused(packed: bytes):
    with pytest.raises(Corrupt):
        CODEC.unpack(packed, context=b"")


@pytest.mark.parametrize("told", [True, False])
def test_a_bomb_is_not_unpacked(told: bool):
    frame = _frame(bytes(1 << 30), write_content_size=told)

    with pytest.raises(Corrupt):
        CODEC.unpack(_sealed(_head(), frame), context=b"")


def test_a_dense_bomb_is_not_unpacked():
    with pytest.raises(Corrupt):
        CODEC.unpack(_sealed(_head(form=2), _dense(bytes(1 << 26))), context=b"")


@given(
    form=st.integers(1, 2),
    code=st.integers(0, 255),
    decimals=st.integers(0, 255),
    count=st.integers(0, 40),
    raw=st.binary(max_size=80),
    frame=st.booleans(),
)
def test_a_valid_checksum_around_anything_raises_nothing_but_port_errors(
    form: int, code: int, decimals: int, count: int, raw: bytes, frame: bool
):
    head = _head(form=form, code=code, decimals=decimals, count=count)
    framed = _frame(raw) if form == 1 else _dense(raw)
    packed = _sealed(head, framed if frame else raw)

    try:
        unpacked = CODEC.unpack(packed, context=b"")
    except PortError:
        return
    assert unpacked.shape == (count,)


@pytest.mark.parametrize("level", [0, 23])
def test_the_level_is_one_of_zstandard(level: int):
    with pytest.raises(ValueError, match="level"):
        ShuffleZstdCodec(level=level)


def _full_days(path) -> list[np.ndarray]:
    days = defaultdict(list)
    with gzip.open(path, "rt") as file:
        for row in csv.DictReader(file):
            days[row["date"]].append(float(row["activity"]))
    return [np.array(day) for day in days.values() if len(day) == 1_440]


def test_a_worn_day_of_real_wrist_counts_takes_less_than_1222_bytes():
    """../shared/design/data-model.md 2: 1,222 B a day of real actigraphy with zstandard alone."""
    days = _full_days(shared("data/depresjon/control/control_1.csv.gz"))[:7]

    sizes = [len(CODEC.pack(day, context=b"")) for day in days]

    assert len(days) == 7
    assert 900 < np.mean(sizes) < 1_222

"""Our safetensors: exact round trips, the package's own files, and strict refusals."""

import json

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st

from clarity.adapters.convert.safetensors import read_safetensors, write_safetensors
from clarity.adapters.onnx.builder import build_onnx
from clarity.domain.errors import ClarityError
from clarity.domain.pat.artifact import DigestMismatch, UnreadableModel, require_digest, sha256_of
from clarity.domain.pat.variants import Variant
from clarity.domain.pat.weights import (
    BadHeadName,
    MissingTensors,
    TensorNotFinite,
    TensorTypeMismatch,
    VariantUnknown,
)
from tests.support.pat import golden, random_encoder, random_head

WEIGHTS = random_encoder(Variant.S)
HEADS = (random_head("sleep", 1), random_head("mood", 2))
GOOD = write_safetensors(WEIGHTS, HEADS)
HEADER_SIZE = int.from_bytes(GOOD[:8], "little")
HEADER = json.loads(GOOD[8 : 8 + HEADER_SIZE])
VALUES = GOOD[8 + HEADER_SIZE :]


def _file(header: object, values: bytes = VALUES) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + values


@pytest.mark.parametrize("variant", list(Variant))
def test_weights_and_heads_survive_bit_for_bit_and_in_order(variant):
    weights = random_encoder(variant)

    assert read_safetensors(write_safetensors(weights, HEADS)) == (weights, HEADS)
    assert read_safetensors(write_safetensors(weights)) == (weights, ())


def test_the_same_weights_give_the_same_bytes():
    assert write_safetensors(random_encoder(Variant.S), HEADS) == GOOD


def test_a_graph_from_a_converted_file_is_the_graph_from_the_published_one():
    recorded = golden(Variant.S)
    heads = (recorded.head,)

    converted = read_safetensors(write_safetensors(recorded.weights, heads))

    assert build_onnx(*converted) == build_onnx(recorded.weights, heads)


def test_the_package_reads_what_is_written():
    found = safetensors.numpy.load(GOOD)

    assert all(np.array_equal(value, found[name]) for name, value in WEIGHTS.tensors.items())
    assert np.array_equal(found["heads/mood/output/kernel"], HEADS[1].tensors["output/kernel"])


def test_what_the_package_writes_is_read():
    written = safetensors.numpy.save(dict(WEIGHTS.tensors), metadata={"any": "thing"})

    assert read_safetensors(written) == (WEIGHTS, ())


def test_values_begin_at_a_multiple_of_eight_bytes():
    assert (8 + HEADER_SIZE) % 8 == 0


def _with(name, **fields):
    return {**HEADER, name: {**HEADER[name], **fields}}


def _without(name):
    return {key: value for key, value in HEADER.items() if key != name}


@pytest.mark.parametrize(
    "header",
    [
        [],
        "text",
        None,
        1e400,
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"a": ' + b"9" * 5_000 + b"}",
        {**HEADER, "more": 1},
        {**HEADER, "more": {}},
        _with("dense/bias", shape=[97]),
        _with("dense/bias", shape=[-96]),
        _with("dense/bias", shape=[96.0]),
        _with("dense/bias", shape=[True]),
        _with("dense/bias", shape=96),
        _with("dense/bias", shape=[1, 1, 1, 1, 96]),
        _with("dense/bias", shape=[10**400]),
        _with("dense/bias", data_offsets=[0, 384, 384]),
        _with("dense/bias", data_offsets=[4, 388]),
        _with("dense/bias", data_offsets=[384, 0]),
        _with("dense/bias", more=1),
        _with("dense/kernel", data_offsets=[0, 6912]),
        _without("dense/bias"),
        json.dumps(HEADER).replace('"dense/kernel"', '"dense/bias"').encode(),
    ],
)
def test_a_header_that_does_not_describe_every_byte_once_is_refused(header):
    with pytest.raises(UnreadableModel):
        read_safetensors(_file(header))


@pytest.mark.parametrize("kind", ["F64", "F16", "BF16", "I32", 7, None])
def test_another_type_is_refused(kind):
    with pytest.raises(TensorTypeMismatch):
        read_safetensors(_file(_with("dense/bias", dtype=kind)))


@pytest.mark.parametrize(
    ("old", "new", "refusal"),
    [
        ("dense/kernel", "dense/colonel", MissingTensors),
        ("heads/mood/output/bias", "heads/mood/output/byass", MissingTensors),
        ("heads/mood/", "heads/Mood/", BadHeadName),
        ("heads/mood/", "heads//", BadHeadName),
    ],
)
def test_other_names_are_refused(old, new, refusal):
    with pytest.raises(refusal):
        read_safetensors(_file(json.dumps(HEADER).replace(old, new).encode()))


def test_a_value_that_is_not_finite_is_refused():
    values = bytearray(VALUES)
    values[400:404] = np.float32(np.nan).tobytes()

    with pytest.raises(TensorNotFinite):
        read_safetensors(_file(HEADER, bytes(values)))


def test_weights_of_something_else_are_refused():
    other = safetensors.numpy.save({"w": np.zeros((2, 2), np.float32)})

    with pytest.raises(VariantUnknown):
        read_safetensors(other)


@pytest.mark.parametrize("data", [b"", b"\0" * 7, b"\0" * 8, b"\xff" * 100, b"\x80\x04" * 50])
def test_bytes_that_are_no_such_file_are_refused(data):
    with pytest.raises(UnreadableModel):
        read_safetensors(data)


def test_a_header_longer_than_any_is_refused_unparsed():
    with pytest.raises(UnreadableModel, match="no header"):
        read_safetensors(_file(b" " * (2**20 + 1)))


def test_damage_is_found_by_the_digest_before_the_parser_runs():
    recorded = sha256_of(GOOD)
    rng = np.random.default_rng(4)
    for place in rng.integers(0, 8 * len(GOOD), 100):
        damaged = bytearray(GOOD)
        damaged[place // 8] ^= 1 << (place % 8)
        with pytest.raises(DigestMismatch):
            read_safetensors(require_digest(bytes(damaged), sha256=recorded))


@given(size=st.integers(0, len(GOOD) - 1))
def test_a_file_cut_short_is_refused_without_a_digest_too(size):
    with pytest.raises(UnreadableModel):
        read_safetensors(GOOD[:size])


@settings(max_examples=100)
@given(data=st.data())
def test_whatever_is_damaged_only_a_refusal_or_finite_weights_come_out(data):
    damaged = bytearray(GOOD)
    for place in data.draw(st.lists(st.integers(0, 8 + HEADER_SIZE), min_size=1, max_size=6)):
        damaged[place] = data.draw(st.integers(0, 255))

    try:
        found, _ = read_safetensors(bytes(damaged))
    except ClarityError:
        return

    assert all(np.isfinite(value).all() for value in found.tensors.values())

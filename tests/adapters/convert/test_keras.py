"""Published HDF5 files: read exactly, and everything else refused before it is used."""

import io
import pickle
import zipfile

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clarity.adapters.convert.keras import read_keras_encoder, read_keras_head
from clarity.domain.errors import ClarityError
from clarity.domain.pat.artifact import UnreadableModel, require_digest, sha256_of
from clarity.domain.pat.variants import HEAD_TENSORS, Variant
from clarity.domain.pat.weights import (
    BadHeadName,
    MissingTensors,
    TensorNotFinite,
    TensorShapeMismatch,
    TensorTypeMismatch,
    UnexpectedTensors,
    VariantUnknown,
)
from tests.support.pat import golden, random_encoder, random_head, random_tensors

KERNEL = "dense/dense/kernel:0"


def _write(file, variant=Variant.S, root="", head=False):
    weights = random_encoder(variant)
    layers = {spec.name: spec.layer for spec in weights.architecture.tensors}
    for name, value in weights.tensors.items():
        file[f"{root}{layers[name]}/{name}:0"] = value
    file.create_group(f"{root}inputs")
    if head:
        for spec in HEAD_TENSORS:
            file[f"{root}{spec.layer}/{spec.name}:0"] = random_head("x").tensors[spec.name]


def _unchanged(_file) -> None:
    """The layout as published."""


def _file(change=_unchanged, **layout) -> bytes:
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        _write(file, **layout)
        change(file)
    return buffer.getvalue()


def _replaced(path, value, **options):
    def change(file):
        del file[path]
        file.create_dataset(path, data=value, **options)

    return change


GOOD = _file()


@pytest.mark.parametrize("variant", list(Variant))
def test_every_variant_is_read_exactly(variant):
    assert read_keras_encoder(_file(variant=variant)) == random_encoder(variant)


def test_a_golden_file_is_read_exactly():
    recorded = golden(Variant.L)

    with h5py.File(recorded.encoder_file) as file:
        kernel = file["encoder_layer_4_transformer/encoder_layer_4_ff1/kernel:0"][()]

    assert recorded.weights.architecture.variant is Variant.L
    assert np.array_equal(kernel, recorded.weights.tensors["encoder_layer_4_ff1/kernel"])


def test_a_full_model_file_gives_its_encoder_and_its_head():
    full = _file(root="model_weights/", head=True)

    assert read_keras_encoder(full) == random_encoder(Variant.S)
    assert read_keras_head(full, name="x") == random_head("x")


def test_values_in_another_byte_order_are_the_same_values():
    values = random_encoder(Variant.S).tensors["dense/kernel"]

    found = read_keras_encoder(_file(_replaced(KERNEL, values.astype(">f4"))))

    assert found == random_encoder(Variant.S)


def test_an_encoder_file_has_no_head_and_a_head_file_no_encoder():
    head = golden(Variant.S).head_file.read_bytes()

    with pytest.raises(MissingTensors, match="dense_128"):
        read_keras_head(GOOD, name="x")
    with pytest.raises(VariantUnknown):
        read_keras_encoder(head)
    with pytest.raises(BadHeadName):
        read_keras_head(head, name="No")


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        (_replaced(KERNEL, np.zeros((96, 18), np.float32)), TensorShapeMismatch),
        (_replaced(KERNEL, np.zeros((18, 96), np.float64)), TensorTypeMismatch),
        (_replaced(KERNEL, np.full((18, 96), np.nan, np.float32)), TensorNotFinite),
        (_replaced(KERNEL, "text"), (TensorShapeMismatch, UnreadableModel)),
        (lambda file: file.pop("encoder_layer_1_transformer"), MissingTensors),
        (lambda file: file.pop(KERNEL), MissingTensors),
        (lambda file: file.create_dataset("more/w:0", data=[1.0]), UnexpectedTensors),
        (lambda file: file.create_dataset("flat", data=[1.0]), UnexpectedTensors),
    ],
    ids=["turned", "float64", "nan", "text", "no block", "no tensor", "more", "flat"],
)
def test_another_layout_is_refused(change, refusal):
    with pytest.raises(refusal):
        read_keras_encoder(_file(change))


@pytest.mark.parametrize("path", ["other/dense/kernel:0", "dense/dense/kernel"])
def test_two_tensors_of_one_name_are_refused_and_none_of_them_chosen(path):
    def twice(file):
        file[path] = np.zeros((18, 96), np.float32)

    with pytest.raises(UnreadableModel, match="two tensors of one name"):
        read_keras_encoder(_file(twice))


def _virtual(file):
    layout = h5py.VirtualLayout((18, 96), np.float32)
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (18, 96))
    del file[KERNEL]
    file.create_virtual_dataset(KERNEL, layout)


def _external(file):
    del file[KERNEL]
    file.create_dataset(KERNEL, (18, 96), np.float32, external=[("/etc/passwd", 0, 18 * 96 * 4)])


def _linked(link):
    def change(file):
        del file[KERNEL]
        file[KERNEL] = link

    return change


@pytest.mark.parametrize(
    "change",
    [
        _virtual,
        _external,
        _linked(h5py.ExternalLink("/etc/passwd", "x")),
        _linked(h5py.SoftLink("/dense/dense/bias:0")),
        lambda file: file.__setitem__("model_weights", h5py.ExternalLink("/etc/passwd", "x")),
    ],
    ids=["virtual", "external values", "external link", "soft link", "external root"],
)
def test_a_file_that_reaches_outside_itself_is_refused(change):
    with pytest.raises(UnreadableModel, match=r"links|outside"):
        read_keras_encoder(_file(change))


def test_groups_that_hold_themselves_or_too_much_are_refused():
    def loop(file):
        file["dense/again"] = file["dense"]

    def crowd(file):
        for number in range(300):
            file.create_group(f"more/{number}")

    def flat(file):
        file["model_weights"] = [1.0]

    for change in (loop, crowd, flat):
        with pytest.raises(UnreadableModel, match="another layout"):
            read_keras_encoder(_file(change))


def test_groups_whose_links_multiply_at_every_level_are_refused_at_the_second_link():
    def layered(file):
        below = file.create_group("level1")
        for level in range(2, 6):
            group = file.create_group(f"level{level}")
            for number in range(40):
                group[f"{number}"] = below
            below = group
        file["level1"]["w:0"] = [1.0]

    def twice(file):
        file["again/again/kernel:0"] = file[KERNEL]

    for change in (layered, twice):
        with pytest.raises(UnreadableModel, match="another layout"):
            read_keras_encoder(_file(change))


def test_many_names_are_counted_over_the_whole_file():
    def spread(file):
        for outer in range(20):
            for inner in range(20):
                file[f"more{outer}/{inner}"] = [1.0]

    with pytest.raises(UnreadableModel, match="another layout"):
        read_keras_encoder(_file(spread))


def test_a_bomb_is_refused_by_its_shape_before_it_is_unpacked():
    def bomb(file):
        del file[KERNEL]
        file.create_dataset(
            KERNEL, (10**6, 10**6), np.float32, chunks=(1000, 1000), compression="gzip"
        )

    with pytest.raises(TensorShapeMismatch):
        read_keras_encoder(_file(bomb))


def _zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("model.h5", b"\0" * 100_000)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"no model", "no known kind"),
        (pickle.dumps({"dense": [1.0]}, protocol=4), "is a pickle"),
        (_zip(), "is an archive"),
        (b"\x1f\x8b" + bytes(20), "is an archive"),
        (b'\x10\0\0\0\0\0\0\0{"a": 1}       ', "is no HDF5"),
        (b"\x89HDF\r\n\x1a\n", "damaged or cut short"),
    ],
)
def test_other_kinds_of_file_are_refused_in_words(data, words):
    with pytest.raises(UnreadableModel, match=words):
        read_keras_encoder(data)


def test_a_file_too_large_for_any_encoder_is_refused_unread():
    with pytest.raises(UnreadableModel, match="larger"):
        read_keras_encoder(b"\x89HDF\r\n\x1a\n" + bytes(256 * 2**20))


def test_damage_is_found_by_the_digest_before_the_parser_runs():
    recorded = sha256_of(GOOD)
    rng = np.random.default_rng(2)
    for place in rng.integers(0, 8 * len(GOOD), 50):
        damaged = bytearray(GOOD)
        damaged[place // 8] ^= 1 << (place % 8)
        with pytest.raises(ClarityError, match="not opened"):
            read_keras_encoder(require_digest(bytes(damaged), sha256=recorded))


@given(size=st.integers(0, len(GOOD) - 1))
def test_a_file_cut_short_is_refused_without_a_digest_too(size):
    with pytest.raises(UnreadableModel):
        read_keras_encoder(GOOD[:size])


@settings(max_examples=60)
@given(data=st.data())
def test_whatever_is_damaged_only_a_refusal_or_finite_weights_come_out(data):
    damaged = bytearray(GOOD)
    places = data.draw(st.lists(st.integers(0, len(GOOD) - 1), min_size=1, max_size=8))
    for place in places:
        damaged[place] = data.draw(st.integers(0, 255))

    try:
        found = read_keras_encoder(bytes(damaged))
    except ClarityError:
        return

    assert all(np.isfinite(value).all() for value in found.tensors.values())


def test_the_helper_of_these_tests_writes_distinct_tensors():
    values = random_tensors(HEAD_TENSORS, 1)

    assert not np.array_equal(
        values["output/kernel"], random_tensors(HEAD_TENSORS, 2)["output/kernel"]
    )

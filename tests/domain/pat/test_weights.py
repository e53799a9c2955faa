import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.domain.pat.variants import ARCHITECTURES, HEAD_TENSORS, Variant
from clarity.domain.pat.weights import (
    BadHeadName,
    BadWeights,
    EncoderWeights,
    HeadWeights,
    MissingTensors,
    TensorNotFinite,
    TensorShapeMismatch,
    TensorTypeMismatch,
    UnexpectedTensors,
    VariantUnknown,
    architecture_of,
)
from tests.support.pat import random_encoder, random_head, random_tensors

SMALL = ARCHITECTURES[Variant.S]


def _tensors():
    return random_tensors(SMALL.tensors, seed=0)


def _encoder(tensors):
    return EncoderWeights(architecture=SMALL, tensors=tensors)


def test_weights_are_read_only_copies():
    tensors = _tensors()

    weights = _encoder(tensors)
    tensors["dense/bias"][0] = 99.0

    assert weights.tensors["dense/bias"][0] != 99.0
    with pytest.raises(ValueError, match="read-only"):
        weights.tensors["dense/bias"][0] = 1.0
    with pytest.raises(TypeError):
        weights.tensors["more"] = tensors["dense/bias"]


def test_weights_are_equal_by_value_and_differ_by_one_bit():
    changed = _tensors()
    changed["dense/bias"][3] = np.nextafter(changed["dense/bias"][3], np.float32(9))

    assert _encoder(_tensors()) == _encoder(_tensors())
    assert _encoder(_tensors()) != _encoder(changed)
    assert random_head("a", 1) == random_head("a", 1)
    assert random_head("a", 1) != random_head("a", 2)


def test_weights_can_be_evolved_and_are_checked_again():
    with pytest.raises(MissingTensors):
        attrs.evolve(random_encoder(Variant.S), architecture=ARCHITECTURES[Variant.M])


def test_the_text_of_weights_holds_no_values():
    assert "0." not in repr(random_encoder(Variant.S))


def test_missing_tensors_are_named():
    tensors = _tensors()
    for name in ("dense/bias", "encoder_layer_1_ff1/bias"):
        del tensors[name]

    with pytest.raises(MissingTensors, match="lack 'dense/bias', 'encoder_layer_1_ff1/bias'"):
        _encoder(tensors)


def test_long_lists_of_names_are_cut_short():
    with pytest.raises(MissingTensors, match="and 15 more") as refusal:
        _encoder({})

    assert len(str(refusal.value)) < 400


def test_unexpected_tensors_are_named_but_not_at_any_length():
    with pytest.raises(UnexpectedTensors) as refusal:
        _encoder(_tensors() | {"x" * 10_000: np.zeros(1, np.float32)})

    assert len(str(refusal.value)) < 200


def test_another_shape_is_refused_even_with_the_same_number_of_values():
    tensors = _tensors()
    tensors["dense/kernel"] = tensors["dense/kernel"].T

    with pytest.raises(TensorShapeMismatch, match=r"\(96, 18\), needed is \(18, 96\)"):
        _encoder(tensors)


@pytest.mark.parametrize("kind", ["float64", "float16", "int32", "O", ">f4"])
def test_another_type_is_refused(kind):
    tensors = _tensors()
    tensors["dense/bias"] = tensors["dense/bias"].astype(kind)

    with pytest.raises(TensorTypeMismatch, match=rf"is {np.dtype(kind)}, needed is float32"):
        _encoder(tensors)


@given(
    name=st.sampled_from([spec.name for spec in SMALL.tensors]),
    poison=st.sampled_from([np.nan, np.inf, -np.inf]),
    where=st.integers(0, 95),
)
def test_a_value_that_is_not_finite_is_refused_wherever_it_is(name, poison, where):
    tensors = _tensors()
    tensors[name].reshape(-1)[where] = poison

    with pytest.raises(TensorNotFinite, match="1 values that are not finite") as refusal:
        _encoder(tensors)

    assert refusal.value.name == name


@pytest.mark.parametrize("name", ["", "A", "1a", "a-b", "a b", "a" * 65, "ä", "a\n"])
def test_a_head_with_a_name_that_cannot_name_an_output_is_refused(name):
    with pytest.raises(BadHeadName, match="lower-case"):
        HeadWeights(name=name, tensors=random_tensors(HEAD_TENSORS, 0))


def test_a_head_is_checked_like_an_encoder():
    tensors = random_tensors(HEAD_TENSORS, 0)
    del tensors["output/bias"]

    with pytest.raises(MissingTensors, match="output/bias"):
        HeadWeights(name="sleep", tensors=tensors)


@pytest.mark.parametrize("variant", list(Variant))
def test_each_variant_is_recognized_by_its_shapes(variant):
    shapes = {spec.name: spec.shape for spec in ARCHITECTURES[variant].tensors}

    assert architecture_of(shapes) is ARCHITECTURES[variant]


def test_no_tensors_are_no_variant():
    with pytest.raises(VariantUnknown, match="PAT-Conv-L"):
        architecture_of({"w": (1, 2)})


def test_nearly_a_variant_is_refused_with_the_difference():
    shapes = {spec.name: spec.shape for spec in ARCHITECTURES[Variant.L].tensors}

    with pytest.raises(MissingTensors, match="encoder_layer_4_norm2/gamma"):
        architecture_of({k: v for k, v in shapes.items() if k != "encoder_layer_4_norm2/gamma"})
    with pytest.raises(UnexpectedTensors, match="more"):
        architecture_of(shapes | {"more": (1,)})
    with pytest.raises(TensorShapeMismatch, match="dense/bias"):
        architecture_of(shapes | {"dense/bias": (95,)})


def test_every_refusal_of_weights_is_caught_as_one_kind():
    kinds = BadWeights.__subclasses__()

    assert len(kinds) == 7
    assert len({kind.code for kind in kinds}) == 7


def test_the_kind_itself_says_what_to_do():
    assert "give the file of an encoder" in str(BadWeights())


def test_three_names_are_listed_without_a_rest():
    names = {f"more{number}": np.zeros(1, np.float32) for number in range(3)}

    with pytest.raises(UnexpectedTensors, match="hold 'more0', 'more1', 'more2', which"):
        _encoder(_tensors() | names)
    with pytest.raises(UnexpectedTensors, match="'more2' and 1 more, which"):
        _encoder(_tensors() | names | {"more3": np.zeros(1, np.float32)})


def test_memory_in_another_order_holds_the_same_weights():
    turned = {name: np.asfortranarray(value) for name, value in _tensors().items()}

    weights = _encoder(turned)

    assert weights == _encoder(_tensors())
    assert all(value.flags.c_contiguous for value in weights.tensors.values())

import pytest

from clarity.domain.pat.variants import (
    ARCHITECTURES,
    HEAD_TENSORS,
    MOST_TOKENS,
    Architecture,
    LengthNotWhole,
    LengthTooLong,
    Variant,
)

# pat.md, after arXiv 2411.15240: patch, tokens, heads, layers, encoder parameters.
PUBLISHED = {
    Variant.S: (18, 560, 6, 1, 274_720),
    Variant.M: (18, 560, 12, 2, 993_440),
    Variant.L: (9, 1120, 12, 4, 1_984_192),
    Variant.CONV_S: (18, 560, 6, 1, 273_280),
    Variant.CONV_M: (18, 560, 12, 2, 992_000),
    Variant.CONV_L: (9, 1120, 12, 4, 1_983_616),
}


def _sizes(architecture: Architecture) -> tuple[int, int, int, int, int]:
    return (
        architecture.patch_min,
        architecture.tokens(10_080),
        architecture.heads,
        architecture.layers,
        architecture.parameters,
    )


def test_every_variant_has_the_published_sizes():
    assert {name: _sizes(one) for name, one in ARCHITECTURES.items()} == PUBLISHED


@pytest.mark.parametrize(
    ("variant", "gigaflops"), [(Variant.S, 0.903), (Variant.M, 3.498), (Variant.L, 25.55)]
)
def test_a_folded_week_takes_the_stated_number_of_operations(variant, gigaflops):
    assert ARCHITECTURES[variant].folded_flops() / 1e9 == pytest.approx(gigaflops, rel=5e-4)


def test_the_convolution_adds_its_own_operations_only():
    dense, convolution = ARCHITECTURES[Variant.S], ARCHITECTURES[Variant.CONV_S]

    added = convolution.folded_flops() - dense.folded_flops()

    assert added == 2 * 96 * 10_080 * (3 - 1)


def test_tensor_names_are_unique_in_every_variant():
    for architecture in ARCHITECTURES.values():
        names = [spec.name for spec in architecture.tensors]
        assert len(names) == len(set(names))


def test_a_head_has_12_545_parameters():
    assert sum(spec.size for spec in HEAD_TENSORS) == 96 * 128 + 128 + 128 + 1


@pytest.mark.parametrize("length", [0, -18, 17, 19, 10_081])
def test_a_length_that_is_not_whole_patches_is_refused_with_the_patch(length):
    with pytest.raises(LengthNotWhole, match=rf"of {length} minutes .* multiple of 18") as refusal:
        ARCHITECTURES[Variant.S].tokens(length)

    assert refusal.value.code == "pat.length-not-whole"


def test_any_multiple_of_the_patch_is_a_length():
    assert ARCHITECTURES[Variant.L].tokens(9) == 1


def _paths(variant: Variant) -> set[str]:
    return {f"{spec.layer}/{spec.name}:0" for spec in ARCHITECTURES[variant].tensors}


def test_tensors_are_at_the_published_paths():
    block = "encoder_layer_1_transformer/encoder_layer_1"
    parts = [f"attention/{part}" for part in ("query", "key", "value", "attention_output")]
    affine = [f"{block}_{part}" for part in [*parts, "ff1", "ff2"]]
    norms = [f"{block}_norm{number}/{part}:0" for number in (1, 2) for part in ("gamma", "beta")]

    assert _paths(Variant.S) == {
        *(f"{path}/{part}:0" for path in ["dense/dense", *affine] for part in ("kernel", "bias")),
        *norms,
    }
    convolution = "conv1d_patch_embedding/conv1d_patch_embedding"
    added = {f"{convolution}/kernel:0", f"{convolution}/bias:0"}
    assert _paths(Variant.CONV_S) - _paths(Variant.S) == added


def test_heads_are_at_the_published_paths():
    assert {f"{spec.layer}/{spec.name}:0" for spec in HEAD_TENSORS} == {
        "dense_128/dense_128/kernel:0",
        "dense_128/dense_128/bias:0",
        "output/output/kernel:0",
        "output/output/bias:0",
    }


@pytest.mark.parametrize("variant", list(Variant))
def test_an_input_of_too_many_patches_is_refused_in_words(variant):
    architecture = ARCHITECTURES[variant]
    longest = MOST_TOKENS * architecture.patch_min

    assert architecture.tokens(longest) == MOST_TOKENS
    with pytest.raises(LengthTooLong, match=f"give at most {longest} minutes"):
        architecture.tokens(longest + architecture.patch_min)

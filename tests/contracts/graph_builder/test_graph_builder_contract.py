"""Every sentence of `clarity.ports.engine.GraphBuilder`, for every adapter."""

from collections.abc import Callable

import pytest

from clarity.domain.pat.variants import LengthNotWhole, Variant
from clarity.domain.pat.weights import EncoderWeights, HeadWeights
from clarity.ports.engine import GraphBuilder
from tests.contracts.graph_builder.harness import OPENERS
from tests.support.pat import random_encoder, random_head

Build = Callable[..., bytes]
FORMS = ("serving", "portable")
HEADS = (random_head("a"), random_head("b", 1))


def built(
    graphs: GraphBuilder,
    form: str,
    encoder: EncoderWeights | None = None,
    heads: tuple[HeadWeights, ...] = HEADS,
    length: int = 36,
) -> bytes:
    build: Build = getattr(graphs, form)
    return build(encoder or random_encoder(Variant.S), heads=heads, length=length)


def test_an_adapter_is_the_port(graphs: GraphBuilder):
    assert isinstance(graphs, GraphBuilder)


def test_the_version_says_something_and_stays(graphs: GraphBuilder):
    assert graphs.version
    assert [graphs.version] == list({opener().version for opener in OPENERS.values()})


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("variant", list(Variant))
def test_every_network_has_a_graph_in_each_form(graphs: GraphBuilder, variant: Variant, form: str):
    assert built(graphs, form, random_encoder(variant))


@pytest.mark.parametrize("form", FORMS)
def test_the_same_weights_give_the_same_bytes(graphs: GraphBuilder, form: str):
    assert built(graphs, form) == built(graphs, form)


@pytest.mark.parametrize("form", FORMS)
def test_other_weights_heads_or_lengths_give_other_bytes(graphs: GraphBuilder, form: str):
    made = {
        built(graphs, form),
        built(graphs, form, random_encoder(Variant.S, seed=1)),
        built(graphs, form, heads=HEADS[:1]),
        built(graphs, form, heads=()),
        built(graphs, form, length=54),
    }

    assert len(made) == 5


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("length", [0, -18, 10, 35])
def test_a_length_that_is_no_whole_number_of_patches_is_refused(
    graphs: GraphBuilder, form: str, length: int
):
    with pytest.raises(LengthNotWhole):
        built(graphs, form, length=length)

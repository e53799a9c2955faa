"""What a model file says about itself: names of inputs and outputs, and its metadata."""

from collections.abc import Mapping
from typing import Final

from clarity.domain.pat.artifact import UnreadableModel
from clarity.domain.pat.prediction import Signature
from clarity.domain.pat.variants import LengthNotWhole, LengthTooLong, Variant

__all__ = [
    "EMBEDDING_OUTPUT",
    "INPUT",
    "read_signature",
    "score_output",
    "signature_metadata",
]

INPUT: Final = "minutes"
EMBEDDING_OUTPUT: Final = "embedding"
VARIANT_KEY: Final = "clarity.variant"
LENGTH_KEY: Final = "clarity.length"
HEADS_KEY: Final = "clarity.heads"  # names separated by commas


def score_output(head: str) -> str:
    """The name of the output that holds the score of `head`."""
    return f"score_{head}"


def signature_metadata(signature: Signature) -> dict[str, str]:
    """The signature as metadata of a model file."""
    return {
        VARIANT_KEY: signature.variant.value,
        LENGTH_KEY: str(signature.length),
        HEADS_KEY: ",".join(signature.heads),
    }


def read_signature(metadata: Mapping[str, str]) -> Signature:
    """
    The signature that `signature_metadata` wrote.

    Raises:
        UnreadableModel: it is missing or makes no sense.
    """
    try:
        heads = metadata[HEADS_KEY]
        return Signature(
            variant=Variant(metadata[VARIANT_KEY]),
            length=int(metadata[LENGTH_KEY]),
            heads=tuple(heads.split(",")) if heads else (),
        )
    except (KeyError, ValueError, LengthNotWhole, LengthTooLong) as cause:
        raise UnreadableModel("the ONNX model", "does not say which network it is") from cause

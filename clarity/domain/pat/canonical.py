"""The one canonical form of a manifest: sorted JSON without spaces, in UTF-8."""

import json
from typing import Any, Final

import attrs

from clarity.domain.errors import ClarityError
from clarity.domain.pat.artifact import UnreadableModel
from clarity.domain.pat.calibration import Calibration, Isotonic, Platt
from clarity.domain.pat.manifest import (
    EPOCH_S,
    SCHEMA,
    HeadSpec,
    InputContract,
    Manifest,
    Origin,
)
from clarity.domain.pat.variants import Variant
from clarity.domain.streams import Unit
from clarity.domain.versions import SemanticVersion

__all__ = ["LARGEST_MANIFEST", "encoded", "read_heads", "read_manifest"]

LARGEST_MANIFEST: Final = 2**18  # bytes; a hundred heads need about 40 KiB
WHAT: Final = "the manifest"
READ_ERRORS: Final = (
    ClarityError,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)  # what a document of another shape raises on its way into values


def encoded(manifest: Manifest) -> bytes:
    """The bytes of the manifest; equal manifests give equal bytes."""
    content = {
        "schema": SCHEMA,
        "model": manifest.model,
        "version": str(manifest.version),
        "variant": manifest.variant.value,
        "input": {
            "epoch_s": EPOCH_S,
            "length": manifest.input.length,
            "unit": manifest.input.unit.value if manifest.input.unit else None,
        },
        "scaler": manifest.scaler,
        "heads": [_head_content(head) for head in manifest.heads],
        "origin": attrs.asdict(manifest.origin),
        "licence": manifest.licence,
        "files": dict(manifest.files),
    }
    text = json.dumps(
        content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode()


def _head_content(head: HeadSpec) -> dict[str, object]:
    return {
        "name": head.name,
        "task": head.task,
        "threshold": head.threshold,
        "calibration": _calibration_content(head.calibration),
        "evidence": head.evidence,
    }


def _calibration_content(calibration: Calibration | None) -> dict[str, object] | None:
    if calibration is None:
        return None
    kind = "isotonic" if isinstance(calibration, Isotonic) else "platt"
    return {"kind": kind, **attrs.asdict(calibration)}


def read_manifest(data: bytes) -> Manifest:
    """
    The manifest that `encoded` wrote.

    Args:
        data: at most 256 KiB. Verify its digest before.

    Raises:
        UnreadableModel: it is anything else, were it by one space.
    """
    if len(data) > LARGEST_MANIFEST:
        raise UnreadableModel(WHAT, f"is larger than {LARGEST_MANIFEST} bytes")
    try:
        manifest = _manifest(json.loads(data))
        canonical = encoded(manifest)
    except READ_ERRORS as cause:
        raise UnreadableModel(WHAT, "is none that clarity writes") from cause
    if canonical != data:
        raise UnreadableModel(WHAT, "is not in its canonical form")
    return manifest


def read_heads(data: bytes) -> tuple[HeadSpec, ...]:
    """
    What scores mean, from a JSON list as in a manifest; fields may be left out, except the name.

    Args:
        data: for example `[{"name": "mood", "task": "...", "threshold": 0.5,
            "calibration": {"kind": "platt", "slope": 1.1, "intercept": -0.2}, "evidence": "..."}]`.

    Raises:
        UnreadableModel: it is no such list.
    """
    try:
        return tuple(_head(content) for content in json.loads(data))
    except READ_ERRORS as cause:
        raise UnreadableModel("the description of heads", "is no list of heads") from cause


def _manifest(content: Any) -> Manifest:
    given = content["input"]
    return Manifest(
        model=content["model"],
        version=SemanticVersion.parse(content["version"]),
        variant=Variant(content["variant"]),
        input=InputContract(
            length=given["length"], unit=None if given["unit"] is None else Unit(given["unit"])
        ),
        scaler=content["scaler"],
        heads=tuple(_head(head) for head in content["heads"]),
        origin=Origin(**content["origin"]),
        licence=content["licence"],
        files=content["files"],
    )


def _head(content: Any) -> HeadSpec:
    calibration = content.get("calibration")
    rest = {name: value for name, value in content.items() if name != "calibration"}
    return HeadSpec(calibration=None if calibration is None else _calibration(calibration), **rest)


def _calibration(content: Any) -> Calibration:
    kinds: dict[str, type[Calibration]] = {"platt": Platt, "isotonic": Isotonic}
    parts = {name: value for name, value in content.items() if name != "kind"}
    return kinds[content["kind"]](**parts)

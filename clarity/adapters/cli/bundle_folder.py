"""A bundle kept as files in a folder, with the signatures beside them."""

from collections.abc import Iterator
from pathlib import Path

import click

from clarity.domain.pat.bundle import (
    LARGEST_BUNDLE,
    MANIFEST,
    SIGNATURE_BYTES,
    SIGNATURE_SUFFIX,
    SIGNATURES,
    Bundle,
    BundleSignature,
)

__all__ = ["bundle_in"]


def bundle_in(folder: Path) -> Bundle:
    """
    The bundle with all its signatures; nothing in the folder is passed over.

    Raises:
        click.BadParameter: the folder is no bundle, or holds more than one.
    """
    paths = sorted(path for path in folder.iterdir() if path.name != SIGNATURES)
    if not all(path.is_file() for path in paths):
        raise click.BadParameter(f"the folder holds more than files and `{SIGNATURES}`")
    if sum(path.stat().st_size for path in paths) > LARGEST_BUNDLE:
        raise click.BadParameter("the folder holds more than any model")
    files = {path.name: path.read_bytes() for path in paths}
    if MANIFEST not in files:
        raise click.BadParameter(f"the folder holds no {MANIFEST}, so it is no bundle")
    try:
        return Bundle(
            manifest=files.pop(MANIFEST),
            files=files,
            signatures=tuple(_signatures(folder / SIGNATURES)),
        )
    except ValueError as error:
        raise click.BadParameter(f"the folder is no bundle: {error}") from error


def _signatures(folder: Path) -> Iterator[BundleSignature]:
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        with path.open("rb") as file:
            value = file.read(SIGNATURE_BYTES + 1)
        if path.suffix != SIGNATURE_SUFFIX or len(value) != SIGNATURE_BYTES:
            raise click.BadParameter(
                f"`{SIGNATURES}` holds {path.name}, which is no Ed25519 signature"
            )
        yield BundleSignature(path.name.removesuffix(SIGNATURE_SUFFIX), value)

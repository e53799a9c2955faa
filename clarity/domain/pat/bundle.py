"""
A bundle: everything that makes a registered model, under the digest of its manifest.

The manifest holds the SHA-256 of every file, so one digest stands for all of it. Files have no
checksum of their own (a flipped bit in weights gives plausible, wrong answers), so digests are
compared before anything is parsed.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import ClassVar, Final

import attrs

from clarity.domain.errors import DomainError
from clarity.domain.models import ModelRef
from clarity.domain.pat.artifact import require_digest, sha256_of
from clarity.domain.pat.canonical import read_manifest
from clarity.domain.pat.manifest import Manifest

__all__ = [
    "LARGEST_BUNDLE",
    "MANIFEST",
    "SIGNATURES",
    "SIGNATURE_BYTES",
    "SIGNATURE_SUFFIX",
    "Bundle",
    "BundleIncomplete",
    "BundleSignature",
    "BundleTooLarge",
    "VerifiedBundle",
    "verified",
]

MANIFEST: Final = "manifest.json"
SIGNATURES: Final = "signatures"  # where a bundle kept as files has them, a file for each key
SIGNATURE_SUFFIX: Final = ".ed25519"  # after the key's id
SIGNATURE_BYTES: Final = 64
LARGEST_BUNDLE: Final = 2**28  # bytes of all files; PAT-L needs about 14 MiB
FILE_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,31}\.[a-z0-9]{1,15}")
KEY_ID: Final = re.compile(r"[0-9a-f]{64}")


@attrs.define(eq=False)
class BundleIncomplete(DomainError):
    """The files are not those that the manifest lists."""

    code: ClassVar[str] = "model.bundle-incomplete"
    missing: tuple[str, ...]
    unexpected: int

    def __str__(self) -> str:
        return (
            f"the bundle lacks {', '.join(self.missing) or 'nothing'} and holds {self.unexpected} "
            "files that its manifest does not list; add the model again from its source"
        )


@attrs.define(eq=False)
class BundleTooLarge(DomainError):
    """The files of a bundle are larger than any model that clarity runs."""

    code: ClassVar[str] = "model.bundle-too-large"
    size_bytes: int

    def __str__(self) -> str:
        return (
            f"the bundle has {self.size_bytes} bytes, at most {LARGEST_BUNDLE} are read; "
            "it was not opened: add the model again from its source"
        )


@attrs.frozen
class BundleSignature:
    """
    An Ed25519 signature over a bundle's digest.

    Attributes:
        key: SHA-256 (hex) of the raw public key.
        value: the signature, 64 bytes.
    """

    key: str = attrs.field(
        validator=attrs.validators.matches_re(KEY_ID.pattern, re.NOFLAG, re.fullmatch)
    )
    value: bytes = attrs.field(repr=False)


def _frozen(files: Mapping[str, bytes]) -> Mapping[str, bytes]:
    return MappingProxyType({name: bytes(files[name]) for name in sorted(files)})


def _by_key(signatures: Iterable[BundleSignature]) -> tuple[BundleSignature, ...]:
    return tuple(sorted(signatures, key=lambda signature: signature.key))


@attrs.frozen(kw_only=True)
class Bundle:
    """
    The bytes of a model, as they are kept; nothing is said about whether they are right.

    Attributes:
        manifest: in its canonical form.
        files: contents by name, the manifest not among them.
        signatures: over the digest; at most one per key.
    """

    manifest: bytes = attrs.field(repr=False)
    files: Mapping[str, bytes] = attrs.field(converter=_frozen, hash=False, repr=False)
    signatures: tuple[BundleSignature, ...] = attrs.field(default=(), converter=_by_key)

    def __attrs_post_init__(self) -> None:
        """Names are plain and keys sign once."""
        if not all(FILE_NAME.fullmatch(name) and name != MANIFEST for name in self.files):
            raise ValueError("a file of a bundle has a plain lower-case name with a suffix")
        if len({signature.key for signature in self.signatures}) != len(self.signatures):
            raise ValueError("a key signs a bundle once")

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the manifest: the bundle's address."""
        return sha256_of(self.manifest)

    @property
    def size_bytes(self) -> int:
        """Bytes of all files and the manifest."""
        return len(self.manifest) + sum(map(len, self.files.values()))


@attrs.frozen(kw_only=True)
class VerifiedBundle:
    """
    A bundle whose every byte is the recorded one; `verified` alone makes it.

    Attributes:
        ref: name, version and digest.
        manifest: what it says about itself.
        files: contents by name; not all of them after `only`.
        signatures: how many came with it; none of them was checked.
    """

    ref: ModelRef
    manifest: Manifest
    files: Mapping[str, bytes] = attrs.field(hash=False, repr=False)
    signatures: int

    def only(self, names: Collection[str]) -> "VerifiedBundle":
        """The same without files of other names, for whoever needs no more of it."""
        kept = {name: data for name, data in self.files.items() if name in names}
        return attrs.evolve(self, files=MappingProxyType(kept))


def verified(bundle: Bundle, *, digest: str) -> VerifiedBundle:
    """
    The bundle with its manifest read, after every digest was found right.

    Nothing but the manifest is parsed, and that only after its own digest.

    Args:
        bundle: as a store gave it.
        digest: the recorded digest of its manifest.

    Raises:
        BundleTooLarge: nothing was read.
        DigestMismatch: the manifest or a file is not the recorded one.
        UnreadableModel: the manifest is none.
        BundleIncomplete: files are missing, or more are there than listed.
    """
    if bundle.size_bytes > LARGEST_BUNDLE:
        raise BundleTooLarge(bundle.size_bytes)
    manifest = read_manifest(require_digest(bundle.manifest, sha256=digest))
    missing = manifest.files.keys() - bundle.files.keys()
    unexpected = bundle.files.keys() - manifest.files.keys()
    if missing or unexpected:
        raise BundleIncomplete(tuple(sorted(missing)), len(unexpected))
    for name, recorded in manifest.files.items():
        require_digest(bundle.files[name], sha256=recorded)
    ref = ModelRef(manifest.model, manifest.version, digest)
    return VerifiedBundle(
        ref=ref, manifest=manifest, files=bundle.files, signatures=len(bundle.signatures)
    )

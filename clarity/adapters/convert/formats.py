"""Which kind of file some bytes are, told by their first bytes alone."""

from enum import StrEnum
from typing import Final

from clarity.domain.pat.artifact import UnreadableModel

__all__ = ["ModelFormat", "format_of"]

HDF5_MAGIC: Final = b"\x89HDF\r\n\x1a\n"
ZIP_MAGIC: Final = b"PK"
GZIP_MAGIC: Final = b"\x1f\x8b"
PICKLE_PROTOCOLS: Final = tuple(bytes([0x80, protocol]) for protocol in range(2, 6))


class ModelFormat(StrEnum):
    """A file format of weights that clarity reads."""

    KERAS = "keras-h5"
    SAFETENSORS = "safetensors"


def format_of(data: bytes) -> ModelFormat:
    """
    The format of a weights file; nothing is parsed.

    Raises:
        UnreadableModel: it is a pickle, an archive, or nothing that clarity knows.
    """
    if data.startswith(HDF5_MAGIC):
        return ModelFormat.KERAS
    if data[8:9] == b"{" and len(data) >= 10:
        return ModelFormat.SAFETENSORS
    raise UnreadableModel("the file", _reason(data))


def _reason(data: bytes) -> str:
    if data.startswith(PICKLE_PROTOCOLS):
        return "is a pickle, which can run code and is never opened"
    if data.startswith((ZIP_MAGIC, GZIP_MAGIC)):
        return "is an archive (torch and .keras files are too) and is never unpacked"
    return "is of no known kind" if data else "is empty"

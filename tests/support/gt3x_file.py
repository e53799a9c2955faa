"""
ActiGraph .gt3x files made for tests, by the description of the maker.

Source: ActiGraph, GT3X-File-Format, https://github.com/actigraph/GT3X-File-Format.
"""

import io
import struct
import zipfile
from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = [
    "NOON_S",
    "activity",
    "activity2",
    "gt3x_file",
    "info_text",
    "log_of",
    "parameters",
    "record",
    "resealed",
    "second",
]

NOON_S: Final = 1_052_308_800
"""2003-05-07 12:00 on the device's clock, s."""

Samples = npt.NDArray[np.int64]


def second(at: int, *, rate: int = 30) -> Samples:
    """(rate, 3) numbers of x, y and z in a second, other ones in every second."""
    turn = np.arange(3 * rate, dtype=np.int64).reshape(rate, 3)
    return (37 * turn + 411 * at) % 1_401 - 700


def record(kind: int, at: int, payload: bytes) -> bytes:
    """A record of the log with its checksum."""
    body = struct.pack("<BBIH", 0x1E, kind, at, len(payload)) + payload
    check = 0
    for byte in body:
        check ^= byte
    return body + bytes([~check & 0xFF])


def activity(samples: Samples) -> bytes:
    """The payload of type 0: y, x, z in 12 bits each, the most significant first."""
    bits = [format(int(one) & 0xFFF, "012b") for one in samples[:, [1, 0, 2]].ravel()]
    text = "".join(bits)
    text += "0" * (-len(text) % 8)
    return bytes(int(text[at : at + 8], 2) for at in range(0, len(text), 8))


def activity2(samples: Samples) -> bytes:
    """The payload of type 26: x, y, z in 16 bits each, the least significant byte first."""
    return samples.astype("<i2").tobytes()


def parameters(*, scale: int = 0x09400000) -> bytes:
    """The record of settings with the scale of acceleration; as given, 256 per g."""
    return record(21, NOON_S, struct.pack("<HHI", 1, 10, 30) + struct.pack("<HHI", 0, 55, scale))


def log_of(seconds: Iterable[int], *, kind: int = 0, rate: int = 30, other: bytes = b"") -> bytes:
    """A log with a record of samples for each second after noon, `other` before and between."""
    packed = activity if kind == 0 else activity2
    records = (record(kind, NOON_S + at, packed(second(at, rate=rate))) for at in seconds)
    return other + other.join(records)


def info_text(*, rate: object = 30, scale: object = "256.0", **more: object) -> str:
    """What a device says of itself."""
    ticks = 621_355_968_000_000_000 + 10_000_000 * NOON_S
    said = {
        "Serial Number": "MOS2E39180594",
        "Device Type": "wGT3XBT",
        "Sample Rate": rate,
        "Start Date": ticks,
        "Acceleration Scale": scale,
        "Limb": "Wrist",
    } | {name.replace("_", " "): value for name, value in more.items()}
    lines = (f"{name}: {value}" for name, value in said.items() if value is not None)
    return "".join(f"{line}\r\n" for line in lines)


def gt3x_file(log: bytes, info: str | None = None, *, packing: int = zipfile.ZIP_STORED) -> bytes:
    """The parts in a zip file."""
    said = (info_text() if info is None else info).encode("utf-8", "surrogateescape")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in (("info.txt", said), ("log.bin", log)):
            archive.writestr(zipfile.ZipInfo(name), content, packing)
    return packed.getvalue()


def resealed(log: bytes) -> bytes:
    """The log with right checksums, as far as its records can be told apart."""
    sealed, at = bytearray(log), 0
    while at + 9 <= len(sealed):
        (size,) = struct.unpack_from("<H", sealed, at + 6)
        end = at + 8 + size
        if sealed[at] != 0x1E or end >= len(sealed):
            at += 1
            continue
        sealed[at : end + 1] = record(
            sealed[at + 1], struct.unpack_from("<I", sealed, at + 2)[0], bytes(sealed[at + 8 : end])
        )
        at = end + 1
    return bytes(sealed)

"""
Bytes changed as damage and malice change them, with some knowledge of what such bytes are.

Numbers go to extremes, lists and elements are nested without end, lines and pieces are cut, moved,
repeated and brought in from other samples, single bits and whole binary numbers are overwritten.
"""

import random
import re
from collections.abc import Callable, Sequence
from typing import Final

__all__ = ["LARGEST", "mutated"]

LARGEST: Final = 1 << 16
"""Most bytes that one change adds."""

_AT_THE_EDGE: Final = 4_096
"""Where headers and tables of contents lie: as many bytes at the beginning and at the end."""

_NUMBER: Final = re.compile(rb"-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_VALUE: Final = re.compile(rb'"[^"\n]{0,300}"|' + _NUMBER.pattern + rb"|true|false|null")
_EXTREMES: Final = (
    *(b"-1", b"0", b"-0.0", b"1", b"nan", b"-nan", b"inf", b"1e308", b"1e999", b"5e-324"),
    *(str(2**power + by).encode() for power in (15, 31, 32, 53, 63, 64) for by in (-1, 0, 1)),
    *(str(-(2**power)).encode() for power in (31, 63, 64)),
    *(b"9" * 400, b"9" * 5_000, b"1" + b"0" * 400, b"0" * 300 + b"7", b"1_000", b"0x10", b"1,5"),
    *("\u0661\u0662".encode(), b"true", b"null", b'""', b"[]", b"{}"),
)
_TOKENS: Final = (
    *(b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\xff", b"\xc2\x85", b"\xe2\x80\xa8", b"\x0b", b"\x1c"),
    *(b'"', b"'", b",", b";", b"\t", b"|", b"\n", b"\r", b"\r\n", b"\n\n", b"#", b"\\", b"\\u0000"),
    *(b"\\ud800", b"{", b"}", b"[", b"]", b"<", b">", b"&lt;", b"&#x10FFFF;", b"&a;", b"<!--"),
    *(b"<!ENTITY a 'a'>", b"<![CDATA[", b"+25:00", b"-99:99", b"Z", b"T", b"24:00", b"12:00 AM"),
    *(b"0001-01-01T00:00:00+14:00", b"9999-12-31 23:59:59", b"2016-12-31 23:59:60", b"1969-12-31"),
    *(b"2003-03-30 02:30", b"2024-02-30", b"31.02.2024", b"1e5", b"NaN", b"Infinity", b"-", b" "),
    *(b"../../etc/passwd", b"%s%n", b"=1+1", "\u202e".encode(), "\U0001f600".encode()),
)
_PAIRS: Final = ((b"[", b"]"), (b'{"a":', b"}"), (b"<a>", b"</a>"), (b"(", b")"), (b'"', b'"'))

Samples = Sequence[bytes]
Change = Callable[[bytearray, random.Random, Samples], None]


def mutated(samples: Samples, chance: random.Random) -> bytes:
    """One of the samples with one to five changes, most often one; never empty."""
    data = bytearray(chance.choice(samples))
    for _ in range(chance.choice((1, 1, 1, 2, 3, 5))):
        chance.choice(_CHANGES)(data, chance, samples)
    return bytes(data) or b" "


def _place(data: bytearray, chance: random.Random) -> int:
    """Any place, as often one near the edges."""
    edge = chance.randrange(min(len(data), _AT_THE_EDGE) + 1)
    anywhere = chance.randrange(len(data) + 1)
    return chance.choice((anywhere, anywhere, edge, len(data) - edge))


def _piece(data: Samples | bytearray, chance: random.Random, most: int = 300) -> bytes:
    source = data if isinstance(data, bytearray) else chance.choice(data)
    begin = chance.randrange(len(source) + 1)
    return bytes(source[begin : begin + chance.randint(1, most)])


def _flip(data: bytearray, chance: random.Random, _: Samples) -> None:
    if data:
        data[_place(data, chance) - 1] ^= 1 << chance.randrange(8)


def _overwrite(data: bytearray, chance: random.Random, _: Samples) -> None:
    """A binary number of 1 to 8 bytes is extreme or random."""
    size = chance.choice((1, 2, 4, 8))
    number = chance.choice((0, 1, -1, 1 << (8 * size - 1), (1 << (8 * size - 1)) - 1))
    number = chance.choice((number, chance.getrandbits(8 * size))) % (1 << 8 * size)
    at = _place(data, chance)
    data[at : at + size] = number.to_bytes(size, chance.choice(("little", "big")))


def _extreme(data: bytearray, chance: random.Random, _: Samples) -> None:
    """A number in the text is another one."""
    found = _NUMBER.search(data, _place(data, chance)) or _NUMBER.search(data)
    if found:
        data[found.start() : found.end()] = chance.choice(_EXTREMES)


def _value(data: bytearray, chance: random.Random, samples: Samples) -> None:
    """A number, word or quoted text is another one, or of another kind."""
    found = _VALUE.search(data, _place(data, chance)) or _VALUE.search(data)
    if not found:
        return
    other = _VALUE.search(chance.choice(samples), chance.randrange(1_000))
    extreme = chance.choice(_EXTREMES)
    choices = [extreme, b'"' + extreme + b'"', b"[" + found[0] + b"]", found[0].strip(b'"')]
    data[found.start() : found.end()] = chance.choice([*choices, other[0] if other else extreme])


def _token(data: bytearray, chance: random.Random, _: Samples) -> None:
    at = _place(data, chance)
    data[at : at + chance.randrange(8)] = chance.choice(_TOKENS + _EXTREMES)


def _cut(data: bytearray, chance: random.Random, _: Samples) -> None:
    at = _place(data, chance)
    del data[at : chance.choice((at + 1, at + chance.randint(1, 60), len(data)))]


def _move(data: bytearray, chance: random.Random, _: Samples) -> None:
    begin = _place(data, chance)
    piece = data[begin : begin + chance.randint(1, 300)]
    del data[begin : begin + len(piece)]
    at = _place(data, chance)
    data[at:at] = piece


def _splice(data: bytearray, chance: random.Random, samples: Samples) -> None:
    """A piece of another sample."""
    at = _place(data, chance)
    data[at:at] = _piece(samples, chance)


def _repeat(data: bytearray, chance: random.Random, _: Samples) -> None:
    piece = _piece(data, chance)
    times = chance.choice((1, 2, 10, LARGEST // (len(piece) or 1)))
    at = _place(data, chance)
    data[at:at] = (piece * times)[:LARGEST]


def _nest(data: bytearray, chance: random.Random, _: Samples) -> None:
    """Something, or nothing, stands between pairs within pairs."""
    begin, end = chance.choice(_PAIRS)
    depth = chance.choice((1, 5, 40, chance.randint(880, 1_100), LARGEST // len(begin + end)))
    at = _place(data, chance)
    found = _NUMBER.search(data, at)
    first, last = found.span() if found and chance.random() < 0.5 else (at, at)
    data[first:last] = begin * depth + data[first:last] + end * depth


def _lines(data: bytearray, chance: random.Random, _: Samples) -> None:
    """A line is left out, comes twice, or changes places with another."""
    lines = bytes(data).split(b"\n")
    a, b = chance.randrange(len(lines)), chance.randrange(len(lines))
    match chance.randrange(3):
        case 0:
            del lines[a]
        case 1:
            lines.insert(b, lines[a])
        case _:
            lines[a], lines[b] = lines[b], lines[a]
    data[:] = b"\n".join(lines)


_CHANGES: Final[tuple[Change, ...]] = (
    *(_flip, _overwrite, _extreme, _extreme, _value, _value, _token),
    *(_cut, _move, _splice, _repeat, _nest, _lines),
)

"""
The arrays of a bundle as .npz, read strictly.

An .npz is a zip of .npy files. Names, kinds and shapes are compared before any value is read, so a
file cannot make the reader allocate more than the arrays need; objects (pickles) are never read.
"""

import io
import tokenize
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

from clarity.domain.pat.artifact import UnreadableModel
from clarity.domain.pat.parity import ParityFixture
from clarity.domain.pat.prediction import Prediction
from clarity.domain.pat.preprocessing import CohortScaler
from clarity.domain.streams import Unit
from clarity.ports.model_files import BundleArrays

__all__ = ["NpzArrays"]

Array = npt.NDArray[np.generic]

SUFFIX: Final = ".npy"
EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # the oldest date that zip knows; files carry no date
LARGEST_INSIDE: Final = 2**24  # bytes of all arrays; a fixture of two weeks has 81 KiB
MOST_ARRAYS: Final = 64
LARGEST_HEADER: Final = 1_024  # bytes of the text that says an array's shape
NUMBERS: Final = "fU"  # floats and text
SCORE: Final = "score_"
READ_ERRORS: Final = (
    zipfile.BadZipFile,
    zlib.error,
    tokenize.TokenError,
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    NotImplementedError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
)  # what zipfile and numpy raise on damaged files


@attrs.frozen
class NpzArrays(BundleArrays):
    """Fixtures and scalers as .npz; equal values give equal bytes."""

    def fixture_bytes(self, fixture: ParityFixture) -> bytes:
        """See `BundleArrays.fixture_bytes`."""
        scores = {f"{SCORE}{name}": score for name, score in fixture.expected.scores.items()}
        return _written(
            {
                "batch": fixture.batch,
                "embeddings": fixture.expected.embeddings,
                "heads": np.array(list(fixture.expected.scores), dtype=np.str_),
                "twin": fixture.twin,
                **scores,
            }
        )

    def read_fixture(self, data: bytes) -> ParityFixture:
        """See `BundleArrays.read_fixture`."""
        arrays = _read(data, "the fixture")
        try:
            heads = [str(name) for name in arrays["heads"]]
            expected = Prediction(
                embeddings=arrays["embeddings"],
                scores={name: arrays[f"{SCORE}{name}"] for name in heads},
            )
            return ParityFixture(batch=arrays["batch"], expected=expected, twin=arrays["twin"])
        except (LookupError, TypeError, ValueError) as cause:
            raise UnreadableModel("the fixture", "lacks what a self-test needs") from cause

    def scaler_bytes(self, scaler: CohortScaler) -> bytes:
        """See `BundleArrays.scaler_bytes`."""
        return _written(
            {
                "mean": scaler.mean,
                "name": np.array(scaler.name),
                "sd": scaler.sd,
                "unit": np.array(scaler.unit.value),
            }
        )

    def read_scaler(self, data: bytes) -> CohortScaler:
        """See `BundleArrays.read_scaler`."""
        arrays = _read(data, "the scaler")
        try:
            return CohortScaler(
                name=str(arrays["name"]),
                unit=_unit(str(arrays["unit"])),
                mean=arrays["mean"],
                sd=arrays["sd"],
            )
        except (LookupError, TypeError, ValueError) as cause:
            raise UnreadableModel("the scaler", "lacks name, unit, mean or sd") from cause


def _unit(name: str) -> Unit:
    if name not in set(Unit):
        raise UnreadableModel("the scaler", f"is of none of the units {', '.join(Unit)}")
    return Unit(name)


def _written(arrays: Mapping[str, Array]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in sorted(arrays.items()):
            member = io.BytesIO()
            np.lib.format.write_array(member, np.asarray(array), allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}{SUFFIX}", EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, member.getvalue())
    return file.getvalue()


def _read(data: bytes, what: str) -> dict[str, Array]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            _require_small(entries, what)
            return {
                entry.filename.removesuffix(SUFFIX): _array(archive.read(entry), what)
                for entry in entries
            }
    except READ_ERRORS as cause:
        raise UnreadableModel(what, "is damaged or no .npz") from cause


def _require_small(entries: Iterable[zipfile.ZipInfo], what: str) -> None:
    listed = list(entries)
    if len(listed) > MOST_ARRAYS or sum(entry.file_size for entry in listed) > LARGEST_INSIDE:
        raise UnreadableModel(what, "unpacks to more than its arrays need and was not unpacked")


def _array(data: bytes, what: str) -> Array:
    file = io.BytesIO(data)
    if np.lib.format.read_magic(file) != (1, 0):
        raise UnreadableModel(what, "holds an array in an unusual form")
    shape, _, dtype = np.lib.format.read_array_header_1_0(file, max_header_size=LARGEST_HEADER)
    values = len(data) - file.tell()
    if dtype.kind not in NUMBERS or int(np.prod(shape, dtype=object)) * dtype.itemsize != values:
        raise UnreadableModel(what, "holds something else than arrays of numbers")
    file.seek(0)
    array: Array = np.lib.format.read_array(
        file, allow_pickle=False, max_header_size=LARGEST_HEADER
    )
    return array

"""One reader and a table that it knows, for every reader and format."""

import attrs
import pytest

from clarity.adapters.files._intake import Limits
from clarity.adapters.files.csv_table import CsvRecordings
from clarity.adapters.files.depresjon import DepresjonRecordings
from clarity.adapters.files.detected import DetectedRecordings, all_readers
from clarity.adapters.files.nhanes import NhanesRecordings
from clarity.ports.recordings import Recordings
from tests.support.recordings import depresjon_table, long_table, plain_table, wide_table


@attrs.frozen
class Harness:
    """
    A reader, a table that it knows, and the people in it.

    The first value of the table that is 7 stands in a cell of its own.
    """

    reader: Recordings
    table: str
    people: tuple[str, ...]


SMALL = Limits(growth_from_bytes=1 << 18, max_growth=20)
"""Growth is looked at from 256 KiB on, so that a test need not unpack 64 MiB."""

PEOPLE = {"21005": [1], "21008": [7, 1]}
OPENERS = {
    "csv": lambda: Harness(CsvRecordings(limits=SMALL), plain_table(), ("person_7",)),
    "depresjon": lambda: Harness(
        DepresjonRecordings(limits=SMALL), depresjon_table(), ("person_7",)
    ),
    "nhanes-minutes": lambda: Harness(
        NhanesRecordings(limits=SMALL), long_table(PEOPLE), tuple(PEOPLE)
    ),
    "nhanes-days": lambda: Harness(
        NhanesRecordings(limits=SMALL), wide_table(PEOPLE), tuple(PEOPLE)
    ),
    "detected-csv": lambda: Harness(
        DetectedRecordings(readers=all_readers(SMALL)), plain_table(), ("person_7",)
    ),
    "detected-nhanes": lambda: Harness(
        DetectedRecordings(readers=all_readers(SMALL)), wide_table(PEOPLE), tuple(PEOPLE)
    ),
}


@pytest.fixture(params=OPENERS, scope="session")
def harness(request):
    return OPENERS[request.param]()


@pytest.fixture
def openers():
    return OPENERS

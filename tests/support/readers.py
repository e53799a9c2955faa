"""A reader and a file that it knows, for every reader and format."""

import attrs

from clarity.adapters.files.actigraph import ActiGraphRecordings
from clarity.adapters.files.actiwatch import ActiwatchRecordings
from clarity.adapters.files.agd import AgdRecordings
from clarity.adapters.files.apple import AppleHealthRecordings
from clarity.adapters.files.csv_table import CsvRecordings
from clarity.adapters.files.depresjon import DepresjonRecordings
from clarity.adapters.files.detected import DetectedRecordings, all_readers
from clarity.adapters.files.fitbit import FitbitRecordings
from clarity.adapters.files.fitbit_json import FitbitJsonRecordings
from clarity.adapters.files.fitbit_nights import FitbitNightRecordings
from clarity.adapters.files.gt3x import Gt3xRecordings
from clarity.adapters.files.limits import Limits
from clarity.adapters.files.nhanes import NhanesRecordings
from clarity.adapters.files.ukbiobank import UkBiobankRecordings
from clarity.adapters.files.wide_days import WideDayRecordings
from clarity.adapters.files.wide_streams import WideStreamRecordings
from clarity.domain.streams import Unit
from clarity.ports.recordings import Recordings
from tests.support.apple_export import few_records, zipped
from tests.support.device_files import (
    actigraph_table,
    actiware_table,
    agd_file,
    awd_table,
    fitbit_hours,
    fitbit_minutes,
    fitbit_steps,
    fitbit_table,
    ukbiobank_table,
)
from tests.support.gt3x_file import gt3x_file, log_of
from tests.support.recordings import (
    clock_table,
    depresjon_table,
    long_table,
    plain_table,
    streams_table,
    wide_table,
)

__all__ = ["FILE_OPENERS", "OPENERS", "PEOPLE", "FileHarness", "Harness"]


@attrs.frozen
class Harness:
    """
    A reader, a table that it knows, and the people in it.

    The first value of the table that is 7 stands in a cell of its own, in the line `row` when that
    is given: the line with `{}` for the cell. `unit` is one that the caller may say of it.
    """

    reader: Recordings
    table: str
    people: tuple[str, ...]
    row: str = ""
    headings: int = 1
    epoch_s: int = 60
    unit: Unit = Unit.MIMS


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
    "actigraph-csv": lambda: Harness(
        ActiGraphRecordings(limits=SMALL),
        actigraph_table(),
        ("person_7",),
        row="{},1,2,3",
        headings=10,
    ),
    "actiwatch-awd": lambda: Harness(
        ActiwatchRecordings(limits=SMALL),
        awd_table(),
        ("person_7",),
        row="{} , 0,00 M",
        headings=7,
    ),
    "actiwatch-csv": lambda: Harness(
        ActiwatchRecordings(limits=SMALL),
        actiware_table(),
        ("person_7",),
        row="2,2003-05-07,12:01:00,0,{},ACTIVE",
        headings=7,
    ),
    "ukbiobank": lambda: Harness(
        UkBiobankRecordings(limits=SMALL), ukbiobank_table(), ("person_7",), row="{},0"
    ),
    "fitbit-hours": lambda: Harness(
        FitbitRecordings(limits=SMALL), fitbit_hours(("21005", "21008")), ("21005", "21008")
    ),
    "fitbit-minutes": lambda: Harness(
        FitbitRecordings(limits=SMALL), fitbit_minutes(("21005", "21008")), ("21005", "21008")
    ),
    "fitbit-hrv": lambda: Harness(
        FitbitNightRecordings(limits=SMALL),
        fitbit_table("rmssd,coverage,low_frequency,high_frequency", after=",0.9,1,2"),
        ("person_7",),
        epoch_s=300,
    ),
    "fitbit-breathing": lambda: Harness(
        FitbitNightRecordings(limits=SMALL),
        fitbit_table("daily_respiratory_rate"),
        ("person_7",),
        epoch_s=300,
    ),
    "wide-days": lambda: Harness(
        WideDayRecordings(limits=SMALL), clock_table(("21005", "21008")), ("21005", "21008")
    ),
    "wide-streams": lambda: Harness(
        WideStreamRecordings(limits=SMALL), streams_table(), ("person_7",), unit=Unit.STEPS_PER_MIN
    ),
    "detected-csv": lambda: Harness(
        DetectedRecordings(readers=all_readers(SMALL)), plain_table(), ("person_7",)
    ),
    "detected-nhanes": lambda: Harness(
        DetectedRecordings(readers=all_readers(SMALL)), wide_table(PEOPLE), tuple(PEOPLE)
    ),
}


@attrs.frozen
class FileHarness:
    """A reader, a file that it knows and that is no table, and the people in it."""

    reader: Recordings
    content: bytes
    people: tuple[str, ...]


FILE_OPENERS = {
    "actigraph-gt3x": lambda: FileHarness(
        Gt3xRecordings(limits=SMALL),
        gt3x_file(log_of(range(600))),
        ("person_7",),
    ),
    "fitbit-json": lambda: FileHarness(
        FitbitJsonRecordings(limits=SMALL), fitbit_steps().encode(), ("person_7",)
    ),
    "apple-xml": lambda: FileHarness(
        AppleHealthRecordings(limits=SMALL), few_records().encode(), ("person_7",)
    ),
    "apple-zip": lambda: FileHarness(
        AppleHealthRecordings(limits=SMALL), zipped(few_records()), ("person_7",)
    ),
    "detected-apple": lambda: FileHarness(
        DetectedRecordings(readers=all_readers(SMALL)), few_records().encode(), ("person_7",)
    ),
    "actigraph-agd": lambda: FileHarness(AgdRecordings(limits=SMALL), agd_file(), ("person_7",)),
}

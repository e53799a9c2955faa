"""Apple Health exports, made by rule: small ones for tests, large ones for the bench."""

import io
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE HealthData [
<!ELEMENT HealthData (ExportDate,Me,(Record|Workout)*)>
<!ATTLIST HealthData
  locale CDATA #REQUIRED
>
<!ELEMENT Record ((MetadataEntry)*)>
]>
<HealthData locale="en_US">
 <ExportDate value="2024-05-01 10:36:11 +0100"/>
"""
TAIL = "</HealthData>\n"
WATCH = "Anna\u2019s Apple\xa0Watch"
PHONE = "Anna\u2019s iPhone"
DEVICE = (
    "&lt;&lt;HKDevice: 0x281f0a1c0&gt;, name:Apple Watch, manufacturer:Apple Inc., "
    "model:Watch, hardware:Watch6,7, software:10.4&gt;"
)
FIRST = datetime.fromisoformat("2023-01-01")


def record(
    kind: str,
    start: datetime,
    seconds: float,
    value: object,
    *,
    unit: str | None = "count",
    source: str = WATCH,
    zone: str = "+0100",
) -> str:
    """One record, as an export writes it."""
    end = start + timedelta(seconds=seconds)
    unit_text = f' unit="{unit}"' if unit else ""
    return (
        f' <Record type="{kind}" sourceName="{source}" sourceVersion="10.4" device="{DEVICE}"'
        f'{unit_text} creationDate="{end} {zone}" startDate="{start} {zone}" '
        f'endDate="{end} {zone}" value="{value}"/>\n'
    )


def quantity(name: str, start: datetime, seconds: float, value: object, **more: str) -> str:
    """One record of a quantity."""
    return record(f"HKQuantityTypeIdentifier{name}", start, seconds, value, **more)


def sleep(stage: str, start: datetime, minutes: float, source: str = WATCH) -> str:
    """One record of a stage of sleep."""
    value = f"HKCategoryValueSleepAnalysis{stage}"
    kind = "HKCategoryTypeIdentifierSleepAnalysis"
    return record(kind, start, 60 * minutes, value, unit=None, source=source)


def export(*records: str, head: str = HEAD) -> str:
    """A whole export of these records."""
    return head + "".join(records) + TAIL


def day(first: datetime) -> Iterator[str]:
    """A day of a watch and a phone: about 2,400 records, 1 MB."""
    for i in range(700):
        at = first + timedelta(seconds=120 * i)
        yield quantity("ActiveEnergyBurned", at, 115, 0.5 + i % 7, unit="kcal")
        yield quantity("BasalEnergyBurned", at, 115, 3.1, unit="kcal")
    for i in range(200):
        at = first + timedelta(hours=7, seconds=240 * i)
        yield quantity("StepCount", at, 200, 10 + i % 90)
        yield quantity("StepCount", at, 230, 9 + i % 90, source=PHONE)
        yield quantity("DistanceWalkingRunning", at, 200, 0.04, unit="km")
    for i in range(480):
        at = first + timedelta(seconds=180 * i)
        yield quantity("HeartRate", at, 0, 55 + i % 60, unit="count/min")
    for i in range(6):
        at = first + timedelta(hours=4 * i, minutes=7)
        yield quantity("HeartRateVariabilitySDNN", at, 60, 40 + i * 1.25, unit="ms")
    for i in range(40):
        at = first + timedelta(minutes=10 * i)
        yield quantity("RespiratoryRate", at, 0, 12 + i % 5, unit="count/min")
    yield sleep("InBed", first, 420, PHONE)
    for i, stage in enumerate(("AsleepCore", "AsleepDeep", "AsleepREM", "Awake") * 4):
        yield sleep(stage, first + timedelta(minutes=25 * i), 25)


def days(count: int) -> Iterator[str]:
    """The pieces of an export of so many days, one string per day."""
    yield HEAD
    for i in range(count):
        yield "".join(day(FIRST + timedelta(days=i)))
    yield TAIL


def few_records() -> str:
    """A small export with some records of every stream."""
    return export(
        *(quantity("StepCount", FIRST + timedelta(minutes=5 * i), 300, 50) for i in range(40)),
        *(
            quantity("HeartRate", FIRST + timedelta(minutes=i), 0, 60 + i, unit="count/min")
            for i in range(40)
        ),
        quantity("HeartRateVariabilitySDNN", FIRST, 60, 41.5, unit="ms"),
        quantity("RespiratoryRate", FIRST, 0, 14, unit="count/min"),
        quantity("ActiveEnergyBurned", FIRST, 60, 1.5, unit="kcal"),
        sleep("AsleepDeep", FIRST, 30),
    )


def zipped(
    text: str, *, name: str = "apple_health_export/export.xml", others: dict[str, str] | None = None
) -> bytes:
    """The export in a zip file, as a telephone hands it out."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED)
        for other, content in (others or {}).items():
            archive.writestr(zipfile.ZipInfo(other), content)
    return packed.getvalue()

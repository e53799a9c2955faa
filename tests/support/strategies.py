"""One Hypothesis strategy per entity and value; every codec and store is tried with them."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from typing import get_args
from zoneinfo import ZoneInfo

import attrs
import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from clarity.domain.analysis.result import AnalysisResult, Layer, Provenance, Spans
from clarity.domain.audit import AuditEvent, Operation, Touched
from clarity.domain.findings import Finding
from clarity.domain.identity import (
    Actor,
    CorrelationId,
    PatientId,
    PatientRef,
    Purpose,
    Role,
    TenantId,
)
from clarity.domain.profile import Details, EmailAddress, Profile
from clarity.domain.sleep.evenings import NoNight
from clarity.domain.sleep.nights import Night
from clarity.domain.sleep.rests import MainRest, RestMethod
from clarity.domain.streams import DayChunk, Placement, StreamKind, Unit
from clarity.domain.timeline import LocalDay, TimeWindow
from clarity.ports.entities import Entity, EntitySpec
from clarity.ports.query import All, AnyOf, Compare, Comparison, Expression, Not

POISON_FLOATS = (math.nan, -0.0, 0.0, 1e308, 5e-324, 1 / 3, -1e-7, 65_535.0, 65_536.0, -32_768.0)
"""Values at the borders of what a codec might store."""

ZONES = ("UTC", "Europe/Oslo", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe")
LOOKALIKES = "aA1/%#:|.\N{CYRILLIC SMALL LETTER A}\N{LATIN SMALL LETTER E WITH ACUTE}-"
"""Letters that separators, escapes and careless comparisons stumble over."""


def texts(max_size: int = 12) -> st.SearchStrategy[str]:
    """Any text that is Unicode, NUL and look-alikes included."""
    anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=max_size)
    return anything | st.text(LOOKALIKES + "\0", max_size=max_size)


def identifiers() -> st.SearchStrategy[str]:
    """Valid ids, many of them look-alikes of each other."""
    return st.text(LOOKALIKES, min_size=1, max_size=4)


def digests() -> st.SearchStrategy[str]:
    """SHA-256 in hexadecimal digits; few, so that they collide."""
    return st.integers(0, 5).map(lambda n: f"{n:064x}")


def tenants() -> st.SearchStrategy[TenantId]:
    return identifiers().map(TenantId)


def patients() -> st.SearchStrategy[PatientRef]:
    return st.builds(PatientRef, tenants(), identifiers().map(PatientId))


def zones() -> st.SearchStrategy[ZoneInfo]:
    return st.sampled_from(ZONES).map(ZoneInfo)


def instants() -> st.SearchStrategy[datetime]:
    """Aware times in IANA zones, UTC and fixed offsets, holes and repeated hours included."""
    fixed = st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45, seconds=7))])
    return st.datetimes(
        min_value=datetime.fromisoformat("1900-01-02"),
        max_value=datetime.fromisoformat("2100-01-01"),
        timezones=zones() | fixed,
    ).map(_without_idle_fold) | st.sampled_from(
        [
            datetime(2003, 10, 26, 2, 30, tzinfo=ZoneInfo("Europe/Oslo"), fold=fold)
            for fold in (0, 1)
        ]
        + [datetime(2003, 3, 30, 2, 30, tzinfo=ZoneInfo("Europe/Oslo"), fold=f) for f in (0, 1)]
    )


def _without_idle_fold(time: datetime) -> datetime:
    """`fold` says nothing about a time that happens once; it is then 0."""
    first = time.replace(fold=0)
    return first if first.utcoffset() == time.utcoffset() else time


def days() -> st.SearchStrategy[date]:
    """Few dates, so that keys collide; the switches of daylight saving are among them."""
    return st.sampled_from(
        [date(2003, 3, 30), date(2003, 10, 26), date(2004, 2, 29), date(2003, 5, 1)]
    ) | st.dates(date(2003, 4, 28), date(2003, 5, 9))


def values(size: int) -> st.SearchStrategy[np.ndarray]:
    """(size,) float64: counts, decimals or anything finite, each with missing values."""
    finite = st.floats(allow_nan=True, allow_infinity=False) | st.sampled_from(POISON_FLOATS)
    counts = st.integers(0, 9_000).map(float) | st.just(math.nan)
    decimals = st.integers(-99_999, 99_999).map(lambda n: n / 1_000) | st.just(math.nan)
    return st.one_of(
        *(hnp.arrays(np.float64, size, elements=of) for of in (counts, decimals, finite))
    )


def chunks() -> st.SearchStrategy[DayChunk]:
    """Day chunks of long epochs, so that they stay small; few keys, so that they collide."""
    return st.tuples(days(), zones(), st.sampled_from([1_800, 3_600])).flatmap(
        lambda drawn: _chunk_of(*drawn)
    )


def _chunk_of(day: date, zone: ZoneInfo, epoch_s: int) -> st.SearchStrategy[DayChunk]:
    length_s = LocalDay(day, zone).length_s
    if length_s % epoch_s:
        epoch_s = 1_800
    return st.builds(
        DayChunk,
        stream=st.sampled_from([StreamKind.ACTIVITY, StreamKind.HEART_RATE]),
        day=st.just(day),
        zone=st.just(zone),
        epoch_s=st.just(epoch_s),
        unit=st.sampled_from(Unit),
        device=texts(),
        placement=st.sampled_from(Placement),
        values=values(length_s // epoch_s),
        source=digests(),
    )


def parameters() -> st.SearchStrategy[str | int | float | bool | None]:
    return st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts()


def findings() -> st.SearchStrategy[Finding]:
    finite = st.floats(allow_nan=False, allow_infinity=False)
    told = st.tuples(finite, st.just("")) | st.tuples(st.none(), texts().map("because ".__add__))
    return told.flatmap(
        lambda drawn: st.builds(
            Finding,
            metric=texts(),
            value=st.just(drawn[0]),
            reason=st.just(drawn[1]),
            unit=texts(),
            n_valid=st.integers(0),
            coverage=st.floats(0, 1),
            algorithm=texts(),
            parameters=st.dictionaries(texts(), parameters(), max_size=3),
            citation=texts(),
        )
    )


def nights() -> st.SearchStrategy[Night]:
    """From the attributes of the class, so that a new one is tried as soon as it is there."""
    return st.builds(Night, **{field.name: _of(field.type) for field in attrs.fields(Night)})


def no_nights() -> st.SearchStrategy[NoNight]:
    return st.builds(NoNight, date=st.dates(), reason=texts().map("because ".__add__))


def main_rests() -> st.SearchStrategy[MainRest]:
    """With both ends and no reason, or the other way round."""
    told = st.tuples(instants(), instants(), st.just("")) | st.tuples(
        st.none(), st.none(), texts().map("because ".__add__)
    )
    return told.flatmap(
        lambda drawn: st.builds(
            MainRest,
            date=st.dates(),
            method=st.sampled_from(RestMethod),
            start=st.just(drawn[0]),
            end=st.just(drawn[1]),
            reason=st.just(drawn[2]),
            n_valid=st.integers(),
            coverage=st.floats(allow_nan=False),
        )
    )


def _of(type_: type) -> st.SearchStrategy[object]:
    plain = {
        bool: st.booleans(),
        date: st.dates(),
        datetime: instants(),
        float: st.floats(allow_nan=False),
        int: st.integers(),
        str: texts(),
        type(None): st.none(),
    }
    kinds = get_args(type_) or (type_,)
    return st.one_of(*(plain[kind] if kind in plain else st.from_type(kind) for kind in kinds))


def windows() -> st.SearchStrategy[TimeWindow]:
    return st.tuples(instants(), instants()).map(
        lambda pair: TimeWindow(
            start=min(pair, key=datetime.timestamp), end=max(pair, key=datetime.timestamp)
        )
    )


def spans() -> st.SearchStrategy[Spans]:
    return st.builds(
        Spans,
        layer=st.sampled_from(Layer),
        algorithm=texts(),
        spans=st.lists(st.tuples(st.integers(0, 9_999), st.integers(0, 9_999)), max_size=3).map(
            tuple
        ),
    )


def results() -> st.SearchStrategy[AnalysisResult]:
    """Analysis results; few keys, so that they collide."""
    return st.builds(
        AnalysisResult,
        kind=st.sampled_from(["rest-activity", "rest-activity/2", "r\0"]) | texts(),
        window=windows(),
        epoch_s=st.integers(1, 3_600),
        findings=st.lists(findings(), max_size=2).map(tuple),
        nights=st.lists(nights(), max_size=2).map(tuple),
        spans=st.lists(spans(), max_size=2).map(tuple),
        notices=st.lists(texts(), max_size=2).map(tuple),
        no_nights=st.lists(no_nights(), max_size=2).map(tuple),
        rests=st.lists(main_rests(), max_size=2).map(tuple),
        provenance=provenances(),
    )


def provenances() -> st.SearchStrategy[Provenance]:
    return st.builds(
        Provenance,
        input_digest=digests(),
        analyses=st.dictionaries(texts(), texts(), max_size=2),
        clarity_version=texts(),
        computed_at=instants(),
        fingerprint=digests(),
    )


def emails() -> st.SearchStrategy[EmailAddress]:
    """Few addresses in several spellings, so that they collide; and any other."""
    few = st.sampled_from(["ada@clinic.example", "ADA@Clinic.Example", "\u00e9va@x", "E\u0301VA@X"])
    parts = st.text(st.characters(categories=["L", "N", "S"]), min_size=1, max_size=6)
    return (few | st.tuples(parts, parts).map("@".join)).map(EmailAddress)


def details() -> st.SearchStrategy[Details]:
    names = st.text(st.characters(categories=["L", "N", "S", "P"]), max_size=12)
    return st.builds(
        Details,
        email=emails(),
        name=names,
        birth_year=st.none() | st.integers(1_875, 1_900),
        zone=zones(),
    )


def profiles() -> st.SearchStrategy[Profile]:
    return st.builds(Profile, details=details(), created_at=instants())


def same(a: object, b: object) -> bool:
    """Equal, and of the same types and zones all through; tells no more, values being long."""
    return a == b and _spelled(a) == _spelled(b)


def _spelled(value: object) -> object:
    """The value as types and texts; reprs would not do, they leave out health data."""
    if attrs.has(type(value)):
        names = [field.name for field in attrs.fields(type(value))]
        return type(value), [_spelled(getattr(value, name)) for name in names]
    if isinstance(value, tuple | list):
        return type(value), [_spelled(each) for each in value]
    if isinstance(value, Mapping):
        return [(_spelled(key), _spelled(each)) for key, each in value.items()]
    return type(value), repr(value)


def entities() -> st.SearchStrategy[Entity]:
    """Everything that a repository keeps."""
    return chunks() | results() | profiles()


def events(patient: PatientRef | None = None) -> st.SearchStrategy[AuditEvent]:
    """What happened, about `patient` or about anyone."""
    return st.builds(
        AuditEvent,
        actor=st.builds(
            Actor,
            id=identifiers(),
            tenant=tenants(),
            purpose=st.sampled_from(Purpose),
            role=st.sampled_from(Role),
            break_glass=st.sampled_from(["", "ticket 4711"]),
        ),
        patient=patients() if patient is None else st.just(patient),
        operation=st.sampled_from(Operation),
        touched=st.lists(
            st.builds(Touched, texts(), before=st.just(""), after=digests()), max_size=3
        ).map(tuple),
        correlation=identifiers().map(CorrelationId),
        at=instants(),
    )


def conditions(spec: EntitySpec, found: Sequence[Entity]) -> st.SearchStrategy[Expression]:
    """Conditions on the fields of `spec`; half the values are those of an entity in `found`."""
    compares = st.sampled_from(sorted(spec.fields)).flatmap(
        lambda name: _compares(spec, name, found)
    )
    return st.recursive(
        compares,
        lambda inner: st.one_of(
            st.builds(Not, inner),
            st.lists(inner, max_size=3).map(tuple).map(All),
            st.lists(inner, max_size=3).map(tuple).map(AnyOf),
        ),
        max_leaves=6,
    )


def _compares(spec: EntitySpec, name: str, found: Sequence[Entity]) -> st.SearchStrategy[Compare]:
    field = spec.fields[name]
    comparisons = set(Comparison) if field.type is str else {*Comparison} - {Comparison.BEGINS_WITH}
    fresh: dict[type, st.SearchStrategy[object]] = {
        str: texts(4),
        int: st.integers(-(1 << 63) + 1, (1 << 63) - 1),
        float: st.floats(allow_nan=False),
        date: days(),
        datetime: instants(),
    }
    values_ = fresh[field.type]
    if found:
        values_ = st.sampled_from([field.of(entity) for entity in found]) | values_
    return st.builds(Compare, st.just(name), st.sampled_from(sorted(comparisons)), values_)

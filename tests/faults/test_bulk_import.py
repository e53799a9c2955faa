"""REL-04 for imports: killed anywhere and run again, the days are there once and so are records."""

import itertools
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from clarity.bootstrap import open_core
from clarity.domain.audit import AuditEvent, Operation, verify_chain
from clarity.domain.streams import DayChunk
from clarity.plain_settings import settings_from
from clarity.ports.audit import AuditFilter
from clarity.ports.query import Query
from tests.faults.importing import DAYS, IN_FILES, IN_TABLES
from tests.support.dynamodb import credentials
from tests.support.engines import running
from tests.support.worlds import ADA, day_of

ROOT = Path(__file__).resolve().parents[2]
BATCHES = 3
_numbers = itertools.count(1)


@pytest.fixture
def tables() -> str:
    credentials()
    prefix = f"i{os.getpid()}-{next(_numbers)}-"
    return f"dynamodb://eu-west-1/{prefix}?endpoint={running('ministack').url}&create=yes"


def bring(store: str, point: str = "-", passes: int = 1) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.faults.importing", store, point, str(passes)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def found(store: str) -> tuple[list[tuple[DayChunk, int]], list[AuditEvent]]:
    """What is stored and the events of the chain, which is whole."""
    with open_core(settings_from({"store": store})) as core:
        items = core.repository().query(Query(DayChunk, ADA).page(1_000)).items
        trail = core.audit_trail()
        wanted = AuditFilter(tenant=ADA.tenant, patient=ADA)
        records = trail.records(wanted, limit=1_000, cursor=None).records
        verify_chain(records, head=trail.head(ADA))
        held = {one.kind: one.count for one in core.erasable()["repository"].holdings(ADA)}
        assert held.get("import", 0) == 0
    return [(one.entity, one.version) for one in items], [one.event for one in records]


def require_once(store: str) -> None:
    """Every day is there once, and every batch has its two records."""
    days, events = found(store)
    assert days == [(day_of(number), 1) for number in range(DAYS)]
    intents, dones = (
        [event for event in events if event.operation is operation]
        for operation in (Operation.IMPORT_INTENT, Operation.IMPORT_DONE)
    )
    assert len(intents) == len(dones) == BATCHES == len(events) / 2
    assert [event.touched for event in intents] == [event.touched for event in dones]
    named = Counter(touched.entity for event in dones for touched in event.touched[1:])
    assert set(named.values()) == {1}
    assert len(named) == DAYS


@pytest.mark.slow
@pytest.mark.parametrize("point", IN_FILES)
def test_rel_04_an_import_that_was_killed_continues_in_a_file(tmp_path: Path, point: str):
    store = str(tmp_path / "store.db")

    assert bring(store, point, 2).returncode == -signal.SIGKILL
    assert bring(store).returncode == 0

    require_once(store)


@pytest.mark.slow
@pytest.mark.parametrize("point", IN_TABLES)
def test_rel_04_an_import_that_was_killed_continues_in_tables(tables: str, point: str):
    assert bring(tables, point, 2).returncode == -signal.SIGKILL
    assert bring(tables).returncode == 0

    require_once(tables)


@pytest.mark.slow
def test_rel_04_an_import_that_is_killed_again_and_again_ends_the_same(tmp_path: Path):
    store = str(tmp_path / "store.db")

    killed = [bring(store, point).returncode for point in IN_FILES]
    assert bring(store).returncode == 0

    assert killed[:4] == [-signal.SIGKILL] * 4
    require_once(store)

"""The adapters of port AuditLog."""

import itertools
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

import attrs
import boto3

from clarity.adapters.local.audit_log import JsonLinesAuditLog
from clarity.adapters.local.clock import SystemClock
from clarity.ports.audit_log import AuditLog
from clarity.ports.clock import Clock
from tests.support.engines import REGION, running
from tests.support.logs import cloudwatch
from tests.support.logs_server import logs_server

_numbers = itertools.count(1)


@attrs.frozen(kw_only=True)
class LogHarness:
    """
    A fresh log.

    Attributes:
        log: writes to it.
        now: what the time is there.
        lines: the texts that are in it, in order.
    """

    log: AuditLog
    now: datetime
    lines: Callable[[], list[str]]


@contextmanager
def _file() -> Iterator[LogHarness]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "deep" / "audit.jsonl"
        yield LogHarness(
            log=JsonLinesAuditLog(path),
            now=SystemClock().now(),
            lines=lambda: path.read_text().splitlines() if path.exists() else [],
        )


@contextmanager
def _strict() -> Iterator[LogHarness]:
    clock = SystemClock()
    with logs_server() as server, cloudwatch(server.url, clock) as sink:
        yield LogHarness(log=sink, now=clock.now(), lines=lambda: server.messages)


@contextmanager
def _moto() -> Iterator[LogHarness]:
    url, clock = running("moto").url, SystemClock()
    group = f"t{os.getpid()}-{next(_numbers)}"
    with cloudwatch(url, clock, group=group) as sink:
        yield LogHarness(log=sink, now=clock.now(), lines=lambda: _read(url, group, clock))


def _read(url: str, group: str, clock: Clock) -> list[str]:
    """Every message in the group's stream, page by page."""
    client = boto3.client("logs", endpoint_url=url, region_name=REGION)
    asked = {"logGroupName": group, "logStreamName": "audit", "startFromHead": True}
    found, token = [], None
    try:
        while True:
            page = client.get_log_events(**asked, **({"nextToken": token} if token else {}))
            found += [event["message"] for event in page["events"]]
            if page["nextForwardToken"] == token:
                return found
            token = page["nextForwardToken"]
    except client.exceptions.ResourceNotFoundException:
        return []
    finally:
        client.close()


Opener = Callable[[], AbstractContextManager[LogHarness]]

OPENERS: Final[dict[str, Opener]] = {
    "file": _file,
    "cloudwatch-strict": _strict,
    "cloudwatch-moto": _moto,
}

"""
Importers that kill themselves (SIGKILL) at a named point of a batch.

`python -m tests.faults.importing STORE POINT PASSES` imports `DAYS` days of Ada into the store at
that address and dies when it passes the point for the so-many-th time; with `-` it ends well.
"""

import os
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Final

import attrs

from clarity.adapters.aws.dynamodb.batch import Batches
from clarity.adapters.aws.dynamodb.bulk import DynamoDBBulkDays
from clarity.adapters.local import _rows
from clarity.adapters.local.bulk import SqliteBulkDays
from clarity.application.bulk_import import ImportDays
from clarity.bootstrap import open_clarity
from clarity.plain_settings import settings_from
from tests.support.worlds import ADA, CORRELATION, NURSE, day_of

__all__ = ["DAYS", "IN_FILES", "IN_TABLES"]

DAYS: Final = 200


@attrs.frozen
class Point:
    """A moment inside a batch: when `function` is entered or left."""

    function: Callable[..., object]
    event: str


IN_FILES: Final = {
    "before-the-intent": Point(SqliteBulkDays.put, "call"),
    "intent-stored": Point(SqliteBulkDays._finish, "call"),
    "first-day-written": Point(_rows.insert, "return"),
    "done-not-committed": Point(SqliteBulkDays._finish, "return"),
    "batch-unanswered": Point(SqliteBulkDays.put, "return"),
    "batch-uncounted": Point(ImportDays._stored, "return"),
}
IN_TABLES: Final = {
    "before-the-intent": Point(DynamoDBBulkDays.put, "call"),
    "intent-stored": Point(DynamoDBBulkDays._has_begun, "return"),
    "some-days-written": Point(Batches._put, "return"),
    "days-written": Point(DynamoDBBulkDays._end, "call"),
    "batch-unanswered": Point(DynamoDBBulkDays.put, "return"),
}


def _kill_at(point: Point, passes: int) -> None:
    code, left = point.function.__code__, passes

    def watch(frame: FrameType, event: str, _: object) -> None:
        nonlocal left
        if frame.f_code is code and event == point.event:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(watch)


def main() -> None:
    store, name, passes = sys.argv[1], sys.argv[2], int(sys.argv[3])
    points = IN_TABLES if store.startswith("dynamodb:") else IN_FILES
    with open_clarity(settings_from({"store": store})) as app:
        if name in points:
            _kill_at(points[name], passes)
        days = (day_of(number) for number in range(DAYS))
        run = app.import_days.run(days, patient=ADA, actor=NURSE, correlation=CORRELATION)
        print(sum(batch.stored for batch in run), flush=True)


if __name__ == "__main__":
    main()

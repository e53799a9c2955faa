"""
What happens, as JSON lines in which nothing stands that is not on a list.

A text that somebody formats may hold anything; so texts are not written at all, only names of
events, and of what comes with them only the fields below, in the forms that they have. Whatever
else was given is counted as `dropped` and not shown. Of errors stay class and place, never what
they say.
"""

import json
import logging
import math
import os
import re
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import attrs

from clarity.application.correlation import current_correlation
from clarity.domain.identity import PatientRef
from clarity.domain.privacy import Pseudonyms
from clarity.ports.errors import Denied, PortError, Unavailable

__all__ = ["FIELDS", "JsonLines", "json_log"]

OURS: Final = "clarity"
"""Loggers from here down are written; libraries may log what they send and are not."""

OWNER_ONLY: Final = 0o600

EVENT: Final = re.compile(r"[a-z0-9-]{1,60}")
WORD: Final = re.compile(r"[A-Za-z0-9_.<>/-]{0,120}")
UNNAMED: Final = "unnamed"

STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
"""What every record has."""


def _word(value: object) -> str | None:
    return value if isinstance(value, str) and WORD.fullmatch(value) else None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if math.isfinite(value) else None


def _words(value: object) -> dict[str, str] | None:
    if not isinstance(value, Mapping) or None in map(_word, [*value, *value.values()]):
        return None
    return dict(value)


def _numbers(value: object) -> dict[str, float] | None:
    if not isinstance(value, Mapping) or None in map(_word, value):
        return None
    return None if None in map(_number, value.values()) else dict(value)


FIELDS: Final[Mapping[str, Callable[[object], object]]] = {
    "attributes": _words,
    "code": _word,
    "elapsed_s": _number,
    "error": _word,
    "numbers": _numbers,
    "outcome": _word,
    "records": _number,
    "span": _word,
    "use_case": _word,
}
"""Every field that is written beside time, level, event, correlation and patient, and its form."""


@attrs.define(eq=False)
class JsonLines(logging.Formatter):
    """
    Makes one JSON object of a record, on one line.

    Attributes:
        pseudonyms: stand for the patients that records name.
    """

    pseudonyms: Pseudonyms

    def __attrs_pre_init__(self) -> None:
        """A formatter of the standard library with its own defaults."""
        super().__init__()

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        given = {name: value for name, value in vars(record).items() if name not in STANDARD}
        who = given.pop("patient", None)
        formed = {name: FIELDS[name](value) for name, value in given.items() if name in FIELDS}
        told = {name: value for name, value in formed.items() if value is not None}
        dropped = len(given) - len(told)
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "event": _event(record),
            "correlation": current_correlation(),
            **({"patient": self._named(who)} if isinstance(who, PatientRef) else {}),
            **told,
            **({"dropped": dropped} if dropped else {}),
            **_raised(record),
        }
        return json.dumps(line, separators=(",", ":"))

    def _named(self, patient: PatientRef) -> str:
        """The pseudonym; nobody's name while the store that knows the secret is away."""
        try:
            return self.pseudonyms.of(patient)
        except PortError:
            return UNNAMED


def _event(record: logging.LogRecord) -> str:
    """The name of the event; a text that was put together is none."""
    is_name = isinstance(record.msg, str) and not record.args and EVENT.fullmatch(record.msg)
    return str(record.msg) if is_name else UNNAMED


def _raised(record: logging.LogRecord) -> dict[str, object]:
    """The class of the error that the record is about, and where it was raised."""
    if not record.exc_info or record.exc_info[0] is None:
        return {}
    kind, _, trace = record.exc_info
    frames = traceback.extract_tb(trace)
    where = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames]
    return {"raised": kind.__name__, "where": where}


@contextmanager
def json_log(path: Path | None, pseudonyms: Pseudonyms) -> Iterator[None]:
    """
    While the block lasts, what clarity logs from level INFO on is added to the file `path`.

    The file is made for its owner alone; None for no log.

    Raises:
        Denied, Unavailable: the file cannot be written.
    """
    if path is None:
        yield
        return
    handler = _handler(path)
    handler.setFormatter(JsonLines(pseudonyms))
    ours = logging.getLogger(OURS)
    level = ours.level
    ours.addHandler(handler)
    ours.setLevel(min(level or logging.INFO, logging.INFO))
    try:
        yield
    finally:
        ours.removeHandler(handler)
        ours.setLevel(level)
        handler.close()


def _handler(path: Path) -> logging.Handler:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, OWNER_ONLY))
        return logging.FileHandler(path, encoding="utf-8")
    except PermissionError as error:
        raise Denied("writing the log") from error
    except OSError as error:
        raise Unavailable("the file of the log") from error

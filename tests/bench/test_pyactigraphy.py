"""The bench against pyActigraphy where there is none."""

import pytest

from tests.bench import pyactigraphy
from tests.bench.paired import NotHere


def test_without_its_interpreter_nothing_is_measured(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv(pyactigraphy.INTERPRETER, raising=False)

    with pytest.raises(NotHere, match="CLARITY_PYACTIGRAPHY"):
        pyactigraphy.rows()

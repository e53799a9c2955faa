"""What a call consumed, as the service says it."""

import pytest

from clarity.adapters.aws._units import ConsumedUnits

ONE = {"TableName": "t-main", "CapacityUnits": 2.5}
OTHER = {"TableName": "t-audit", "CapacityUnits": 4}


@pytest.mark.parametrize(
    ("told", "by_table"),
    [
        ({}, {}),
        ({"ConsumedCapacity": None}, {}),
        ({"ConsumedCapacity": ONE}, {"t-main": 2.5}),
        ({"ConsumedCapacity": [ONE, OTHER]}, {"t-main": 2.5, "t-audit": 4.0}),
        ({"ConsumedCapacity": {"TableName": "t-main"}}, {"t-main": 0.0}),
    ],
)
def test_units_are_told_by_table_and_together(told: dict, by_table: dict[str, float]):
    units = ConsumedUnits.of(told)

    assert units.by_table == by_table
    assert units.total == sum(by_table.values())

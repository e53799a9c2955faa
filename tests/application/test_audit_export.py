import pytest

from clarity.domain.access import NotAllowed
from clarity.domain.audit import BrokenChain, Operation
from clarity.domain.identity import PatientId, PatientRef, TenantId
from tests.support.worlds import (
    ADA,
    BEN,
    CLINIC,
    CORRELATION,
    NURSE,
    STRANGER,
    evidence,
    opened,
    records_of,
    store_days,
)


def test_an_exported_trail_is_proved_by_the_key_of_its_store():
    with opened() as world:
        store_days(world, ADA, count=2)
        store_days(world, BEN)
        lines = list(
            world.app.export_trail.run(CLINIC, patients=None, actor=NURSE, correlation=CORRELATION)
        )

        key = world.app.export_trail.public_key()
        proved = world.app.verify_export.run(lines, public_key=key)
        heads = {of: world.core.audit_trail().head(of) for of in (ADA, BEN)}

    assert (proved.statement.chains, proved.statement.records) == (2, 4)
    assert proved.heads == heads


def test_the_export_is_the_last_record_of_every_chain_in_the_file():
    with opened() as world:
        store_days(world, ADA)
        store_days(world, BEN)
        list(
            world.app.export_trail.run(CLINIC, patients=[ADA], actor=NURSE, correlation=CORRELATION)
        )

        operations = [record.event.operation for record in records_of(world, ADA)]
        assert operations == [Operation.INGEST, Operation.AUDIT_REPORT]
        assert len(records_of(world, BEN)) == 1


def test_more_records_than_a_page_are_all_there():
    with opened() as world:
        for _ in range(1_100):
            world.core.repository().commit([], evidence=evidence())
        lines = list(
            world.app.export_trail.run(CLINIC, patients=None, actor=NURSE, correlation=CORRELATION)
        )
        key = world.app.export_trail.public_key()

        assert world.app.verify_export.run(lines, public_key=key).statement.records == 1_101


def test_another_tenant_or_its_patients_are_refused_before_anything_is_read():
    other = PatientRef(TenantId("clinic2"), PatientId("ada"))
    with opened() as world:
        store_days(world, ADA)
        for actor, patients in ((STRANGER, None), (NURSE, [other])):
            with pytest.raises(NotAllowed):
                world.app.export_trail.run(
                    CLINIC, patients=patients, actor=actor, correlation=CORRELATION
                )

        assert len(records_of(world)) == 1


def test_a_chain_that_was_tampered_with_is_not_signed():
    with opened() as world:
        store_days(world, ADA, count=2)
        with world.core.chain_trail().store.writing() as connection:
            connection.execute("DROP TRIGGER audit_is_never_edited")
            connection.execute(
                "UPDATE audit SET body = CAST(replace(body, 'nurse', 'curse') AS BLOB)"
            )

        with pytest.raises(BrokenChain):
            list(
                world.app.export_trail.run(
                    CLINIC, patients=None, actor=NURSE, correlation=CORRELATION
                )
            )

"""Everything that clarity does, as one object to embed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from clarity.application.first_use import FirstUse, Made

if TYPE_CHECKING:
    from clarity.application.analyze import Analyze
    from clarity.application.audit_export import ExportTrail, VerifyExport
    from clarity.application.audit_trail import AuditReport, VerifyTrail
    from clarity.application.break_glass import RecoverEvidence
    from clarity.application.bulk_import import ImportDays, ImportRecordings
    from clarity.application.erase import ErasePatient
    from clarity.application.erase_again import EraseAgain
    from clarity.application.export import ExportPatient
    from clarity.application.health import Health
    from clarity.application.ingest import Ingest
    from clarity.application.jobs import LookAtJobs, LookAtUnfinishedJobs
    from clarity.application.keep_store import KeepStore
    from clarity.application.latest import LatestResult
    from clarity.application.model_service import Models
    from clarity.application.profiles import FindPatient, KeepProfile, ReadProfile
    from clarity.application.read import ReadStream
    from clarity.application.retention import ApplyRetention
    from clarity.application.ship_audit import ShipAudit
    from clarity.application.sign_heads import SignHeads
    from clarity.application.status import StoreStatus
    from clarity.application.streams_held import StreamsHeld
    from clarity.application.summarize import Summarize
    from clarity.application.tracked import TrackedReports
    from clarity.ports.diaries import Diaries
    from clarity.ports.ids import Ids
    from clarity.ports.report import AuditRenderer


__all__ = ["Clarity"]


@attrs.frozen(kw_only=True)
class Clarity:
    """
    The use cases of one open profile, and what a caller needs around them.

    Made by `clarity.open_clarity(settings)`; safe to share between threads until it is closed. Each
    part is imported and made when it is first read, and is the same one from then on;
    `made.everything()` does that for all of them at once.

    Attributes:
        makers: makes each of the others, by its name.
        made: those that were read so far.
        ingest: recordings into the store.
        import_days: days from any generator, in bulk.
        import_recordings: files in bulk, without analyses.
        read: day chunks out of the store.
        streams_held: which streams are there of a person, from when to when.
        keep_profile: who a person is; no two in a tenant have one e-mail address.
        read_profile: who a person is, out again.
        find_patient: the person behind an e-mail address.
        summarize: what a stream says of each day or week.
        analyze: results for what is stored.
        latest_result: the stored result with the latest window.
        report: files in, documents out: ingest, analyze and render, file by file.
        diaries: sleep diaries out of files, for an order of `report`.
        export: everything held about one person, as files.
        erase: a person forgotten, counted over every store.
        erase_again: those whom a restored backup brought back, forgotten again.
        jobs: how far the caller's long work is.
        unfinished_jobs: what work of the tenant is going on or died.
        audit_report: what happened to whose data.
        audit_renderer: audit records as CSV, JSON or HTML.
        sign_heads: the ends of the audit chains signed and kept apart, for a schedule.
        verify_trail: whether the audit chains are whole.
        export_trail: the audit trail in one file, its heads signed.
        verify_export: such a file proved with the public key alone.
        ship_audit: the audit trail told to a log outside, in pseudonyms.
        recover_evidence: what was seen while the trail was away, put into it.
        models: adding, proving, promoting and asking models.
        status: how much is stored.
        retention: what is too old, removed.
        keep: backups and checks of the whole store, for those who may read its file.
        ids: fresh correlation ids.
        health: asks every dependency whether it works.
    """

    makers: Mapping[str, Callable[[], Any]] = attrs.field(repr=False)
    made: Made = attrs.field(init=False, repr=False, eq=False)

    @made.default
    def _nothing_yet(self) -> Made:
        return Made(self.makers)

    ingest: ClassVar[FirstUse[Ingest]] = FirstUse()
    import_days: ClassVar[FirstUse[ImportDays]] = FirstUse()
    import_recordings: ClassVar[FirstUse[ImportRecordings]] = FirstUse()
    read: ClassVar[FirstUse[ReadStream]] = FirstUse()
    streams_held: ClassVar[FirstUse[StreamsHeld]] = FirstUse()
    keep_profile: ClassVar[FirstUse[KeepProfile]] = FirstUse()
    read_profile: ClassVar[FirstUse[ReadProfile]] = FirstUse()
    find_patient: ClassVar[FirstUse[FindPatient]] = FirstUse()
    summarize: ClassVar[FirstUse[Summarize]] = FirstUse()
    analyze: ClassVar[FirstUse[Analyze]] = FirstUse()
    latest_result: ClassVar[FirstUse[LatestResult]] = FirstUse()
    report: ClassVar[FirstUse[TrackedReports]] = FirstUse()
    diaries: ClassVar[FirstUse[Diaries]] = FirstUse()
    export: ClassVar[FirstUse[ExportPatient]] = FirstUse()
    erase: ClassVar[FirstUse[ErasePatient]] = FirstUse()
    erase_again: ClassVar[FirstUse[EraseAgain]] = FirstUse()
    jobs: ClassVar[FirstUse[LookAtJobs]] = FirstUse()
    unfinished_jobs: ClassVar[FirstUse[LookAtUnfinishedJobs]] = FirstUse()
    audit_report: ClassVar[FirstUse[AuditReport]] = FirstUse()
    audit_renderer: ClassVar[FirstUse[AuditRenderer]] = FirstUse()
    sign_heads: ClassVar[FirstUse[SignHeads]] = FirstUse()
    verify_trail: ClassVar[FirstUse[VerifyTrail]] = FirstUse()
    export_trail: ClassVar[FirstUse[ExportTrail]] = FirstUse()
    verify_export: ClassVar[FirstUse[VerifyExport]] = FirstUse()
    ship_audit: ClassVar[FirstUse[ShipAudit]] = FirstUse()
    recover_evidence: ClassVar[FirstUse[RecoverEvidence]] = FirstUse()
    models: ClassVar[FirstUse[Models]] = FirstUse()
    status: ClassVar[FirstUse[StoreStatus]] = FirstUse()
    retention: ClassVar[FirstUse[ApplyRetention]] = FirstUse()
    keep: ClassVar[FirstUse[KeepStore]] = FirstUse()
    ids: ClassVar[FirstUse[Ids]] = FirstUse()
    health: ClassVar[FirstUse[Health]] = FirstUse()

"""
Bugs to plant: each is one change of the source that a careless edit could make.

`tests` are given to pytest as they stand; they must fail where the bug is planted.
"""

from typing import Final

import attrs

__all__ = ["BUGS", "Bug", "in_words"]


@attrs.frozen(kw_only=True)
class Bug:
    """
    A change that must not go unnoticed.

    Attributes:
        name: what is wrong with it.
        file: of the product.
        old: text that occurs once in the file.
        new: what stands there instead.
        tests: what must find it.
    """

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


LOCAL: Final = "clarity/adapters/local"
FAULTS: Final = "tests/faults/embedded"
SIMULATION: Final = f"{FAULTS}/test_rel_01_to_03_simulations.py"
INTERRUPTS: Final = f"{FAULTS}/test_rel_20_interrupts.py"
TABLES: Final = "clarity/adapters/aws/dynamodb"
OUTAGE: Final = "tests/faults/dynamodb/test_rel_13_outage.py"
BULK: Final = "tests/contracts/bulk"
SHIPPING: Final = "clarity/application/ship_audit.py"
TOLD: Final = "tests/application/test_ship_audit.py"
LOG_AWAY: Final = "tests/reliability/test_rel_16_log_away.py"
QUERIES: Final = "tests/contracts/repository/test_query.py"
JOBS: Final = "tests/contracts/jobs/test_against_a_model.py"

S3: Final = "clarity/adapters/aws/s3"
IN_S3: Final = "tests/adapters/aws/test_s3_models.py"
REGISTRIES: Final = "tests/contracts/model_registry"

PAT: Final = "clarity/domain/pat"
REL_09: Final = "tests/reliability/test_rel_09_model_files.py"

INGEST: Final = "tests/application/test_ingest.py"

BUGS: Final = (
    Bug(
        name="whoever-was-later-is-told-that-it-is-stored",
        file="clarity/application/merge.py",
        old="                raise\n",
        new="                return\n",
        tests=(INGEST, "-k", "is_told"),
    ),
    Bug(
        name="own-write-that-landed-late-is-a-conflict",
        file="clarity/application/merge.py",
        old="            if self._news([one.merge.chunk for one in group], evidence.patient):\n",
        new="            if group:\n",
        tests=(INGEST, "-k", "landed or same_values"),
    ),
    Bug(
        name="condition-refused-counts-as-failure",
        file="clarity/adapters/aws/guards.py",
        old="        except (Cancelled, ConditionFailed) as refused:\n            return refused\n",
        new="        except (Cancelled, ConditionFailed) as refused:\n            raise refused\n",
        tests=(OUTAGE, "-k", "conditions"),
    ),
    Bug(
        name="everybody-tries-what-is-away",
        file="clarity/adapters/resilience/breaker.py",
        old="                self._states.half_open()\n",
        new="                self._states.close()\n",
        tests=(OUTAGE, "-k", "one_request_tries"),
    ),
    Bug(
        name="audit-in-another-transaction",
        file=f"{LOCAL}/repository.py",
        old="            record = _chain.append(",
        new='            connection.execute("COMMIT")\n'
        '            connection.execute("BEGIN IMMEDIATE")\n'
        "            record = _chain.append(",
        tests=(INTERRUPTS, "-k", "any_moment_is"),
    ),
    Bug(
        name="head-does-not-follow",
        file=f"{LOCAL}/_chain.py",
        old="UPDATE patient SET seq = ?, hash = ? WHERE id = ?",
        new="UPDATE patient SET seq = ?, hash = ? WHERE id = -?",
        tests=(SIMULATION, "-k", "every_call"),
    ),
    Bug(
        name="what-expired-is-still-there",
        file=f"{LOCAL}/_rows.py",
        old="(expires_us IS NULL OR expires_us > ?)",
        new="(expires_us IS NULL OR expires_us <> -?)",
        tests=(SIMULATION, "-k", "every_call"),
    ),
    Bug(
        name="version-is-not-checked",
        file=f"{LOCAL}/repository.py",
        old="    if current == change.based_on:",
        new="    if current == change.based_on or isinstance(change, Put):",
        tests=(SIMULATION, "-k", "every_call"),
    ),
    Bug(
        name="request-is-not-remembered",
        file=f"{LOCAL}/_idempotency.py",
        old="    if not evidence.idempotency_key:\n",
        new="    if evidence.idempotency_key:\n",
        tests=(f"{FAULTS}/test_rel_05_idempotency.py", "-k", "one_effect"),
    ),
    Bug(
        name="idempotency-ignores-the-payload",
        file=f"{LOCAL}/_idempotency.py",
        old="(first_owner, request) != (owner, evidence.request_digest)",
        new="first_owner != owner",
        tests=(f"{FAULTS}/test_rel_05_idempotency.py", "-k", "another_command"),
    ),
    Bug(
        name="interrupt-leaves-a-transaction-open",
        file=f"{LOCAL}/store.py",
        old="    try:\n        connection.execute(begin)\n        yield",
        new="    connection.execute(begin)\n    try:\n        yield",
        tests=(INTERRUPTS, "-k", "any_moment_is or it_waits"),
    ),
    Bug(
        name="cursor-is-not-authenticated",
        file=f"{LOCAL}/cursor.py",
        old="    if not hmac.compare_digest(",
        new="    if not tag and not hmac.compare_digest(",
        tests=(QUERIES, "-k", "sqlite-memory and another_question"),
    ),
    Bug(
        name="page-loses-a-row",
        file=f"{LOCAL}/repository.py",
        old="rows[query.page_size - 1].key.parts",
        new="rows[query.page_size].key.parts",
        tests=(QUERIES, "-k", "sqlite-memory and pages_are_full"),
    ),
    Bug(
        name="negated-prefix-loses-empty-texts",
        file=f"{LOCAL}/_query.py",
        old="coalesce(substr(CAST({name} AS BLOB), 1, ?), x'')",
        new="substr(CAST({name} AS BLOB), 1, ?)",
        tests=(QUERIES, "-k", "sqlite-memory and empty_text"),
    ),
    Bug(
        name="missing-becomes-zero-in-packing",
        file="clarity/adapters/packing/_layouts.py",
        old="        return _floats(words.view(self.dtype), self.decimals)",
        new="        return np.nan_to_num(_floats(words.view(self.dtype), self.decimals))",
        tests=("tests/adapters/packing",),
    ),
    Bug(
        name="missing-wins-in-a-merge",
        file="clarity/domain/actigraphy/days.py",
        old="values=np.where(came, new.values, old.values)",
        new="values=new.values.copy()",
        tests=("tests/domain/actigraphy/test_days.py",),
    ),
    Bug(
        name="regularity-counts-unknown-pairs",
        file="clarity/domain/rhythm/regularity.py",
        old="    return np.where(known, now == later, np.nan)",
        new="    return np.where(known | True, now == later, np.nan)",
        tests=("tests/domain/rhythm/test_regularity.py",),
    ),
    Bug(
        name="variability-takes-gaps-for-rest",
        file="clarity/domain/rhythm/variability.py",
        old="np.diff(flat, axis=-1) ** 2",
        new="np.diff(np.nan_to_num(flat), axis=-1) ** 2",
        tests=("tests/domain/rhythm/test_nonparametric_laws.py",),
    ),
    Bug(
        name="skipped-hour-collapses",
        file="clarity/domain/timeline.py",
        old="np.searchsorted(at + np.maximum(old, new), clock",
        new="np.searchsorted(at + np.minimum(old, new), clock",
        tests=("tests/domain/test_timeline.py",),
    ),
    Bug(
        name="signed-heads-are-not-compared",
        file="clarity/domain/audit.py",
        old="due.pop(reached.seq, reached.hash) != reached.hash",
        new="due.pop(reached.seq, reached.hash) is None",
        tests=("tests/adapters/cli/test_audit_heads.py", "-k", "consistent_forgery"),
    ),
    Bug(
        name="a-signed-end-may-be-missing",
        file="clarity/domain/audit.py",
        old="    if due:\n",
        new="    if due and records is None:\n",
        tests=("tests/adapters/cli/test_audit_heads.py", "-k", "consistent_forgery"),
    ),
    Bug(
        name="signed-heads-are-believed-unproved",
        file="clarity/application/anchors.py",
        old="            self.verifier.require(entry.message,",
        new="            bool(entry) or self.verifier.require(entry.message,",
        tests=("tests/application/test_sign_heads.py", "-k", "another_key"),
    ),
    Bug(
        name="what-was-tampered-with-is-signed",
        file="clarity/application/sign_heads.py",
        old="            signed = () if known is None else (known.head,)",
        new="            signed = () if known is None else ()",
        tests=("tests/application/test_sign_heads.py", "-k", "not_signed"),
    ),
    Bug(
        name="open-batch-gets-a-second-intent",
        file=f"{LOCAL}/bulk.py",
        old="if batch.absent and not batch.is_open:",
        new="if batch.absent:",
        tests=(BULK, "-k", "sqlite"),
    ),
    Bug(
        name="batch-is-never-closed",
        file=f"{LOCAL}/bulk.py",
        old="connection.execute(END, ",
        new="connection.execute(OPEN, ",
        tests=(BULK, "-k", "sqlite"),
    ),
    Bug(
        name="batch-goes-on-after-it-was-erased",
        file=f"{LOCAL}/bulk.py",
        old="batch = self._begun(connection, days, evidence)\n            if",
        new="batch = self._looked_up(connection, days, evidence)\n            if",
        tests=("tests/adapters/local/test_bulk.py",),
    ),
    Bug(
        name="erasing-takes-a-batch-whose-days-are-on-their-way",
        file=f"{TABLES}/erasure.py",
        old="== IMPORT and is_held(",
        new="!= IMPORT and is_held(",
        tests=("tests/adapters/aws/test_bulk.py", "-k", "on_their_way"),
    ),
    Bug(
        name="leftovers-are-dropped",
        file="clarity/application/bulk_import.py",
        old="        if brought.left:\n            raise",
        new="        if brought.left and not stored + 1:\n            raise",
        tests=("tests/application/test_bulk_import.py",),
    ),
    Bug(
        name="chain-forgets-what-came-before",
        file="clarity/domain/audit.py",
        old="hashlib.sha256(previous + body)",
        new="hashlib.sha256(body)",
        tests=("tests/domain/test_audit.py",),
    ),
    Bug(
        name="alias-in-s3-moves-without-a-condition",
        file=f"{S3}/bucket.py",
        old='self._put(key, data, {"IfMatch": etag})',
        new="self._put(key, data, {})",
        tests=(IN_S3, "-k", "after_it_looked"),
    ),
    Bug(
        name="version-in-s3-can-be-replaced",
        file=f"{S3}/bucket.py",
        old='self._put(key, data, {"IfNoneMatch": "*"})',
        new="self._put(key, data, {})",
        tests=(REGISTRIES, "-k", "s3-ministack and never_replaced"),
    ),
    Bug(
        name="file-from-s3-is-not-compared",
        file=f"{S3}/model_store.py",
        old="!= file.sha256:",
        new="== 0:",
        tests=(IN_S3, "-k", "never_handed_on"),
    ),
    Bug(
        name="network-is-not-proved",
        file=f"{PAT}/parity.py",
        old="    if not agreement.holds:",
        new="    if not agreement:",
        tests=(REL_09, "-k", "never_served and PAT-S"),
    ),
    Bug(
        name="model-file-is-not-compared",
        file=f"{PAT}/artifact.py",
        old="    if not hmac.compare_digest(",
        new="    if not data and not hmac.compare_digest(",
        tests=(REL_09, "-k", "no_model_is_refused or no_weights_is_not"),
    ),
    Bug(
        name="positions-are-interleaved",
        file=f"{PAT}/positions.py",
        old="np.concatenate([np.sin(angle), np.cos(angle)], axis=1)",
        new="np.stack([np.sin(angle), np.cos(angle)], axis=2).reshape(tokens, -1)",
        tests=("tests/domain/pat/test_positions.py",),
    ),
    Bug(
        name="epsilon-of-other-frameworks",
        file=f"{PAT}/variants.py",
        old="EPSILON: Final = 1e-6",
        new="EPSILON: Final = 1e-5",
        tests=("tests/domain/pat/test_parity.py", "-k", "epsilon_of_1e_5"),
    ),
    Bug(
        name="epsilon-of-the-graph-alone",
        file="clarity/adapters/onnx/builder.py",
        old="epsilon=EPSILON)",
        new="epsilon=10 * EPSILON)",
        tests=(REL_09, "-k", "passes_unchanged"),
    ),
    Bug(
        name="epsilon-of-torch-alone",
        file="clarity/adapters/torch/network.py",
        old="self.gamma, self.beta, EPSILON)",
        new="self.gamma, self.beta, 10 * EPSILON)",
        tests=("tests/contracts/engine", "-k", "torch and not bfloat16 and passes_its"),
    ),
    Bug(
        name="answers-are-remembered-whatever-the-model",
        file="clarity/application/prediction_cache.py",
        old='f"pat/{self.digest}/{self.runtime}/{sha256}"',
        new='f"pat/{self.runtime}/{sha256}"',
        tests=("tests/application/test_prediction_cache.py", "-k", "another_model"),
    ),
    Bug(
        name="told-records-are-marked-before-the-log-has-them",
        file=SHIPPING,
        old="                count = self.log.write(entries)\n",
        new="                self._marked(entries, patients)\n"
        "                count = self.log.write(entries)\n",
        tests=(TOLD, "-k", "takes_little or again_after or stays_away"),
    ),
    Bug(
        name="every-portion-counts-as-written-whole",
        file=SHIPPING,
        old="written, entries = entries[:count], entries[count:]",
        new="written, entries = entries, entries[:0]",
        tests=(TOLD, "-k", "takes_little or parts"),
    ),
    Bug(
        name="told-records-lose-their-order",
        file="clarity/domain/audit_log.py",
        old="at = latest[entry.chain] = max(entry.at, latest.get(entry.chain, entry.at))",
        new="at = latest[entry.chain] = entry.at",
        tests=("tests/domain/test_audit_log.py", LOG_AWAY, "-k", "by_time or set_back"),
    ),
    Bug(
        name="rejected-entries-are-dropped",
        file="clarity/adapters/aws/cloudwatch/audit.py",
        old="if not batch or not rejected(self._put(batch)):",
        new="if not batch or self._put(batch) is not None:",
        tests=("tests/adapters/aws/test_cloudwatch.py", LOG_AWAY, "-k", "keeps_go or refused"),
    ),
    Bug(
        name="chain-leaves-the-outbox-while-it-grows",
        file="clarity/adapters/aws/dynamodb/outbox.py",
        old='f"SET told = :seq {LEAVE}", "n = :seq", seq',
        new='f"SET told = :seq {LEAVE}", "n >= :seq", seq',
        tests=("tests/contracts/audit_outbox", "-k", "moto and between"),
    ),
    Bug(
        name="blob-from-s3-is-not-compared",
        file=f"{S3}/blobs.py",
        old="hashlib.sha256(data).hexdigest() != blob.sha256",
        new="hashlib.sha256(data).hexdigest() == 0",
        tests=("tests/contracts/blobs", "-k", "s3-ministack and corrupt"),
    ),
    Bug(
        name="purge-takes-what-is-pointed-to",
        file="clarity/adapters/aws/dynamodb/upkeep.py",
        old="old -= {blob.key} if blob else set()",
        new="old -= set() if blob else {blob}",
        tests=("tests/adapters/aws/test_payloads.py", "-k", "refused_commit"),
    ),
    Bug(
        name="log-says-what-is-formatted",
        file="clarity/adapters/observability/logs.py",
        old="return str(record.msg) if is_name else UNNAMED",
        new="return str(record.msg) if is_name else record.getMessage()",
        tests=("tests/adapters/observability/test_logs.py",),
    ),
    Bug(
        name="request-stays-known-after-its-end",
        file="clarity/application/correlation.py",
        old="        finally:\n            _current.reset(token)",
        new="        finally:\n            del token",
        tests=("tests/application/test_correlation.py",),
    ),
    Bug(
        name="pseudonyms-need-no-secret",
        file="clarity/domain/privacy.py",
        old="key = hmac.digest(self.secret(), LABEL, hashlib.sha256)",
        new="key = hmac.digest(LABEL, LABEL, hashlib.sha256)",
        tests=("tests/domain/test_privacy.py",),
    ),
    Bug(
        name="told-records-let-a-patient-be-guessed",
        file="clarity/domain/audit_log.py",
        old='pseudonyms.mark(record.hash or f"{chain} {record.seq}".encode())',
        new="record.hash.hex()",
        tests=("tests/domain/test_audit_log.py",),
    ),
    Bug(
        name="anybody-copies-the-whole-store",
        file="clarity/application/keep_store.py",
        old="        require_operator(actor)\n        self._record(Operation.BACKUP",
        new="        self._record(Operation.BACKUP",
        tests=("tests/reliability/test_rel_06_no_foreign_data.py", "-k", "whole_store"),
    ),
    Bug(
        name="any-purpose-erases",
        file="clarity/application/erase.py",
        old="    require_purpose(actor, Deed.ERASE)\n",
        new="",
        tests=("tests/adapters/cli/test_person_and_jobs.py", "-k", "purpose"),
    ),
    Bug(
        name="glass-is-broken-for-who-did-not-ask",
        file="clarity/application/break_glass.py",
        old="        if not event.actor.break_glass:\n            self.audit.append(event)\n"
        "            return\n        require_purpose(event.actor, Deed.BREAK_GLASS)\n",
        new="",
        tests=("tests/application/test_break_glass.py",),
    ),
    Bug(
        name="evidence-is-put-back-without-looking",
        file="clarity/application/break_glass.py",
        old="        if not self.trail.records(wanted, limit=1, cursor=None).records:\n",
        new="        if wanted:\n",
        tests=("tests/application/test_break_glass.py", "-k", "second_one"),
    ),
    Bug(
        name="evidence-is-forgotten-before-it-is-in-the-trail",
        file=f"{LOCAL}/kept_evidence.py",
        old="                take(event)\n                self._forget(number)\n",
        new="                self._forget(number)\n                take(event)\n",
        tests=("tests/contracts/kept_evidence", "-k", "sqlite and not_taken"),
    ),
    Bug(
        name="expired-item-of-tables-is-got",
        file=f"{TABLES}/repository.py",
        old="if item is not None and not expired(item, now_us):",
        new="if item is not None:",
        tests=("tests/contracts/repository/test_get_and_commit.py", "-k", "moto and expires"),
    ),
    Bug(
        name="transaction-does-not-compare-the-version",
        file=f"{TABLES}/step.py",
        old='text = "v = :v AND (attribute_not_exists(x) OR x > :now)"',
        new='text = "v >= :v AND (attribute_not_exists(x) OR x > :now)"',
        tests=("tests/contracts/repository/test_get_and_commit.py", "-k", "moto and old_version"),
    ),
    Bug(
        name="lost-answer-before-a-collision-is-written-again",
        file=f"{TABLES}/chain.py",
        old=" or record.condition_failed or not refused.condition_failed",
        new=" or record.condition_failed",
        tests=("tests/adapters/aws/test_repository.py", "-k", "ministack and collide_after"),
    ),
    Bug(
        name="query-begins-after-the-first-match",
        file=f"{TABLES}/query.py",
        old="Comparison.GE: KeyRange(begin, after_all)",
        new="Comparison.GE: KeyRange(here + AFTER_SEPARATOR, after_all)",
        tests=("tests/adapters/aws/test_query_plan.py",),
    ),
    Bug(
        name="second-pass-of-a-fold-is-forgotten",
        file=f"{TABLES}/codec.py",
        old='text = value.isoformat() + ("*" if value.fold else "")',
        new="text = value.isoformat()",
        tests=("tests/adapters/aws/test_codec.py", "tests/adapters/aws/test_golden_items.py"),
    ),
    Bug(
        name="cursor-of-tables-is-not-authenticated",
        file=f"{TABLES}/cursor.py",
        old="    if not hmac.compare_digest(",
        new="    if not tag and not hmac.compare_digest(",
        tests=(QUERIES, "-k", "moto and another_question"),
    ),
    Bug(
        name="address-of-somebody-else-is-taken-over",
        file=f"{TABLES}/unique.py",
        old='"attribute_not_exists(pk) OR who = :who OR x <= :now"',
        new='"attribute_not_exists(pk) OR who = :who OR who <> :now"',
        tests=("tests/contracts/repository/test_unique.py", "-k", "ministack and no_second"),
    ),
    Bug(
        name="address-that-was-given-up-stays-taken",
        file=f"{LOCAL}/_rows.py",
        old=', "WHERE", where))\n    _unique.let_go(connection, owner, spec)\n',
        new=', "WHERE", where))\n',
        tests=("tests/contracts/directory", "-k", "sqlite-memory"),
    ),
    Bug(
        name="upsert-replaces-what-does-not-meet-its-condition",
        file=f"{TABLES}/step.py",
        old="        return holds(self.change.when, spec, decode(spec, before).entity)\n",
        new="        return holds(ALWAYS, spec, decode(spec, before).entity)\n",
        tests=("tests/contracts/repository/test_upsert.py", "-k", "ministack and only_an_entity"),
    ),
    Bug(
        name="ended-job-stays-in-the-index",
        file=f"{TABLES}/job_items.py",
        old="    if job.state is not JobState.RUNNING:\n        return {}\n",
        new="",
        tests=("tests/adapters/aws/test_jobs.py", "-k", "ministack"),
    ),
    Bug(
        name="ended-job-may-be-updated",
        file=f"{LOCAL}/jobs.py",
        old="AND id = ? AND actor = ? AND state = ?\n",
        new="AND id = ? AND actor = ? AND ? = 'running'\n",
        tests=(JOBS, "-k", "sqlite-memory"),
    ),
    Bug(
        name="page-of-jobs-skips-its-edge",
        file=f"{LOCAL}/jobs.py",
        old="signed([rows[limit - 1][0]],",
        new="signed([rows[limit][0]],",
        tests=(JOBS, "-k", "sqlite-memory"),
    ),
    Bug(
        name="page-of-unfinished-jobs-skips-its-edge",
        file=f"{TABLES}/jobs.py",
        old="        last = places[limit - 1]\n",
        new="        last = places[limit]\n",
        tests=(JOBS, "-k", "ministack"),
    ),
)


def in_words() -> str:
    """The rows of the table in docs/reliability.md, by file: `python -m tests.zoo.bugs`."""
    rows = sorted((bug.file, bug.name.replace("-", " ")) for bug in BUGS)
    by_file = {file: [name for of, name in rows if of == file] for file, _ in rows}
    lines = (
        f"| {file.removeprefix('clarity/')} | {'; '.join(names)} |"
        for file, names in by_file.items()
    )
    return "\n".join(("| in | bugs |", "|---|---|", *lines))


if __name__ == "__main__":
    print(in_words())

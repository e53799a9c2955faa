"""
results.json: everything in the report, at full precision, for other programs.

One object. `schema` is `clarity.results`, `schema_version` counts up when a key changes its meaning
or goes; new keys may come without that. Version 1:

- `participant`, `source`, `made_at`, `settings` (name: text).
- `recording`: `start`, `end` (ISO 8601 with offset), `zone` (IANA), `epoch_s`, `unit`, `device`,
  `placement`, `n_epochs`, `n_missing`, `n_worn` (null when wear was not assessed).
- `window`: `start`, `end` of what was analyzed; `kind` of the result.
- `findings`: `metric`, `value` (null when absent), `unit`, `reason` (empty when there is a value),
  `n_valid`, `coverage` (0 to 1), `algorithm`, `parameters`, `citation`.
- `nights`: `date` (of the evening), `start`, `end`, `onset`, `offset`, `source` (diary or
  detected), `scoring`, `in_bed_min`, `unknown_min`, `n_valid`, `coverage`, and `measures`:
  `metric`, `value`, `unit`, `reason` as in `findings`.
- `no_nights`: the evenings of the recording without a night: `date` and `reason`.
- `rests`: the main rest of each evening by each method that looks for rest: `date` (of the
  evening), `method`, `algorithm`, `start`, `end`, `duration_min` (null without a rest), `reason`
  (empty with one), `n_valid`, `coverage`, `citation`.
- `spans`: `layer`, `algorithm`, `epochs` (pairs start, stop; stop excluded), with `span_epoch_s`.
- `mean_day`: the mean 24 h profile in equal stretches from midnight on the local clock, per epoch
  in the unit of the recording; null where nothing was recorded while worn.
- `reading`: what was assumed or mended while reading, text; `replaced`: how many epochs held
  another value in the store before.
- `notices`: what the analyses say about the data, text.
- `model`: null when no model was asked, else `asked`, `code` and `reason` (empty with an answer),
  `provenance` (null without), `embedding` (96 numbers) and `heads`: `head`, `task`, `score` (no
  probability), `probability` (null when not calibrated), `positive`, `reason`; `attention` (null
  unless asked for): `patch_min` and `layers`, for each block the attention that each patch of the
  week received (1 is the share of a patch that is looked at like every other).
- `provenance`: `input_digest`, `fingerprint`, `analyses` (`id`, `version`), `clarity_version`,
  `computed_at`.
- `made_of`: `patient`, `stream`, `first` and `last` (local days) in the store; `origins`: `name`,
  `folder` (SHA-256 of its path), `digest` (SHA-256) and `recordings` of each file; `recipe`, a
  digest of how they were read. By this the same command tells what is done already.

Over several participants it is another object, `schema` `clarity.batch`, version 1:

- `participants`: `participant`, `source`, `folder` (where its own results.json lies), `findings`
  as above.
- `refused`: `source`, `participant` (empty where the whole file is meant), `code`, `reason`.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import attrs
import numpy as np
import orjson

from clarity.adapters.report.mean_day import mean_day
from clarity.adapters.report.model import model_json
from clarity.domain.findings import Finding
from clarity.domain.identity import PatientId
from clarity.domain.sleep.nights import Night
from clarity.domain.sleep.rests import MainRest
from clarity.domain.streams import StreamKind
from clarity.ports.report import Entry, MadeOf, Origin, Refused, Report

__all__ = [
    "BATCH_SCHEMA",
    "SCHEMA",
    "SCHEMA_VERSION",
    "Results",
    "batch_json",
    "entry_of",
    "findings_of",
    "loaded",
    "results_json",
]

Results = Mapping[str, Any]
"""results.json, or an object in it, as it was written."""

SCHEMA: Final = "clarity.results"
SCHEMA_VERSION: Final = 1
BATCH_SCHEMA: Final = "clarity.batch"

NIGHT_FIELDS: Final = (
    *("date", "start", "end", "onset", "offset", "source", "scoring"),
    *("in_bed_min", "unknown_min", "n_valid", "coverage"),
)


def results_json(report: Report) -> bytes:
    """The report as UTF-8 JSON, keys in the documented order, ending in a newline."""
    result = report.result
    return orjson.dumps(
        {
            "schema": SCHEMA,
            "schema_version": SCHEMA_VERSION,
            "kind": result.kind,
            "participant": report.participant,
            "source": report.source,
            "made_at": report.made_at,
            "recording": _recording(report),
            "window": {"start": result.window.start, "end": result.window.end},
            "findings": [_finding(finding) for finding in result.findings],
            "nights": [_night(night) for night in result.nights],
            "no_nights": [{"date": one.date, "reason": one.reason} for one in result.no_nights],
            "rests": [_rest(rest) for rest in result.rests],
            "span_epoch_s": result.epoch_s,
            "spans": [
                {"layer": marked.layer, "algorithm": marked.algorithm, "epochs": marked.spans}
                for marked in result.spans
            ],
            "mean_day": _mean_day(report),
            "reading": report.notices,
            "replaced": report.replaced,
            "notices": result.notices,
            "settings": dict(report.settings),
            "model": model_json(report.model),
            "provenance": _provenance(report),
            "made_of": attrs.asdict(report.made_of) | {"patient": str(report.made_of.patient)},
        },
        option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE,
    )


def loaded(document: bytes) -> Results:
    """The object in a results.json that `results_json` made."""
    results: Results = orjson.loads(document)
    return results


def findings_of(results: Results) -> tuple[Finding, ...]:
    """The findings in a results.json."""
    return tuple(Finding(**told) for told in results["findings"])


def entry_of(document: bytes, *, folder: str) -> Entry:
    """
    What a results.json in `folder` says.

    Raises:
        ValueError, TypeError, KeyError, BadIdentifier: `results_json` did not make it.
    """
    results = loaded(document)
    if (results["schema"], results["schema_version"]) != (SCHEMA, SCHEMA_VERSION):
        raise ValueError("another schema")
    return Entry(
        folder=folder,
        participant=results["participant"],
        source=results["source"],
        made_of=_made_of(results["made_of"]),
        notices=tuple(results["reading"]),
        replaced=results["replaced"],
        findings={finding.metric: finding.value for finding in findings_of(results)},
        fingerprint=results["provenance"]["fingerprint"],
        results=document,
    )


def _made_of(told: Results) -> MadeOf:
    return MadeOf(
        patient=PatientId(told["patient"]),
        stream=StreamKind(told["stream"]),
        first=date.fromisoformat(told["first"]),
        last=date.fromisoformat(told["last"]),
        origins=tuple(Origin(**origin) for origin in told["origins"]),
        recipe=told["recipe"],
    )


def batch_json(entries: Sequence[Entry], refused: Sequence[Refused]) -> bytes:
    """The findings of all participants and what was refused, as UTF-8 JSON."""
    return orjson.dumps(
        {
            "schema": BATCH_SCHEMA,
            "schema_version": SCHEMA_VERSION,
            "participants": [
                {
                    "participant": entry.participant,
                    "source": entry.source,
                    "folder": entry.folder,
                    "findings": loaded(entry.results)["findings"],
                }
                for entry in entries
            ],
            "refused": [attrs.asdict(one) for one in refused],
        },
        option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE,
    )


def _mean_day(report: Report) -> list[float | None]:
    mean = mean_day(report.series).mean
    return [None if math.isnan(value) else value for value in mean.tolist()]


def _recording(report: Report) -> dict[str, object]:
    series = report.series
    return {
        "start": series.start,
        "end": series.end,
        "zone": series.zone.key,
        "epoch_s": series.epoch_s,
        "unit": series.unit,
        "device": series.device,
        "placement": series.placement,
        "n_epochs": series.values.size,
        "n_missing": int(np.isnan(series.values).sum()),
        "n_worn": None if series.worn is None else int(series.worn.sum()),
    }


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "metric": finding.metric,
        "value": finding.value,
        "unit": finding.unit,
        "reason": finding.reason,
        "n_valid": finding.n_valid,
        "coverage": finding.coverage,
        "algorithm": finding.algorithm,
        "parameters": dict(finding.parameters),
        "citation": finding.citation,
    }


def _night(night: Night) -> dict[str, object]:
    return {name: getattr(night, name) for name in NIGHT_FIELDS} | {
        "measures": [
            {
                "metric": finding.metric,
                "value": finding.value,
                "unit": finding.unit,
                "reason": finding.reason,
            }
            for finding in night.findings()
        ]
    }


def _rest(rest: MainRest) -> dict[str, object]:
    return {
        "date": rest.date,
        "method": rest.method,
        "algorithm": rest.method.algorithm,
        "start": rest.start,
        "end": rest.end,
        "duration_min": rest.duration_min,
        "reason": rest.reason,
        "n_valid": rest.n_valid,
        "coverage": rest.coverage,
        "citation": rest.method.citation,
    }


def _provenance(report: Report) -> dict[str, object]:
    provenance = report.result.provenance
    return {
        "input_digest": provenance.input_digest,
        "fingerprint": provenance.fingerprint,
        "analyses": [{"id": name, "version": version} for name, version in provenance.analyses],
        "clarity_version": provenance.clarity_version,
        "computed_at": provenance.computed_at,
    }

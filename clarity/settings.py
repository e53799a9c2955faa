"""Everything that can be chosen, validated as a whole."""

import os
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

import attrs

from clarity.application.first_use import named
from clarity.application.models import LoadingStrategy
from clarity.application.retention_rules import rules_of
from clarity.domain.analysis.wear_choice import WearChoice
from clarity.domain.errors import ClarityError
from clarity.domain.pat.runtime import Precision
from clarity.domain.sleep.webster import RescoringForm

if TYPE_CHECKING:
    from clarity.domain.analysis.choice import Choice

__all__ = [
    "CPU",
    "THREADS",
    "BadSettings",
    "EngineKind",
    "IfMissing",
    "NoStore",
    "Profile",
    "Settings",
]

THREADS: Final = 8
"""Pieces of work that are done at once unless said otherwise."""

TABLES: Final = "dynamodb://"
"""How the address of tables begins."""

CPU: Final = "cpu"
"""The device that every engine has."""

MOST_TOGETHER: Final = 1_024
"""More weeks at once fill no accelerator better."""

LONGEST_OUTAGE_S: Final = 7 * 86_400.0
"""A registry that is away for longer is not away, it is gone."""

_choice: Final = named("clarity.domain.analysis.choice.Choice")
"""Who chooses nothing about the analyses imports none of them."""

LONGEST_WAIT_S: Final = 3_600.0
"""A write that waits longer will not be waited for by anybody."""


class Profile(StrEnum):
    """Which adapters stand behind the ports."""

    EMBEDDED = "embedded"
    AWS = "aws"


class EngineKind(StrEnum):
    """What runs networks: ONNX Runtime, or PyTorch (extra `torch`) for accelerators."""

    ONNX = "onnx"
    TORCH = "torch"


class IfMissing(StrEnum):
    """What becomes of an embedded store that is not there."""

    MAKE = "make"
    REFUSE = "refuse"


def _at_home(name: str) -> Callable[[], str]:
    def path() -> str:
        data = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
        return str(Path(data) / "clarity" / name)

    return path


def _known_scoring(_: object, __: object, name: str) -> None:
    if name:
        _choice(scoring=name)


def _known_cut_points(_: object, __: object, name: str) -> None:
    if name:
        _choice(cut_points=name)


def _rules(_: object, __: object, text: str) -> None:
    rules_of(text)


@attrs.frozen(kw_only=True)
class Settings:
    """
    Everything that can be chosen, validated as a whole.

    Attributes:
        profile: which adapters; the store decides unless given.
        store: file of the embedded store, `:memory:` for one that leaves nothing behind, or tables
            as `dynamodb://REGION/PREFIX` (adapters/aws/dynamodb/store.py lists the options).
        if_missing: whether a file of the embedded store that is not there is made or refused.
        busy_timeout_s: how long a write waits for another process's write, s.
        cache_entries: most values in the in-process cache.
        cache_bytes: most bytes in the in-process cache.
        blobs: folder, or `s3://BUCKET/PREFIX?region=REGION`, for what is too large for an item of
            the tables; empty to refuse it. The embedded store keeps everything in its file.
        models: folder of the models, or `s3://BUCKET/PREFIX?region=REGION`
            (adapters/aws/s3/address.py lists the options).
        heads: folder of the signed heads of audit chains, best on a disk or account apart from the
            store's; empty for one beside the store.
        job_days: how long a job stays after it ended, days; retention removes older ones.
        retention_days: how old what is stored may get until `clarity store purge` removes it:
            `NAME=DAYS` with the name of a stream, `results` or `all` for the others, several
            apart by commas; what no rule names is kept.
        model_keys: folder with the public keys (.pem) one of which must have signed a model;
            empty to require no signature.
        model_loading: when models are loaded.
        model_engine: what runs networks.
        model_device: where, as the engine names it, for example `cpu` or `cuda`; the engine onnx
            runs on the CPU alone.
        model_dtype: precision of the products; bfloat16 is faster on accelerators, moves embeddings
            by thousandths, and every answer says so. The engine onnx knows float32 alone.
        model_group: weeks that go through the network at once; 1 on a CPU, some 32 on an
            accelerator. The engine onnx takes one after the other.
        model_workers: calls of the network at once for awaited requests; 0 for as many as there are
            cores, 1 on an accelerator.
        models_resident: most models that stay loaded.
        models_resident_bytes: most bytes of loaded graphs and scalers.
        model_alias_s: how long an answer of the model registry is believed, s; so long a promotion
            by another process may go unseen.
        model_alias_outage_s: the same while the registry cannot be reached, s.
        audit_log: where the audit trail is told outside the store: a file that gets JSON lines, or
            `cloudwatch://REGION/GROUP` (adapters/aws/cloudwatch/audit.py lists the options); empty
            for nowhere.
        audit_log_every_s: pause between two times of telling it while the application is open, s;
            0 to tell it by `clarity audit ship` alone.
        kept_evidence: file for what those did who broke glass while the audit trail could not be
            written, on a disk that outlives the process; empty for one beside the store.
        threads: how many pieces of work `clarity.aio` does at once; tables keep as many connections
            open, whoever calls.
        max_file_bytes: most unpacked bytes of a recording; what is bigger is refused.
        max_file_values: most values of a recording; they are held in memory, some 24 bytes each.
        log: file to which what happens is added as JSON lines, in pseudonyms; empty for none.
        scoring: of sleep, for example `sadeh/actilife`; empty for the usual one of the device.
        rescoring: form of Webster's rescoring after it, `paper` for the published one; None for
            none.
        wear_rule: what counts as non-wear; `none` takes every value for worn.
        cut_points: of intensities, for example `freedson-1998`; empty for the usual ones.
    """

    store: str = attrs.field(factory=_at_home("clarity.db"), validator=attrs.validators.min_len(1))
    profile: Profile = attrs.field()
    if_missing: IfMissing = IfMissing.MAKE
    busy_timeout_s: float = attrs.field(
        default=10.0, validator=[attrs.validators.gt(0.0), attrs.validators.le(LONGEST_WAIT_S)]
    )
    cache_entries: int = attrs.field(default=1_024, validator=attrs.validators.ge(1))
    cache_bytes: int = attrs.field(default=64 * 1024**2, validator=attrs.validators.ge(1))
    blobs: str = ""
    models: str = attrs.field(factory=_at_home("models"), validator=attrs.validators.min_len(1))
    heads: str = ""
    job_days: int = attrs.field(
        default=90, validator=[attrs.validators.ge(0), attrs.validators.le(36_500)]
    )
    retention_days: str = attrs.field(default="", validator=_rules)
    model_keys: str = ""
    model_loading: LoadingStrategy = LoadingStrategy.LAZY
    model_engine: EngineKind = EngineKind.ONNX
    model_device: str = attrs.field(default=CPU, validator=attrs.validators.min_len(1))
    model_dtype: Precision = Precision.FLOAT32
    model_group: int = attrs.field(
        default=1, validator=[attrs.validators.ge(1), attrs.validators.le(MOST_TOGETHER)]
    )
    model_workers: int = attrs.field(
        default=0, validator=[attrs.validators.ge(0), attrs.validators.le(MOST_TOGETHER)]
    )
    models_resident: int = attrs.field(default=4, validator=attrs.validators.ge(1))
    models_resident_bytes: int = attrs.field(default=2**28, validator=attrs.validators.ge(1))
    model_alias_s: float = attrs.field(
        default=1.0, validator=[attrs.validators.ge(0.0), attrs.validators.le(LONGEST_WAIT_S)]
    )
    model_alias_outage_s: float = attrs.field(
        default=3_600.0, validator=[attrs.validators.ge(0.0), attrs.validators.le(LONGEST_OUTAGE_S)]
    )
    log: str = ""
    audit_log: str = ""
    audit_log_every_s: float = attrs.field(
        default=0.0, validator=[attrs.validators.ge(0.0), attrs.validators.le(LONGEST_WAIT_S)]
    )
    kept_evidence: str = ""
    threads: int = attrs.field(
        default=THREADS, validator=[attrs.validators.ge(1), attrs.validators.le(1_024)]
    )
    max_file_bytes: int = attrs.field(default=1 << 30, validator=attrs.validators.ge(1))
    max_file_values: int = attrs.field(default=10_000_000, validator=attrs.validators.ge(1))
    scoring: str = attrs.field(default="", validator=_known_scoring)
    rescoring: RescoringForm | None = None
    wear_rule: WearChoice = WearChoice.CHOI
    cut_points: str = attrs.field(default="", validator=_known_cut_points)

    @profile.default
    def _behind_store(self) -> Profile:
        return Profile.AWS if self.store.startswith(TABLES) else Profile.EMBEDDED

    @property
    def choice(self) -> "Choice":
        """What was chosen about the built-in analyses."""
        chosen: Choice = _choice(
            scoring=self.scoring,
            rescoring=self.rescoring,
            wear_rule=self.wear_rule,
            cut_points=self.cut_points,
        )
        return chosen

    @property
    def home(self) -> Path:
        """Where keys and files of this machine lie when the store is none."""
        return Path(_at_home("clarity.db")())


@attrs.define(eq=False)
class BadSettings(ClarityError):
    """The settings are wrong or incomplete; nothing was opened."""

    code: ClassVar[str] = "settings.bad"
    problems: tuple[str, ...]

    def __str__(self) -> str:
        known = ", ".join(field.name for field in attrs.fields(Settings))
        return f"{'; '.join(self.problems)}; the settings are {known}"


@attrs.define(eq=False)
class NoStore(ClarityError):
    """
    There is no store at the place that was named, and none shall be made.

    Attributes:
        path: the place.
        near: stores near by that may be meant.
    """

    code: ClassVar[str] = "store.not-there"
    path: str
    near: tuple[str, ...] = ()

    def __str__(self) -> str:
        makers = "`analyze`, `demo`, `profile set` and `store import`"
        told = f"there is no store at {self.path}; {makers} make one"
        if not self.near:
            return f"{told}, `analyze` as clarity.db in its output folder: name it with --store"
        return f"{told}; one lies here: --store {' or --store '.join(self.near)}"

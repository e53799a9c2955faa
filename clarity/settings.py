"""Everything that can be chosen, from plain values and validated as a whole."""

import os
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import ClassVar, Final

import attrs
import cattrs
from cattrs.errors import BaseValidationError

from clarity.application.models import LoadingStrategy
from clarity.domain.errors import ClarityError

__all__ = ["THREADS", "BadSettings", "Profile", "Settings", "settings_from"]

THREADS: Final = 8
"""Pieces of work that are done at once unless said otherwise."""

TABLES: Final = "dynamodb://"
"""How the address of tables begins."""

LONGEST_WAIT_S: Final = 3_600.0
"""A write that waits longer will not be waited for by anybody."""


class Profile(StrEnum):
    """Which adapters stand behind the ports."""

    EMBEDDED = "embedded"
    AWS = "aws"


def _at_home(name: str) -> Callable[[], str]:
    def path() -> str:
        data = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
        return str(Path(data) / "clarity" / name)

    return path


@attrs.frozen(kw_only=True)
class Settings:
    """
    Everything that can be chosen, validated as a whole.

    Attributes:
        profile: which adapters; the store decides unless given.
        store: file of the embedded store, `:memory:` for one that leaves nothing behind, or tables
            as `dynamodb://REGION/PREFIX` (adapters/aws/dynamodb/store.py lists the options).
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
        model_keys: folder with the public keys (.pem) one of which must have signed a model;
            empty to require no signature.
        model_loading: when models are loaded.
        audit_log: where the audit trail is told outside the store: a file that gets JSON lines, or
            `cloudwatch://REGION/GROUP` (adapters/aws/cloudwatch/audit.py lists the options); empty
            for nowhere.
        audit_log_every_s: pause between two times of telling it while the application is open, s;
            0 to tell it by `clarity audit ship` alone.
        threads: how many pieces of work `clarity.aio` does at once; tables keep as many connections
            open, whoever calls.
        max_file_bytes: most unpacked bytes of a recording; what is bigger is refused.
        max_file_values: most values of a recording; they are held in memory, some 24 bytes each.
        log: file to which what happens is added as JSON lines, in pseudonyms; empty for none.
    """

    store: str = attrs.field(factory=_at_home("clarity.db"), validator=attrs.validators.min_len(1))
    profile: Profile = attrs.field()
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
    model_keys: str = ""
    model_loading: LoadingStrategy = LoadingStrategy.LAZY
    log: str = ""
    audit_log: str = ""
    audit_log_every_s: float = attrs.field(
        default=0.0, validator=[attrs.validators.ge(0.0), attrs.validators.le(LONGEST_WAIT_S)]
    )
    threads: int = attrs.field(
        default=THREADS, validator=[attrs.validators.ge(1), attrs.validators.le(1_024)]
    )
    max_file_bytes: int = attrs.field(default=1 << 30, validator=attrs.validators.ge(1))
    max_file_values: int = attrs.field(default=10_000_000, validator=attrs.validators.ge(1))

    @profile.default
    def _behind_store(self) -> Profile:
        return Profile.AWS if self.store.startswith(TABLES) else Profile.EMBEDDED

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


def settings_from(mapping: Mapping[str, object]) -> Settings:
    """
    Settings from plain values, as they come from a file, the environment or options.

    Raises:
        BadSettings: a name is unknown or a value does not fit; names every problem.
    """
    problems = [problem for name, value in mapping.items() for problem in _problems(name, value)]
    if problems:
        raise BadSettings(tuple(problems))
    return _converter().structure(dict(mapping), Settings)


def _problems(name: str, value: object) -> list[str]:
    """What is wrong with one setting, each with the setting's name."""
    if name not in attrs.fields_dict(Settings):
        return [f"{name} is no setting"]
    try:
        _converter().structure({name: value}, Settings)
    except BaseValidationError as error:
        found = cattrs.transform_error(error, format_exception=lambda raised, _: str(raised))
        return [f"{name} cannot be {value!r} ({reason.split(' @ ')[0]})" for reason in found]
    return []


def _converter() -> cattrs.Converter:
    converter = cattrs.Converter()
    converter.register_structure_hook(str, _text)
    converter.register_structure_hook(Profile, lambda value, _: Profile(value))
    return converter


def _text(value: object, _: type[str]) -> str:
    if isinstance(value, str):
        return value
    raise ValueError("text was expected")

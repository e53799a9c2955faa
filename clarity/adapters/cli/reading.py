"""What the caller knows better than the file, as options of a command."""

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeVar

import click

from clarity.adapters.cli.words import spoken, text_of
from clarity.adapters.cli.zones import zone_of
from clarity.application.belonging import LabelBy
from clarity.domain.streams import Placement, Unit
from clarity.ports.recordings import ColumnUnit, DateOrder, ReadOptions, Source
from clarity.ports.report import Refused

__all__ = ["chosen", "label_by", "read_options", "reading_options", "refusal", "source_of"]

F = TypeVar("F", bound=Callable[..., Any])

META: Final = "clarity.reading"


def _remember(context: click.Context, parameter: click.Parameter, value: object) -> None:
    if value in {None, ()} or parameter.name is None:
        return
    said = text_of(context, parameter, value) if isinstance(value, str) else value
    context.meta.setdefault(META, {})[parameter.name] = said


def _option(*names: str, **settings: Any) -> Callable[[F], F]:
    return click.option(*names, expose_value=False, callback=_remember, **settings)


OPTIONS: Final = (
    _option("--tz", metavar="ZONE", help="Zone of the person's clock, for example Europe/Oslo."),
    _option("--format", metavar="F", help="Format, instead of telling it from the content."),
    _option("--unit", type=click.Choice([u.value for u in Unit]), help="What a value means."),
    _option("--epoch", type=click.IntRange(min=1), metavar="S", help="Length of an epoch, s."),
    _option("--device", metavar="NAME", help="Maker and model; counts differ between devices."),
    _option("--placement", type=click.Choice([p.value for p in Placement]), help="Worn where."),
    _option("--time-column", metavar="NAME", help="Heading of the column of times."),
    _option("--value-column", metavar="NAME", help="Heading of the column of values."),
    _option(
        "--column",
        metavar="NAME=UNIT",
        multiple=True,
        help="Column that is read as a stream, and its unit; may be given several times.",
    ),
    _option(
        "--label-by",
        type=click.Choice([name.value for name in LabelBy]),
        help="What names the person of a file that does not say whose it is: its name or that of "
        "its folder.  [default: file, and files of one name in different folders are refused]",
    ),
    _option("--dates", type=click.Choice([d.value for d in DateOrder]), help="Order in dates."),
    _option(
        "--wear",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="Table of wear flags that belongs to the file (NHANES).",
    ),
)


def reading_options(command: F) -> F:
    """The command with the options that say how to read a file."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def chosen(context: click.Context) -> dict[str, str]:
    """The reading options that were given, for the reader of a report to see."""
    return {f"--{name.replace('_', '-')}": _said(value) for name, value in _given(context).items()}


def _said(value: object) -> str:
    if isinstance(value, Path):
        return spoken(value)
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def read_options(context: click.Context) -> ReadOptions:
    """
    The reading options that were given, checked.

    Raises:
        UnknownZone: the zone is not in the IANA database; names those that may be meant.
        BadParameter: a column has no unit, or one that does not exist.
    """
    given = _given(context)
    return ReadOptions(
        format=given.get("format"),
        zone=zone_of(given["tz"]) if "tz" in given else None,
        unit=Unit(given["unit"]) if "unit" in given else None,
        epoch_s=given.get("epoch"),
        device=given.get("device"),
        placement=Placement(given["placement"]) if "placement" in given else None,
        time_column=given.get("time_column"),
        value_column=given.get("value_column"),
        date_order=DateOrder(given["dates"]) if "dates" in given else None,
        wear=source_of(given["wear"]) if "wear" in given else None,
        columns=tuple(_column(text) for text in given.get("column", ())),
    )


def label_by(context: click.Context) -> LabelBy | None:
    """What shall name the people of files that do not say whose they are; None when not chosen."""
    given = _given(context).get("label_by")
    return None if given is None else LabelBy(given)


def refusal(refused: Refused) -> str:
    """What was refused, in a line."""
    where = ", ".join(filter(None, (refused.source, refused.participant)))
    reason = refused.reason
    if not reason.startswith(refused.source):
        reason = f"{where}: {reason}"
    return f"refused [{refused.code}]: {reason}"


def _column(text: str) -> ColumnUnit:
    name, _, unit = text.rpartition("=")
    if not name or unit not in set(Unit):
        units = ", ".join(Unit)
        raise click.BadParameter(f"{text!r} is not NAME=UNIT; the units are {units}")
    return ColumnUnit(name=name, unit=Unit(unit))


def _given(context: click.Context) -> dict[str, Any]:
    given: dict[str, Any] = context.meta.get(META, {})
    return given


def source_of(path: Path) -> Source:
    """The file at `path`, opened when it is read."""
    folder = spoken(path.absolute().parent)
    return Source(name=spoken(path), folder=folder, open=lambda: _opened(path))


def _opened(path: Path) -> BinaryIO:
    """A file that can be read from its beginning as often as it is asked, and never waited for."""
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise OSError(errno.EINVAL, "no regular file")
    return path.open("rb")

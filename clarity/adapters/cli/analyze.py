"""`clarity analyze` and `clarity demo`: files in, reports out."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import attrs
import click

from clarity.adapters.cli.analysis_options import (
    analysis_options,
    chosen_analyses,
    with_analyses,
)
from clarity.adapters.cli.exits import Exit
from clarity.adapters.cli.model_options import (
    asked_model,
    model_options,
    told_question,
    with_models,
)
from clarity.adapters.cli.output import earlier, made_room
from clarity.adapters.cli.progress import Advance, progress
from clarity.adapters.cli.reading import (
    chosen,
    label_by,
    read_options,
    reading_options,
    refusal,
    source_of,
)
from clarity.adapters.cli.session import Session, json_option, pass_session
from clarity.adapters.cli.writing import write
from clarity.application.ask_model import ModelQuestion
from clarity.application.belonging import LabelBy
from clarity.application.clarity import Clarity
from clarity.application.orders import Kept, Moved, Order, Read, Rendered, Step, Summary
from clarity.domain.sleep.diary import DiaryNight
from clarity.ports.errors import Unavailable
from clarity.ports.recordings import ReadOptions
from clarity.ports.report import Entry, Refused

__all__ = ["analyze", "demo", "expanded"]

DEMO: Final = Path(__file__).parent / "demo" / "control_1_excerpt.csv.gz"
"""The bundled recording; demo/ATTRIBUTION.md names its source and licence."""

STORE: Final = "clarity.db"
"""The store in an output folder."""

EXISTING: Final = click.Path(exists=True, path_type=Path)
FOLDER: Final = click.Path(file_okay=False, path_type=Path)


@attrs.frozen(kw_only=True)
class Work:
    """
    One invocation of `analyze`.

    Attributes:
        files: what to read.
        out: where the documents go.
        options: what the caller knows better than the files.
        patient: label of the person, None to take the file's.
        label_by: what names the person of a file that does not say whose it is.
        model: what to ask a model, None for nothing.
        diary: file with the nights of the people, None where nobody kept one.
        settings: what the caller chose, for the report.
    """

    files: tuple[Path, ...]
    out: Path
    options: ReadOptions
    patient: str | None
    label_by: LabelBy | None = None
    diary: Path | None = None
    model: ModelQuestion | None = None
    settings: dict[str, str]


@click.command()
@click.argument("files", nargs=-1, required=True, type=EXISTING)
@click.option("--out", required=True, type=FOLDER, help="Where the documents go.")
@click.option("--patient", metavar="ID", help="Label of the person, instead of the file's.")
@click.option(
    "--diary",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Sleep diary (CSV: participant, date, bed, up); its nights have SOL and SE.",
)
@analysis_options
@model_options
@reading_options
@json_option
@pass_session
@click.pass_context
def analyze(
    context: click.Context,
    session: Session,
    files: tuple[Path, ...],
    out: Path,
    patient: str | None,
    diary: Path | None,
) -> None:
    """
    Analyze recordings and write report.html, results.json, nights.csv and summary.csv.

    FILES are recordings or folders of them, searched to the bottom. The documents about a single
    participant go into DIR itself; when there are several files each participant gets a folder, and
    DIR an overview of everybody in it. The recordings are kept in DIR/clarity.db; where they
    overlap, the later import counts wherever it has a value. The same command again continues where
    it was interrupted and does nothing twice.

    Options of the analyses stand in the report's settings and in the fingerprint of the result. A
    recording that a chosen scoring or chosen cut-points are not defined for is refused with the
    reason; a wear rule that cannot tell leaves wear unassessed and says so.
    """
    model = asked_model(context)
    session = with_analyses(with_models(session, context), context)
    work = Work(
        files=tuple(expanded(files)),
        out=out,
        options=read_options(context),
        patient=patient,
        label_by=label_by(context),
        diary=diary,
        model=model,
        settings=chosen(context)
        | chosen_analyses(context)
        | ({"--patient": patient} if patient else {})
        | ({"--diary": diary.name} if diary else {})
        | told_question(model),
    )
    _tell(session, work, _done(session, work))


@click.command()
@click.option(
    "--out", default="demo", show_default=True, type=FOLDER, help="Where the documents go."
)
@json_option
@pass_session
def demo(session: Session, out: Path) -> None:
    """Analyze the bundled recording: 19 days of a wrist-worn Actiwatch (Depresjon, CC BY 4.0)."""
    work = Work(files=(DEMO,), out=out, options=ReadOptions(), patient=None, settings={})
    _tell(session, work, _done(session.making(), work))


def expanded(paths: Sequence[Path]) -> Iterator[Path]:
    """
    The files, with folders replaced by the files in them and in folders below, in order of name.

    Hidden ones are left out, and so are folders that hold a store, since what lies in those are
    results.

    Raises:
        Unavailable: a folder cannot be looked into.
    """
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        files, below = _inside(path)
        yield from files
        yield from expanded(below)


def _inside(folder: Path) -> tuple[list[Path], list[Path]]:
    """The files in a folder, and the folders in it that hold no store."""
    try:
        inside = sorted(one for one in folder.iterdir() if not one.name.startswith("."))
        below = [one for one in inside if one.is_dir() and not one.is_symlink()]
        return (
            [one for one in inside if one.is_file()],
            [one for one in below if not (one / STORE).exists()],
        )
    except OSError as error:
        raise Unavailable(f"{error.filename} ({error.strerror})") from error


def _done(session: Session, work: Work) -> Summary:
    if not work.files:
        raise click.UsageError("there is no file in that folder, nor in those below it")
    with session.open(work.out / STORE) as app, progress(len(work.files)) as advance:
        order = Order(
            sources=tuple(source_of(path) for path in work.files),
            options=work.options,
            patient=work.patient,
            label_by=work.label_by,
            diary=_nights(app, work),
            model=work.model,
            settings=work.settings,
            earlier=earlier(work.out),
            actor=session.acting,
            correlation=app.ids.correlation(),
        )
        for step in app.report.run(order):
            _take(session, work, step, advance)
            if isinstance(step, Summary):
                return step
    raise AssertionError("a run ends with its summary")


def _nights(app: Clarity, work: Work) -> tuple[DiaryNight, ...]:
    if work.diary is None:
        return ()
    return app.diaries.read(source_of(work.diary), zone=work.options.zone)


def _take(session: Session, work: Work, step: Step, advance: Advance) -> None:
    """The documents of the step are on the disk, and who watches knows what it was about."""
    match step:
        case Read(source=source, people=people):
            advance(source, people)
        case Moved(folder=folder):
            made_room(work.out, folder)
        case Kept(entry=entry):
            advance(entry.participant, 1)
        case Rendered(entry=entry, documents=documents):
            write(documents, work.out / entry.folder)
            _say_replaced(session, entry)
            advance(entry.participant)
        case Refused(source=source):
            session.say(refusal(step))
            advance(source)
        case Summary(documents=documents):
            write(documents, work.out)


def _say_replaced(session: Session, entry: Entry) -> None:
    if entry.replaced:
        session.say(
            f"{entry.participant}: {entry.replaced:,} epochs held other values in the store; the "
            f"later file counts"
        )


def _tell(session: Session, work: Work, summary: Summary) -> None:
    if session.as_json:
        session.answer(_as_json(work, summary))
    elif summary.entries:
        session.say(f"{len(summary.entries)} analyzed, {len(summary.refused)} refused")
        click.echo(str(work.out / "report.html"))
    if summary.gone:
        session.say(
            f"left out of the overview, since the store holds their results no more: "
            f"{', '.join(summary.gone)}"
        )
    if summary.refused:
        some = Exit.SOME_REFUSED if summary.entries else Exit.ALL_REFUSED
        raise click.exceptions.Exit(some)


def _as_json(work: Work, summary: Summary) -> dict[str, object]:
    return {
        "out": str(work.out),
        "analyzed": [
            {
                "participant": entry.participant,
                "source": entry.source,
                "folder": entry.folder,
                "findings": dict(entry.findings),
                "fingerprint": entry.fingerprint,
                "replaced": entry.replaced,
            }
            for entry in summary.entries
        ],
        "others": [entry.participant for entry in summary.others],
        "refused": [attrs.asdict(one) for one in summary.refused],
    }

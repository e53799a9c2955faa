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
from clarity.adapters.cli.model_options import asked_model, model_options, with_models
from clarity.adapters.cli.progress import progress
from clarity.adapters.cli.reading import chosen, read_options, reading_options, source_of
from clarity.adapters.cli.session import Session, json_option, pass_session
from clarity.adapters.cli.writing import write
from clarity.application.clarity import Clarity
from clarity.application.reports import Order, Rendered, Step, Stored, Summary
from clarity.domain.models import ModelSelector
from clarity.domain.sleep.diary import DiaryNight
from clarity.ports.recordings import ReadOptions
from clarity.ports.report import Refused

__all__ = ["analyze", "demo", "expanded"]

DEMO: Final = Path(__file__).parent / "demo" / "control_1_excerpt.csv.gz"
"""The bundled recording; demo/ATTRIBUTION.md names its source and licence."""

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
        model: which model to ask, None for none.
        diary: file with the nights of the people, None where nobody kept one.
        settings: what the caller chose, for the report.
    """

    files: tuple[Path, ...]
    out: Path
    options: ReadOptions
    patient: str | None
    diary: Path | None = None
    model: ModelSelector | None = None
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

    FILES are recordings or folders of them. One participant's documents go into DIR itself;
    several get a folder each, and DIR an overview. The recordings are kept in
    DIR/clarity.db; the same command again continues where it was interrupted.

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
        diary=diary,
        model=model,
        settings=chosen(context)
        | chosen_analyses(context)
        | ({"--patient": patient} if patient else {})
        | ({"--diary": diary.name} if diary else {})
        | ({"--model": str(model)} if model else {}),
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
    _tell(session, work, _done(session, work))


def expanded(paths: Sequence[Path]) -> Iterator[Path]:
    """The files, with folders replaced by the files in them, in order of name."""
    for path in paths:
        if path.is_dir():
            inside = (p for p in path.iterdir() if p.is_file() and not p.name.startswith("."))
            yield from sorted(inside)
        else:
            yield path


def _done(session: Session, work: Work) -> Summary:
    if not work.files:
        raise click.UsageError("there is no file in that folder")
    with (
        session.open(work.out / "clarity.db") as app,
        progress(2 * len(work.files)) as advance,
    ):
        order = Order(
            sources=tuple(source_of(path) for path in work.files),
            options=work.options,
            patient=work.patient,
            diary=_nights(app, work),
            model=work.model,
            settings=work.settings,
            actor=session.acting,
            correlation=app.ids.correlation(),
        )
        for step in app.report.run(order):
            advance(_taken(session, work, step))
            if isinstance(step, Summary):
                return step
    raise AssertionError("a run ends with its summary")


def _nights(app: Clarity, work: Work) -> tuple[DiaryNight, ...]:
    if work.diary is None:
        return ()
    return app.diaries.read(source_of(work.diary), zone=work.options.zone)


def _taken(session: Session, work: Work, step: Step) -> str:
    """What the step was about, after its documents are on the disk."""
    match step:
        case Rendered(report, folder, documents):
            write(documents, work.out / folder)
            return report.participant
        case Summary(_, _, documents):
            write(documents, work.out)
            return ""
        case Refused(source=source, code=code, reason=reason):
            session.say(f"refused [{code}]: {reason}")
            return source
        case Stored(source):
            return source


def _tell(session: Session, work: Work, summary: Summary) -> None:
    if session.as_json:
        session.answer(_as_json(work, summary))
    elif summary.reports:
        session.say(f"{len(summary.reports)} analyzed, {len(summary.refused)} refused")
        click.echo(str(work.out / "report.html"))
    if summary.refused:
        some = Exit.SOME_REFUSED if summary.reports else Exit.ALL_REFUSED
        raise click.exceptions.Exit(some)


def _as_json(work: Work, summary: Summary) -> dict[str, object]:
    return {
        "out": str(work.out),
        "analyzed": [
            {
                "participant": report.participant,
                "source": report.source,
                "findings": {one.metric: one.value for one in report.result.findings},
                "fingerprint": report.result.provenance.fingerprint,
            }
            for report in summary.reports
        ],
        "refused": [
            {"source": one.source, "code": one.code, "reason": one.reason}
            for one in summary.refused
        ],
    }

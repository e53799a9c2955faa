"""`clarity store import`: recordings of any number into the store, in bulk."""

from pathlib import Path
from typing import Final

import attrs
import click

from clarity.adapters.cli.analyze import expanded
from clarity.adapters.cli.exits import Exit
from clarity.adapters.cli.progress import progress
from clarity.adapters.cli.reading import label_by, read_options, reading_options, refusal, source_of
from clarity.adapters.cli.session import Session, json_option, pass_session
from clarity.adapters.cli.words import text_of
from clarity.application.belonging import LabelBy
from clarity.application.bulk_import import Imported
from clarity.application.orders import Order
from clarity.ports.recordings import ReadOptions, Source
from clarity.ports.report import Refused

__all__ = ["import_"]

EXISTING: Final = click.Path(exists=True, path_type=Path)


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=EXISTING)
@click.option(
    "--patient", metavar="ID", callback=text_of, help="Label of the person, instead of the file's."
)
@reading_options
@json_option
@pass_session
@click.pass_context
def import_(
    context: click.Context, session: Session, files: tuple[Path, ...], patient: str | None
) -> None:
    """
    Bring recordings into the store in bulk, without analyzing them.

    FILES are recordings or folders of them, labelled as `clarity analyze` does it. Days go in
    batches, each audited before and after; interrupted, the same command continues. Days that are
    stored already are merged. Exit codes: 0 all stored, 3 some files refused, 4 all refused.
    """
    sources = tuple(source_of(path) for path in expanded(files))
    if not sources:
        raise click.UsageError("there is no file in that folder, nor in those below it")
    done = _done(session, sources, read_options(context), (patient, label_by(context)))
    refused = [one for _, one in done if isinstance(one, Refused)]
    _tell(session, done)
    if refused:
        all_refused = len(refused) == len(done)
        raise click.exceptions.Exit(Exit.ALL_REFUSED if all_refused else Exit.SOME_REFUSED)


def _done(
    session: Session,
    sources: tuple[Source, ...],
    options: ReadOptions,
    label: tuple[str | None, LabelBy | None],
) -> list[tuple[Source, Imported | Refused]]:
    done = []
    with session.making().open() as app, progress(len(sources)) as advance:
        order = Order(
            sources=sources,
            options=options,
            patient=label[0],
            label_by=label[1],
            actor=session.acting,
            correlation=app.ids.correlation(),
        )
        for source, outcome in app.import_recordings.run(order):
            if isinstance(outcome, Refused):
                session.say(refusal(outcome))
            advance(source.name)
            done.append((source, outcome))
    return done


def _tell(session: Session, done: list[tuple[Source, Imported | Refused]]) -> None:
    imported = [(source, one) for source, one in done if isinstance(one, Imported)]
    if session.as_json:
        session.answer(
            {
                "imported": [{"source": s.name, **attrs.asdict(one)} for s, one in imported],
                "refused": [attrs.asdict(one) for _, one in done if isinstance(one, Refused)],
            }
        )
        return
    total = sum((one for _, one in imported), Imported())
    click.echo(f"{total.stored:,} days stored, {total.merged:,} merged, {total.same:,} unchanged")

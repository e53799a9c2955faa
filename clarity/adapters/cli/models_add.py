"""`clarity models add`: weights in a file, behind an address or in a bundle become a version."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import attrs
import click

from clarity.adapters.cli.session import Session, json_option, pass_session
from clarity.application.bundles import LoadedModel
from clarity.application.clarity import Clarity
from clarity.application.model_import import ImportRequest
from clarity.domain.pat.artifact import require_digest
from clarity.domain.pat.bundle import LARGEST_BUNDLE, MANIFEST, Bundle
from clarity.domain.pat.canonical import read_heads
from clarity.domain.pat.card import ModelCard
from clarity.domain.pat.preprocessing import OwnSpread, Scaler
from clarity.domain.pat.variants import ARCHITECTURES, WEEK_MIN
from clarity.domain.versions import SemanticVersion
from clarity.ports.downloads import Progress, Wanted

__all__ = ["add"]

OWN: Final = "own"
FILE: Final = click.Path(exists=True, path_type=Path)
PLAIN: Final = click.Path(exists=True, dir_okay=False, path_type=Path)


@attrs.frozen(kw_only=True)
class Told:
    """The options of the command."""

    source: Path | None
    url: str
    sha256: str
    name: str
    version: str
    scaler: str
    licence: str
    head: tuple[str, ...]
    heads: Path | None
    length: int
    intended_use: str
    training_data: str
    limitation: tuple[str, ...]
    contact: str

    @property
    def notes(self) -> ModelCard:
        """What the model card is to say."""
        return ModelCard(
            title="",
            intended_use=self.intended_use,
            training_data=self.training_data,
            limitations=self.limitation,
            contact=self.contact,
        )


@click.command()
@click.argument("source", type=FILE, required=False)
@click.option("--url", default="", help="Fetch the file from here instead; needs --sha256.")
@click.option("--sha256", default="", help="What the file must be; nothing else is opened.")
@click.option("--name", default="", help="Name to register under, for example pat-s.")
@click.option("--version", default="", help="Version to register under, for example 1.0.0.")
@click.option(
    "--scaler",
    default="",
    help=f"Cohort scaler (.npz with name, unit, mean, sd), or `{OWN}`: each week's own spread.",
)
@click.option("--licence", default="", help="Terms of the weights, for example `CC BY 4.0`.")
@click.option("--head", multiple=True, metavar="NAME=FILE", help="Keras file of a trained head.")
@click.option("--heads", type=PLAIN, help="JSON list: what scores mean, thresholds, calibrations.")
@click.option("--length", default=WEEK_MIN, show_default=True, help="Minutes per sample.")
@click.option("--intended-use", default="", help="Card: for what, and for what not.")
@click.option("--training-data", default="", help="Card: on which recordings it was trained.")
@click.option("--limitation", multiple=True, help="Card: what is known to go wrong; repeat.")
@click.option("--contact", default="", help="Card: whom to ask.")
@json_option
@pass_session
def add(session: Session, /, **options: Any) -> None:
    """
    Add a version from SOURCE: Keras .h5, safetensors, or a folder with a bundle.

    Checks every tensor, builds the graph, proves it and registers it; nothing serves before
    `clarity models promote`. Nothing is fetched unless --url and --sha256 say what.
    """
    told = Told(**options)
    with session.open() as app:
        model = _added(app, session, told)
    _tell(session, model)


def _added(app: Clarity, session: Session, told: Told) -> LoadedModel:
    acting, correlation = session.acting, app.ids.correlation()
    if told.source is not None and told.source.is_dir():
        if told.notes != ModelCard(title=""):
            raise click.UsageError("a bundle has its card; leave the options of the card out")
        bundle = _bundle_in(told.source)
        if told.sha256:
            require_digest(bundle.manifest, sha256=told.sha256)
        return app.models.register.run(bundle, actor=acting, correlation=correlation)
    return app.models.importer.run(_request(app, told), actor=acting, correlation=correlation)


def _bundle_in(folder: Path) -> Bundle:
    paths = sorted(path for path in folder.iterdir() if path.is_file())
    if sum(path.stat().st_size for path in paths) > LARGEST_BUNDLE:
        raise click.BadParameter("the folder holds more than any model")
    files = {path.name: path.read_bytes() for path in paths}
    if MANIFEST not in files:
        raise click.BadParameter(f"the folder holds no {MANIFEST}, so it is no bundle")
    try:
        return Bundle(manifest=files.pop(MANIFEST), files=files)
    except ValueError as error:
        raise click.BadParameter(f"the folder is no bundle: {error}") from error


def _request(app: Clarity, told: Told) -> ImportRequest:
    return ImportRequest(
        model=told.name,
        version=SemanticVersion.parse(told.version) if told.version else None,
        weights=_weights(app, told),
        sha256=told.sha256,
        location=told.url or (told.source.name if told.source else ""),
        heads=tuple(_head(option) for option in told.head),
        specs=read_heads(_content(told.heads)) if told.heads else (),
        scaler=_scaler(app, told.scaler),
        licence=told.licence,
        notes=told.notes,
        length=told.length,
    )


def _weights(app: Clarity, told: Told) -> bytes:
    if told.url and told.source is not None:
        raise click.UsageError("give a SOURCE or --url, not both")
    if told.source is not None:
        return _content(told.source)
    if not told.url:
        raise click.UsageError("give a SOURCE, or --url with --sha256")
    if not told.sha256:
        raise click.UsageError("--url needs --sha256: nothing is fetched that nobody vouches for")
    try:
        wanted = Wanted(url=told.url, sha256=told.sha256, limit_bytes=LARGEST_BUNDLE)
    except ValueError as error:
        raise click.BadParameter("a SHA-256 has 64 hexadecimal digits") from error
    with _downloading() as seen:
        return app.models.ports.downloads.fetch(wanted, progress=seen)


def _head(option: str) -> tuple[str, bytes]:
    name, equals, path = option.partition("=")
    if not equals or not Path(path).is_file():
        raise click.BadParameter(f"{option!r} is not NAME=FILE of an existing file")
    return name, _content(Path(path))


def _scaler(app: Clarity, option: str) -> Scaler | None:
    if option == OWN:
        return OwnSpread()
    if option and not Path(option).is_file():
        raise click.BadParameter(f"{option!r} is neither `{OWN}` nor an existing file")
    return app.models.ports.arrays.read_scaler(_content(Path(option))) if option else None


def _content(path: Path) -> bytes:
    if path.stat().st_size > LARGEST_BUNDLE:
        raise click.BadParameter(f"{path.name} is larger than any model")
    return path.read_bytes()


def _unseen(got: int, total: int) -> None:
    """Nobody is watching."""
    del got, total


@contextmanager
def _downloading() -> Iterator[Progress]:
    """Shows how much is there on a terminal, and nothing elsewhere."""
    if not sys.stderr.isatty():
        yield _unseen
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TransferSpeedColumn
    from rich.progress import Progress as Bar

    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda got, total: bar.update(task, completed=got, total=total or None)


def _tell(session: Session, model: LoadedModel) -> None:
    manifest = model.bundle.manifest
    unknown = [head.name for head in manifest.heads if head.calibration is None]
    facts = {
        "model": str(model.ref),
        "digest": model.ref.digest,
        "variant": manifest.variant.value,
        "parameters": ARCHITECTURES[manifest.variant].parameters,
        "source_sha256": manifest.origin.sha256,
        "self_test": model.agreement.embedding_error,
        "scaler": manifest.scaler,
        "licence": manifest.licence,
        "heads": [head.name for head in manifest.heads],
        "not_calibrated": unknown,
    }
    if session.as_json:
        session.answer(facts)
        return
    for name, value in facts.items():
        click.echo(f"{name:<15} {value}")
    session.say(f"it serves nobody yet: `clarity models promote {model.ref}`")

"""`clarity models add`: weights in a file, behind an address or in a bundle become a version."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import attrs
import click
from click.core import ParameterSource

from clarity.adapters.cli.bundle_folder import bundle_in
from clarity.adapters.cli.progress import progress
from clarity.adapters.cli.session import Session, json_option, pass_session
from clarity.application.bundles import LoadedModel, Phase, Told
from clarity.application.clarity import Clarity
from clarity.application.model_import import ImportRequest
from clarity.domain.pat.artifact import require_digest
from clarity.domain.pat.bundle import LARGEST_BUNDLE, Bundle
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
OF_A_BUNDLE: Final = frozenset({"source", "sha256"})
"""What may be said of a folder with a bundle; everything else stands in its manifest and card."""


@attrs.frozen(kw_only=True)
class Options:
    """The options of the command; `given` names those that the caller chose."""

    given: frozenset[str]
    source: Path | None
    url: str
    sha256: str
    name: str
    version: str
    scaler: str
    licence: str
    head: tuple[str, ...]
    heads: Path | None
    encoder_only: bool
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
@click.option("--encoder-only", is_flag=True, help="Leave out a head that is in the Keras file.")
@click.option("--length", default=WEEK_MIN, show_default=True, help="Minutes per sample.")
@click.option("--intended-use", default="", help="Card: for what, and for what not.")
@click.option("--training-data", default="", help="Card: on which recordings it was trained.")
@click.option("--limitation", multiple=True, help="Card: what is known to go wrong; repeat.")
@click.option("--contact", default="", help="Card: whom to ask.")
@json_option
@pass_session
@click.pass_context
def add(context: click.Context, session: Session, /, **chosen: Any) -> None:
    """
    Add a version from SOURCE: Keras .h5, safetensors, or a folder with a bundle.

    Checks every tensor, builds the graph, proves it and registers it; nothing serves before
    `clarity models promote`. Nothing is fetched unless --url and --sha256 say what.
    """
    given = frozenset(name for name in chosen if _was_given(context, name))
    options = Options(given=given, **chosen)
    with session.open() as app:
        model = _added(app, session, options)
    _tell(session, model)


def _was_given(context: click.Context, name: str) -> bool:
    return context.get_parameter_source(name) is not ParameterSource.DEFAULT


def _added(app: Clarity, session: Session, options: Options) -> LoadedModel:
    acting, correlation = session.acting, app.ids.correlation()
    if options.source is not None and options.source.is_dir():
        bundle = _bundle(options, options.source)
        with _watched() as told:
            return app.models.register.run(bundle, actor=acting, correlation=correlation, told=told)
    request = _request(app, options)
    with _watched() as told:
        return app.models.importer.run(request, actor=acting, correlation=correlation, told=told)


def _bundle(options: Options, folder: Path) -> Bundle:
    ignored = sorted(f"--{name.replace('_', '-')}" for name in options.given - OF_A_BUNDLE)
    if ignored:
        raise click.UsageError(
            f"a bundle says itself what it is and has its card; leave out {', '.join(ignored)}"
        )
    bundle = bundle_in(folder)
    if options.sha256:
        require_digest(bundle.manifest, sha256=options.sha256)
    return bundle


@contextmanager
def _watched() -> Iterator[Told]:
    """Shows on a terminal what is being done, and nothing elsewhere."""
    with progress(len(Phase)) as advance:
        yield lambda phase: advance(phase.value)


def _request(app: Clarity, options: Options) -> ImportRequest:
    """What is to be added; everything that was said is looked at before anything is fetched."""
    _require_one_place(options)
    request = ImportRequest(
        model=options.name,
        version=SemanticVersion.parse(options.version) if options.version else None,
        weights=b"",
        sha256=options.sha256,
        location=options.url or (options.source.name if options.source else ""),
        heads=tuple(_head(option) for option in options.head),
        encoder_only=options.encoder_only,
        specs=read_heads(_content(options.heads)) if options.heads else (),
        scaler=_scaler(app, options.scaler),
        licence=options.licence,
        notes=options.notes,
        length=options.length,
    )
    if options.source is not None:
        return attrs.evolve(request, weights=_content(options.source))
    wanted = _wanted(options)
    if request.unsaid:
        missing = " and ".join(f"--{what}" for what in request.unsaid)
        raise click.UsageError(f"give {missing}: nothing is fetched before the rest is said")
    return attrs.evolve(request, weights=_fetched(app, wanted))


def _require_one_place(options: Options) -> None:
    if options.url and options.source is not None:
        raise click.UsageError("give a SOURCE or --url, not both")
    if options.source is None and not options.url:
        raise click.UsageError("give a SOURCE, or --url with --sha256")
    if options.url and not options.sha256:
        raise click.UsageError("--url needs --sha256: nothing is fetched that nobody vouches for")


def _wanted(options: Options) -> Wanted:
    try:
        return Wanted(url=options.url, sha256=options.sha256, limit_bytes=LARGEST_BUNDLE)
    except ValueError as error:
        raise click.BadParameter("a SHA-256 has 64 hexadecimal digits") from error


def _fetched(app: Clarity, wanted: Wanted) -> bytes:
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
    manifest = model.manifest
    unknown = [head.name for head in manifest.heads if head.calibration is None]
    facts = {
        "model": str(model.ref),
        "digest": model.ref.digest,
        "variant": manifest.variant.value,
        "parameters": ARCHITECTURES[manifest.variant].parameters,
        "minutes": manifest.input.length,
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
    session.say(_next_step(model))


def _next_step(model: LoadedModel) -> str:
    minutes = model.manifest.input.length
    if minutes != WEEK_MIN:
        return f"it reads {minutes} minutes, so it cannot be asked about weeks ({WEEK_MIN} minutes)"
    return f"it serves nobody yet: `clarity models promote {model.ref}`"

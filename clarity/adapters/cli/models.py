"""`clarity models`: which networks there are, whether they are right, and which of them serves."""

from pathlib import Path

import attrs
import click

from clarity.adapters.cli.exits import Exit
from clarity.adapters.cli.models_add import add
from clarity.adapters.cli.session import Session, json_option, pass_session
from clarity.adapters.cli.writing import write
from clarity.application.bundles import LoadedModel
from clarity.application.model_views import ListedVersion, ModelVerdict
from clarity.domain.models import CHAMPION, AliasMove, ModelSelector
from clarity.domain.pat.bundle import VerifiedBundle
from clarity.domain.pat.runtime import Precision
from clarity.domain.pat.variants import ARCHITECTURES
from clarity.ports.report import Document

__all__ = ["DTYPES", "ENGINES", "MODEL", "models"]


class SelectorType(click.ParamType[ModelSelector]):
    """`NAME`, `NAME@ALIAS` or `NAME:VERSION`."""

    name = "model"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> ModelSelector:
        """The selector; a bad one is told by the command like every other error."""
        del param, ctx
        return value if isinstance(value, ModelSelector) else ModelSelector.parse(str(value))


MODEL = SelectorType()
ENGINES = click.Choice(["onnx", "torch"])
DTYPES = click.Choice([precision.value for precision in Precision])
alias_option = click.option(
    "--alias", default=CHAMPION, show_default=True, help="Which alias; the champion serves."
)


@click.group()
@click.option(
    "--folder",
    default="",
    envvar="CLARITY_MODELS",
    metavar="PATH",
    help="Where models are kept, or s3://BUCKET/PREFIX?region=REGION; in your home unless given.",
)
@click.option(
    "--trust",
    default="",
    envvar="CLARITY_MODEL_KEYS",
    metavar="PATH",
    help="Folder with public keys (.pem); a model must be signed by one of them to be used.",
)
@click.option(
    "--engine",
    type=ENGINES,
    envvar="CLARITY_MODEL_ENGINE",
    help="What runs networks; onnx unless given.",
)
@click.option(
    "--device",
    default="",
    envvar="CLARITY_MODEL_DEVICE",
    help="Where torch runs them, for example cuda; cpu unless given.",
)
@click.option(
    "--dtype",
    type=DTYPES,
    envvar="CLARITY_MODEL_DTYPE",
    help="Precision of torch; float32 unless given.",
)
@click.pass_context
def models(context: click.Context, /, folder: str, trust: str, **engine: str | None) -> None:
    """
    Add, prove and promote PAT networks.

    MODEL is NAME for its champion, NAME@ALIAS or NAME:VERSION. Changes are recorded in the trail of
    the store, which is made if it is not there.
    """
    of_engine = {f"model_{name}": value for name, value in engine.items()}
    chosen = {"models": folder, "model_keys": trust, **of_engine}
    given = {name: value for name, value in chosen.items() if value}
    context.obj = attrs.evolve(context.obj.making(), settings={**context.obj.settings, **given})


models.add_command(add)


@models.command("list")
@json_option
@pass_session
def list_(session: Session) -> None:
    """Every version, by name and in semantic order, with its stage."""
    with session.open() as app:
        listed = app.models.listing.run()
    if session.as_json:
        session.answer([_listed(one) for one in listed])
        return
    for one in listed:
        aliases = " ".join(f"@{alias}" for alias in one.aliases)
        click.echo(f"{one.version.ref!s:<28} {one.stage.value:<11} {aliases}".rstrip())
    if not listed:
        session.say("no models; add one with `clarity models add FILE`")


def _listed(one: ListedVersion) -> dict[str, object]:
    return {
        "model": one.version.ref.model,
        "version": str(one.version.ref.version),
        "digest": one.version.ref.digest,
        "stage": one.stage.value,
        "aliases": list(one.aliases),
        "added_at": one.version.added_at.isoformat(),
        "added_by": one.version.added_by,
    }


@models.command()
@click.argument("model", type=MODEL)
@json_option
@pass_session
def show(session: Session, model: ModelSelector) -> None:
    """What a version is, by its manifest, after every digest was compared."""
    with session.open() as app:
        facts = _facts(app.models.show.run(model))
    if session.as_json:
        session.answer(facts)
        return
    for name, value in facts.items():
        click.echo(f"{name:<12} {value}")


def _facts(bundle: VerifiedBundle) -> dict[str, object]:
    manifest = bundle.manifest
    return {
        "model": str(bundle.ref),
        "digest": bundle.ref.digest,
        "variant": manifest.variant.value,
        "parameters": ARCHITECTURES[manifest.variant].parameters,
        "minutes": manifest.input.length,
        "unit": "unknown" if manifest.input.unit is None else manifest.input.unit.value,
        "scaler": manifest.scaler,
        "heads": [head.name for head in manifest.heads],
        "calibrated": [head.name for head in manifest.heads if head.calibration is not None],
        "licence": manifest.licence,
        "source": manifest.origin.location,
        "source_sha256": manifest.origin.sha256,
        "signatures": bundle.signatures,
        "files": dict(manifest.files),
    }


@models.command()
@click.argument("model", type=MODEL)
@pass_session
def card(session: Session, model: ModelSelector) -> None:
    """The model card, in Markdown."""
    with session.open() as app:
        click.echo(app.models.show.card(model), nl=False)


@models.command()
@click.argument("model", type=MODEL, nargs=-1)
@json_option
@pass_session
def verify(session: Session, model: tuple[ModelSelector, ...]) -> None:
    """Open versions anew with every check: digests, signature, self-test. All unless named."""
    with session.open() as app:
        verdicts = app.models.verify.run(model)
    if session.as_json:
        session.answer([_verdict(verdict) for verdict in verdicts])
    else:
        for verdict in verdicts:
            click.echo(_spoken(verdict))
    if any(verdict.refusal is not None for verdict in verdicts):
        raise click.exceptions.Exit(Exit.FAILED)


def _verdict(verdict: ModelVerdict) -> dict[str, object]:
    model = verdict.model
    return {
        "model": str(verdict.ref),
        "digest": verdict.ref.digest,
        "ok": verdict.refusal is None,
        "problem": "" if verdict.refusal is None else str(verdict.refusal),
        "embedding_error": None if model is None else model.agreement.embedding_error,
        "score_error": None if model is None else model.agreement.score_error,
        "weights_error": None if verdict.weights is None else verdict.weights.embedding_error,
        "runtime": None if model is None else str(model.runtime),
        "signatures": verdict.signatures,
        "signed_by": [] if model is None else list(model.signers),
    }


def _spoken(verdict: ModelVerdict) -> str:
    if verdict.model is None:
        return f"REFUSED  {verdict.ref}  {verdict.refusal}"
    signed = _signed(verdict.model, verdict.signatures)
    return f"ok       {verdict.ref}  {_proof(verdict.model)}, {signed}"


def _proof(model: LoadedModel) -> str:
    return f"self-test within {model.agreement.embedding_error:.1e} by {model.runtime}"


def _signed(model: LoadedModel, signatures: int | None) -> str:
    if model.signers:
        return f"signed by {len(model.signers)} trusted keys"
    if signatures:
        return f"{signatures} signatures, no key to check them against (--trust FOLDER)"
    return "not signed"


@models.command()
@click.argument("model", type=MODEL)
@alias_option
@click.option(
    "--based-on", type=click.IntRange(min=0), help="Refuse if the alias moved since this revision."
)
@json_option
@pass_session
def promote(session: Session, model: ModelSelector, alias: str, based_on: int | None) -> None:
    """Point an alias at MODEL, after its self-test."""
    with session.open() as app:
        move = app.models.move.promote(
            model,
            alias=alias,
            based_on=based_on,
            actor=session.acting,
            correlation=app.ids.correlation(),
        )
    _tell_move(session, move)


@models.command()
@click.argument("name")
@alias_option
@json_option
@pass_session
def rollback(session: Session, name: str, alias: str) -> None:
    """Point an alias where it was before its last promotion."""
    with session.open() as app:
        move = app.models.move.rollback(
            name, alias=alias, actor=session.acting, correlation=app.ids.correlation()
        )
    _tell_move(session, move)


def _tell_move(session: Session, move: AliasMove) -> None:
    if session.as_json:
        told = {"model": move.model, "alias": move.alias, "version": str(move.version)}
        session.answer({**told, "revision": move.revision})
        return
    click.echo(f"{move.model}@{move.alias} is {move.version} (revision {move.revision})")


@models.command()
@click.argument("model", type=MODEL)
@pass_session
def remove(session: Session, model: ModelSelector) -> None:
    """Take a version out of the registry; `gc` frees its space."""
    with session.open() as app:
        ref = app.models.remove.run(model, actor=session.acting, correlation=app.ids.correlation())
    click.echo(f"removed {ref}")


@models.command()
@click.option(
    "--older-than",
    type=click.FloatRange(min=0.0),
    default=3_600.0,
    show_default=True,
    help="Keep what was added in the last so many seconds.",
)
@pass_session
def gc(session: Session, older_than: float) -> None:
    """Remove bundles that no version names."""
    with session.open() as app:
        digests = app.models.garbage.run(
            older_than_s=older_than, actor=session.acting, correlation=app.ids.correlation()
        )
    click.echo(f"removed {len(digests)} bundles")


@models.command()
@click.argument("model", type=MODEL)
@click.option(
    "--key",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Ed25519 private key (PEM, not encrypted).",
)
@pass_session
def sign(session: Session, model: ModelSelector, key: Path) -> None:
    """Sign a version."""
    with session.open() as app:
        signed_by = app.models.sign.run(
            model,
            signer=app.models.ports.signer(key),
            actor=session.acting,
            correlation=app.ids.correlation(),
        )
    click.echo(f"signed by key {signed_by}")


@models.command("export-onnx")
@click.argument("model", type=MODEL)
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@pass_session
def export_onnx(session: Session, model: ModelSelector, out: Path) -> None:
    """Write MODEL as ONNX in standard operators (opset 23) to OUT."""
    with session.open() as app:
        graph = app.models.export.run(model)
    write([Document(out.name, graph)], out.parent)
    click.echo(f"wrote {out}, {len(graph):,} bytes")

"""What models are kept in, read with and run on; heavy libraries are imported when needed."""

import os
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from dependency_injector import providers

from clarity.application.model_aliases import Freshness
from clarity.application.model_service import ModelPorts, Serving
from clarity.application.models import Residency
from clarity.application.predict_async import Lanes
from clarity.domain.pat.runtime import Precision
from clarity.ports.downloads import Downloads
from clarity.ports.engine import Engine
from clarity.ports.model_files import ExtraMissing, WeightsFiles
from clarity.ports.signing import SignatureCheck, Signer
from clarity.profiles.late import late, port
from clarity.settings import CPU, BadSettings, EngineKind, Settings

__all__ = ["BUCKET", "model_ports", "serving"]

BUCKET: Final = "s3://"
"""How an address in S3 begins."""

DOWNLOAD_TIMEOUT_S: Final = 30.0
"""A server that is silent for longer does not answer."""

ONNX_ALONE: Final = (
    "model_device, model_dtype and model_group are for model_engine=torch; the engine onnx runs "
    "one week after the other on the CPU in float32"
)


def model_ports(
    settings: Settings, *, tracer: providers.Provider[Any], **shared: providers.Provider[Any]
) -> providers.Provider[ModelPorts]:
    """
    Models where the settings say; engines and converters are imported when needed.

    Raises:
        BadSettings: the engine cannot do what was chosen for it.
    """
    from clarity.adapters.convert.npz import NpzArrays
    from clarity.adapters.convert.weights_files import AnyWeights

    weights = AnyWeights(_lazily("convert.keras_reader", "keras_reader", extra="convert"))
    in_bucket = settings.models.startswith(BUCKET)
    instruments = {"clock": shared["clock"], "metrics": shared["metrics"], "tracer": tracer}
    kept = _in_bucket(settings, instruments) if in_bucket else _in_folder(settings, shared["clock"])
    here = settings.home.parent if in_bucket else Path(settings.models)
    return providers.ThreadSafeSingleton(
        ModelPorts,
        **kept,
        engine=providers.Object(_engine(settings, weights)),
        graphs=providers.Object(_lazily("onnx.graphs", "OnnxGraphs", extra="convert")),
        runner=providers.Object(_lazily("onnx.engine", "OnnxEngine", extra="convert")),
        weights=weights,
        arrays=NpzArrays(),
        signatures=providers.ThreadSafeSingleton(_trusting, settings.model_keys),
        unsigned=_trusting(""),
        signer=providers.Object(_signer),
        downloads=late(port("downloads.Downloads"), partial(_downloads, here / "downloads")),
        **shared,
    )


def serving(settings: Settings) -> Serving:
    """How models are held and asked: on a CPU as many callers as cores, on an accelerator one."""
    on_cpu = settings.model_device == CPU
    workers = settings.model_workers or (_usable_cores() if on_cpu else 1)
    return Serving(
        strategy=settings.model_loading,
        residency=Residency(
            max_models=settings.models_resident, max_bytes=settings.models_resident_bytes
        ),
        freshness=Freshness(
            believed_s=settings.model_alias_s, outage_s=settings.model_alias_outage_s
        ),
        lanes=Lanes(workers=workers, together=settings.model_group),
    )


def _usable_cores() -> int:
    """The cores that this process may use, where the system says; all of them elsewhere."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _trusting(folder: str) -> SignatureCheck:
    """The keys in the folder, read at once, so that a bad one is told when clarity opens."""
    from clarity.adapters.signing.unsigned import NothingRequired

    if not folder:
        return NothingRequired()
    from clarity.adapters.signing.ed25519 import trusted_folder

    return trusted_folder(folder)


def _signer(path: Path) -> Signer:
    from clarity.adapters.signing.ed25519 import Ed25519Signer

    return Ed25519Signer.from_file(path)


def _downloads(folder: Path) -> Downloads:
    from clarity.adapters.web.downloads import HttpDownloads

    return HttpDownloads(folder=folder, timeout_s=DOWNLOAD_TIMEOUT_S)


def _in_folder(
    settings: Settings, clock: providers.Provider[Any]
) -> dict[str, providers.Provider[Any]]:
    from clarity.adapters.local.model_registry import DirectoryModelRegistry
    from clarity.adapters.local.model_store import DirectoryModelStore

    root, once = Path(settings.models), providers.ThreadSafeSingleton
    return {
        "store": once(DirectoryModelStore, root=root, clock=clock),
        "registry": once(DirectoryModelRegistry, root=root),
    }


def _in_bucket(
    settings: Settings, instruments: dict[str, providers.Provider[Any]]
) -> dict[str, providers.Provider[Any]]:
    from clarity.adapters.aws.s3.models import open_models

    fetched = settings.home.parent / "fetched"
    opened = providers.Resource(open_models, settings.models, fetched, **instruments)
    return {"store": opened.provided.store, "registry": opened.provided.registry}


def _engine(settings: Settings, weights: WeightsFiles) -> Callable[[], Engine]:
    chosen = (settings.model_device, settings.model_dtype, settings.model_group)
    if settings.model_engine is EngineKind.TORCH:
        return _lazily("torch.engine", "torch_engine", weights, *chosen, extra="torch")
    if chosen != (CPU, Precision.FLOAT32, 1):
        raise BadSettings((ONNX_ALONE,))
    return _lazily("onnx.engine", "OnnxEngine", extra="convert")


def _lazily(module: str, name: str, *arguments: object, extra: str) -> Callable[[], Any]:
    """Makes `name` of a module of adapters, imported no earlier than that."""

    def made() -> Any:
        try:
            return getattr(import_module(f"clarity.adapters.{module}"), name)(*arguments)
        except ModuleNotFoundError as error:
            raise ExtraMissing(f"{name} without {error.name}", extra) from error

    return made

"""The walls stand, and each of them falls when something is planted against it."""

import shutil
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import attrs
import pytest

ROOT = Path(__file__).resolve().parents[2]


@attrs.frozen(kw_only=True)
class Plant:
    """One file that breaks one contract; `beside` are files that make the breach possible."""

    contract: str
    path: str
    text: str
    beside: tuple[tuple[str, str], ...] = ()


PLANTS = (
    Plant(
        contract="rings",
        path="clarity/ports/planted.py",
        text="import clarity.application\n",
    ),
    Plant(
        contract="ports-users",
        path="clarity/domain/planted.py",
        text="import clarity.ports\n",
    ),
    Plant(
        contract="adapters-hidden",
        path="clarity/application/planted.py",
        text="import clarity.adapters.files\n",
    ),
    Plant(
        contract="domain",
        path="clarity/domain/errors.py",
        text="import clarity.domain.streams\n",
    ),
    Plant(contract="domain", path="clarity/domain/unplaced.py", text=""),
    Plant(
        contract="families",
        path="clarity/adapters/local/planted.py",
        text="def late():\n    import clarity.adapters.files\n",
    ),
    Plant(
        contract="aws",
        path="clarity/adapters/aws/s3/planted.py",
        text="import clarity.adapters.aws.dynamodb.keys\n",
    ),
    Plant(
        contract="aws",
        path="clarity/adapters/aws/_errors.py",
        text="import clarity.adapters.aws._client\n",
    ),
    Plant(
        contract="aws",
        path="clarity/adapters/aws/connection.py",
        text="def late():\n    import clarity.adapters.aws.cloudwatch\n",
    ),
    Plant(contract="pure", path="clarity/domain/rhythm/planted.py", text="import scipy.signal\n"),
    Plant(contract="pure", path="clarity/ports/planted.py", text="import orjson\n"),
    Plant(contract="still", path="clarity/domain/rhythm/planted.py", text="import random\n"),
    Plant(contract="still", path="clarity/domain/planted.py", text="from pathlib import Path\n"),
    Plant(contract="fence-aws", path="clarity/adapters/local/planted.py", text="import boto3\n"),
    Plant(
        contract="fence-aws",
        path="clarity/application/planted.py",
        text="from botocore.exceptions import ClientError\n",
    ),
    Plant(contract="fence-redis", path="clarity/bootstrap.py", text="import redis\n"),
    Plant(contract="fence-torch", path="clarity/adapters/local/planted.py", text="import torch\n"),
    Plant(
        contract="fence-onnx", path="clarity/adapters/local/planted.py", text="import onnxruntime\n"
    ),
    Plant(
        contract="fence-onnx", path="clarity/application/planted.py", text="import onnx.helper\n"
    ),
    Plant(
        contract="fence-resilience",
        path="clarity/adapters/local/planted.py",
        text="import pybreaker\n",
    ),
    Plant(contract="fence-cattrs", path="clarity/application/planted.py", text="import cattrs\n"),
    Plant(
        contract="fence-container",
        path="clarity/application/planted.py",
        text="from dependency_injector import containers\n",
    ),
    Plant(
        contract="acyclic",
        path="clarity/application/planted.py",
        text="import clarity.application.planted_too\n",
        beside=(("clarity/application/planted_too.py", "import clarity.application.planted\n"),),
    ),
)


def _contracts() -> dict[str, str]:
    """The names of all contracts by their ids."""
    config = ConfigParser()
    config.read(ROOT / ".importlinter")
    prefix = "importlinter:contract:"
    return {
        section.removeprefix(prefix): config[section]["name"]
        for section in config.sections()
        if section.startswith(prefix)
    }


def _lint(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )


def _copy_of_the_tree(to: Path) -> Path:
    skipped = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "clarity", to / "clarity", ignore=skipped)
    (to / "tests/architecture").mkdir(parents=True)
    shutil.copy(ROOT / "tests/architecture/contracts.py", to / "tests/architecture")
    shutil.copy(ROOT / ".importlinter", to)
    return to


def _put(root: Path, path: str, text: str) -> None:
    file = root / path
    before = file.read_text("utf-8") if file.exists() else ""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{before}\n{text}", "utf-8")


def test_every_contract_holds():
    linted = _lint(ROOT)

    assert linted.returncode == 0, linted.stdout
    assert f"{len(_contracts())} kept, 0 broken" in linted.stdout


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: f"{plant.contract}:{plant.path}")
def test_a_planted_violation_breaks_its_contract(plant: Plant, tmp_path: Path):
    root = _copy_of_the_tree(tmp_path)
    for path, text in (*plant.beside, (plant.path, plant.text)):
        _put(root, path, text)

    linted = _lint(root)

    assert f"{_contracts()[plant.contract]} BROKEN" in linted.stdout


def test_every_contract_has_a_planted_violation():
    assert {plant.contract for plant in PLANTS} == set(_contracts())


def test_no_contract_ignores_an_import():
    config = ConfigParser()
    config.read(ROOT / ".importlinter")

    assert not [section for section in config.sections() if "ignore_imports" in config[section]]

"""What installed packages offer is found wherever the interpreter would find it."""

import subprocess
import sys
import zipfile
from collections.abc import Callable
from importlib.machinery import PathFinder
from importlib.metadata import DistributionFinder, entry_points
from pathlib import Path

import pytest

from clarity.application.offered import PLUGINS, offered

ENTRY = f"[{PLUGINS}]\ncount = clarity_test_plugin:Count\n"
METADATA = "Metadata-Version: 2.1\nName: clarity-test-plugin\nVersion: 1.0\n"

ALONE = """
import sys
sys.path[:] = [sys.argv[1], *sys.path]
from clarity.application.offered import offered
print(len(offered()), "importlib.metadata" in sys.modules)
"""


def _folder(place: Path, kind: str, said: str = ENTRY) -> Path:
    info = place / f"clarity_test_plugin-1.0.{kind}"
    info.mkdir(parents=True)
    (info / ("METADATA" if kind == "dist-info" else "PKG-INFO")).write_text(METADATA)
    (info / "entry_points.txt").write_text(said)
    return place


def _zip(place: Path) -> Path:
    packed = place / "packed.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("clarity_test_plugin-1.0.dist-info/METADATA", METADATA)
        archive.writestr("clarity_test_plugin-1.0.dist-info/entry_points.txt", ENTRY)
    return packed


def _egg(place: Path) -> Path:
    info = place / "clarity_test_plugin-1.0-py3.egg" / "EGG-INFO"
    info.mkdir(parents=True)
    (info / "PKG-INFO").write_text(METADATA)
    (info / "entry_points.txt").write_text(ENTRY)
    return info.parent


@pytest.mark.parametrize(
    "installed",
    [
        lambda place: _folder(place, "dist-info"),
        lambda place: _folder(place, "egg-info"),
        _zip,
        _egg,
    ],
    ids=["dist-info", "egg-info", "zip", "egg"],
)
def test_what_is_offered_is_what_the_interpreter_finds(
    installed: Callable[[Path], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.syspath_prepend(str(installed(tmp_path)))

    assert [point.name for point in offered()] == ["count"]
    assert offered() == tuple(entry_points(group=PLUGINS))


class Elsewhere(DistributionFinder):
    """Finds packages that no folder holds."""

    def find_spec(self, *_: object) -> None:
        return None

    def find_distributions(self, context: object = None):
        self.asked = True
        return iter(())


def test_a_finder_of_another_kind_is_asked(monkeypatch: pytest.MonkeyPatch):
    finder = Elsewhere()
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, finder])

    assert offered() == ()
    assert finder.asked


def test_where_no_place_says_anything_nothing_is_offered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    place = _folder(tmp_path, "dist-info", "[console_scripts]\nodd = odd:main\n")
    monkeypatch.setattr(sys, "meta_path", [PathFinder])
    monkeypatch.setattr(sys, "path", [str(place), str(tmp_path / "absent")])

    assert offered() == ()


def test_what_cannot_be_read_is_left_to_the_interpreter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "odd-1.0.dist-info" / "entry_points.txt").mkdir(parents=True)
    monkeypatch.syspath_prepend(str(tmp_path))

    assert offered() == ()


@pytest.mark.parametrize(
    ("said", "told"), [("[console_scripts]\nodd = odd:main\n", "0 False"), (ENTRY, "1 True")]
)
def test_nothing_is_imported_where_no_package_says_a_word_of_clarity(
    said: str, told: str, tmp_path: Path
):
    place = _folder(tmp_path, "dist-info", said)

    found = subprocess.run(
        [sys.executable, "-c", ALONE, str(place)], capture_output=True, text=True, check=True
    )

    assert found.stdout.strip() == told

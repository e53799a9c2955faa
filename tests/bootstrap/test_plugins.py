"""Analyses of installed packages, found through a real dist-info on the path."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from clarity.application.plugins import BadPlugin, all_analyses
from clarity.bootstrap import open_clarity
from clarity.domain.actigraphy.intensity import FREEDSON_1998
from clarity.domain.analysis.as_recorded import AsRecorded
from clarity.domain.analysis.built_in import built_in
from clarity.domain.analysis.choice import Choice
from clarity.domain.analysis.intensity import IntensityAnalysis
from clarity.domain.analysis.sleep import SleepAnalysis
from clarity.domain.analysis.wear import WearAssessment
from clarity.domain.analysis.wear_choice import WearChoice
from clarity.settings import Settings

GOOD = '''
from clarity.domain.analysis.plugin import Analysis
from clarity.domain.analysis.result import Written


class Count(Analysis):
    """How many epochs there are."""

    id = "plugin.count"
    version = "3"
    parameters = {}

    def run(self, series):
        return Written(notices=(f"{series.values.size} epochs",))


class Sleep(Count):
    id = "clarity.sleep"


def number():
    return 7


def failing():
    raise ValueError("no licence")
'''

Install = Callable[..., None]


class Own(IntensityAnalysis):
    @property
    def id(self) -> str:
        return "own.intensity"


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Puts a package on the path that offers these entry points."""

    def into_path(*points: str, module: str = GOOD, name: str = "clarity_test_plugin") -> None:
        info = tmp_path / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text("\n".join(["[clarity.analyses]", *points, ""]))
        (tmp_path / f"{name}.py").write_text(module)
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.delitem(sys.modules, name, raising=False)

    return into_path


def test_without_packages_there_are_the_built_in_analyses():
    assert all_analyses() == built_in()


def test_an_installed_analysis_runs_after_the_built_in_ones(install: Install):
    install("count = clarity_test_plugin:Count")

    *first, last = all_analyses()

    assert tuple(first) == built_in()
    assert (last.id, last.version) == ("plugin.count", "3")


def test_open_clarity_knows_installed_analyses(install: Install):
    install("count = clarity_test_plugin:Count")

    with open_clarity(Settings(store=":memory:")) as app:
        assert [one.id for one in app.analyze.analyses][-1] == "plugin.count"


@pytest.mark.parametrize(
    ("point", "said"),
    [
        ("gone = clarity_test_missing:Count", "(clarity_test_missing:Count) does not load"),
        ("gone = clarity_test_plugin:Missing", "(clarity_test_plugin:Missing) does not load"),
        ("odd = clarity_test_plugin:failing", "(clarity_test_plugin:failing) does not load"),
        ("odd = clarity_test_plugin:number", "(clarity_test_plugin:number) is no analysis"),
    ],
)
def test_an_analysis_that_does_not_work_is_named(install: Install, point: str, said: str):
    install(point)

    with pytest.raises(BadPlugin) as refused:
        all_analyses()

    assert f"the analysis {point.split(maxsplit=1)[0]!r} {said}" in str(refused.value)
    assert refused.value.code == "settings.bad-plugin"


def test_a_package_that_breaks_on_import_is_named(install: Install):
    install("broken = clarity_test_plugin:Count", module="raise RuntimeError('no such library')")

    with pytest.raises(BadPlugin, match="does not load") as refused:
        all_analyses()

    assert isinstance(refused.value.__cause__, RuntimeError)


@pytest.mark.parametrize(
    "points",
    [
        ("a = clarity_test_plugin:Sleep",),
        ("a = clarity_test_plugin:Count", "b = clarity_test_plugin:Count"),
    ],
)
def test_no_analysis_takes_the_place_of_another(install: Install, points: tuple[str, ...]):
    install(*points)

    with pytest.raises(BadPlugin, match="is offered more than once"):
        all_analyses()


def test_a_broken_package_keeps_nothing_open(install: Install, tmp_path: Path):
    install("gone = clarity_test_missing:Count")

    with pytest.raises(BadPlugin), open_clarity(Settings(store=str(tmp_path / "store.db"))):
        pass

    assert not list(tmp_path.glob("*-wal"))


def test_an_embedding_program_brings_its_own_analyses():
    with open_clarity(Settings(store=":memory:"), analyses=(Own(),)) as app:
        assert [one.id for one in app.analyze.analyses][-1] == "own.intensity"


def test_an_own_analysis_takes_no_built_in_name():
    with (
        pytest.raises(BadPlugin, match=r"clarity\.intensity"),
        open_clarity(Settings(store=":memory:"), analyses=(IntensityAnalysis(),)),
    ):
        pass


def test_an_own_analysis_takes_a_built_in_place_when_it_is_to_replace_it():
    own = SleepAnalysis(scoring="sadeh/paper")

    with open_clarity(Settings(store=":memory:"), replacing=(own,)) as app:
        assert [one.id for one in app.analyze.analyses] == [one.id for one in built_in()]
        assert app.analyze.analyses[0] is own


def test_what_replaces_goes_before_what_was_chosen():
    own = SleepAnalysis(scoring="sadeh/paper")

    analyses = all_analyses((), (own,), Choice(scoring="scripps", cut_points="freedson-1998"))

    assert analyses[0] is own
    assert IntensityAnalysis(asked=FREEDSON_1998) in analyses


def test_there_must_be_something_to_replace():
    with pytest.raises(BadPlugin, match=r"'own\.intensity' is to replace a built-in analysis"):
        all_analyses((), (Own(),))


def test_one_analysis_is_replaced_by_one():
    with pytest.raises(BadPlugin, match="is offered more than once"):
        all_analyses((), (SleepAnalysis(), SleepAnalysis(scoring="sadeh")))


def test_what_replaces_is_offered_by_nobody_else():
    with pytest.raises(BadPlugin, match="is offered more than once"):
        all_analyses((SleepAnalysis(),), (SleepAnalysis(scoring="sadeh"),))


@pytest.mark.parametrize(
    ("settings", "wear", "scoring"),
    [
        ({}, WearAssessment(), "usual for the device"),
        ({"wear_rule": WearChoice.NONE, "scoring": "sadeh"}, AsRecorded(), "sadeh"),
    ],
)
def test_settings_choose_how_the_built_in_analyses_work(settings, wear, scoring):
    with open_clarity(Settings(store=":memory:", **settings)) as app:
        assert app.analyze.wear == wear
        assert app.analyze.analyses[0].parameters["scoring"] == scoring

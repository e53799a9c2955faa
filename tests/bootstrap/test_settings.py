from pathlib import Path

import pytest

from clarity.application.models import LoadingStrategy
from clarity.domain.analysis.choice import Choice
from clarity.domain.analysis.wear_choice import WearChoice
from clarity.domain.sleep.webster import RescoringForm
from clarity.plain_settings import settings_from
from clarity.settings import BadSettings, IfMissing, Profile, Settings


def test_nothing_chosen_gives_the_defaults(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))

    assert settings_from({}) == Settings()
    assert Settings().store == str(tmp_path / "clarity" / "clarity.db")
    assert Settings().profile is Profile.EMBEDDED


def test_without_a_data_folder_the_store_lies_in_the_home(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setenv("HOME", "/home/ada")

    assert Settings().store == "/home/ada/.local/share/clarity/clarity.db"


def test_values_come_as_text_or_as_what_they_are():
    chosen = settings_from(
        {"profile": "embedded", "store": ":memory:", "busy_timeout_s": "2.5", "cache_entries": 7}
    )

    assert chosen == Settings(store=":memory:", busy_timeout_s=2.5, cache_entries=7)


def test_a_choice_that_comes_as_text_is_that_choice():
    chosen = settings_from({"model_loading": "eager", "if_missing": "refuse"})

    assert chosen.model_loading is LoadingStrategy.EAGER
    assert chosen.if_missing is IfMissing.REFUSE


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("storage", "x", "storage is no setting"),
        ("profile", "moon", "profile cannot be 'moon'"),
        ("store", 7, "store cannot be 7 (text was expected)"),
        ("store", "", "store cannot be ''"),
        ("busy_timeout_s", "soon", "busy_timeout_s cannot be 'soon'"),
        ("busy_timeout_s", 0, "busy_timeout_s cannot be 0"),
        ("busy_timeout_s", float("inf"), "busy_timeout_s cannot be inf"),
        ("busy_timeout_s", float("nan"), "busy_timeout_s cannot be nan"),
        ("retention_days", "pulse=3", "retention_days cannot be 'pulse=3' (pulse is none of"),
        ("retention_days", 730, "retention_days cannot be 730 (text was expected)"),
        ("cache_entries", None, "cache_entries cannot be None"),
        ("cache_bytes", 0, "cache_bytes cannot be 0"),
        ("threads", 0, "threads cannot be 0"),
        ("max_file_bytes", 0, "max_file_bytes cannot be 0"),
        ("max_file_values", -1, "max_file_values cannot be -1"),
        ("model_loading", "sometimes", "model_loading cannot be 'sometimes'"),
        ("model_engine", "jax", "model_engine cannot be 'jax'"),
        ("model_dtype", "int8", "model_dtype cannot be 'int8'"),
        ("model_device", "", "model_device cannot be ''"),
        ("model_group", 0, "model_group cannot be 0"),
        ("scoring", "best", "there is no scoring profile 'best/paper'"),
        ("rescoring", "x", "rescoring cannot be 'x'"),
        ("wear_rule", "x", "wear_rule cannot be 'x'"),
        ("cut_points", "x", "choose one of freedson-1998, troiano-2008"),
        ("if_missing", "cry", "if_missing cannot be 'cry'"),
        ("model_workers", -1, "model_workers cannot be -1"),
        ("models_resident", 0, "models_resident cannot be 0"),
        ("models_resident_bytes", 0, "models_resident_bytes cannot be 0"),
        ("model_alias_s", -1, "model_alias_s cannot be -1"),
        ("model_alias_outage_s", float("nan"), "model_alias_outage_s cannot be nan"),
    ],
)
def test_a_setting_that_does_not_fit_is_named(name: str, value: object, said: str):
    with pytest.raises(BadSettings) as refused:
        settings_from({name: value})

    assert said in str(refused.value)
    assert refused.value.code == "settings.bad"


def test_all_problems_are_named_at_once_and_what_could_be_set_is_said():
    with pytest.raises(BadSettings) as refused:
        settings_from({"color": "red", "profile": "moon", "cache_bytes": -1, "store": "fine"})

    assert [problem.split()[0] for problem in refused.value.problems] == [
        "color",
        "profile",
        "cache_bytes",
    ]
    assert str(refused.value).endswith(
        "the settings are store, profile, if_missing, busy_timeout_s, cache_entries, cache_bytes, "
        "blobs, models, heads, job_days, retention_days, model_keys, model_loading, model_engine, "
        "model_device, model_dtype, model_group, model_workers, models_resident, "
        "models_resident_bytes, model_alias_s, model_alias_outage_s, log, audit_log, "
        "audit_log_every_s, kept_evidence, threads, max_file_bytes, max_file_values, scoring, "
        "rescoring, wear_rule, cut_points"
    )


def test_what_is_chosen_about_analyses_comes_as_text():
    chosen = settings_from(
        {
            "scoring": "sadeh/actilife",
            "rescoring": "paper",
            "wear_rule": "none",
            "cut_points": "freedson-1998",
        }
    )

    assert chosen.choice == Choice(
        scoring="sadeh/actilife",
        rescoring=RescoringForm.PAPER,
        wear_rule=WearChoice.NONE,
        cut_points="freedson-1998",
    )
    assert settings_from({"rescoring": None}).choice == Choice()

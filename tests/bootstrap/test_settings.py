from pathlib import Path

import pytest

from clarity.settings import BadSettings, Profile, Settings, settings_from


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
        ("cache_entries", None, "cache_entries cannot be None"),
        ("cache_bytes", 0, "cache_bytes cannot be 0"),
        ("threads", 0, "threads cannot be 0"),
        ("max_file_bytes", 0, "max_file_bytes cannot be 0"),
        ("max_file_values", -1, "max_file_values cannot be -1"),
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
        "the settings are store, profile, busy_timeout_s, cache_entries, cache_bytes, "
        "blobs, models, heads, job_days, model_keys, model_loading, log, audit_log, "
        "audit_log_every_s, threads, max_file_bytes, max_file_values"
    )

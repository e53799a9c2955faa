"""Every golden value is compared by a test that is named here, or is no value, with the reason."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest

from tests.support.shared import shared

ROOT = Path(__file__).resolve().parents[2]

SCORING = "tests/domain/sleep/test_scoring_goldens.py"
SECOND = "tests/domain/test_second_goldens.py"
NIGHTS = "tests/domain/sleep/test_nights.py"
NONPARAMETRIC = "tests/domain/rhythm/test_nonparametric_goldens.py"
COSINOR = "tests/domain/rhythm/test_cosinor.py"
FREE_PERIOD = "tests/domain/rhythm/test_free_period.py"
REFERENCE = "tests/domain/pat/test_reference.py"
NETWORKS = "tests/adapters/onnx/test_builder.py"

COMPARED = {
    r"first/(IS|IV)/(5|15|30|60)min/(counts|bin4)": f"{NONPARAMETRIC}::test_binned_stability_and_variability_reach_the_reference",
    r"first/(IS|IV)m/(counts|bin4)": f"{NONPARAMETRIC}::test_means_over_many_bins_reach_the_reference",
    r"first/(L5|M10|RA)/(counts|bin4)": f"{NONPARAMETRIC}::test_extremes_reach_the_reference",
    r"first/M10_onset_min/(counts|bin4)": f"{NONPARAMETRIC}::test_extremes_reach_the_reference",
    r"first/L5_onset_min/(counts|bin4)": f"{NONPARAMETRIC}::test_the_least_active_hours_begin_where_the_reference_says",
    r"first/ADAT/(counts|bin4)": f"{NONPARAMETRIC}::test_the_average_daily_total_reaches_the_reference",
    r"first/Ao(n|ff)T_min/5min/(counts|bin4)": f"{NONPARAMETRIC}::test_the_active_phase_reaches_the_reference",
    r"first/(L5|M10|RA)p/7D/(counts|bin4)": f"{NONPARAMETRIC}::test_the_first_week_of_two_reaches_the_reference",
    r"first/I[SV]p/7D/60min/(counts|bin4)": f"{NONPARAMETRIC}::test_stability_per_period_reaches_the_reference_with_its_one_bin_too_many",
    r"first/SRI/\w+": "tests/domain/rhythm/test_regularity_goldens.py::test_the_index_per_clock_minute_reaches_the_reference",
    r"first/cosinor/fixed24h/(Mesor|Amplitude|Acrophase|redchi)": f"{COSINOR}::test_the_24_hour_cosinor_reaches_the_nonlinear_fit",
    r"first/cosinor/free/(Mesor|Amplitude|Acrophase|Period)": f"{FREE_PERIOD}::test_the_free_period_reaches_the_nonlinear_fit",
    r"first/cosinor/(free/redchi|fixed24h/Period)": f"{SECOND}::test_the_free_period_leaves_the_residuals_of_the_nonlinear_fit",
    r"first/DFA/(F|alpha|n_minutes)": "tests/domain/rhythm/test_dfa.py::test_fluctuations_reach_the_reference",
    r"first/k(RA|AR)/thr(4|20)(/\d\d:00\+\d+h)?": "tests/domain/rhythm/test_transitions.py::test_sustained_probabilities_are_those_of_the_reference",
    r"first/mask/\w+/(n|ones|mean|sha256)": f"{SECOND}::test_a_mask_in_words_is_the_mask_in_the_arrays",
    r"first/sleep_midpoint_min/\w+": f"{NIGHTS}::test_the_midpoint_of_every_golden_mask_is_the_golden_one",
    r"second/CosinorPy_full/(mesor|amplitude|acrophase_rad)": f"{SECOND}::test_cosinorpy_has_the_phase_of_the_clock_hour_in_radians",
    r"second/SRI_pairwise/\w+/(value|pairs)": "tests/domain/rhythm/test_regularity_goldens.py::test_the_pairwise_index_reaches_the_independent_value",
    r"second/cosinor_ols_24h/(mesor|amplitude|acrophase_h|mesor_se|r2|f_pvalue|n)": f"{COSINOR}::test_the_24_hour_cosinor_reaches_statsmodels",
    r"second/frag/thr(4|20)/(rest|active)/(average_duration|average_hazard|gini_index|state_power_law_distribution|state_transition_probability)": "tests/domain/rhythm/test_fragmentation.py::test_bout_statistics_reach_the_reference",
    r"second/nolds_dfa_alpha_nonoverlap_poly1": f"{SECOND}::test_nolds_takes_the_mean_of_the_roots_over_forward_segments",
    r"second/textbook_hourly_mean/(IS|IV)": f"{NONPARAMETRIC}::test_textbook_stability_and_variability_reach_the_reference",
    r"second/textbook_hourly_mean/(hours|diffs)_used": f"{SECOND}::test_the_textbook_uses_as_many_hours_and_differences_as_the_findings_say",
    r"second/nights_skdh/\w+/(TST|SOL|WASO|SE_pct)": f"{NIGHTS}::test_every_golden_night_has_its_tst_sol_waso_and_efficiency",
    r"second/nights_skdh/\w+/(TIB|n_wake_bouts_skdh)": f"{SECOND}::test_skdh_counts_wakes_after_onset_without_the_last_of_the_window",
    r"second/nights_skdh/(start|stop)": f"{NIGHTS}::test_every_golden_night_has_its_tst_sol_waso_and_efficiency",
    r"arrays/mask_(Sadeh|Sadeh_actilife|Scripps|Oakley_\w+)": f"{SCORING}::test_every_mask_on_the_native_epoch_is_the_golden_one",
    r"arrays/mask_CK_mean": f"{SCORING}::test_cole_kripke_on_minutes_is_the_golden_mask",
    r"arrays/mask_CK_mean_rescored": f"{SCORING}::test_rescored_cole_kripke_is_the_golden_mask",
    r"arrays/mask_CK_30sec_max_rescored": f"{SCORING}::test_rescored_cole_kripke_on_the_larger_half_minute_is_the_golden_mask",
    r"arrays/mask_Crespo": "tests/domain/sleep/test_crespo.py::test_995_of_1000_recorded_epochs_are_the_golden_ones",
    r"arrays/mask_Roenneberg": "tests/domain/sleep/test_roenneberg.py::test_the_rest_is_the_golden_one_in_every_epoch",
    r"arrays/true_sleep": f"{SECOND}::test_scorings_agree_with_the_truth_of_the_generator",
    r"pat/(pooled_f64|tokens_every16_f64|att_profile|prob|patch_embedding_x0_first32|layer_out_x0_every16|tokens_x0|posenc_every16)": f"{REFERENCE}::test_the_reference_reproduces_every_recorded_array",
    r"pat/tokens_every16": f"{SECOND}::test_the_reference_has_the_tokens_of_keras_within_float32",
    r"pat/pooled": f"{NETWORKS}::test_a_graph_passes_every_golden_gate",
}
"""Pattern of a golden's name, and the test that compares it."""

NO_VALUE = {
    r"arrays/activity": "the input of all others",
    r"pat/x": "the input of all others",
    r"pat/att_last_x0_h0_rows4": "rows of one head; its sums over queries are att_profile",
    r"weights/.+": "weights that the networks are built from",
}
"""Names that no test compares, with the reason."""


def leaves(tree: dict, name: str) -> Iterator[str]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{name}/{key}")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for each in value:
                yield from leaves(each, f"{name}/{key}")
        else:
            yield f"{name}/{key}"


def names() -> set[str]:
    """The names of all values in all golden files."""
    found: set[str] = set()
    actigraphy, pat = shared("goldens/actigraphy"), shared("goldens/pat")
    for path in actigraphy.glob("*.json"):
        kind = "second" if path.name.endswith(".second.json") else "first"
        found.update(leaves(json.loads(path.read_text("utf-8"))["golden"], kind))
    for folder, kind in ((actigraphy, "arrays"), (pat, "pat")):
        for path in folder.glob("*.npz"):
            with np.load(path) as arrays:
                found.update(f"{kind}/{key}" for key in arrays.files)
    for path in pat.glob("*.h5"):
        with h5py.File(path) as file:
            file.visititems(
                lambda key, item: found.add(f"weights/{key}") if hasattr(item, "shape") else None
            )
    return found


def files() -> set[str]:
    return {
        path.suffix
        for folder in ("actigraphy", "pat")
        for path in shared(f"goldens/{folder}").iterdir()
    }


def test_every_golden_is_compared_or_is_no_value():
    known = [*COMPARED, *NO_VALUE]
    claimed = {
        name: [pattern for pattern in known if re.fullmatch(pattern, name)] for name in names()
    }

    assert len(claimed) > 300
    assert {name: by for name, by in claimed.items() if len(by) != 1} == {}


def test_no_entry_is_about_nothing():
    found = names()

    assert [
        pattern
        for pattern in [*COMPARED, *NO_VALUE]
        if not any(re.fullmatch(pattern, name) for name in found)
    ] == []


def test_no_golden_file_is_of_a_kind_that_is_not_read():
    assert files() == {".json", ".npz", ".h5"}


@pytest.mark.parametrize("test", sorted(set(COMPARED.values())))
def test_the_test_that_compares_exists(test: str):
    path, _, name = test.partition("::")
    tree = ast.parse((ROOT / path).read_text("utf-8"))

    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}

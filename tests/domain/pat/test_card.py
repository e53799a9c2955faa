"""The text of a model card."""

from clarity.domain.pat.card import ModelCard, markdown


def test_a_card_says_what_is_known_and_names_what_is_not():
    card = ModelCard(
        title="PAT-S 1.0.0",
        summary="Embeds a week.",
        evaluation=("AUC 0.6 (paper)", "AUC 0.5 (ours)"),
        limitations=("Wrist only.", "Adults only."),
        licence="CC BY 4.0",
        source="weights.h5",
    )

    assert markdown(card).split("\n") == [
        "# PAT-S 1.0.0",
        "",
        "## Summary",
        "",
        "Embeds a week.",
        "",
        "## Intended use",
        "",
        "Unknown.",
        "",
        "## Training data",
        "",
        "Unknown.",
        "",
        "## Evaluation",
        "",
        "- AUC 0.6 (paper)",
        "- AUC 0.5 (ours)",
        "",
        "## Limitations",
        "",
        "- Wrist only.",
        "- Adults only.",
        "",
        "## Licence",
        "",
        "CC BY 4.0",
        "",
        "## Source",
        "",
        "weights.h5",
        "",
        "## Contact",
        "",
        "Unknown.",
        "",
    ]

"""The model card: what people should know before they use a model."""

import attrs

__all__ = ["ModelCard", "markdown"]


@attrs.frozen(kw_only=True)
class ModelCard:
    """
    What people should know before they use a model; empty texts are said to be unknown.

    Attributes:
        title: name and version in words.
        summary: what it computes.
        intended_use: for what, and for what not.
        training_data: on which recordings it was trained.
        evaluation: figures, each with its source.
        limitations: what is known to go wrong.
        licence: under which terms the weights may be used.
        source: where the weights come from.
        contact: whom to ask.
    """

    title: str
    summary: str = ""
    intended_use: str = ""
    training_data: str = ""
    evaluation: tuple[str, ...] = ()
    limitations: tuple[str, ...] = ()
    licence: str = ""
    source: str = ""
    contact: str = ""


def markdown(card: ModelCard) -> str:
    """The card as a Markdown document."""
    sections = {
        "Summary": card.summary,
        "Intended use": card.intended_use,
        "Training data": card.training_data,
        "Evaluation": "\n".join(f"- {line}" for line in card.evaluation),
        "Limitations": "\n".join(f"- {line}" for line in card.limitations),
        "Licence": card.licence,
        "Source": card.source,
        "Contact": card.contact,
    }
    body = [f"## {title}\n\n{text or 'Unknown.'}\n" for title, text in sections.items()]
    return "\n".join([f"# {card.title}\n", *body])

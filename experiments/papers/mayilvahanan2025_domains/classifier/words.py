"""How a card's truth is called: people are not named where none took part. Called by claims, figures and the run."""

from collections.abc import Mapping
from typing import Any


def named_truth(card: Mapping[str, Any]) -> str:
    """Whose labels a classifier learned from and is compared with."""
    if not card["labels"]:
        return "the making of the images"
    return "most simulated annotators" if card["simulated"] else "most annotators"


def warnings_of(card: Mapping[str, Any]) -> list[str]:
    """What a reader of a run must know of the labels."""
    if not card["simulated"]:
        return []
    who = ", ".join(card["simulated"])
    return [f"The classifier's labels are those of simulated annotators ({who}): nobody has looked at the images."]

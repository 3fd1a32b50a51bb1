"""The published figures of rows: mean and standard deviation in percent. None was read in the paper: all are unverified."""

from dataclasses import dataclass

Figure = tuple[float, float]
"""Mean and standard deviation over seeds, in percent."""


@dataclass(frozen=True, kw_only=True)
class Reported:
    """What a table says of a row."""

    identity: Figure
    """Of the baseline that takes what is observed for the code; shared by the rows of a block."""
    supervised: Figure
    """Of the same encoder trained on the latents themselves; shared by the rows of a block."""
    unsupervised: Figure
    """Of the encoder trained by pairs."""


def in_words(figure: Figure) -> str:
    """A figure as people write it, as a share of 1."""
    mean, deviation = figure
    return f"{mean / 100:.4f} ± {deviation / 100:.4f}"

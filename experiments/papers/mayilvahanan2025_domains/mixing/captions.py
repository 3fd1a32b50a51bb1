"""Captions of images as sentences of a few words, by domain and object, as numbers of words. Called by the contrastive task."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Int
from torch import Tensor

from experiments.datasets.domains import Domain

TEMPLATES: Mapping[Domain, tuple[str, ...]] = {
    "natural": ("a photo of a {}", "a photograph of the {}", "a {} in the open"),
    "rendition": ("a drawing of a {}", "a sketch of the {}", "a {} as a picture"),
    "ambiguous": ("an image of a {}", "a work with a {}", "a collage of the {}"),
}
"""Three for each domain; an image gets one of its domain's anew at each step."""
PADDING = 0
"""The number of no word."""


@dataclass(frozen=True, kw_only=True)
class Captions:
    """All captions that there are."""

    words: Int[Tensor, "domain template object word"]
    vocabulary: int
    """Numbers of words, with that of no word."""


def captions_of(names: Sequence[str]) -> Captions:
    """Captions of objects with these names; words are numbered in the order of the alphabet."""
    sentences = [[[template.format(name).split() for name in names] for template in some] for some in TEMPLATES.values()]
    flat = [words for some in sentences for each in some for words in each]
    numbers = {word: number for number, word in enumerate(sorted({word for words in flat for word in words}), start=PADDING + 1)}
    longest = max(len(words) for words in flat)
    rows = [[numbers[word] for word in words] + [PADDING] * (longest - len(words)) for words in flat]
    shape = (len(TEMPLATES), len(sentences[0]), len(names), longest)
    return Captions(words=torch.tensor(rows).reshape(shape), vocabulary=len(numbers) + 1)

"""Draws sets with exact counts of each domain, whose renditions are nested over shares. Called by trainings."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from experiments.datasets.domains import Domain
from experiments.papers.mayilvahanan2025_domains.mixing.configuration import MixingConfiguration


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """Of each place in a set the domain, and the number of the view among those of all objects."""

    domains: tuple[Domain, ...]
    slots: Int[np.ndarray, " place"]
    """View times objects plus object."""


def draw(configuration: MixingConfiguration, *, seed: int) -> Drawn:
    """A set of a seed.

    Views come in an order of the seed's, in rounds with each object once, so that objects are even (± 1) in every beginning. The
    first places are renditions: with a larger share the renditions are those of the smaller share and more, and the natural
    images are some of those of the smaller share. The views of a smaller set are among those of a larger one, but not always in
    the same domain: as its renditions end earlier, some that are renditions there are natural here.
    """
    rng = np.random.default_rng([seed, 0x5E75])
    objects = configuration.objects
    rounds = [view * objects + rng.permutation(objects) for view in rng.permutation(configuration.views)]
    counts = configuration.counts
    domains = tuple(domain for domain, count in counts.items() for _ in range(count))
    return Drawn(domains=domains, slots=np.concatenate(rounds)[: configuration.images])

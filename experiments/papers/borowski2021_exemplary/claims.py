"""Claims of Borowski et al. 2021 that a study with this design can check."""

from experiments.contract.claims import Claim

CLAIMS: tuple[Claim, ...] = ()

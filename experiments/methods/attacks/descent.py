"""The projected gradient descent of evaluations, by foolbox. For papers that attack a model itself, and for users of the test."""

import foolbox

from experiments.contract.fields import require_whole
from experiments.methods.attacks.options import Norm

WAY = 2.5
"""Length of all steps together, over eps (Madry et al. 2018)."""


def projected_descent(norm: Norm, *, steps: int) -> foolbox.Attack:
    """Foolbox's attack from a random start, whose steps are shorter the more there are: each of 2.5 eps / steps, at most eps.

    It is blind to models without gradients, and draws from torch's global generator.

    Raises:
        InputError: There is no step.
    """
    require_whole("steps", steps, 1, 10**6)
    kinds = {"linf": foolbox.attacks.LinfPGD, "l2": foolbox.attacks.L2PGD}
    attack: foolbox.Attack = kinds[norm](steps=steps, rel_stepsize=min(1.0, WAY / steps), random_start=True)
    return attack

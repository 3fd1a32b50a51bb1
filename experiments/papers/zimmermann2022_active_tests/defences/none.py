"""No defence, and adversarial training, which changes the weights alone: controls, of which any sound attack passes its test."""

from experiments.papers.zimmermann2022_active_tests.defences.defended import (
    Attempt,
    Defended,
    Threat,
    Undefended,
    projected,
    usual_attempts,
)

LONGER = 2
"""Times the steps."""


def defend(undefended: Undefended, threat: Threat) -> Defended:
    """The classifier as it is; the adequate attack is a longer one of the same kind."""
    steps = LONGER * threat.steps
    longer = Attempt(attack=projected(threat, steps=steps), queries=steps, title=f"PGD, {steps} steps")
    attempts = {**usual_attempts(threat), "adequate": longer}
    return Defended(model=undefended.model.eval(), attempts=attempts, original="plain", adequate="adequate")

"""Active tests of adversarial attacks: a tool for authors of defences, told in `docs/test-your-defence.md`, and of the papers."""

from experiments.methods.attacks.active_test import ActiveTest, prepare, run_active_test
from experiments.methods.attacks.descent import projected_descent
from experiments.methods.attacks.images import seeded
from experiments.methods.attacks.points import inside
from experiments.methods.attacks.verdict import Verdict

__all__ = ["ActiveTest", "Verdict", "inside", "prepare", "projected_descent", "run_active_test", "seeded"]

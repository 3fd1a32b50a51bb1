"""Active tests of adversarial attacks: a tool for authors of defences, told in `docs/test-your-defence.md`, and of the papers."""

from experiments.methods.attacks.active_test import ActiveTest, prepare, run_active_test
from experiments.methods.attacks.verdict import Verdict

__all__ = ["ActiveTest", "Verdict", "prepare", "run_active_test"]

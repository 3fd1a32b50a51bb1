"""The defences, and the classifiers that they are made of, by name; used by the run, its claims and its figures."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from experiments.contract.fields import Json
from experiments.papers.zimmermann2022_active_tests.defences import (
    none,
    quantization,
    random_input,
    thermometer,
    trapdoor,
    winners,
)
from experiments.papers.zimmermann2022_active_tests.defences.defended import Defended, Threat, Undefended


@dataclass(frozen=True, kw_only=True)
class Defence:
    """A way of defending, and how its classifier is trained."""

    title: str
    defend: Callable[[Undefended, Threat], Defended]
    changes: Mapping[str, Json] = field(default_factory=dict)
    """Of the training, by the fields of `Classifier`."""
    test: Mapping[str, Json] = field(default_factory=dict)
    """Of its active test, by the fields of `Measurement`."""
    meets_adversary: bool = False
    """In training, of the radius that it is attacked with."""
    version: int = 1
    """Rises whenever its code or a constant of it changes what is measured: no stage of before is then taken for one of now."""
    is_control: bool = False
    """Nothing is hidden from an attacker, so that the original attack is an adequate one."""


ATTACKS = ("single_step", "plain", "original", "adequate")
"""By which every defence is tested."""
DEFENCES: Mapping[str, Defence] = {
    "none": Defence(title="none", defend=none.defend, is_control=True),
    "adversarial": Defence(title="adversarial training", defend=none.defend, meets_adversary=True, is_control=True),
    "quantization": Defence(title="input quantization", defend=quantization.defend),
    "winners": Defence(title="k-winners-take-all", defend=winners.defend, changes={"winners": 0.1}),
    "thermometer": Defence(title="thermometer code", defend=thermometer.defend, changes={"levels": 8}),
    # All passes over a point are points of the fit, which may not be more than features; and where the threshold is very
    # close the known adversarial image is none in other passes.
    "random_input": Defence(title="random transformation", defend=random_input.defend, test={"inner": 49, "closeness": 0.9}),
    # As published: a reference beyond the ball, at a very close threshold (released code, case_studies/trapdoor).
    "trapdoor": Defence(
        title="trapdoor detector",
        defend=trapdoor.defend,
        changes={"trapdoors": 0.5},
        test={"closeness": 0.999999, "references": 1, "attacks": (*ATTACKS, "smallest")},
        version=3,
    ),
    "fine_quantization": Defence(title="input quantization, 32 levels", defend=quantization.defend_finely),
}
SEVEN = ("none", "adversarial", "quantization", "winners", "thermometer", "random_input", "trapdoor")
"""Those of the small case, in the order of tables."""

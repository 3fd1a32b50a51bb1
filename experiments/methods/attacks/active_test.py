"""The active test of an adversarial attack (Zimmermann et al. 2022): does it find adversarial images that are known to exist?

`run_active_test` is the door for one attack, `prepare` for several on the same set-ups.
"""

from collections.abc import Callable, Iterable
from typing import Any, Unpack

import torch
from torch import Tensor, nn

from experiments.contract.fields import build, require
from experiments.methods.attacks.adapters import Attack, as_attack
from experiments.methods.attacks.binary_model import BinaryModel, Detector, RowsUnclear
from experiments.methods.attacks.encoder import Encoder, find_encoder
from experiments.methods.attacks.gradients import Gradient, gradient_of
from experiments.methods.attacks.images import frozen, images_of, seeded
from experiments.methods.attacks.judge import allowed, class_one, margins, violation_of
from experiments.methods.attacks.options import Options, Settings
from experiments.methods.attacks.setup import Setup, binary_model, make_setups
from experiments.methods.attacks.verdict import SampleResult, Verdict
from model_zoo.errors import InputError

Report = Callable[[int, int, str], None]
"""Told how much is done, of how much, and what is being done."""


class ActiveTest:
    """Set-ups of a model and images, on which attacks are tried with `run`."""

    def __init__(self, encoder: Encoder, setups: list[Setup], *, options: Options, detector: Detector | None) -> None:
        self.options, self.setups = options, setups
        self._encoder, self._detector = encoder, detector
        self._usable = [number for number, setup in enumerate(setups) if not setup.failure]
        with frozen(encoder.model), seeded(options.seed):
            self.gradient: Gradient = gradient_of(self._binary(self._usable[: options.batch])) if self._usable else "present"

    def run(self, attack: Any, *, name: str = "", queries: int = 0, report: Report | None = None) -> Verdict:
        """The verdict on an attack.

        Args:
            attack: Any of the forms of `adapters.as_attack`.
            name: For the verdict.
            queries: How often the attack calls the model for an image; the random attack gets as many. 0: `controls`.
            report: Told how many images are done.

        Raises:
            InputError: It is no attack, or it needs gradients and the model has none.
        """
        require(queries >= 0, "queries", f"{queries} is negative", "Give the number of steps of the attack")
        chosen = as_attack(attack, eps=self.options.eps, norm=self.options.norm)
        results = [SampleResult(setup=setup.failure) for setup in self.setups]
        with frozen(self._encoder.model), seeded(self.options.seed):
            for start in range(0, len(self._usable), self.options.batch):
                part = self._usable[start : start + self.options.batch]
                for number, result in zip(part, self._judged(chosen, part, queries or self.options.controls), strict=True):
                    results[number] = result
                if report:
                    report(min(start + self.options.batch, len(self._usable)), len(self._usable), name)
        return Verdict(
            name=name or "the attack",
            per_sample=tuple(results),
            options=self.options,
            queries=min(queries or self.options.controls, self.options.controls),
            features=len(self.setups[0].weight),
            gradient=self.gradient,
            has_detector=self._detector is not None,
        )

    def _binary(self, numbers: list[int]) -> BinaryModel:
        return binary_model([self.setups[n] for n in numbers], self._encoder, options=self.options, detector=self._detector)

    def _judged(self, attack: Attack, numbers: list[int], queries: int) -> list[SampleResult]:
        model = self._binary(numbers)
        found = self._found(attack, model, numbers)
        setups = [self.setups[number] for number in numbers]
        violations = violation_of(found, model.images, options=self.options)
        # What is not an image in the ball is not shown to the model.
        points = torch.stack(
            [image if why else found[n] for n, (image, why) in enumerate(zip(model.images, violations, strict=True))]
        )
        passes = margins(model, points, repeats=self.options.repeats)
        best = margins(model, torch.stack([setup.solution for setup in setups]), repeats=self.options.repeats).mean(0)
        # On the scale of scores the best boundary point is at 1, and by the margin `best` above the threshold.
        thresholds = best.new_tensor([setup.threshold for setup in setups])
        scores = thresholds + (1 - thresholds) * passes.mean(0) / best
        hits = class_one(passes) & allowed(self._detector, points, inverted=self.options.inverted)
        return [
            SampleResult(
                success=bool(hits[n]) and not violations[n],
                violation=violations[n],
                score=None if violations[n] else float(scores[n]),
                random_surface=min(setup.found.surface, setup.found.inner) < queries,
                random_corner=min(setup.found.corner, setup.found.inner) < queries,
            )
            for n, setup in enumerate(setups)
        ]

    def _found(self, attack: Attack, model: BinaryModel, numbers: list[int]) -> Any:
        """What the attack returns for these images at once, or one by one where it mixes them up."""
        try:
            return self._at_once_or_apart(attack, model, numbers)
        except RuntimeError as error:
            if self.gradient != "absent":
                raise
            message = "it asks for gradients, and the model's logits have none with regard to the image"
            remedy = "Take a black-box attack, or one that replaces what is not differentiable (BPDA)"
            raise InputError(field="attack", message=message, remedy=remedy) from error

    def _at_once_or_apart(self, attack: Attack, model: BinaryModel, numbers: list[int]) -> Any:
        try:
            return _attacked(attack, model)
        except RowsUnclear:
            parts = [_attacked(attack, self._binary([number])) for number in numbers]
            return torch.cat(parts) if all(isinstance(part, Tensor) for part in parts) else parts[0]


def _attacked(attack: Attack, model: BinaryModel) -> Any:
    """What the attack returns for all images of a binary model, whose clean class is 0."""
    images = model.images.clone()
    with torch.enable_grad():
        found = attack(model, images, torch.zeros(len(images), dtype=torch.long, device=images.device))
    # Attacks may calculate in another precision, or elsewhere.
    return found.detach().to(images) if isinstance(found, Tensor) else found


def prepare(
    model: nn.Module,
    data: Tensor | Iterable[Any],
    *,
    detector: Detector | None = None,
    report: Report | None = None,
    **settings: Unpack[Settings],
) -> ActiveTest:
    """Make the set-ups of a test, by the settings of `options.Options`.

    Args:
        model: In evaluation mode; takes images in [0, 1], gives logits.
        data: Images [n, ...] as a tensor, or batches of images or of (images, labels).
        detector: Gives each image a score; above 0: detected. Attacks find it on the model they are given, as `model.detector`,
            with its sign turned in the inverted test: there, too, they have to stay at or below 0.
        report: Told how many images are done.
        settings: Fields of `Options`.

    Raises:
        InputError: Model, data or settings are unfit; the message names field and remedy.
    """
    options = build(Options, settings)
    is_module = isinstance(model, nn.Module)
    require(is_module, "model", f"{type(model).__name__} is no torch module", "Give the nn.Module itself, in evaluation mode")
    require(detector is not None or not options.inverted, "inverted", "there is no detector to invert", "Give a detector")
    images = images_of(data, samples=options.samples)
    # In the place and the precision of the model, which without weights is taken to be that of its like.
    images = images.to(
        next((weight for weight in model.parameters() if weight.is_floating_point()), torch.empty(0, device=images.device))
    )
    with frozen(model), seeded(options.seed):
        encoder = find_encoder(model, images[:2], feature=options.feature)
        setups: list[Setup] = []
        for part in torch.split(images, options.batch):
            setups += make_setups(encoder, part, options=options, detector=detector, first=len(setups))
            if report:
                report(len(setups), len(images), "read-outs of the active test")
    return ActiveTest(encoder, setups, options=options, detector=detector)


def run_active_test(
    model: nn.Module,
    attack: Any,
    data: Tensor | Iterable[Any],
    *,
    name: str = "",
    queries: int = 0,
    detector: Detector | None = None,
    report: Report | None = None,
    **settings: Unpack[Settings],
) -> Verdict:
    """The verdict on one attack: `prepare`, then `ActiveTest.run`."""
    test = prepare(model, data, detector=detector, report=report, **settings)
    return test.run(attack, name=name, queries=queries, report=report)

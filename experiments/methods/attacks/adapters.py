"""Attacks as people have them, made into one form: a callable of a binary model, images and labels that returns images.

Taken: such a callable (adv-lib's functions are, their settings bound by `functools.partial`), an attack object of foolbox, and a
factory that is given the model (`lambda model: torchattacks.PGD(model, eps=8 / 255)`, or a class of that library).
"""

import inspect
from collections.abc import Callable
from typing import Any

import foolbox
from foolbox.distances import l2, linf
from jaxtyping import Float, Int
from torch import Tensor

from experiments.contract.fields import require
from experiments.methods.attacks.binary_model import BinaryModel
from experiments.methods.attacks.options import Norm
from model_zoo.errors import InputError

Images = Float[Tensor, "image ..."]
Attack = Callable[[BinaryModel, Images, Int[Tensor, " image"]], Images]
DISTANCES = {"linf": linf, "l2": l2}
FORMS = "Give a callable (model, images, labels) -> images, a foolbox attack, or a factory: lambda model: torchattacks.PGD(model)"


def as_attack(attack: Any, *, eps: float, norm: Norm) -> Attack:
    """The one form of an attack.

    Raises:
        InputError: It is none of the forms, is bound to a model already, or is of the other norm.
    """
    if isinstance(attack, foolbox.Attack):
        return _foolbox(attack, eps=eps, norm=norm)
    is_class = inspect.isclass(attack) and issubclass(attack, foolbox.Attack)
    require(
        not is_class,
        "attack",
        "it is a class of foolbox's, not one of its attacks",
        "Make one: foolbox.attacks.LinfPGD(steps=40)",
    )
    require(callable(attack), "attack", f"{type(attack).__name__} is no attack", FORMS)
    is_bound = hasattr(attack, "model") and hasattr(attack, "set_device")
    remedy = "Give a factory: lambda model: torchattacks.PGD(model)"
    require(not is_bound, "attack", "the attack object holds a model of its own", remedy)
    if _needed_arguments(attack) == 1:
        return lambda model, images, labels: attack(model)(images, labels)
    taken: Attack = attack
    return taken


def _foolbox(attack: foolbox.Attack, *, eps: float, norm: Norm) -> Attack:
    distance = getattr(attack, "distance", None)
    message = f"the attack minimizes the {distance}, the test is of {norm}"
    require(distance in (None, DISTANCES[norm]), "attack", message, f"Take foolbox's attack of {norm}")

    def run(model: BinaryModel, images: Images, labels: Int[Tensor, " image"]) -> Images:
        wrapped = foolbox.PyTorchModel(model, bounds=(0, 1), device=images.device)
        # Of what comes back, the points clipped to the ball; those of minimizing attacks would otherwise leave it.
        _, clipped, _ = attack(wrapped, images, foolbox.criteria.Misclassification(labels), epsilons=eps)
        return clipped

    return run


def _needed_arguments(attack: Callable[..., Any]) -> int:
    """How many arguments without a default it wants by position."""
    try:
        parameters = inspect.signature(attack).parameters.values()
    except (TypeError, ValueError) as error:
        raise InputError(field="attack", message="its arguments cannot be read", remedy=FORMS) from error
    return sum(one.default is one.empty and one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD) for one in parameters)

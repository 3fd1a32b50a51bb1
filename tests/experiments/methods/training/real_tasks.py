"""Small tasks of real trainings and their gradients; as a script in each process of torchrun: `python -m …real_tasks FILE`."""

import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn.modules.module import register_module_forward_pre_hook

from experiments.contract.fields import build
from experiments.datasets.scenes.sprites import SpriteScenes
from experiments.methods.identification import configuration as identification
from experiments.methods.identification.maker import encoder_task
from experiments.methods.image_identification.configuration import ImageConfiguration
from experiments.methods.image_identification.sources import source_of
from experiments.methods.image_identification.task import ImageEncoderTask
from experiments.methods.slots.objectives import Objective
from experiments.methods.slots.task import SlotTask
from experiments.methods.training import parallel
from experiments.methods.training.loop import Task
from experiments.methods.training.registration import GRAY
from experiments.papers.brady2023_objects.images.autoencoders import Images, ImageTask
from experiments.papers.brady2023_objects.synthetic.autoencoders import Synthetic, SyntheticTask
from model_zoo.preprocessing import Preprocess
from model_zoo.sources.monet import MonetNetwork
from model_zoo.sources.slot_attention import SlotAttentionNetwork

STEP = 7
SCENES = SpriteScenes(side=16, smallest=0.15, largest=0.2).render(32, seed=0)


def gradients() -> dict[str, Tensor]:
    """By task and parameter: gradients at a step, of all processes together; and how many numbers this one's network `saw`."""
    found = {}
    for name, task in tasks().items():
        seen: list[Tensor] = []
        with register_module_forward_pre_hook(lambda _module, given, seen=seen: seen.extend(given[:1])):
            torch.autograd.backward(task.loss(STEP).sum())
        found[f"{name} saw"] = torch.tensor(seen[0].numel())
        parallel.average_gradients(list(task.network.parameters()))
        found.update(
            {f"{name} {key}": one.grad.contiguous() for key, one in task.network.named_parameters() if one.grad is not None}
        )
    return found


def tasks() -> dict[str, Task]:
    """By name; none of their networks normalizes over the batch, which would be another in each process."""
    pictures = {"side": 32, "channels": 4, "width": 8, "latents": 4, "scenes": 32, "steps": 8, "batch": 8}
    vectors = {"slots": 2, "contrast_weights": [0.1], "batch": 8, "contrast_batch": 4, "scenes": 1000, "fit": 50, "score": 20}
    return {
        "pairs of latents": _latents("pairs"),
        "latents": _latents("latents"),
        "pairs of images": _images(),
        "slot attention": _slots(SlotAttentionNetwork, rounds=2),
        "monet": _slots(MonetNetwork),
        "contrast": SyntheticTask(build(Synthetic, vectors), seeds=(1, 2), device="cpu"),
        "sum": ImageTask(build(Images, {"method": "sum", **pictures}), seed=1, device="cpu"),
        "attention": ImageTask(build(Images, {"method": "attention", **pictures}), seed=1, device="cpu"),
    }


def _latents(supervision: str) -> Task:
    fields = {"latents": 3, "hidden": [8], "batch": 16, "mixing_pool": 20, "power": 2.0, "precisions": "diagonal"}
    return encoder_task(build(identification.Configuration, {**fields, "supervision": supervision}), seeds=(1, 2), device="cpu")


def _images() -> Task:
    configuration = build(ImageConfiguration, {"pool": 16, "side": 16, "batch": 8, "codes": 3})
    torch.manual_seed(0)
    return ImageEncoderTask(
        configuration,
        network=torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3 * 16**2, 3)),
        source=source_of(configuration),
        preprocess=Preprocess(mean=GRAY, std=GRAY, device="cpu"),
        seed=1,
        device="cpu",
    )


def _slots(kind: type[SlotAttentionNetwork] | type[MonetNetwork], **more: int) -> Task:
    torch.manual_seed(0)
    network = kind(side=16, patch=4, dim=8, width=16, slots=4, **more)
    objective = Objective(likelihood="mixture", deviation=0.2)
    return SlotTask(network=network, scenes=SCENES, objective=objective, slots=4, batch=8, seed=5, device="cpu", measured=dict)


if __name__ == "__main__":
    with parallel.joined("cpu"):
        of_all = gradients()
        if parallel.rank() == 0:
            save_file(of_all, Path(sys.argv[1]))

"""The stage of a CLIP model: open_clip's two towers on pairs from shards, in the same loop as all trainings."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import torch
from jaxtyping import Float, Int
from PIL import Image
from safetensors.torch import save
from torch import Tensor, nn

from experiments.contract.artifacts import NewFile, Product, Workshop
from experiments.contract.fields import require
from experiments.contract.recipes import Training
from experiments.methods.contrastive.pair_loss import pair_nce
from experiments.methods.training.checkpoints import Checkpoints
from experiments.methods.training.journal import journal_file
from experiments.methods.training.loop import Group, train
from experiments.methods.training.parallel import gathered, share
from experiments.methods.training.stacked import step_generator
from experiments.papers.mayilvahanan2025_domains.clip.configuration import ClipConfiguration
from experiments.papers.mayilvahanan2025_domains.clip.network import network_configuration
from experiments.papers.mayilvahanan2025_domains.clip.pairs import Pairs

READERS = 8
"""Threads that decode; decoding lets go of Python's lock."""
SHARPEST = 100.0
NONE = -1
"""The number of no epoch."""


class ClipTask:
    """Both towers of one seed."""

    def __init__(self, configuration: ClipConfiguration, *, pairs: Pairs, seed: int, device: str) -> None:
        import open_clip  # noqa: PLC0415 -- takes seconds, and only this stage needs it

        self.configuration, self.seed, self.device = configuration, seed, device
        self.pairs = pairs
        self.epoch, self.order = NONE, torch.empty(0, dtype=torch.long)
        self.learned = len(self.pairs) - configuration.held_out
        told = f"there are {len(self.pairs)} pairs, of which {configuration.held_out} are held out"
        require(self.learned >= configuration.batch, "batch", told, "Give more shards, or a smaller batch")
        about = network_configuration(configuration)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.model = open_clip.CLIP(**about).to(device)
        self.tokenizer = open_clip.SimpleTokenizer(context_length=about["text_cfg"]["context_length"])
        self.transform = open_clip.image_transform(about["vision_cfg"]["image_size"], is_train=False)

    @property
    def network(self) -> nn.Module:
        """All of it."""
        return cast(nn.Module, self.model)

    def groups(self) -> Sequence[Group]:
        """All parameters, at the plan's rate."""
        return [Group(parameters=list(self.model.parameters()))]

    def loss(self, step: int) -> Float[Tensor, ""]:
        """Of the pairs of this step; each process reads its share and compares it with all."""
        self.model.train()
        return self._loss(share(self.numbers(step)))

    def numbers(self, step: int) -> Int[Tensor, " pair"]:
        """The pairs of a step: each once in an epoch, in an order of the seed and the epoch; what fills no batch waits."""
        epoch, at = divmod(step, self.learned // self.configuration.batch)
        if epoch != self.epoch:
            generator = step_generator(self.seed, step=epoch, device="cpu")
            self.epoch, self.order = epoch, torch.randperm(self.learned, generator=generator)
        return self.order[at * self.configuration.batch :][: self.configuration.batch]

    def measure(self) -> Mapping[str, Any]:
        """The loss of pairs that are held out."""
        self.model.eval()
        with torch.no_grad():
            held_out = self._loss(torch.arange(self.learned, len(self.pairs)))
        return {"held_out_loss": round(held_out.item(), 6)}

    def _loss(self, numbers: Int[Tensor, " pair"]) -> Float[Tensor, ""]:
        with ThreadPoolExecutor(max_workers=READERS) as readers:
            read = list(readers.map(self.pairs.read, numbers.tolist()))
        images = torch.stack([self._transformed(image) for image, _ in read]).to(self.device)
        words = self.tokenizer([caption for _, caption in read]).to(self.device)
        points, captions, scale = self.model(images, words)
        return pair_nce(gathered(points), gathered(captions), temperature=1 / scale.clamp(max=SHARPEST))

    def _transformed(self, image: Image.Image) -> Float[Tensor, "3 side side"]:
        return cast(Tensor, self.transform(image))


def train_clip(recipe: Training, configuration: ClipConfiguration, *, workshop: Workshop) -> Product:
    """The artifact of a CLIP model with one seed: `clip.safetensors`, in open_clip's names.

    Raises:
        InputError: Shards are missing or broken, or the loss is no number at some step.
        Cancelled: The job was cancelled.
    """
    (seed,) = recipe.seeds
    pairs = Pairs.listed(configuration.listing, workshop=workshop)
    task = ClipTask(configuration, pairs=pairs, seed=seed, device=workshop.device)
    checkpoints = Checkpoints(store=workshop.store, recipe=recipe)
    doing = f"training {configuration.network}"
    lines = train(task, plan=configuration.plan, checkpoints=checkpoints, report=workshop.report, doing=doing)
    state = {name: tensor.detach().cpu().contiguous() for name, tensor in task.network.state_dict().items()}
    weights = NewFile(name="clip.safetensors", content=save(state), media_type="application/octet-stream")
    values = {"pairs": len(task.pairs), "held_out_loss": lines[-1]["held_out_loss"], "network": configuration.network}
    return Product(new_files=(weights, journal_file(lines)), values=values, parents=[configuration.listing])

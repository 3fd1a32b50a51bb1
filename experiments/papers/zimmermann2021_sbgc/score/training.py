"""The training of a class-conditional score model on the images of this paper; the trainer is `methods/score_models`."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch

from experiments.contract.artifacts import Product, Workshop
from experiments.contract.fields import Json, build, require
from experiments.contract.recipes import Training
from experiments.methods.score_models.configuration import Configuration
from experiments.methods.score_models.noise_classifier import noise_classifier
from experiments.methods.score_models.registration import score_zoo_files
from experiments.methods.score_models.score_task import ScoreTask
from experiments.methods.training.checkpoints import Checkpoints
from experiments.methods.training.journal import journal_file
from experiments.methods.training.loop import train
from experiments.papers.zimmermann2021_sbgc.baselines.data import CLASSES, LEVELS, SHAPES, Data, images_of
from model_zoo.sources.score_classifier import NoiseClassifier
from model_zoo.sources.score_network import ScoreNetwork

WITHIN = "classifier.network."
"""Beginning of the names of the score network's parameters in the model of the zoo."""
WATCHED = 200
SIDE = 32
"""px of the images that the model of the zoo is shown; it averages them to its own size."""
SAMPLES = 16
"""Of the noise classifier that is watched."""


@dataclass(frozen=True, kw_only=True)
class ScoreStage:
    """Which images a score model learns, and how."""

    model: Mapping[str, Json]
    """By the fields of `score_models.configuration.Configuration`, whole."""
    data: Data = "digits"
    path: str = ""

    @property
    def configuration(self) -> Configuration:
        """The model's, as an object.

        Raises:
            InputError: A field is unknown or unfit, or the model has other levels than the images.
        """
        found = build(Configuration, self.model)
        wanted = LEVELS[self.data]
        require(found.levels == wanted, "levels", f"{self.data} have {wanted}", f"Give the score model levels {wanted}")
        return found


def train_score(recipe: Training, stage: ScoreStage, *, workshop: Workshop) -> Product:
    """Train the model of the recipe's only seed; its noise classifier becomes a model of the zoo.

    Raises:
        InputError: There are several seeds, the configuration is unfit, or the images are not there.
    """
    require(len(recipe.seeds) == 1, "seeds", "score models are trained one by one", "Give one seed a training")
    configuration, images = stage.configuration, images_of(stage.data, "train", path=stage.path)
    watched = images_of(stage.data, "test", path=stage.path).first(WATCHED)

    def measured(network: ScoreNetwork) -> Mapping[str, Any]:
        predicted = _classifier(network, configuration)(watched.unit.to(workshop.device)).argmax(dim=1).cpu()
        return {"accuracy": round((predicted == watched.labels).float().mean().item(), 4)}

    task = ScoreTask(
        configuration,
        counts=images.pixels.long(),
        labels=images.labels,
        classes=CLASSES,
        seed=recipe.seeds[0],
        device=workshop.device,
        measured=measured,
    )
    checkpoints = Checkpoints(store=workshop.store, recipe=recipe)
    doing = f"a score model, {configuration.diffusion}, seed {recipe.seeds[0]}"
    lines = train(task, plan=configuration.plan, checkpoints=checkpoints, report=workshop.report, doing=doing)
    title = f"Noise-prediction classifier of a score model, trained here on {stage.data}"
    zoo = score_zoo_files(recipe, task.network.average, about=configuration, title=title, side=SIDE)
    return Product(new_files=(journal_file(lines), *zoo), values={**lines[-1]})


def _classifier(network: ScoreNetwork, configuration: Configuration) -> NoiseClassifier:
    return noise_classifier(network, diffusion=configuration.process, levels=configuration.levels, samples=SAMPLES)


def score_network(stage: ScoreStage, state: Mapping[str, torch.Tensor]) -> ScoreNetwork:
    """The network within a model of the zoo, in evaluation mode."""
    network = stage.configuration.network(shape=SHAPES[stage.data], classes=CLASSES, seed=0)
    own = {name.removeprefix(WITHIN): tensor for name, tensor in state.items() if name.startswith(WITHIN)}
    network.load_state_dict(own)
    return network.eval().requires_grad_(False)


def score_fields(changes: Mapping[str, Json], *, diffusion: str, data: Data, path: str) -> dict[str, Json]:
    """The fields of a stage, whole."""
    model = asdict(build(Configuration, {"diffusion": diffusion, **changes}))
    return {"model": model, "data": data, "path": path}

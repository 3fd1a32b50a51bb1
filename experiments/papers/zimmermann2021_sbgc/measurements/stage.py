"""Makes a measurement: takes its network from the store, builds the classifier, measures. Called by `train`."""

import dataclasses
import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from safetensors.torch import load
from torch import nn

from experiments.contract.artifacts import ArtifactStore, Manifest, NewFile, Product, Workshop
from experiments.contract.fields import Json, build
from experiments.contract.local_models import WEIGHTS
from experiments.contract.recipes import Training
from experiments.methods.score_models.likelihood_classifier import DensityClassifier, LikelihoodClassifier
from experiments.methods.score_models.probability_flow import Integration
from experiments.methods.score_models.robust_classifier import RobustClassifier
from experiments.methods.training.journal import journal_file
from experiments.papers.zimmermann2021_sbgc.baselines.configuration import Discriminative, Flow
from experiments.papers.zimmermann2021_sbgc.baselines.data import LEVELS, LeveledImages, images_of
from experiments.papers.zimmermann2021_sbgc.baselines.networks import discriminative_of, flow_of
from experiments.papers.zimmermann2021_sbgc.baselines.training import FLOW
from experiments.papers.zimmermann2021_sbgc.measurements.configuration import (
    MEASUREMENTS,
    Attack,
    Corrupted,
    Form,
    Measurement,
    Paths,
    Strangers,
    Tested,
)
from experiments.papers.zimmermann2021_sbgc.measurements.forms import FlowClassifier
from experiments.papers.zimmermann2021_sbgc.measurements.likelihoods import clean, strangers
from experiments.papers.zimmermann2021_sbgc.measurements.noise import noise_form
from experiments.papers.zimmermann2021_sbgc.measurements.paths import ways
from experiments.papers.zimmermann2021_sbgc.measurements.robustness import (
    Arrays,
    Values,
    tested,
    under_attack,
    under_corruptions,
)
from experiments.papers.zimmermann2021_sbgc.score.training import ScoreStage, score_network

ARRAYS = "arrays.npz"
NETWORK_KIND = "experiment"


def measure(recipe: Training, kind: str, fields: Mapping[str, Json], *, workshop: Workshop) -> Product:
    """The product of a measurement: numbers, and arrays by image in `arrays.npz`.

    Raises:
        InputError: A field is unknown or unfit.
    """
    measurement = build(MEASUREMENTS[kind], fields)
    network = Training(paper=recipe.paper, configuration=measurement.network, seeds=recipe.seeds)
    made = workshop.obtain(network)
    where = measurement.network
    images = images_of(where["data"], "test", path=where["path"]).first(measurement.images)
    classifier = classifier_of(measurement.classifier, where, made, store=workshop.store).to(workshop.device).eval()
    arrays, values = _measured(classifier, images, measurement, made, workshop=workshop)
    content = io.BytesIO()
    np.savez_compressed(content, allow_pickle=False, **arrays)
    file = NewFile(name=ARRAYS, content=content.getvalue(), media_type="application/octet-stream")
    # Nothing was trained: the journal that every such stage has is empty.
    return Product(new_files=(journal_file([]), file), values=values, parents=(made.digest,))


def arrays_of(made: Manifest, *, store: ArtifactStore) -> dict[str, np.ndarray[Any, Any]]:
    """The arrays of a measurement."""
    with np.load(io.BytesIO(store.read_blob(made.file(ARRAYS).sha256)), allow_pickle=False) as arrays:
        return dict(arrays)


def classifier_of(form: Form, network: Mapping[str, Json], made: Manifest, *, store: ArtifactStore) -> nn.Module:
    """The classifier of this form that a trained network makes."""
    fields = {name: value for name, value in network.items() if name != NETWORK_KIND}
    if form.kind == "discriminative":
        plain = discriminative_of(build(Discriminative, fields), seed=0)
        plain.network.load_state_dict(load(store.read_blob(made.file(WEIGHTS).sha256)))
        return plain.requires_grad_(False)
    if form.kind == "flow":
        configuration = build(Flow, fields)
        flow = flow_of(configuration, seed=0)
        flow.load_state_dict(load(store.read_blob(made.file(FLOW).sha256)))
        return FlowClassifier(flow.requires_grad_(False), form, data=configuration.data)
    stage = build(ScoreStage, fields)
    trained = score_network(stage, load(store.read_blob(made.file(WEIGHTS).sha256)))
    diffusion, levels = stage.configuration.process, LEVELS[stage.data]
    if form.kind == "ode":
        integration = build(Integration, form.integration)
        return LikelihoodClassifier(
            trained, diffusion=diffusion, levels=levels, integration=integration, draws=form.draws, seed=form.bank
        )
    if form.kind == "robust":
        return RobustClassifier(trained, diffusion=diffusion, levels=levels, ball=form.ball, samples=form.samples, seed=form.bank)
    return noise_form(trained, form, diffusion=diffusion, levels=levels)


def _measured(
    classifier: nn.Module, images: LeveledImages, measurement: Measurement, made: Manifest, *, workshop: Workshop
) -> tuple[Arrays, Values]:
    if isinstance(measurement, Corrupted):
        return under_corruptions(classifier, images, measurement, workshop=workshop)
    if isinstance(measurement, Attack):
        judge = classifier
        if measurement.judged_bank >= 0:
            other = dataclasses.replace(measurement.classifier, bank=measurement.judged_bank, banks=1)
            judge = classifier_of(other, measurement.network, made, store=workshop.store).to(workshop.device).eval()
        return under_attack(classifier, images, measurement, judge=judge, workshop=workshop)
    if isinstance(measurement, Tested):
        return tested(classifier, images, measurement, workshop=workshop)
    if isinstance(measurement, Paths) and isinstance(classifier, LikelihoodClassifier):
        return ways(classifier, images, measurement, workshop=workshop)
    if isinstance(measurement, Strangers) and isinstance(classifier, DensityClassifier):
        return strangers(classifier, images, workshop=workshop)
    return clean(classifier, images, workshop=workshop)

"""Maker of detectors: training on trajectories and natural images, errors on units, starts and photographs held out."""

import json
from collections.abc import Mapping

import torch
from safetensors.torch import load as load_state
from safetensors.torch import save as save_state

from experiments.contract.artifacts import Manifest, NewFile, Product, Workshop
from experiments.contract.fields import Json
from experiments.contract.recipes import Detector
from experiments.methods.circuits.detection import Examples, false_alarms, logits, train
from experiments.methods.circuits.figures import errors_by_step
from experiments.methods.circuits.pictures import read_pictures
from experiments.methods.circuits.trajectories import Snapshots, read_snapshots
from experiments.methods.circuits.ways import WAYS
from experiments.methods.pool_listing import ListedPool
from model_zoo.circuits.detector import TrajectoryDetector
from model_zoo.loading import load
from model_zoo.preprocessing import Preprocess


def make(recipe: Detector, workshop: Workshop) -> Product:
    """Train the detector on some sources and optimizations, test it on others."""
    made = workshop.obtain(recipe.trajectories)
    snapshots, pool = read_snapshots(made, workshop), ListedPool.of(recipe, workshop)
    pictures = read_pictures(pool, side=recipe.pool_resolution, report=workshop.report)
    preprocess = load(recipe.model, device=workshop.device).preprocess

    def examples(part: str) -> Examples:
        return Examples(natural=pictures.of(part, seed=recipe.seed).pixels, visualizations=snapshots.of(part).pixels)

    detector, losses = train(
        examples("training"),
        examples("validation"),
        preprocess=preprocess,
        epochs=recipe.epochs,
        seed=recipe.seed,
        device=workshop.device,
        report=workshop.report,
    )
    natural = pictures.of("test", seed=recipe.seed)
    alarms = false_alarms(detector, natural.pixels, preprocess=preprocess, side=recipe.size, device=workshop.device)
    report = {
        "validation_losses": losses,
        "false_alarms": alarms,
        "missed": missed(detector, snapshots.of("test"), preprocess=preprocess, device=workshop.device),
        "tested_on": {"natural": len(natural.pixels), "sources": len(set(natural.sources.tolist()))},
        **pool.lost,
    }
    files = [
        NewFile(name="weights.safetensors", content=save_state(state_of(detector)), media_type="application/octet-stream"),
        NewFile(name="report.json", content=json.dumps(report).encode(), media_type="application/json"),
        NewFile(name="errors_by_step.svg", content=errors_by_step(report), media_type="image/svg+xml"),
    ]
    return Product(new_files=files, values=report, parents=[made.digest, pool.listing.digest])


def read_detector(made: Manifest, workshop: Workshop) -> TrajectoryDetector:
    """The detector of an artifact."""
    detector = TrajectoryDetector()
    detector.load_state_dict(load_state(workshop.store.read_blob(made.file("weights.safetensors").sha256)))
    return detector.eval().requires_grad_(False).to(workshop.device)


def state_of(module: torch.nn.Module) -> dict[str, torch.Tensor]:
    """The weights of a module as they are written: on the CPU, each in memory of its own."""
    return {name: value.detach().cpu().contiguous().clone() for name, value in module.state_dict().items()}


def missed(detector: TrajectoryDetector, snapshots: Snapshots, *, preprocess: Preprocess, device: str) -> Mapping[str, Json]:
    """Share of visualizations taken for natural: by step, by way of visualizing, and blurred, noisy or compressed."""
    side = snapshots.pixels.shape[1]

    def given(distortion: str) -> torch.Tensor:
        return logits(detector, snapshots.pixels, preprocess=preprocess, side=side, distortion=distortion, device=device) > 0

    plain = given("plain").numpy()
    return {
        "all": float(plain.mean()),
        "by_step": {str(step): float(plain[snapshots.step == step].mean()) for step in sorted(set(snapshots.step.tolist()))},
        "by_way": {
            WAYS[place].name: float(plain[snapshots.way == place].mean()) for place in sorted(set(snapshots.way.tolist()))
        },
        "distorted": {name: float(given(name).double().mean()) for name in ("blur", "noise", "jpeg")},
    }

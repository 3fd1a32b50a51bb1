"""The maker of circuits: trajectories and detector, the circuit, its verification, and a model if nothing speaks against it."""

import dataclasses
import hashlib
import json

from safetensors.torch import save

from experiments.contract.artifacts import NewFile, Product, Workshop
from experiments.contract.local_models import CARD, WEIGHTS, model_id
from experiments.contract.recipes import Circuit
from experiments.datasets.images import file_sha256
from experiments.methods.circuits.assembly import assemble_gate, assemble_silent
from experiments.methods.circuits.checks import checks, objections
from experiments.methods.circuits.detectors import state_of
from experiments.methods.circuits.figures import errors_by_step, strips
from experiments.methods.circuits.gates import manipulated
from experiments.methods.circuits.pictures import read_pictures
from experiments.methods.circuits.template import target_file
from experiments.methods.circuits.verification import Verified, verify
from experiments.methods.exemplars import as_pixels, png_file
from experiments.methods.pool_listing import ListedPool
from model_zoo.address import UnitAddress
from model_zoo.catalogue import MADE_HERE, Weights
from model_zoo.loading import LoadedModel, load

SHOWN = 8
"""Rows of the strip of visualizations."""
ASSEMBLE = {"gate": assemble_gate, "silent": assemble_silent}


def make(recipe: Circuit, workshop: Workshop) -> Product:
    """Make the circuit, judge it, and publish the model if it passes."""
    base = load(UnitAddress.parse(recipe.unit).model, device=workshop.device)
    pool = ListedPool.of(recipe, workshop)
    pictures = read_pictures(pool, side=recipe.pool_resolution, report=workshop.report)
    circuit = ASSEMBLE[recipe.construction](recipe, base=base, pictures=pictures, workshop=workshop)
    fooled = manipulated(base, circuit.spec, parts=circuit.parts, model_id=model_id(recipe.digest))
    verified = verify(recipe, circuit, base=base, fooled=fooled, pictures=pictures, workshop=workshop)
    judged = checks(verified.report, recipe)
    reasons = objections(judged)
    image = {"image_sha256": file_sha256(target_file(recipe.image))} if recipe.target == "image" else {}
    values = {
        "published": not reasons,
        "reasons": reasons,
        "checks": [check.as_json() for check in judged],
        "model": fooled.card.id,
        "base_sha256": base.card.weights.sha256,
        **verified.report,
        **pool.lost,
        **image,
    }
    report = NewFile(name="report.json", content=json.dumps(values).encode(), media_type="application/json")
    files = [report, *_figures(verified, recipe), *([] if reasons else _model(fooled))]
    # Where the base was made here, it is an artifact too.
    made_here = base.card.id.startswith(MADE_HERE)
    bases = workshop.store.digests(base.card.id.removeprefix(MADE_HERE)) if made_here else []
    return Product(new_files=files, values=values, parents=[*circuit.parents, pool.listing.digest, *bases])


def _figures(verified: Verified, recipe: Circuit) -> list[NewFile]:
    """What units look like in the original, what they shall look like, and what they look like; errors of the detector."""
    columns = (as_pixels(part.images[:SHOWN], side=recipe.size) for part in (verified.own, verified.shall, verified.fooled))
    about = {"columns": ["original unit", "what it shall show", "manipulated unit"]}
    files = [png_file("visualizations.png", strips(*columns), about=about)]
    if "detector" in verified.report:
        figure = errors_by_step(verified.report["detector"])
        files.append(NewFile(name="errors_by_step.svg", content=figure, media_type="image/svg+xml"))
    return files


def _model(fooled: LoadedModel) -> list[NewFile]:
    """The files by which an artifact is a model."""
    weights = save(state_of(fooled.network))
    files = Weights(file=fooled.card.weights.file, sha256=hashlib.sha256(weights).hexdigest())
    card = dataclasses.replace(fooled.card, weights=files)
    return [
        NewFile(name=CARD, content=json.dumps(dataclasses.asdict(card)).encode(), media_type="application/json"),
        NewFile(name=WEIGHTS, content=weights, media_type="application/octet-stream"),
    ]

"""What simulated observers may know and participants never do: the part, activation or label of each served image."""

import json
from pathlib import Path

from experiments import jobs
from webapp.out_files import out_file, text_write
from webapp.studies.models import Study
from webapp.studies.preparation import needed_sets
from webapp.studies.selectors import StudyManifests, study_design


def truth_write(study: Study, out: Path | None = None) -> Path:
    """Write the truth file of a study and return its path, by default `var/truth/<study id>.json`. Its owner alone may read it.

    Raises:
        InputError: `out` is no file.
    """
    path = out_file(out or jobs.VAR / "truth" / f"{study.id}.json")
    recipes = {recipe.digest: recipe for recipe in needed_sets(study)}
    units: dict[str, dict[str, float]] = {}
    parts: dict[str, str] = {}
    for digest, served_sha256, activation in study.images.values_list("digest", "served_sha256", "activation"):
        parts[served_sha256] = recipes[digest].part
        if activation is not None:
            units.setdefault(recipes[digest].unit, {})[served_sha256] = activation
    about = {"study": str(study.id), "task": study_design(study).TASK}
    text_write(path, json.dumps({**about, "units": units, "parts": parts, "labels": _labels(study)}))
    return path


def _labels(study: Study) -> dict[str, str]:
    """The label of each served image that has one."""
    served = {(digest, name): sha256 for digest, name, sha256 in study.images.values_list("digest", "name", "served_sha256")}
    return {
        served[digest, file.name]: file.about["label"]
        for digest, manifest in StudyManifests(study).items()
        for file in manifest.files
        if "label" in file.about
    }

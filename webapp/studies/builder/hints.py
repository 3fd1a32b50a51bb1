"""What the settings of designs mean, in a line each, for the builder's form; a setting that explains itself has none."""

from collections.abc import Mapping

HINTS: Mapping[str, str] = {
    "pool": "photographs, photographs+stamps, or the path of a folder of your images on the workers",
    "pool_size": "Images; photographs make at most 5,120, a folder as many as it holds",
    "pool_resolution": "px, at which images are ranked by activation",
    "shown_size": "px, at which images are shown",
    "size": "px of a feature visualization",
    "steps": "Of the optimization of a feature visualization",
    "early_stop": "Of the optimization, once its gradient has settled",
    "diversity": "Weight of the differences between visualizations; 0 makes them alike",
    "diversity_search": "For each unit the greatest weight whose images still beat the natural ones",
    "transforms": "published or standard",
    "max_batches": "Of images for each unit; as many as the pool carries up to this",
    "seed": "Of pool, batches and tasks",
    "patch": "Side of the occluding square, share of the image's",
    "stride": "px from one position of the square to the next",
    "fill": "patch_mean or gray",
    "tasks": "Sessions of each condition and model",
    "answer_lock": "ms until the buttons open",
    "practice_obvious": "Practice trials that everybody who looks gets right",
    "practice_other": "Practice trials like the main ones",
    "ratings": "Units whose images are rated by slider",
    "repeats": "Least and most confident trials of a condition, each, that are asked again",
}

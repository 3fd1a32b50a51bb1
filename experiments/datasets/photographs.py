"""The color photographs inside the wheels of scikit-image and scikit-learn."""

from importlib import resources
from pathlib import Path

from experiments.datasets.sources import Source, frame_crops

# Of the stereo pair in scikit-image one picture; drawings, diagrams and gray pictures are left out.
PHOTOGRAPHS = {
    "skimage.data": (
        "astronaut.png",
        "chelsea.png",
        "coffee.png",
        "hubble_deep_field.jpg",
        "ihc.png",
        "motorcycle_left.png",
        "retina.jpg",
        "rocket.jpg",
    ),
    "sklearn.datasets.images": ("china.jpg", "flower.jpg"),
}
MAX_CROPS = 512


def photographs() -> list[Source]:
    """The photographs, to be cut into crops of several scales."""
    return [
        Source(name=Path(file).stem, path=Path(str(resources.files(package) / file)), frame=frame_crops, variants=MAX_CROPS)
        for package, files in PHOTOGRAPHS.items()
        for file in files
    ]

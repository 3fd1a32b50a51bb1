"""Labels of images that stand in a folder for each class, named by its index. Called by accuracies and path similarity."""

from experiments.contract.fields import require
from model_zoo.catalogue import MADE_HERE, ModelCard


def require_labels(model: ModelCard, *, field: str) -> None:
    """Refuse labels for a published network whose outputs are not ImageNet's classes in their usual order.

    Raises:
        InputError: Its card says so; what is wrong is in `field`.
    """
    known = model.classes == "imagenet" or model.id.startswith(MADE_HERE)
    message = f"the outputs of {model.id} are not ImageNet's classes in their usual order, by which folders are named"
    require(known, field, message, "Do without labels, or take another network")


def folder_label(source: str, *, classes: int, field: str) -> int:
    """The class of an image by its name in the pool.

    Raises:
        InputError: It is in no folder that is named by the index of one of the `classes`.
    """
    folder = source.partition("/")[0]
    is_index = folder.isdecimal() and int(folder) < classes
    remedy = f"Name the folders by the index of their class, 0 to {classes - 1}, or do without labels"
    require(is_index, field, f"image {source} is in no folder of a class", remedy)
    return int(folder)

"""The analysis of Borowski et al. 2021."""

from experiments.contract.artifacts import Product, Workshop
from experiments.contract.errors import InputError
from experiments.contract.recipes import Analysis


def make(recipe: Analysis, workshop: Workshop) -> Product:
    """Analyze a table of responses.

    Raises:
        InputError: Always: the analysis of this paper is not here yet.
    """
    raise InputError(field="paper", message="its analysis is not here yet", remedy="Export the responses instead")

"""All generated pages of the reference by name; a test compares them with the files, `python -m tests.reference` writes them."""

from collections.abc import Callable, Mapping
from pathlib import Path

from tests.reference.commands import commands_page
from tests.reference.fields import designs_page, recipes_page
from tests.reference.rest import rest_page
from webapp.participants.data_map.page import data_map

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "reference"
PAGES: Mapping[str, Callable[[], str]] = {
    "commands.md": commands_page,
    "recipes.md": recipes_page,
    "designs.md": designs_page,
    "rest.md": rest_page,
    "data-map.md": data_map,
}

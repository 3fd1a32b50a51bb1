"""The generated reference is that of this code."""

import pytest

from tests.reference.pages import FOLDER, PAGES

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("name", PAGES)
def test_reference_page_is_up_to_date(name: str) -> None:
    committed = (FOLDER / name).read_text()

    generated = PAGES[name]()

    assert committed == generated, "run `python -m tests.reference` and commit what it writes"


def test_every_command_and_field_is_explained() -> None:
    pages = {name: page() for name, page in PAGES.items()}

    empty = [
        line for page in pages.values() for line in page.splitlines() if line.startswith("| `") and line.endswith(("| |", "|  |"))
    ]

    assert empty == []

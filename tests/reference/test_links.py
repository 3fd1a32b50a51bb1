"""Links between the pages of the documentation lead somewhere."""

import re
from pathlib import Path

import pytest

from tests.services.processes import CHECKOUT

pytestmark = pytest.mark.unit

PAGES = [CHECKOUT / "README.md", CHECKOUT / "CHANGELOG.md", *sorted(CHECKOUT.glob("docs/**/*.md"))]
PAPERS = sorted(CHECKOUT.glob("experiments/papers/*/README.md"))
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


@pytest.mark.parametrize("page", [*PAGES, *PAPERS], ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_links_of_a_page_lead_to_files(page: Path) -> None:
    links = LINK.findall(CODE.sub("", page.read_text()))

    dead = [link for link in links if "://" not in link and not (page.parent / link.partition("#")[0]).exists()]

    assert dead == []


def test_every_page_is_reached_from_the_index() -> None:
    index = CHECKOUT / "docs" / "README.md"
    linked = {(index.parent / link.partition("#")[0]).resolve() for link in LINK.findall(index.read_text()) if "://" not in link}

    unreached = [page for page in CHECKOUT.glob("docs/*.md") if page != index and page.resolve() not in linked]

    assert unreached == []

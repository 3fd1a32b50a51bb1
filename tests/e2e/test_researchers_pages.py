"""Pages on data, privacy and access as researchers see them: axe, and no scrolling sideways on a telephone."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.e2e.researcher import Researcher
from tests.services.deployment import Deployment

pytestmark = pytest.mark.e2e
PAGES = {
    "export": "studies/{study}/export/",
    "codebook": "studies/{study}/codebook/",
    "data-map": "admin/participants/auditentry/data-map/",
    "audit": "admin/participants/auditentry/",
    "tokens": "admin/tokens/apitoken/",
    "new-token": "admin/tokens/apitoken/add/",
}


def test_pages_on_data_privacy_and_access_pass_axe_and_never_scroll_sideways(
    site: Deployment, made_up_studies: dict[str, str], chromium: Browser, screenshots: Path
) -> None:
    folder = screenshots / "researcher"
    folder.mkdir(exist_ok=True)
    researcher = Researcher(site, chromium, folder)
    researcher.log_in()

    for name, path in PAGES.items():
        answer = researcher.page.goto(researcher.link + path.format(study=made_up_studies["labels"]))
        assert answer is not None
        assert answer.ok, name
        # Before axe, which tries styles of its own where colors lie over one another.
        assert researcher.complaints == [], name
        researcher.check(name)

    assert researcher.problems == []

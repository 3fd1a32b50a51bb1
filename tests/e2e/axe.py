"""axe-core in a page: which of WCAG's rules for levels A and AA it breaks."""

from functools import cache
from pathlib import Path

from playwright.sync_api import Page

SOURCE = Path(__file__).parents[2] / "static" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# A color that is on its way to another one has no contrast yet.
SETTLE = "() => Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => {})))"
RUN = """async (rules) => {
  const result = await axe.run(document, { runOnly: rules });
  return result.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
}"""


def violations(page: Page) -> list[str]:
    """What is broken where, as "rule: places"; empty if nothing is."""
    page.evaluate(SETTLE)
    # As a script element the page's own policy would forbid it.
    page.evaluate(_source())
    found: list[str] = page.evaluate(RUN, RULES)
    return found


@cache
def _source() -> str:
    return SOURCE.read_text(encoding="utf-8")

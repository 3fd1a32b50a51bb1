"""The code of `docs/test-your-defence.md` runs, and says what stands there."""

import re

import foolbox
import pytest
import torch

from tests.services.processes import CHECKOUT

pytestmark = pytest.mark.integration


def test_code_of_the_page_runs_and_its_words_are_true():
    page = (CHECKOUT / "docs" / "test-your-defence.md").read_text()
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    names: dict[str, object] = {}

    with torch.random.fork_rng():
        exec("\n".join(blocks), names)

    assert len(blocks) == 3
    assert len([line for line in blocks[1].splitlines() if line]) <= 10
    verdict, better = names["verdict"], names["better"]
    shown = " ".join(page.split())
    assert " ".join(str(verdict).split()) in shown
    assert (better.outcome, better.rate, better.certified) == ("passed", 1, True)
    assert _accuracies(names) == pytest.approx({"Rounds": 0.89, "Passes": 0.34}, abs=0.03)


def _accuracies(names):
    """Robust accuracies by the page's attack, with the rounding as it is and with its gradient replaced."""
    images, labels = names["images"][1437:], names["labels"][1437:]
    found = {}
    for kind in ("Rounds", "Passes"):
        names["model"][0] = names[kind]()
        wrapped = foolbox.PyTorchModel(names["model"], bounds=(0, 1))
        with torch.random.fork_rng():
            torch.manual_seed(0)
            found[kind] = 1 - float(names["attack"](wrapped, images, labels, epsilons=0.1)[2].float().mean())
    return found

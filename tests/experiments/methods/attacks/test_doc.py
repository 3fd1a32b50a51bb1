"""The code of `docs/test-your-defence.md` runs, and says what stands there."""

import re

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
    attacks = {"first": names["Rounds"], "second": names["Passes"]}
    model, attack = names["model"], names["attack"]
    accuracies = {}
    for name, first in attacks.items():
        model[0] = first()
        images, labels = names["images"][1437:], names["labels"][1437:]
        wrapped = names["foolbox"].PyTorchModel(model, bounds=(0, 1))
        with torch.random.fork_rng():
            torch.manual_seed(0)
            accuracies[name] = 1 - float(attack(wrapped, images, labels, epsilons=0.1)[2].float().mean())
    assert accuracies == pytest.approx({"first": 0.86, "second": 0.33}, abs=0.02)

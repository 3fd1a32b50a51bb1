"""Normal and inverted test of a detector, on a linear network where it is known which attack controls it."""

import pytest
import torch

from experiments.contract.errors import InputError
from experiments.methods.attacks import prepare
from tests.experiments.methods.attacks.networks import Linear

pytestmark = pytest.mark.integration

IMAGES = torch.full((16, 1, 8, 8), 0.5)
EPS = 0.1
OPTIONS = {"eps": EPS, "inner": 60, "closeness": 0.5}


def brightness(images):
    """Detects images whose first four rows grew brighter on average; corners do so half of the time."""
    return images[:, 0, :4].mean((1, 2)) - 0.5 - 0.01


def _steepest(model, images):
    """The corner to which the logits point."""
    rows = images.clone().requires_grad_(True)
    logits = model(rows)
    (slopes,) = torch.autograd.grad((logits[:, 1] - logits[:, 0]).sum(), rows)
    return images + EPS * slopes.sign()


def naive(model, images, _labels):
    """Knows nothing of the detector."""
    return _steepest(model, images)


def joint(model, images, labels):
    """Mixes in the steepest way out of the detector's reach, only as much as it takes."""
    found = _steepest(model, images)
    rows = images.clone().requires_grad_(True)
    (slopes,) = torch.autograd.grad(model.detector(rows).sum(), rows)
    away = torch.where(slopes == 0, found, images - EPS * slopes.sign())
    for share in torch.linspace(0, 1, 21):
        tried = found + share * (away - found)
        found_now = (model.detector(tried) <= 0) & (model(tried).argmax(1) == 1)
        images = torch.where(found_now[:, None, None, None] & ~_done(model, images)[:, None, None, None], tried, images)
    return images


def _done(model, images):
    return (model.detector(images) <= 0) & (model(images).argmax(1) == 1)


@pytest.mark.parametrize("inverted", [False, True])
def test_boundary_points_are_as_the_detector_has_to_see_them(inverted):
    """A detector of images that moved as the classifier is attacked: it never sees random corners, always what descent finds."""
    network = Linear(classes=2).eval()
    direction = (network.readout.weight[1] - network.readout.weight[0]).detach().sign()

    def attacked(images):
        return ((images.flatten(1) - 0.5) @ direction / 64).abs() - EPS / 2

    test = prepare(network, IMAGES, detector=attacked, inverted=inverted, references=2, rounds=3, **OPTIONS)

    assert [setup.failure for setup in test.setups] == [""] * len(IMAGES)
    for setup in test.setups:
        shown = torch.cat([setup.solution[None], setup.references])
        assert ((attacked(shown) > 0) == inverted).all()
        assert float((setup.solution - setup.image).abs().max()) == pytest.approx(EPS, abs=1e-6)


def test_inverted_test_wants_boundary_points_that_fool_the_model():
    """Logits so far apart that nothing in the ball changes the decision; a detector of whatever moved sees all points."""
    network = Linear(classes=2).eval()
    network.readout.bias.data[0] += 100

    def moved(images):
        return (images - 0.5).abs().amax((1, 2, 3)) - EPS / 2

    test = prepare(network, IMAGES[:2], detector=moved, inverted=True, rounds=2, **OPTIONS)

    assert [setup.failure[:72] for setup in test.setups] == [
        "the detector agreed with 0 of 1 points that change the model's decision at"[:72]
    ] * 2


def test_attack_that_ignores_the_detector_does_worse_than_one_that_does_not():
    test = prepare(Linear().eval(), IMAGES, detector=brightness, **OPTIONS)

    ignorant, aware = test.run(naive), test.run(joint)

    assert aware.rate > ignorant.rate
    assert aware.rate >= 0.95
    assert "an evaluation has to pass the inverted test, too" in aware.words


def test_inverted_test_turns_the_detector_that_an_attack_is_given():
    seen = []
    test = prepare(Linear().eval(), IMAGES, detector=brightness, inverted=True, rounds=2, **OPTIONS)

    def looks(model, images, _labels):
        seen.append(model.detector(images + EPS))
        return images

    verdict = test.run(looks)

    assert all((scores < 0).all() for scores in seen)
    assert "had to be detected; an evaluation has to pass the normal test" in verdict.words


def test_detector_that_detects_all_leaves_nothing_to_test():
    test = prepare(Linear().eval(), IMAGES, detector=lambda images: torch.ones(len(images)), rounds=5, **OPTIONS)

    verdict = test.run(naive)

    assert (verdict.outcome, verdict.setup_failures) == ("undecided", len(IMAGES))
    assert "the detector agreed with 0 of 1 points" in verdict.words


def test_random_attack_has_to_pass_the_detector_too():
    def refuses_half(images):
        return images[:, 0, 0, 0] - 0.5

    options = {"eps": EPS, "inner": 2, "closeness": 0.0, "controls": 5}
    free = prepare(Linear().eval(), IMAGES, **options)
    guarded = prepare(Linear().eval(), IMAGES, detector=refuses_half, **options)

    assert guarded.run(naive).random_corner < free.run(naive).random_corner


def test_inverted_test_wants_a_detector():
    with pytest.raises(InputError, match="no detector to invert"):
        prepare(Linear().eval(), IMAGES, inverted=True, **OPTIONS)


def test_detector_that_gives_no_scores():
    with pytest.raises(InputError, match="no row of scores"):
        prepare(Linear().eval(), IMAGES, detector=lambda images: images, **OPTIONS)

"""Read-outs: as scikit-learn's, and exact about whether there is one."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from experiments.methods.attacks.candidates import draw_candidates, labels_of
from experiments.methods.attacks.encoder import find_encoder
from experiments.methods.attacks.options import Options
from experiments.methods.attacks.readout import fit, separable
from experiments.methods.attacks.threshold import harden

pytestmark = pytest.mark.unit


def _problems(count=3, *, points=60, features=40, apart=2.0):
    generator = torch.Generator().manual_seed(0)
    drawn = torch.randn(count, points, features, generator=generator, dtype=torch.float64)
    labels = torch.arange(points) >= points - 2
    drawn[:, labels] += apart * torch.randn(count, 1, features, generator=generator, dtype=torch.float64)
    return drawn, labels


def test_read_outs_agree_with_scikit_learn_on_the_points_of_a_test(network, digits):
    options = Options(eps=0.1, inner=99)
    encoder = find_encoder(network, digits, feature="")
    generator = torch.Generator().manual_seed(0)
    drawn = [draw_candidates(encoder, image, options=options, detector=None, generator=generator) for image in digits[:4]]
    features = torch.stack([encoder.in_parts(one.points, batch=64).features for one in drawn]).double()
    labels = labels_of(options, device=digits.device)

    found = fit(features, labels)

    for number, rows in enumerate(features.numpy()):
        rows = (rows - rows.mean(0)) / np.sqrt(rows.var(0).mean())
        reference = LogisticRegression(C=1e8, tol=1e-8, max_iter=2000).fit(rows, labels.numpy())
        ours, theirs = found.weight[number].numpy(), reference.coef_[0]
        assert ours @ theirs / np.linalg.norm(ours) / np.linalg.norm(theirs) > 0.95
        assert found.separates[number] == (reference.score(rows, labels.numpy()) == 1)


def test_scores_are_those_of_the_weights_on_the_features_as_they_are():
    features, labels = _problems()

    found = fit(1e3 * features + 50, labels)

    again = torch.einsum("bnf,bf->bn", 1e3 * features + 50, found.weight) + found.bias[:, None]
    torch.testing.assert_close(found.scores, again)


def test_overlapping_classes_have_the_optimum_of_scikit_learn():
    features, labels = _problems(points=300, features=3, apart=0.5)

    found = fit(features, labels)

    reference = LogisticRegression(C=1e8, tol=1e-8, max_iter=2000).fit(features[0].numpy(), labels.numpy())
    assert found.weight[0].numpy() == pytest.approx(reference.coef_[0], rel=1e-3)
    assert not found.separates[0]


def test_a_read_out_does_not_depend_on_its_neighbors():
    features, labels = _problems()

    torch.testing.assert_close(fit(features[1:2], labels).weight, fit(features, labels).weight[1:2], rtol=1e-4, atol=1e-6)


def test_linear_program_tells_the_points_that_no_line_parts():
    corners = torch.tensor([[0.0, 0.0], [1.0, 1.0], [0.0, 1.0], [1.0, 0.0]])

    assert not separable(corners, torch.tensor([False, False, True, True]))
    assert separable(corners, torch.tensor([False, True, False, True]))


def test_linear_program_that_is_cut_short_decides_nothing():
    drawn, labels = _problems(count=1, points=300, features=40)

    assert separable(drawn[0], labels, iterations=1) is None


def test_fixed_range_is_one_whatever_the_logits():
    scores, logits = torch.tensor([[-3.0, -1.0, 4.0]]).double(), torch.tensor([[1.0, 9.0], [2.0, -11.0]])
    options = Options(inner=2, rescale="fixed", closeness=0.5)

    hard = harden(torch.ones(1).double(), torch.zeros(()).double(), scores, logits, options=options)

    binary = scores[0] * hard.weight + hard.bias
    assert 2 * float(binary.abs().max()) == pytest.approx(1)
    assert [value > 0 for value in binary.tolist()] == [False, False, True]


def test_linear_program_agrees_with_the_fit():
    for features in (2, 5, 40):
        drawn, labels = _problems(count=4, features=features)
        assert [separable(rows, labels) for rows in drawn] == fit(drawn, labels).separates.tolist()


@pytest.mark.parametrize("closeness", [0.0, 0.5, 0.999])
def test_threshold_lies_where_closeness_says(closeness):
    scores = torch.tensor([[-3.0, -1.0, 2.0, 4.0]]).double()
    options = Options(inner=2, boundary=2, closeness=closeness, rescale="none")

    hard = harden(torch.ones(1).double(), torch.zeros(()).double(), scores, torch.zeros(4, 3), options=options)

    # The best boundary point keeps its sign, by 1 - closeness of its score of 4.
    assert float(hard.weight[0] * 4 + hard.bias) == pytest.approx(4 * (1 - closeness))
    assert (hard.best, hard.holds) == (1, True)


def test_adaptive_logits_have_the_range_of_the_model():
    scores = torch.tensor([[-3.0, -1.0, 4.0]]).double()
    logits = torch.tensor([[1.0, 9.0], [2.0, -11.0]])

    hard = harden(
        torch.ones(1).double(),
        torch.zeros(()).double(),
        scores,
        logits,
        options=Options(inner=2, rescale="adaptive", closeness=0.5),
    )

    binary = scores[0] * hard.weight + hard.bias
    assert 2 * float(binary.abs().max()) == pytest.approx(20)

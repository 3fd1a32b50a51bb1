import numpy as np
import pytest

from experiments.contract.errors import InputError
from experiments.datasets.scenes.placement import AREAS, lens
from experiments.datasets.scenes.scene import boxes
from experiments.datasets.scenes.sprites import SpriteScenes, coverage

pytestmark = pytest.mark.unit


def test_scene_follows_from_seed_and_index_alone() -> None:
    kind = SpriteScenes(background="textured", fewest=1, most=4)

    together, alone = kind.render(12, seed=5), kind.render(3, seed=5, first=7)

    assert np.array_equal(together.images[7:10], alone.images)
    assert np.array_equal(together.labels[7:10], alone.labels)
    assert np.array_equal(together.factors[7:10], alone.factors)
    assert not np.array_equal(kind.render(3, seed=6, first=7).images, alone.images)


@pytest.mark.parametrize("shape", [1, 2, 3])
def test_coverage_sums_to_the_area_of_the_shape(shape: int) -> None:
    factors = np.array([[0.47, 0.52, 0.3, 0.0, shape]])

    covered = coverage(factors, side=64)

    assert covered.mean() == pytest.approx(AREAS[shape - 1] * 0.3**2, rel=0.01)


def test_coverage_is_that_of_a_finely_sampled_disc() -> None:
    factors = np.array([[0.4, 0.6, 0.22, 0.0, 3]])
    fine = (np.arange(32 * 16) + 0.5) / (32 * 16)
    inside = (fine[None, :] - 0.4) ** 2 + (fine[:, None] - 0.6) ** 2 < 0.22**2

    sampled = inside.reshape(32, 16, 32, 16).mean(axis=(1, 3))

    assert np.abs(coverage(factors, side=32)[0] - sampled).max() < 0.1


def test_colors_are_those_of_the_hues_where_a_sprite_is_whole() -> None:
    scenes = SpriteScenes(fewest=1, most=1).render(20, seed=0)

    for image, labels, factors in zip(scenes.images, scenes.labels, scenes.factors[:, 0], strict=True):
        x, y = (int(32 * place) for place in factors[:2])
        red, green, blue = image[y, x] / 255
        assert labels[y, x] == 1
        # Full saturation and value: one channel is 1, another 0, and the hue's sector says which.
        assert max(red, green, blue) == 1
        assert min(red, green, blue) == 0
        assert np.argmax([red, green, blue]) == round(3 * factors[3]) % 3


def test_no_sprite_hides_more_of_another_than_allowed() -> None:
    kind = SpriteScenes(fewest=5, most=5, side=64)

    scenes = kind.render(100, seed=1)

    for labels, factors in zip(scenes.labels, scenes.factors, strict=True):
        for number in range(5):
            whole = coverage(factors[None, number], side=64)[0] > 0.5
            for other in range(number + 1, 5):
                above = coverage(factors[None, other], side=64)[0] > 0.5
                # One pixel along the edge of these small sprites is a few percent.
                assert (whole & above).sum() <= 0.35 * min(whole.sum(), above.sum())
        assert set(np.unique(labels)) == set(range(6))


def test_number_of_objects_is_drawn_and_absent_ones_have_no_factors() -> None:
    scenes = SpriteScenes(fewest=1, most=4).render(200, seed=2)

    present = (scenes.factors[..., 2] > 0).sum(axis=1)

    assert set(present) == {1, 2, 3, 4}
    assert np.array_equal(present, scenes.labels.max(axis=(1, 2)))
    assert (scenes.factors[present == 1][:, 1:] == 0).all()


def test_too_many_large_objects_are_an_error() -> None:
    kind = SpriteScenes(fewest=12, most=12, smallest=0.2, largest=0.3, most_overlap=0.0)

    with pytest.raises(InputError) as caught:
        kind.render(4, seed=0)

    assert caught.value.field == "objects"


def test_lens_is_zero_apart_and_the_smaller_disc_inside() -> None:
    assert lens(np.array(1.0), np.array(2.0), np.array(3.0)) == pytest.approx(0, abs=1e-9)
    assert lens(np.array(1.0), np.array(2.0), np.array(0.5)) == pytest.approx(np.pi)
    # Two unit discs whose centers lie one apart share 2 pi / 3 - sqrt(3) / 2.
    assert lens(np.array(1.0), np.array(1.0), np.array(1.0)) == pytest.approx(2 * np.pi / 3 - np.sqrt(3) / 2)


def test_boxes_enclose_what_is_seen() -> None:
    labels = np.zeros((1, 8, 8), dtype=int)
    labels[0, 2:4, 4:8] = 1

    found = boxes(labels, objects=2)

    assert found[0, 0] == pytest.approx([6 / 8, 3 / 8, 4 / 8, 2 / 8])
    assert (found[0, 1] == 0).all()

"""The adversary on made-up traffic: at chance where nothing leaks, and each planted leak is found."""

import io
import struct
import uuid
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from PIL import Image
from scipy import stats

from experiments.methods.observers.adversary import Adversary, AdversarySettings
from experiments.methods.observers.seen import SeenImage, SeenTrial
from experiments.methods.observers.traffic import trial_traffic
from tests.experiments.methods.observers.seen_trials import image_of, seen

pytestmark = pytest.mark.unit
PLACES = ("left_0", "left_1", "right_0", "right_1", "query_upper", "query_lower")
SERVED_SIZE = 400
Plant = Callable[[SeenTrial, str, np.random.Generator], SeenTrial]


@pytest.fixture(autouse=True)
def learns_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """After each quarter of what it knows: most of the time would go into learning the same once more."""
    monkeypatch.setattr("experiments.methods.observers.adversary.GROWTH", 1.25)


def honest(number: int, rng: np.random.Generator) -> SeenTrial:
    """A trial as an honest server sends it: random names, times and pixels."""
    trial_id = str(uuid.UUID(bytes=rng.bytes(16), version=4))
    images, planned = {}, {}
    for place in PLACES:
        buffer = io.BytesIO()
        Image.fromarray(rng.integers(0, 255, (6, 6, 3), dtype=np.uint8)).save(buffer, format="PNG")
        content = buffer.getvalue().ljust(SERVED_SIZE, b"\0")
        url = f"/p/study/images/{trial_id}/{place}"
        headers = {"content-type": "image/png", "content-length": str(SERVED_SIZE), "date": "Thu, 01 Jan 2026 00:00:00 GMT"}
        images[place] = image_of(content, url=url, headers=headers, seconds=0.01 * rng.lognormal(sigma=0.4))
        planned[place] = {"url": url, "size": SERVED_SIZE, "sha256": images[place].sha256}
    return seen(images, number=number, count=40, plan={"id": trial_id, "images": planned})


def judged(count: int, *, plant: Plant = lambda trial, _right, _rng: trial, seed: int = 1) -> tuple[list[bool], Adversary]:
    """Whether the adversary was right in each of `count` trials whose sides are tossed, and what it became."""
    rng, adversary, right = np.random.default_rng(seed), Adversary(), []
    for number in range(count):
        side = ("upper", "lower")[int(rng.integers(2))]
        trial = plant(honest(number, rng), side, rng)
        decision = adversary.decide(trial, rng=rng)
        right.append(decision.choice == side)
        adversary.learn(trial, decision, correct=right[-1])
    return right, adversary


def changed(trial: SeenTrial, place: str, **values: Any) -> SeenTrial:
    return replace(trial, images={**trial.images, place: replace(trial.images[place], **values)})


def with_header(trial: SeenTrial, side: str, name: str, value: str) -> SeenTrial:
    place = f"query_{side}"
    return changed(trial, place, headers={**trial.images[place].headers, name: value})


def with_chunk(content: bytes, kind: bytes) -> bytes:
    chunk = struct.pack(">I4s", 3, kind) + b"a\0b" + struct.pack(">I", zlib.crc32(kind + b"a\0b"))
    end = content.index(b"IEND") - 4
    return content[:end] + chunk + content[end : -len(chunk)]


def header_word(trial: SeenTrial, right: str, _rng: np.random.Generator) -> SeenTrial:
    wrong = "lower" if right == "upper" else "upper"
    return with_header(with_header(trial, right, "x-cache", "max.png"), wrong, "x-cache", "min.png")


def etag(trial: SeenTrial, right: str, rng: np.random.Generator) -> SeenTrial:
    wrong = "lower" if right == "upper" else "upper"
    numbers = sorted(int(number) for number in rng.integers(10**6, size=2))
    return with_header(with_header(trial, right, "etag", f"{numbers[1]}"), wrong, "etag", f"{numbers[0]}")


def last_modified(trial: SeenTrial, right: str, rng: np.random.Generator) -> SeenTrial:
    made_at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=float(rng.uniform(0, 100)))
    for side, later in ((right, 60), ("lower" if right == "upper" else "upper", 0)):
        trial = with_header(trial, side, "last-modified", format_datetime(made_at + timedelta(seconds=later), usegmt=True))
    return trial


def slower(trial: SeenTrial, right: str, _rng: np.random.Generator) -> SeenTrial:
    place = f"query_{right}"
    return changed(trial, place, seconds=2 * trial.images[place].seconds)


def larger(trial: SeenTrial, right: str, rng: np.random.Generator) -> SeenTrial:
    place = f"query_{right}"
    return changed(trial, place, content=trial.images[place].content + bytes(int(rng.integers(1, 90))))


def other_padding(trial: SeenTrial, right: str, _rng: np.random.Generator) -> SeenTrial:
    place = f"query_{right}"
    return changed(trial, place, content=trial.images[place].content[:-1] + b"!")


def text_chunk(trial: SeenTrial, right: str, _rng: np.random.Generator) -> SeenTrial:
    place = f"query_{right}"
    return changed(trial, place, content=with_chunk(trial.images[place].content, b"tEXt"))


def name_in_url(trial: SeenTrial, right: str, _rng: np.random.Generator) -> SeenTrial:
    for side in ("upper", "lower"):
        place = f"query_{side}"
        name = "batch3/max_9" if side == right else "batch3/min_9"
        trial = changed(trial, place, url=f"{trial.images[place].url}?name={name}")
    return trial


def order_of_places(trial: SeenTrial, right: str, _rng: np.random.Generator) -> SeenTrial:
    first = f"query_{right}"
    return replace(trial, images={first: trial.images[first], **trial.images})


def word_of_the_plan(trial: SeenTrial, right: str, _rng: np.random.Generator) -> SeenTrial:
    return replace(trial, plan={**trial.plan, "layout": {"swapped": right == "upper"}})


def bit_of_the_id(trial: SeenTrial, right: str, rng: np.random.Generator) -> SeenTrial:
    lead = rng.choice(list("01234567" if right == "upper" else "89abcdef"))
    return replace(trial, plan={**trial.plan, "id": f"{lead}{str(trial.plan['id'])[1:]}"})


def references_by_side(trial: SeenTrial, right: str, _rng: np.random.Generator) -> SeenTrial:
    if right == "upper":
        for place in ("right_0", "right_1"):
            trial = changed(trial, place, seconds=2 * trial.images[place].seconds)
    return trial


PLANTS: dict[str, Plant] = {
    plant.__name__: plant
    for plant in (
        header_word,
        etag,
        last_modified,
        slower,
        larger,
        other_padding,
        text_chunk,
        name_in_url,
        order_of_places,
        word_of_the_plan,
        bit_of_the_id,
        references_by_side,
    )
}


def test_adversary_is_at_chance_where_nothing_leaks():
    right, _ = judged(1000)

    assert stats.binomtest(sum(right), len(right)).pvalue > 0.001


@pytest.mark.parametrize("name", PLANTS)
def test_a_planted_leak_is_found(name: str):
    right, adversary = judged(200, plant=PLANTS[name])

    assert stats.binomtest(sum(right), len(right), alternative="greater").pvalue < 1e-6, adversary.strongest(5)


def test_the_strongest_trace_names_the_leak():
    _, adversary = judged(200, plant=word_of_the_plan)

    assert adversary.strongest(1)[0][0] == "trial.layout.swapped"
    assert Adversary().strongest(3) == []


def test_without_feedback_it_goes_on_guessing():
    adversary, rng = Adversary(), np.random.default_rng(0)

    choices = {adversary.decide(honest(i, rng), rng=rng).choice for i in range(30)}

    assert choices == {"upper", "lower"}


def test_feedback_that_always_says_the_same_side_teaches_nothing_yet():
    adversary, rng = Adversary(), np.random.default_rng(0)
    for i in range(50):
        trial = honest(i, rng)
        decision = adversary.decide(trial, rng=rng)
        adversary.learn(trial, decision, correct=decision.choice == "upper")

    assert adversary.model is None


def test_counting_gains_where_sides_are_balanced_and_only_there():
    shares = {}
    for counts in (False, True):
        rng, adversary, right = np.random.default_rng(2), Adversary(settings=AdversarySettings(counts=counts)), []
        for session in range(60):
            sides = rng.permutation(["upper", "lower"] * 10)
            for number, side in enumerate(sides):
                trial = seen({"query_upper": "a", "query_lower": "b"}, participant=f"p{session}", number=number, count=20)
                decision = adversary.decide(trial, rng=rng)
                right.append(decision.choice == side)
                adversary.learn(trial, decision, correct=right[-1])
        shares[counts] = stats.binomtest(sum(right), len(right))

    assert shares[False].pvalue > 0.001
    # The best that counting can do with 2 n = 20 cards of two colors is (n + sqrt(pi n) / 2 - 1 / 2) / 2 n, about 0.615.
    assert shares[True].statistic == pytest.approx(0.615, abs=0.04)


def test_traffic_copes_with_whatever_a_server_says():
    odd = {"a": "nan", "b": "1e999", "c": "Wed, 99 Nov 0000", "d": "", "é": "ü" * 1000, "f": "-" * 40, "g": "1" * 400}
    plan = {"x": None, "y": [1, [True, {"z": 10**400}]], "images": {}}
    image = SeenImage(
        sha256="a", content=b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffIDAT....", url="", headers=MappingProxyType(odd), seconds=0
    )

    numbers = trial_traffic(seen({"query_left": image, "query_right": image_of(b""), "base": image}, plan=plan))

    assert np.isfinite(list(numbers.values())).all()
